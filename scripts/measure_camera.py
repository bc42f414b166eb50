"""How long a subject and its texture last under a moving camera: read by the judge, and detail over time.

For each subject and move a clip of 120 frames is composed; the judge of ``evaluate_storybook.py`` reads the
subject of its last frame, turned upright, and fine detail is compared with the first frame's. A sheet shows
frames 0, 7, 34, 60 and 119.

Example::

    python scripts/measure_camera.py --judge build/storybook/reader.pt --sheet camera.png
"""

import json
import sys
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from storybook.classifier import TABLES, read, shrink, untrained

from framesmooth.frames import as_float
from framesmooth.generation.anchor_images import AnchorImage, composed
from framesmooth.generation.anchored_camera import AnchoredCamera
from framesmooth.generation.base import FrameGenerator
from framesmooth.interpolation.detail_matching import detail_energy
from framesmooth.models.pool import ModelPool
from framesmooth.reports.montage import side_by_side
from framesmooth.training.reader import Reader
from framesmooth.video import write_png
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings

PROMPTS: Final = {
    "castle": "a castle on the hills at sunset",
    "lighthouse": "a lighthouse by the sea at dawn",
    "sailboat": "a red sailboat on the sea at noon",
    "windmill": "a windmill in the fields at noon",
    "house": "a house in the snow at night",
    "tree": "a tree on the meadow at sunset",
    "balloon": "a blue balloon over the mountains at dawn",
    "car": "a red car in the city at night",
}
MOVES: Final[dict[str, dict[str, str]]] = {
    "zoom 1.01": {"zoom": "1.01"},
    "pan 2": {"pan_x": "2"},
    "roll 0.5": {"roll": "0.5"},
}
FRAMES: Final = 120
SHOWN: Final = (0, 7, 34, 60, 119)


def subject_of(reader: Reader, picture: NDArray[np.uint8]) -> str:
    """Return the subject that the judge reads."""
    classes = read(reader, shrink(picture)[None], torch.device("cpu"))[0]
    return str(TABLES["subject"][classes[list(TABLES).index("subject")]])


def frames_of(generator: FrameGenerator, times: tuple[int, ...]) -> dict[int, NDArray[np.uint8]]:
    """Return some frames of a clip."""
    for _ in generator.keyframes():
        pass
    found: dict[int, NDArray[np.uint8]] = {}
    for batch in generator.batches:
        if set(batch) & set(times):
            found |= {time: made.frame for time, made in zip(batch, generator.render(batch), strict=True)}
    return {time: found[time] for time in times}


def upright(generator: AnchoredCamera, frame: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Return a frame turned back by what the camera rolled; its corners are mirrored."""
    if degrees == 0:
        return frame
    pose = generator.camera.between(0, FRAMES - 1)
    back = composed([AnchorImage.of(frame, pose)], [1.0], np.eye(3))
    return np.asarray(np.rint(255 * back.image), np.uint8)


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--judge", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--subjects", default=",".join(PROMPTS))
@click.option("--moves", default=",".join(MOVES))
@click.option("--seed", default=0)
@click.option("--anchor", type=click.Choice(["on", "off"]), default="on", help="off is the chain of old.")
@click.option("--sheet", type=click.Path(path_type=Path), default=None)
def main(judge: Path, subjects: str, moves: str, seed: int, anchor: str, sheet: Path | None) -> None:
    """Measures how long subjects last under a camera."""
    saved: Any = torch.load(judge, map_location="cpu", weights_only=True)
    reader = untrained()
    reader.load_state_dict(saved.get("model", saved))
    reader.eval()
    rows: list[dict[str, Any]] = []
    strips: list[NDArray[np.uint8]] = []
    with ModelPool().active():
        for name in subjects.split(","):
            for move in moves.split(","):
                asked = {"num_frames": FRAMES, "seed": seed, "camera_anchor": anchor, **MOVES[move]}
                settings = GenerateSettings.of(prompts=[PROMPTS[name]], output=Path("none.mp4"), **asked)
                generator = load_generator(resolve(settings), None)
                assert isinstance(generator, AnchoredCamera) or anchor == "off"
                frames = frames_of(generator, SHOWN)
                energy = {time: detail_energy(as_float(frame)) for time, frame in frames.items()}
                rolled = 0.5 * (FRAMES - 1) if "roll" in move else 0.0
                last = upright(generator, frames[FRAMES - 1], rolled)  # type: ignore[arg-type]
                row = {
                    "subject": name,
                    "move": move,
                    "first": subject_of(reader, frames[0]),
                    "last": subject_of(reader, last),
                    "detail": [round(float(np.sqrt(energy[time] / energy[0])), 2) for time in SHOWN],
                }
                rows.append(row)
                strips.extend(frames.values())
                click.echo(json.dumps(row))
                if sheet is not None:
                    write_png(sheet, side_by_side(strips, len(SHOWN)))
    for move in moves.split(","):
        part = [row for row in rows if row["move"] == move]
        right = np.mean([row["last"] == row["subject"] for row in part])
        left = np.mean([row["detail"][-1] for row in part])
        click.echo(f"{move}: {right:.0%} right at the last frame, detail {left:.2f}")


if __name__ == "__main__":
    main()
