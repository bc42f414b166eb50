"""Montages of clips, side by side or with a wipe, each with its name and a line of figures."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import cv2
import numpy as np
from PIL import Image

from framesmooth.frames import Frame
from framesmooth.reports.fonts import Typeface, typeface

_GAP: Final = 4
_PAPER, _INK, _LINE = (18, 22, 26), (255, 255, 255), (255, 255, 255)
_SHADE: Final = 0.4  # what is left of the image behind text
_SWEEP: Final = 3.0  # seconds that a wipe takes from one side to the other and back
_FONT_TO_HEIGHT, _FONT_TO_ROOM = 0.05, 0.07
_CAPTION, _CAPTION_LINES = 0.75, 3
_SMALLEST_FONT, _LARGEST_FONT = 9, 28


def side_by_side_size(size: tuple[int, int], count: int, columns: int = 3) -> tuple[int, int]:
    """Return (height, width) of ``count`` images of ``size`` in rows of at most ``columns``."""
    columns = min(count, columns)
    rows = math.ceil(count / columns)
    return rows * (size[0] + _GAP) - _GAP, columns * (size[1] + _GAP) - _GAP


def side_by_side(images: Sequence[Frame], columns: int = 3) -> Frame:
    """Return images of one size (H, W, 3) uint8 in rows of at most ``columns``, with a gap between them."""
    height, width = images[0].shape[:2]
    total = side_by_side_size((height, width), len(images), columns)
    sheet = np.full((*total, 3), _PAPER, np.uint8)
    for index, image in enumerate(images):
        row, column = divmod(index, columns)
        top, left = row * (height + _GAP), column * (width + _GAP)
        sheet[top : top + height, left : left + width] = image
    return sheet


def wipe(first: Frame, second: Frame, seconds: float) -> Frame:
    """Return ``first`` left and ``second`` right of a line that sweeps to and fro, at this time."""
    width = first.shape[1]
    line = round(width * (0.5 + 0.45 * math.sin(2 * math.pi * seconds / _SWEEP)))
    image = second.copy()
    image[:, :line] = first[:, :line]
    image[:, max(line - 1, 0) : line + 1] = _LINE
    return image


Lines = Sequence[Sequence[str]]
"""Lines of text, each in wordings from long to short, of which the first one that fits is taken."""


def label(image: Frame, *texts: Lines) -> Frame:
    """Return the image with lines of text on a shade at its top; a second text is right aligned."""
    height, width = image.shape[:2]
    room = width // len(texts)
    wanted = round(min(_FONT_TO_HEIGHT * height, _FONT_TO_ROOM * room))
    font = typeface(min(max(wanted, _SMALLEST_FONT), _LARGEST_FONT))
    tall = min(round(font.size * (1.35 * max(map(len, texts)) + 0.5)), height)
    marked = image.copy()
    marked[:tall] = np.asarray(cv2.convertScaleAbs(marked[:tall], alpha=_SHADE), np.uint8)
    canvas = Image.fromarray(marked)
    for side, lines in enumerate(texts):
        for row, wordings in enumerate(lines):
            shown = _fitted(wordings, font, room - font.size)
            place = width - font.size / 2 if side else font.size / 2, font.size * (0.25 + 1.35 * row)
            font.draw(canvas, place, shown, _INK, right=bool(side))
    return np.ascontiguousarray(canvas, np.uint8)


def captioned(images: Sequence[Frame], captions: Sequence[tuple[str, str]]) -> list[Frame]:
    """Return images of one size (H, W, 3) uint8, each below a heading and three lines of text at most."""
    height, width = images[0].shape[:2]
    font = typeface(round(min(max(_FONT_TO_ROOM * width, _SMALLEST_FONT), _LARGEST_FONT) * _CAPTION))
    room = width - font.size
    texts = [_shortened(_wrapped(font.shown(text), font, room)) for _, text in captions]
    tall = round(font.size * (1.35 * (1 + max(map(len, texts))) + 0.5))
    cells = []
    for image, (heading, _), lines in zip(images, captions, texts, strict=True):
        canvas = Image.fromarray(np.full((tall + height, width, 3), _PAPER, np.uint8))
        for row, line in enumerate([heading, *lines]):
            place = font.size / 2, font.size * (0.25 + 1.35 * row)
            font.draw(canvas, place, _fitted([line], font, room), _INK)
        cell = np.array(canvas, np.uint8)
        cell[tall:] = image
        cells.append(cell)
    return cells


def _shortened(lines: list[str]) -> list[str]:
    if len(lines) <= _CAPTION_LINES:
        return lines
    return [*lines[: _CAPTION_LINES - 1], f"{lines[_CAPTION_LINES - 1]} …"]


def _wrapped(text: str, font: Typeface, room: float) -> list[str]:
    """Return the text wrapped into lines no wider than ``room``; single words may be wider."""
    lines = [""]
    for word in _words(text, font, room):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _words(text: str, font: Typeface, room: float) -> Iterator[str]:
    """Yield the words of a text; one that is wider than ``room``, as without spaces, comes in parts."""
    for word in text.split():
        part = ""
        for character in word:
            if part and font.getlength(part + character) > room:
                yield part
                part = ""
            part += character
        yield part


def running_means(values: Iterable[float | None]) -> Iterator[float | None]:
    """Yield the mean of the values so far, None until there is one."""
    total, count = 0.0, 0
    for value in values:
        if value is not None:
            total, count = total + value, count + 1
        yield total / count if count else None


def _fitted(wordings: Sequence[str], font: Typeface, room: float) -> str:
    """Return the first wording that is no wider than ``room``, or the last one cut in its middle."""
    wordings = [font.shown(wording) for wording in wordings]
    for wording in wordings:
        if font.getlength(wording) <= room:
            return wording
    text = wordings[-1]
    for keep in range(len(text) - 1, 1, -1):
        shown = f"{text[: math.ceil(keep / 2)]}…{text[len(text) - keep // 2 :]}"
        if font.getlength(shown) <= room:
            return shown
    return "…"
