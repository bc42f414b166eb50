"""Frames in a row before and after, and their x-t slices: one scanline over time shows flicker best."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from framesmooth.frames import Frame

_PAPER, _INK = (250, 250, 248), (34, 48, 60)
_LABEL_HEIGHT, _GAP, _FONT_SIZE = 26, 4, 15
_WIDTH: Final = 1440
_LARGEST_SLICE: Final = 320


@dataclass
class Strip:
    """Collects what the image needs while frames stream by: a few frames, and one scanline of each.

    ``start`` is the first frame shown, ``count`` how many; scanlines are kept for at most 320 frames, from
    frame 0 on, so the memory is bounded.
    """

    start: int = 0
    count: int = 6
    _frames: list[tuple[Frame, ...]] = field(default_factory=list)
    _lines: list[tuple[Frame, ...]] = field(default_factory=list)
    _seen: int = 0

    @classmethod
    def of_middle(cls, num_frames: int) -> "Strip":
        """Return a strip that shows the frames in the middle of a clip."""
        return cls(start=max(0, num_frames // 2 - cls.count // 2))

    @property
    def needed(self) -> int:
        """How many frames, from the first on, decide what is drawn."""
        return max(self.start + self.count, _LARGEST_SLICE)

    def drawn_from(self, *clips: Iterable[Frame]) -> Frame:
        """Return the strip of several versions of a clip; no more frames are read than it shows."""
        return self.drawn_from_pairs(zip(*clips, strict=True))

    def drawn_from_pairs(self, pairs: Iterable[tuple[Frame, ...]]) -> Frame:
        """Return the strip of frames in several versions each; no more of them are read than it shows."""
        for versions in islice(pairs, self.needed):
            self.add(*versions)
        return self.draw()

    def add(self, *versions: Frame) -> None:
        """Take the next frame (H, W, 3) uint8 in all its versions: before, after; or just one."""
        if self.start <= self._seen < self.start + self.count:
            self._frames.append(tuple(version.copy() for version in versions))
        if self._seen < _LARGEST_SLICE:
            self._lines.append(tuple(version[version.shape[0] // 2].copy() for version in versions))
        self._seen += 1

    def draw(self, labels: Sequence[str] = ("before", "after")) -> Frame:
        """Return the labelled image (H, 1440, 3) uint8: rows of frames, then one x-t slice per version."""
        shown = self._frames or [tuple(line[None] for line in lines) for lines in self._lines[:1]]
        parts: list[Frame] = []
        for index, label in enumerate(labels[: len(shown[0]) if shown else 0]):
            first, last = self.start, self.start + len(shown) - 1
            parts += [_label(f"{label}: frames {first} to {last}"), _row([frame[index] for frame in shown])]
        for index, label in enumerate(labels[: len(self._lines[0]) if self._lines else 0]):
            title = f"{label}: the middle scanline over time (top to bottom); flicker is horizontal banding"
            parts += [_label(title), _slice([line[index] for line in self._lines])]
        return np.ascontiguousarray(np.concatenate(parts)) if parts else _label("no frames")


def _row(frames: Sequence[Frame]) -> Frame:
    """Return the frames side by side, scaled to the width of the page."""
    width = (_WIDTH - _GAP * (len(frames) - 1)) // len(frames)
    height = max(round(frames[0].shape[0] * width / frames[0].shape[1]), 1)
    row = np.full((height + _GAP, _WIDTH, 3), _PAPER, np.uint8)
    for index, frame in enumerate(frames):
        left = index * (width + _GAP)
        row[:height, left : left + width] = _scaled(frame, width, height)
    return row


def _slice(lines: Sequence[Frame]) -> Frame:
    repeat = max(math.ceil(160 / len(lines)), 1)
    image = np.repeat(np.stack(lines), repeat, axis=0)
    return _scaled(image, _WIDTH, image.shape[0])


def _scaled(image: NDArray[np.uint8], width: int, height: int) -> Frame:
    shrinks = width < image.shape[1] or height < image.shape[0]
    resized = cv2.resize(
        image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    )
    return np.asarray(resized, np.uint8)


def _label(text: str) -> Frame:
    image = Image.new("RGB", (_WIDTH, _LABEL_HEIGHT), _PAPER)
    font = ImageFont.load_default(_FONT_SIZE)
    ImageDraw.Draw(image).text((6, 3), text, fill=_INK, font=font)
    return np.asarray(image, np.uint8)
