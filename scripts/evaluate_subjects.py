"""Whether one thing stays one thing: subjects counted in the frames of prompt travel, and in many sizes.

Prompts ask for a red thing where nothing else is red, so a colour detector counts it: parts of the red area
that are at least a quarter as large as the largest one. A frame is doubled with more than one of them, and
half where the thing has less than half of the area that it has in the clip's median frame, or is not there.

All of it, 60 pairs of prompts by 8 seeds and 100 prompts in four sizes, takes hours: what is measured is kept
in ``--work``, so the same command goes on where it was stopped, ``--part 1/4`` does a quarter, and the tables
are about what is there. Things, changes, seeds and sizes take turns, so that any part of it is a fair one.

Example::

    python scripts/evaluate_subjects.py --minutes 25 --sheet docs/pictures/subjects-judged.webp
    python scripts/evaluate_subjects.py --part 1/2    # another machine takes 2/2
    python scripts/evaluate_subjects.py --minutes 0    # the tables of what is there
"""

import json
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, zip_longest
from pathlib import Path
from statistics import mean
from typing import Any, Final

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
from framesmooth.video import read_image, write_png  # noqa: E402

Mask = NDArray[np.uint8]

THINGS: Final = (
    "lighthouse", "car", "house", "castle", "train", "rocket", "windmill", "sailboat", "balloon", "bird",
)  # fmt: skip
CHANGES: Final = (
    ("by the sea at noon", "by the sea in a storm"),
    ("in the desert at noon", "in the snow at noon"),
    ("on the hills at dawn", "on the hills at night"),
    ("in the snow at noon, watercolor", "in the snow at noon, oil painting"),
    ("in the savanna at noon", "by a lake at dawn, watercolor"),
    ("in the forest in the fog", "in the forest at night"),
)
PLACES: Final = ("in the desert at noon", "in the snow at noon", "by the sea at dawn", "on the hills at noon")
SIZES: Final = ("512x512", "384x216", "216x384", "768x512")
NEGATIVE: Final = "pixel art"
STEPS, GUIDANCE, FRAMES = 10, 2.3, 4
JUDGED_SIDE: Final = 256
STRIPES, SMALLEST, SECOND, HALF = (21, 5), 200, 0.25, 0.5
"""The gaps (height, width) within a thing that are filled: stripes are high, gaps between things wide."""
BANDS: Final = 4
"""Of a picture, from top to bottom, whose mean colours are compared: wherever the thing stands."""
STRIP: Final = 96
"""Height in pixels of the pictures that are kept for sheets."""


@dataclass(frozen=True)
class Task:
    """One thing to measure: a clip from prompt to prompt, or one picture in a size.

    Attributes:
        kind: "travel", or a size such as "216x384".
        helped: whether structure is shared, or the layout made first.
        prompts: one or two.
    """

    kind: str
    helped: bool
    prompts: tuple[str, ...]
    seed: int

    @cached_property
    def key(self) -> str:
        """Its name: the same whenever it is asked for."""
        return f"{self.kind}|{'helped' if self.helped else 'plain'}|{self.seed}|{'|'.join(self.prompts)}"

    def frames(self, model: TextToImage) -> list[Frame]:
        """Return what is judged, all of it diffused."""
        share: StructureShare = "auto" if self.helped else 0.0
        common: dict[str, Any] = {"steps": STEPS, "guidance_scale": GUIDANCE, "cadence": 1}
        keys = [
            Keyframe(at, text, self.seed, NEGATIVE)
            for at, text in zip((0, FRAMES - 1), self.prompts, strict=False)
        ]
        if self.kind == "travel":
            return _frames(
                model, Timeline(tuple(keys), FRAMES), SamplingSpec(structure_share=share, **common)
            )
        width, height = map(int, self.kind.split("x"))
        spec = SamplingSpec(height=height, width=width, layout_pass=self.helped, **common)
        return _frames(model, Timeline(tuple(keys), 1), spec)

    def row(self, frames: list[Frame], seconds: float) -> dict[str, Any]:
        """Return what is kept of it."""
        masks = [red(frame) for frame in frames]
        ends = [overlap(masks[0], masks[-1])] if len(masks) > 1 else []
        return {
            "key": self.key,
            "kind": self.kind,
            "helped": self.helped,
            "same": f"{self.kind}|{self.seed}|{'|'.join(self.prompts)}",
            "counts": [subjects(mask) for mask in masks],
            "areas": [int(mask.sum()) for mask in masks],
            "overlaps": [round(overlap(*pair), 3) for pair in pairwise(masks)],
            "ends": ends,
            "colours": bands(frames[-1]),
            "seconds": round(seconds, 2),
        }


