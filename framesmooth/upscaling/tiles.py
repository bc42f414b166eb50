"""Enlarging in tiles, so that memory is bounded by a tile and not by the frame."""

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np

from framesmooth.frames import Frame


class _Enlarges(Protocol):
    @property
    def factor(self) -> int: ...

    @property
    def reach(self) -> int: ...

    def __call__(self, frame: Frame) -> Frame: ...


def in_tiles(upscaler: _Enlarges, frame: Frame, tile: int | None) -> Frame:
    """Return an enlarged frame, made tile by tile.

    Tiles overlap by what a pixel can depend on, so the result is that of the whole frame.

    Args:
        upscaler: enlarges a frame or a part of one.
        frame: (H, W, 3), of a type that the upscaler takes.
        tile: pixels of a tile's side; None, and a frame that isn't larger, are enlarged whole.
    """
    height, width = frame.shape[:2]
    if tile is None or (height <= tile and width <= tile):
        return upscaler(frame)
    factor, enlarge = upscaler.factor, _part(upscaler, frame)
    result = np.empty((factor * height, factor * width, 3), frame.dtype)
    for top, bottom in _spans(height, tile):
        for left, right in _spans(width, tile):
            part = enlarge(top, bottom, left, right)
            result[factor * top : factor * bottom, factor * left : factor * right] = part
    return result


def _spans(length: int, tile: int) -> Iterator[tuple[int, int]]:
    return ((at, min(at + tile, length)) for at in range(0, length, tile))


def _part(upscaler: _Enlarges, frame: Frame) -> Callable[[int, int, int, int], Frame]:
    """Return what enlarges rows and columns of ``frame`` together with what they depend on."""
    height, width = frame.shape[:2]
    reach, factor = upscaler.reach, upscaler.factor

    def enlarge(top: int, bottom: int, left: int, right: int) -> Frame:
        up, before = max(top - reach, 0), max(left - reach, 0)
        seen = frame[up : min(bottom + reach, height), before : min(right + reach, width)]
        large = upscaler(np.ascontiguousarray(seen))
        y, x = factor * (top - up), factor * (left - before)
        return large[y : y + factor * (bottom - top), x : x + factor * (right - left)]

    return enlarge
