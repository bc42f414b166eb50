"""Whether one thing stays one thing: subjects counted in the frames of prompt travel, and in many sizes.

Prompts ask for a red thing where nothing else is red, so a colour detector counts it: parts of the red area
that are at least a quarter as large as the largest one. A frame is doubled with more than one of them, and
half where the thing has less than half of the area that it has in the clip's median frame, or is not there.

Example::

    python scripts/evaluate_subjects.py --pairs 24 --seeds 2 --sheet subjects.png
    python scripts/evaluate_subjects.py --pairs 0 --size 512x512 --size 216x384 --prompts 24
"""

import sys
from collections.abc import Iterator
from itertools import islice, pairwise, product
from pathlib import Path
from statistics import mean

import click
import cv2
import numpy as np
from numpy.typing import NDArray

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from framesmooth.frames import Frame  # noqa: E402
from framesmooth.generation.base import GenerationRequest  # noqa: E402
from framesmooth.generation.prompt_travel import PromptTravel  # noqa: E402
from framesmooth.generation.sampling_spec import SamplingSpec  # noqa: E402
from framesmooth.generation.structure_anchor import StructureShare  # noqa: E402
from framesmooth.models.checkpoints import locate_model  # noqa: E402
from framesmooth.models.loading import load_pipeline  # noqa: E402
from framesmooth.models.text_to_image import TextToImage  # noqa: E402
from framesmooth.timeline.timeline import Keyframe, Timeline  # noqa: E402
from framesmooth.video import write_png  # noqa: E402

Mask = NDArray[np.uint8]