def tasks(pairs: int, seeds: int, prompts: int, sizes: tuple[str, ...], *, baseline: bool) -> Iterator[Task]:
    """Yield everything there is to measure, travels and sizes in turn."""
    ways = (False, True) if baseline else (True,)
    travels = [
        [Task("travel", helped, _pair(at), seed) for helped in ways]
        for seed in range(seeds)
        for at in range(pairs)
    ]
    singles = [
        [Task(size, helped, (_prompt(at),), at) for helped in ways] for at in range(prompts) for size in sizes
    ]
    none: list[Task] = []
    for travel, single in zip_longest(travels, singles, fillvalue=none):
        yield from (*travel, *single)


def _pair(at: int) -> tuple[str, str]:
    """Return a pair of prompts; any few that follow each other have several things and changes."""
    thing, change = THINGS[at % len(THINGS)], CHANGES[(at + at // len(THINGS)) % len(CHANGES)]
    return f"a red {thing} {change[0]}", f"a red {thing} {change[1]}"


def _prompt(at: int) -> str:
    return f"a red {THINGS[at % 4]} {PLACES[(at + at // 4) % len(PLACES)]}"


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--pairs", default=len(THINGS) * len(CHANGES), help="Pairs of prompts that share a subject.")
@click.option("--seeds", default=8, help="Seeds of each pair.")
@click.option("--size", "sizes", multiple=True, default=SIZES, help="Sizes; repeatable.")
@click.option("--prompts", default=100, help="Prompts in each size.")
@click.option("--baseline/--no-baseline", default=True, help="Also without what keeps subjects single.")
@click.option("--part", default="1/1", help="K/N does every N-th, from the K-th on.")
@click.option("--minutes", default=float("inf"), help="Begins nothing new after so many.")
@click.option(
    "--work", type=click.Path(path_type=Path), default="build/subjects", help="Keeps what was measured."
)
@click.option(
    "--sheet", type=click.Path(path_type=Path), help="Write some clips, without and with, to this picture."
)
def main(
    pairs: int,
    seeds: int,
    sizes: tuple[str, ...],
    prompts: int,
    baseline: bool,
    part: str,
    minutes: float,
    work: Path,
    sheet: Path | None,
) -> None:
    """Print shares of frames with a doubled or half subject, and of single subjects by size."""
    first, count = map(int, part.split("/"))
    wanted = list(tasks(pairs, seeds, prompts, sizes, baseline=baseline))
    rows = kept(work)
    # Both ways of one clip stay in one part.
    step = 2 if baseline else 1
    own = [
        task for at, task in enumerate(wanted) if (at // step) % count == first - 1 and task.key not in rows
    ]
    if own and minutes > 0:
        measure(own, work, minutes)
        rows = kept(work)
    known = [rows[task.key] for task in wanted if task.key in rows]
    click.echo(
        f"{len(known)} of {len(wanted)} measured\n\n{travel_table(known)}\n\n{size_table(known, sizes)}"
    )
    if sheet is not None:
        write_sheet(sheet, work, known)


def measure(own: list[Task], work: Path, minutes: float) -> None:
    """Measure tasks, and keep each row and strip as soon as it is there."""
    model, ends = load_pipeline(str(locate_model("storybook"))), time.monotonic() + 60 * minutes
    work.mkdir(parents=True, exist_ok=True)
    with click.progressbar(own, label="subjects") as left:
        for task in left:
            if time.monotonic() > ends:
                break
            began = time.process_time()
            frames = task.frames(model)
            row = task.row(frames, time.process_time() - began)
            small = [
                cv2.resize(
                    one, (round(STRIP * one.shape[1] / one.shape[0]), STRIP), interpolation=cv2.INTER_AREA
                )
                for one in frames
            ]
            write_png(strip_of(work, row), np.hstack(small))
            with (work / "rows.jsonl").open("a") as file:
                file.write(json.dumps(row) + "\n")


def kept(work: Path) -> dict[str, dict[str, Any]]:
    """Return the rows that were kept by key; a line that a stop cut short is left out."""
    found: dict[str, dict[str, Any]] = {}
    path = work / "rows.jsonl"
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        found[row["key"]] = row
    return found


def strip_of(work: Path, row: dict[str, Any]) -> Path:
    """Return where the pictures of a row are kept."""
    return work / "strips" / f"{row['key'].replace('|', '-').replace(' ', '_').replace(',', '')}.png"


def travel_table(rows: list[dict[str, Any]]) -> str:
    """Return the figures of the clips as a table of Markdown."""
    lines = [
        "| structure guidance | clips | doubled | half | overlap, frame to frame | colours off | time |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    plain = {row["same"]: row for row in rows if row["kind"] == "travel" and not row["helped"]}
    for helped in (False, True):
        part = [row for row in rows if row["kind"] == "travel" and row["helped"] is helped]
        if not part:
            continue
        frames = sum(len(row["counts"]) for row in part)
        doubled = sum(count > 1 for row in part for count in row["counts"]) / frames
        half = sum(map(halves, part)) / frames
        both = [(row, plain[row["same"]]) for row in part if row["same"] in plain]
        off = mean(colours_off(row, free) for row, free in both) if both else float("nan")
        ratio = sum(row["seconds"] for row, _ in both) / max(sum(free["seconds"] for _, free in both), 1e-9)
        overlaps = mean(one for row in part for one in row["overlaps"])
        figures = f"{doubled:.1%} | {half:.1%} | {overlaps:.2f} | {off:.0f} levels | × {ratio:.2f}"
        lines.append(f"| {'auto' if helped else '0'} | {len(part)} | {figures} |")
    return "\n".join(lines)


def size_table(rows: list[dict[str, Any]], sizes: tuple[str, ...]) -> str:
    """Return the share of single subjects by size as a table of Markdown."""
    lines = [
        "| size | pictures | one subject, at once | one subject, layout first | time |",
        "| --- | --- | --- | --- | --- |",
    ]
    for size in sizes:
        ways: dict[bool, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            if row["kind"] == size:
                ways[row["helped"]].append(row)
        if not ways:
            continue
        shares = [
            f"{mean(row['counts'] == [1] for row in ways[way]):.0%}" if ways[way] else "–"
            for way in (False, True)
        ]
        times = [
            mean(row["seconds"] for row in ways[way]) if ways[way] else float("nan") for way in (False, True)
        ]
        figures = f"{shares[0]} | {shares[1]} | × {times[1] / times[0]:.2f}"
        lines.append(f"| {size.replace('x', ' × ')} | {len(ways[True])} | {figures} |")
    return "\n".join(lines)


def write_sheet(path: Path, work: Path, rows: list[dict[str, Any]], most: int = 16) -> None:
    """Write clips side by side, without and with structure guidance, as they were measured."""
    travels: dict[str, dict[bool, dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        if row["kind"] == "travel":
            travels[row["same"]][row["helped"]] = row
    whole = [ways for ways in travels.values() if len(ways) == 2][:most]
    if not whole:
        return
    lines = [np.hstack([read_image(strip_of(work, ways[way])) for way in (False, True)]) for ways in whole]
    write_png(path, np.vstack(lines)) if path.suffix == ".png" else _write_webp(path, np.vstack(lines))


def _write_webp(path: Path, picture: Frame) -> None:
    from PIL import Image

    Image.fromarray(picture).save(path, quality=80, method=6)


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


def halves(row: dict[str, Any]) -> int:
    """Return in how many frames of a clip the thing is half, or not there."""
    usual = float(np.median(row["areas"]))
    return sum(
        area < HALF * usual or count == 0 for area, count in zip(row["areas"], row["counts"], strict=True)
    )


def overlap(first: Mask, second: Mask) -> float:
    """Return the intersection of two masks over their union."""
    return float((first & second).sum() / max(1, (first | second).sum()))


def bands(frame: Frame) -> list[list[float]]:
    """Return the mean colours of a picture's bands, top to bottom: levels of red, green and blue."""
    return [part.reshape(-1, 3).mean(axis=0).round(1).tolist() for part in np.array_split(frame, BANDS)]


def colours_off(row: dict[str, Any], free: dict[str, Any]) -> float:
    """Return how far a clip's last picture is in colour from the one that is free of the first, levels."""
    return float(np.abs(np.subtract(row["colours"], free["colours"])).mean())


if __name__ == "__main__":
    main()
