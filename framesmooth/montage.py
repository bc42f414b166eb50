"""Clips put together for the eye: side by side or with a wipe, each with its name and a line of figures."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from framesmooth.frames import Frame

Layout = Literal["side-by-side", "wipe"]
LAYOUTS: Final[tuple[Layout, ...]] = ("side-by-side", "wipe")

_GAP: Final = 4
_PAPER, _INK, _LINE = (18, 22, 26), (255, 255, 255), (255, 255, 255)
_SHADE: Final = 0.4  # what is left of the picture behind text
_SWEEP: Final = 3.0  # seconds that a wipe takes from one side to the other and back
_FONT_SHARE, _SMALLEST_FONT, _LARGEST_FONT = 0.05, 9, 28


def side_by_side_size(size: tuple[int, int], count: int) -> tuple[int, int]:
    """Return (height, width) of ``count`` pictures of ``size`` in rows of at most three."""
    columns = min(count, 3)
    rows = math.ceil(count / columns)
    return rows * (size[0] + _GAP) - _GAP, columns * (size[1] + _GAP) - _GAP


def side_by_side(pictures: Sequence[Frame]) -> Frame:
    """Return pictures of one size (H, W, 3) uint8 in rows of at most three, with a gap between them."""
    height, width = pictures[0].shape[:2]
    total = side_by_side_size((height, width), len(pictures))
    sheet = np.full((*total, 3), _PAPER, np.uint8)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, 3)
        top, left = row * (height + _GAP), column * (width + _GAP)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def wipe(first: Frame, second: Frame, seconds: float) -> Frame:
    """Return ``first`` left and ``second`` right of a line that sweeps to and fro, at this time."""
    width = first.shape[1]
    line = round(width * (0.5 + 0.45 * math.sin(2 * math.pi * seconds / _SWEEP)))
    picture = second.copy()
    picture[:, :line] = first[:, :line]
    picture[:, max(line - 1, 0) : line + 1] = _LINE
    return picture


def label(picture: Frame, *texts: Sequence[str]) -> Frame:
    """Return the picture with lines of text on a shade at its top; a second text is right aligned."""
    height, width = picture.shape[:2]
    size = int(np.clip(round(_FONT_SHARE * height), _SMALLEST_FONT, _LARGEST_FONT))
    tall = min(round(1.35 * size * max(map(len, texts)) + 0.6 * size), height)
    marked = picture.copy()
    marked[:tall] = np.asarray(cv2.convertScaleAbs(marked[:tall], alpha=_SHADE), np.uint8)
    canvas = Image.fromarray(marked)
    draw = ImageDraw.Draw(canvas)
    font = ImageFont.load_default(size)
    for side, lines in enumerate(texts):
        for row, line in enumerate(lines):
            shown = _fitted(line, font, width // len(texts) - size)
            place = width - size // 2 if side else size // 2, round(0.3 * size + 1.35 * size * row)
            draw.text(place, shown, fill=_INK, font=font, anchor="ra" if side else "la")
    return np.ascontiguousarray(canvas, np.uint8)


def running_means(values: Iterable[float | None]) -> Iterator[float | None]:
    """Yield the mean of the values so far, None until there is one."""
    total, count = 0.0, 0
    for value in values:
        if value is not None:
            total, count = total + value, count + 1
        yield total / count if count else None


def _fitted(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, room: int) -> str:
    """Return the text, cut in its middle where it is wider than ``room``."""
    shown = text
    for keep in range(len(text) - 1, 0, -1):
        if font.getlength(shown) <= room:
            break
        shown = f"{text[: math.ceil(keep / 2)]}…{text[len(text) - keep // 2 :]}"
    return shown