THINGS = ("lighthouse", "car", "house", "castle", "train", "rocket", "windmill")
CHANGES = (
    ("by the sea at noon", "by the sea in a storm"),
    ("in the desert at noon", "in the snow at noon"),
    ("on the hills at dawn", "on the hills at night"),
    ("in the snow at noon, watercolor", "in the snow at noon, oil painting"),
    ("in the savanna at noon", "by a lake at dawn, watercolor"),
)
PLACES = ("in the desert at noon", "in the snow at noon", "by the sea at dawn", "on the hills at noon")
NEGATIVE = "pixel art"
STEPS, GUIDANCE, FRAMES = 10, 3.0, 4
JUDGED_SIDE = 256
STRIPES, SMALLEST, SECOND, HALF = (21, 5), 200, 0.25, 0.5
"""The gaps (height, width) within a thing that are filled: stripes are high, gaps between things wide."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--pairs", default=len(THINGS) * len(CHANGES), help="Pairs of prompts that share a subject.")
@click.option("--seeds", default=2, help="Seeds of each pair.")
@click.option("--size", "sizes", multiple=True, help="Sizes such as 216x384; repeatable.")
@click.option("--prompts", default=12, help="Prompts in each size.")
@click.option("--baseline/--no-baseline", default=True, help="Also without what keeps subjects single.")
@click.option("--sheet", type=click.Path(path_type=Path), help="Write the frames of some pairs to this PNG.")
def main(
    pairs: int, seeds: int, sizes: tuple[str, ...], prompts: int, baseline: bool, sheet: Path | None
) -> None:
    """Print shares of frames with a doubled or half subject, and of single subjects by size."""
    model = load_pipeline(str(locate_model("storybook")))
    rows: list[Frame] = []
    shares: tuple[StructureShare, ...] = (0.0, "auto") if baseline else ("auto",)
    for share in shares if pairs else ():
        clips = [
            travel(model, *pair, seed, share) for pair, seed in product(islice(_pairs(), pairs), range(seeds))
        ]
        click.echo(f"structure guidance {share}: {told_of(clips)}")
        rows += [np.hstack(clip) for clip in clips[: 8 * seeds : 2 * seeds]]
    if sheet is not None and rows:
        half = len(rows) // 2 or 1
        columns = [np.vstack(rows[:half]), np.vstack(rows[half:] or rows[:half])]
        small = cv2.resize(np.hstack(columns), None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        write_png(sheet, np.asarray(small, np.uint8))
    for size, layout in product(sizes, (False, True) if baseline else (True,)):
        width, height = map(int, size.split("x"))
        asked = islice(product(range(prompts), PLACES, THINGS[:4]), prompts)
        images = [
            single(model, f"a red {thing} {place}", seed, height, width, layout)
            for seed, place, thing in asked
        ]
        found = [subjects(red(image)) for image in images]
        how = "layout pass" if layout else "at once"
        click.echo(
            f"{size} {how}: one subject in {mean(one == 1 for one in found):.0%} of {len(found)} {found}"
        )
        if sheet is not None:
            side = [cv2.resize(one, None, fx=192 / height, fy=192 / height) for one in images[:8]]
            write_png(
                sheet.with_name(f"{sheet.stem}-{size}-{'layout' if layout else 'once'}.png"), np.hstack(side)
            )


def _pairs() -> Iterator[tuple[str, str]]:
    """Yield pairs of prompts, so that any number of them has many things and many changes."""
    for at in range(len(THINGS) * len(CHANGES)):
        thing, change = THINGS[at % len(THINGS)], CHANGES[at % len(CHANGES)]
        yield f"a red {thing} {change[0]}", f"a red {thing} {change[1]}"


def travel(model: TextToImage, first: str, last: str, seed: int, share: StructureShare) -> list[Frame]:
    """Return frames from one prompt to another, all of them diffused."""
    keys = Keyframe(0, first, seed, NEGATIVE), Keyframe(FRAMES - 1, last, seed, NEGATIVE)
    spec = SamplingSpec(steps=STEPS, guidance_scale=GUIDANCE, cadence=1, structure_share=share)
    return _frames(model, Timeline(keys, FRAMES), spec)


def single(model: TextToImage, prompt: str, seed: int, height: int, width: int, layout: bool) -> Frame:
    """Return one image in any size."""
    spec = SamplingSpec(
        steps=STEPS, guidance_scale=GUIDANCE, height=height, width=width, layout_pass=layout, cadence=1
    )
    return _frames(model, Timeline((Keyframe(0, prompt, seed, NEGATIVE),), 1), spec)[0]


def _frames(model: TextToImage, timeline: Timeline, spec: SamplingSpec) -> list[Frame]:
    request = GenerationRequest(timeline=timeline, load_model=lambda: model, sampling=spec)
    return list(PromptTravel.create(request))


def red(image: Frame) -> Mask:
    """Return where an image is red: uint8 (h, w), 0 or 1, at most ``JUDGED_SIDE`` pixels a side."""
    scale = JUDGED_SIDE / max(image.shape)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    hue, saturation, value = cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2HSV))
    found = ((hue < 8) | (hue > 172)) & (saturation > 110) & (value > 40)
    return np.asarray(cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, np.ones(STRIPES, np.uint8)))


def subjects(mask: Mask) -> int:
    """Return how many large parts a mask has."""
    areas = sorted(cv2.connectedComponentsWithStats(mask)[2][1:, cv2.CC_STAT_AREA].tolist(), reverse=True)
    return sum(area >= SECOND * areas[0] for area in areas) if areas and areas[0] > SMALLEST else 0


def told_of(clips: list[list[Frame]]) -> str:
    """Return the figures of clips in words."""
    doubled, half, shared, whole, frames = 0, 0, [], [], 0
    for clip in clips:
        masks = [red(frame) for frame in clip]
        usual = float(np.median([mask.sum() for mask in masks]))
        counts = [subjects(mask) for mask in masks]
        doubled += sum(count > 1 for count in counts)
        half += sum(
            mask.sum() < HALF * usual or count == 0 for mask, count in zip(masks, counts, strict=True)
        )
        shared += [overlap(*pair) for pair in pairwise(masks)]
        whole.append(overlap(masks[0], masks[-1]))
        frames += len(clip)
    bad = f"doubled {doubled / frames:.1%}, half {half / frames:.1%}"
    told = f"from frame to frame {mean(shared):.2f}, from the first to the last {mean(whole):.2f}"
    return f"{bad} of {frames} frames; overlap of the subject {told}"


def overlap(first: Mask, second: Mask) -> float:
    """Return the intersection of two masks over their union."""
    return float((first & second).sum() / max(1, (first | second).sum()))


if __name__ == "__main__":
    main()
