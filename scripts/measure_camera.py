"""How long a subject and its texture last under a moving camera: read by the judge, and detail over time.

For each subject and move a clip of 120 frames is composed. Ten seconds of zoom by 1.01 enlarge 3.3 times, and
a pan of 2 pixels leaves the first image behind: in the end no judge could read the subject, however well it
was kept. So the judge of ``evaluate_storybook.py`` is also shown the first image alone as the camera would
see it (the control), and only the frames in which it reads the subject there, and at least half of the view
is the first image, count as those in which the subject is in sight. Rolled frames are turned upright.

Detail is that of the frame over that which the first image has in the part that is in sight. Second subjects
are counted by ``evaluate_subjects.py``: parts of the red area, more than the first image has.

Example::

    python scripts/measure_camera.py --judge build/storybook/reader.pt --seeds 2 --sheet camera.png
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from evaluate_subjects import red, subjects
from storybook.classifier import TABLES, read, shrink, untrained

from framesmooth.frames import as_float
from framesmooth.generation.anchor_images import AnchorImage, Composed, composed
from framesmooth.generation.anchored_camera import AnchoredCamera
from framesmooth.generation.base import FrameGenerator
from framesmooth.interpolation.detail_matching import detail_energy, detail_map
from framesmooth.models.pool import ModelPool
from framesmooth.reports.montage import side_by_side
from framesmooth.training.reader import Reader
from framesmooth.video import write_png
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings

Picture = NDArray[np.uint8]

PROMPTS: Final = {
    "castle": "a red castle on the hills at noon",
    "lighthouse": "a red lighthouse by the sea at dawn",
    "sailboat": "a red sailboat on the sea at noon",
    "windmill": "a red windmill on the hills at noon",
    "house": "a red house in the snow at noon",
    "tree": "a tree on the hills at noon",
    "balloon": "a red balloon over the hills at noon",
    "car": "a red car in the desert at noon",
}
MOVES: Final[dict[str, dict[str, str]]] = {
    "zoom 1.01": {"zoom": "1.01"},
    "pan 2": {"pan_x": "2"},
    "roll 0.5": {"roll": "0.5"},
}
FRAMES: Final = 120
TIMES: Final = (0, *range(15, FRAMES - 1, 15), FRAMES - 1)
SHOWN: Final = (0, 30, 60, 90, FRAMES - 1)
LEAST_KNOWN: Final = 0.5


def judge_of(path: Path) -> Reader:
    """Return the judge that a training kept."""
    saved: Any = torch.load(path, map_location="cpu", weights_only=True)
    reader = untrained()
    reader.load_state_dict(saved.get("parts", saved).get("model", saved))
    return reader.eval()


def subject_of(reader: Reader, picture: Picture) -> str:
    """Return the subject that the judge reads."""
    classes = read(reader, shrink(picture)[None], torch.device("cpu"))[0]
    return str(TABLES["subject"][classes[list(TABLES).index("subject")]])


def frames_of(generator: FrameGenerator, times: tuple[int, ...]) -> dict[int, Picture]:
    """Return some frames of a clip."""
    for _ in generator.keyframes():
        pass
    found: dict[int, Picture] = {}
    for batch in generator.batches:
        if set(batch) & set(times):
            found |= {time: made.frame for time, made in zip(batch, generator.render(batch), strict=True)}
    return {time: found[time] for time in times}


@dataclass(frozen=True)
class Clip:
    """Some frames of a clip under a camera, and what is known of each."""

    generator: AnchoredCamera
    frames: dict[int, Picture]
    rolls: bool

    def control(self, time: int, picture: NDArray[np.float32]) -> Composed:
        """Return what the camera sees of a picture (H, W, 3) in the place of the first frame."""
        image = AnchorImage(picture, np.eye(3), np.ones(picture.shape[:2], np.float32))
        return composed([image], [1.0], self.generator.camera.between(0, time))

    def upright(self, time: int, frame: Picture) -> Picture:
        """Return a frame turned back by what the camera rolled; its corners are mirrored."""
        if not self.rolls:
            return frame
        image = AnchorImage.of(frame, self.generator.camera.between(0, time))
        return levels(composed([image], [1.0], np.eye(3)).image)

    def detail(self, time: int) -> float:
        """Return the amplitude of fine detail over that of the first frame in the part that is in sight."""
        seen = self.control(time, detail_map(as_float(self.frames[0])))
        first = float((seen.image.mean(-1) * seen.known).sum() / max(float(seen.known.sum()), 1e-6))
        return float(np.sqrt(detail_energy(as_float(self.frames[time])) / first))

    def row(self, reader: Reader, subject: str) -> dict[str, Any]:
        """Return the figures of the clip."""
        first, sight = as_float(self.frames[0]), []
        for time in TIMES[1:]:
            seen = self.control(time, first)
            shown = subject_of(reader, self.upright(time, levels(seen.image)))
            if float(seen.known.mean()) >= LEAST_KNOWN and shown == subject:
                sight.append(time)
        right = [subject_of(reader, self.upright(time, self.frames[time])) == subject for time in sight]
        parts = [subjects(red(frame)) for frame in self.frames.values()]
        return {
            "first": subject_of(reader, self.frames[0]) == subject,
            "in_sight": sight,
            "right": right,
            "detail": [round(self.detail(time), 2) for time in TIMES],
            "more_subjects": sum(count > max(parts[0], 1) for count in parts),
        }


def levels(image: NDArray[np.float32]) -> Picture:
    """Return a float image as levels."""
    return np.asarray(np.rint(255 * np.clip(image, 0, 1)), np.uint8)


def told(move: str, rows: list[dict[str, Any]]) -> str:
    """Return one line about a move."""
    known = [row for row in rows if row["first"] and row["right"]]
    read_right = [right for row in known for right in row["right"]]
    last = [row["right"][-1] for row in known]
    detail = np.mean([row["detail"] for row in rows], axis=0)
    more = sum(row["more_subjects"] for row in rows) / (len(rows) * len(TIMES))
    return (
        f"{move}: read right while in sight {np.mean(read_right or [np.nan]):.0%} of {len(read_right)} "
        "frames, "
        f"in the last of them {np.mean(last or [np.nan]):.0%} of {len(last)} clips; "
        f"detail {detail.min():.2f} at least, {detail[-1]:.2f} at the last frame; second subjects {more:.1%}"
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--judge", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--subjects", "names", default=",".join(PROMPTS))
@click.option("--moves", default=",".join(MOVES))
@click.option("--seeds", default=1)
@click.option("--sheet", type=click.Path(path_type=Path), default=None)
def main(judge: Path, names: str, moves: str, seeds: int, sheet: Path | None) -> None:
    """Measures how long subjects last under a camera."""
    reader = judge_of(judge)
    rows: dict[str, list[dict[str, Any]]] = {move: [] for move in moves.split(",")}
    strips: list[Picture] = []
    with ModelPool().active():
        for name, seed, move in ((n, s, m) for n in names.split(",") for s in range(seeds) for m in rows):
            asked = {"num_frames": FRAMES, "seed": seed, "camera_anchor": "on", **MOVES[move]}
            settings = GenerateSettings.of(prompts=[PROMPTS[name]], output=Path("none.mp4"), **asked)
            generator = load_generator(resolve(settings), None)
            assert isinstance(generator, AnchoredCamera)
            clip = Clip(generator, frames_of(generator, TIMES), "roll" in move)
            rows[move].append(clip.row(reader, name))
            strips.extend(clip.frames[time] for time in SHOWN)
            click.echo(json.dumps({"subject": name, "seed": seed, "move": move, **rows[move][-1]}))
    if sheet is not None:
        write_png(sheet, side_by_side(strips, len(SHOWN)))
    for move, part in rows.items():
        click.echo(told(move, part))


if __name__ == "__main__":
    main()
