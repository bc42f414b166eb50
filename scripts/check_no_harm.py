"""Says whether smoothing makes any figure of freshly generated clips worse: `generate` by its defaults.

    python scripts/check_no_harm.py
    python scripts/check_no_harm.py --clips 12 --num-frames 16

Short clips are made by the built-in model, one after another in one process, of prompts and options of many
kinds: single places, travels, night that falls, cameras, moving subjects, sizes and seeds. Of each figure of
flicker stands the worst ratio of after to before, and whether the table calls it worse. Exit code 1: some
figure is worse by more than --most.
"""

import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click
from tables import markdown_table

HOME: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from framesmooth import ModelPool, generate  # noqa: E402
from framesmooth.metrics.benefit import ROUNDING  # noqa: E402
from framesmooth.workflows.generate.result import GeneratedClip  # noqa: E402


@dataclass(frozen=True)
class Job:
    """Prompts and options of one clip."""

    prompts: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


JOBS: Final = (
    Job(("a sailboat on the sea at dawn", "a sailboat on the sea at night")),
    Job(("a castle on the hills at sunset",)),
    Job(("a forest in the snow", "a desert at noon")),
    Job(("a lighthouse at night",), {"zoom": "1.02"}),
    Job(("a windmill in a field, oil painting", "a windmill in a field, pixel art")),
    Job(("a fox running to the right",)),
    Job(("the sea at dawn", "the sea at noon", "the sea at night"), {"loop": True}),
    Job(("a cottage by the lake in the rain",), {"seed": 7}),
    Job(("mountains at night, watercolor", "mountains at noon, watercolor"), {"seed": 3}),
    Job(("a balloon rising slowly over the hills",)),
    Job(("a city at night",), {"pan_x": "2"}),
    Job(("a tree on a hill in winter", "a tree on a hill in summer"), {"fps": "24"}),
    Job(("a castle in the fog",), {"cadence": 2}),
    Job(("a whale in the sea at sunset",), {"width": 320, "height": 192}),
    Job(("a volcano at night", "a volcano at dawn"), {"seed": 11}),
    Job(("a train in the desert moving to the left",)),
    Job(("a barn in a field at noon, pencil sketch",), {"seed": 5}),
    Job(("a lake at sunset", "a lake under the stars"), {"fps": "8"}),
    Job(("a horse on the beach at dawn",), {"motion": "off"}),
    Job(("a village in the snow at night", "a village at noon"), {"zoom": "0.99"}),
    Job(("a red house by the sea",), {"seed": 21}),
    Job(("a pyramid in the desert at dawn", "a pyramid in the desert at night"), {"seed": 2}),
    Job(("a bird flying over the sea",)),
    Job(("an island at noon, ink drawing", "an island at sunset, oil painting")),
    Job(("a bridge in the rain at night",), {"pan_x": "-1", "zoom": "1.01"}),
    Job(("a waterfall in the forest",), {"steps": 8}),
    Job(("a field of flowers at noon", "a field of flowers at dusk"), {"seed": 13}),
    Job(("a rocket rising at night",)),
    Job(("a snowy mountain at dawn",), {"width": 192, "height": 256}),
    Job(("a ship at night", "a ship at noon"), {"seed": 17}),
)


@click.command(help=__doc__)
@click.option("--clips", default=len(JOBS), show_default=True, type=click.IntRange(1, len(JOBS)))
@click.option("--num-frames", default=24, show_default=True)
@click.option("--most", default=0.02, show_default=True, help="How much worse a figure may be.")
def main(clips: int, num_frames: int, most: float) -> None:
    """Make the clips, print the worst ratio of each figure, and fail if one is worse."""
    pool, found = ModelPool(), []
    with tempfile.TemporaryDirectory() as folder:
        for number, job in enumerate(JOBS[:clips]):
            output = Path(folder) / f"{number}.mp4"
            made = generate(job.prompts, output, num_frames=num_frames, pool=pool, **job.options)
            found.append(made)
            said = ", ".join(f"{name} {ratio:.3f}" for name, ratio in ratios(made).items())
            print(f"{number + 1}/{clips} {' | '.join(job.prompts)} {job.options or ''}: {said}", flush=True)
            print(f"    {made.left or made.smoothing.words}", flush=True)
    worst = dict[str, tuple[float, Job]]()
    for made, job in zip(found, JOBS, strict=False):
        for name, ratio in ratios(made).items():
            if name not in worst or ratio > worst[name][0]:
                worst[name] = ratio, job
    lines = [[name, f"{ratio:.3f}", " / ".join(job.prompts)] for name, (ratio, job) in worst.items()]
    print(markdown_table(["figure", "worst: after / before", "clip"], lines))
    left = sum(made.left is not None for made in found)
    print(f"{clips} clips, {left} of them left as they were, in whole or in part")
    sys.exit(any(ratio > 1 + most for ratio, _ in worst.values()))


def ratios(made: GeneratedClip) -> dict[str, float]:
    """Return after / before of every figure of flicker; a rise that can't be told from rounding is none."""
    found = {}
    for name, rounding in ROUNDING.items():
        before, after = made.before[name].mean, made.after[name].mean
        if before and after is not None:
            found[name] = 1.0 if before < after <= before + rounding else after / before
    return found


if __name__ == "__main__":
    main()
