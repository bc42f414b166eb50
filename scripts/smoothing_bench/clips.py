"""The clips of the benchmark: cut-free segments of real ones, and scenes whose motion is known exactly."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from storybook.painter import paint
from storybook.world import Scene as Painting

from framesmooth.frames import Frame, as_float
from framesmooth.motion.flow.base import load_flow
from framesmooth.motion.shots import steps
from framesmooth.video import list_clips, open_source
from tests.scenes import moving_scene

Clip = list[Frame]

# Clip, first frame: none of these ranges holds a cut.
SEGMENTS = (
    ("bikes.mp4", 5),
    ("bikes.mp4", 35),
    ("bikes.mp4", 140),
    ("bigbuckbunny.mp4", 0),
    ("bigbuckbunny.mp4", 95),
    ("carphone_pristine.mp4", 0),
    ("carphone_pristine.mp4", 70),
)

SCENE_SIZE = (192, 288)
_SCENES: dict[str, dict[str, Any]] = {
    "still": {"pan": (0.0, 0.0), "seed": 11},
    "slow pan, occluder": {"pan": (0.4, 0.3), "occluder": True, "seed": 9},
    "pan": {"pan": (1.7, 0.75), "seed": 1},
    "zoom and turn, occluder": {
        "pan": (0.5, 0.2),
        "zoom": 1.01,
        "rotation": 0.6,
        "occluder": True,
        "seed": 7,
    },
    "painting": {"pan": (1.7, 0.0), "painting": "hills"},
    "fast pan": {"pan": (9.0, 2.0), "seed": 3},
}
SCENES = tuple(_SCENES)
# Frames are looked through for cuts at this width; a segment begins after every cut that is found.
_CUT_WIDTH = 160


@dataclass(frozen=True)
class Shot:
    """A clean clip without cuts: ``count`` frames of a file from ``start``, or the scene called ``name``."""

    name: str
    count: int
    path: Path | None = None
    start: int = 0
    width: int = 480

    def frames(self) -> Clip:
        """Read or make the frames, at most ``width`` pixels wide."""
        if self.path is None:
            return scene(self.name, self.count)
        return read_segment(self.path, self.start, self.count, self.width)


def scene(name: str, count: int, size: tuple[int, int] = SCENE_SIZE) -> Clip:
    """Return a textured or painted plane under a moving camera, its motion known exactly."""
    motion = dict(_SCENES[name])
    place = motion.pop("painting", None)
    if place is not None:
        picture = Painting(place, "noon", "windmill", "red", "oil", frozenset(), 3)
        motion["plane"] = as_float(paint(picture, size[0] + 128, size[1] + 128))
    return moving_scene(frames=count, size=size, **motion).frames


def real_shots(folder: Path | None, count: int, width: int) -> list[Shot]:
    """Return segments of the clips in ``folder``: those of SEGMENTS, and one of every other clip.

    Without a folder there are none. Of a clip that is not in SEGMENTS the first ``count`` frames without a
    cut are taken; one that has no such stretch is left out.
    """
    if folder is None:
        return []
    known = [(folder / name, start) for name, start in SEGMENTS if (folder / name).is_file()]
    others = [path for path in list_clips(folder)[0] if path.name not in dict(SEGMENTS)]
    found = [(path, _steady_start(path, count)) for path in others]
    return [
        Shot(f"{path.stem} {start}", count, path, start, width)
        for path, start in [*known, *found]
        if start is not None
    ]


def _steady_start(path: Path, count: int) -> int | None:
    first = 0
    small = (scaled(frame, _CUT_WIDTH) for frame in open_source(path))
    for index, step in enumerate(steps(small, load_flow("dis-fast"))):
        if index + 1 - first >= count:
            return first
        if step.to_next is None:
            first = index + 1
    return None


def read_segment(path: Path, start: int, count: int, width: int) -> Clip:
    """Return ``count`` frames from ``start``, at most ``width`` pixels wide, with even sides."""
    return [scaled(frame, width) for frame in islice(open_source(path), start, start + count)]


def scaled(frame: Frame, width: int) -> Frame:
    """Return the frame at most ``width`` pixels wide; a smaller one stays as it is."""
    if frame.shape[1] <= width:
        return frame
    height = 2 * round(frame.shape[0] * width / frame.shape[1] / 2)
    return np.ascontiguousarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def fitted(frames: Clip, height: int, width: int) -> Iterator[Frame]:
    """Yield the frames cropped to the shape of (height, width) around their middle, and scaled to it."""
    rows, columns = frames[0].shape[:2]
    scale = min(rows / height, columns / width)
    tall, wide = round(height * scale), round(width * scale)
    top, left = (rows - tall) // 2, (columns - wide) // 2
    method = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
    for frame in frames:
        part = frame[top : top + tall, left : left + wide]
        yield np.ascontiguousarray(cv2.resize(part, (width, height), interpolation=method), np.uint8)
