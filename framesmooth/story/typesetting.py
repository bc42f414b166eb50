"""Text on the picture: lines within the safe area, with an outline, in any script that has a font here.

Pillow shapes the letters with Raqm, right-to-left scripts too. The safe area for text is that of EBU R 95:
all but 5 % of the picture at each side.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, features

from framesmooth.frames import Frame
from framesmooth.reports.fonts import default_font, font_runs, load_font, typeface
from framesmooth.story.line_breaking import broken
from framesmooth.story.spec import Position
from framesmooth.video.reading import Color

MARGIN: Final = 0.05
"""Of the safe area, as a share of each side."""
TITLE_SIZE, CAPTION_SIZE = 0.11, 0.06
"""Height of the letters' font as a share of the picture's height."""
_SMALLEST: Final = 7
"""Pixels of a font that can be read at all."""
_LEADING: Final = 1.2
_OUTLINE: Final = 0.07
_SHRINK: Final = 0.9
_ASCENT: Final = 0.97
"""From the top of a line to its baseline, as a share of the font's height."""
_DARK: Final = 110
"""Letters with no channel above it get a white outline."""
_HIGHEST: Final = 0.9
_RIGHT_TO_LEFT: Final = ("R", "AL")
_BOX: Final = "▯"
"""In the place of a character that no font has."""


@dataclass(frozen=True, eq=False)
class Layer:
    """A picture of text.

    Attributes:
        top: row of its first line of pixels in the frame.
        left: column.
        color: uint8 (h, w, 3).
        alpha: float32 (h, w, 1), 0 to 1.
    """

    top: int
    left: int
    color: NDArray[np.uint8]
    alpha: NDArray[np.float32]

    def on(self, frame: Frame, opacity: float = 1.0) -> Frame:
        """Return a frame with the text on it; ``opacity`` is 0 to 1."""
        marked = frame.copy()
        height, width = self.alpha.shape[:2]
        part = marked[self.top : self.top + height, self.left : self.left + width]
        alpha = self.alpha * np.float32(opacity)
        part[:] = np.rint(part + (self.color.astype(np.float32) - part) * alpha).astype(np.uint8)
        return marked


@dataclass(frozen=True, kw_only=True)
class SetText:
    """A text that is set: its lines, letters and place.

    Attributes:
        lines: of text, with boxes for characters that no font here has.
        missing: those characters.
        points: height of the font in pixels.
        outline: width of the outline in pixels.
        top: row of the text's first line of pixels in the frame.
        left: column.
        room: pixels of the longest line that fits.
        color: of the letters; the outline is black, or white around dark ones.
        backwards: whether it is read from right to left.
    """

    lines: tuple[str, ...]
    missing: str
    points: int
    outline: int
    top: int
    left: int
    room: int
    color: Color
    backwards: bool

    @property
    def height(self) -> int:
        """Of the lines with their outline, in pixels."""
        return _tall(len(self.lines), self.points, self.outline)

    def layer(self) -> Layer:
        """Return the text as a picture."""
        pixels = np.asarray(_drawn(self), np.uint8)
        columns = np.nonzero(pixels[..., 3].any(axis=0))[0]
        first, last = (int(columns[0]), int(columns[-1]) + 1) if columns.size else (0, 1)
        return Layer(
            top=self.top,
            left=self.left + first,
            color=np.ascontiguousarray(pixels[:, first:last, :3]),
            alpha=np.float32(1 / 255) * pixels[:, first:last, 3:].astype(np.float32),
        )


def set_text(
    text: str,
    size: tuple[int, int],
    *,
    position: Position,
    share: float,
    color: Color = (255, 255, 255),
    most_lines: int = 3,
    lift: int = 0,
) -> SetText | None:
    """Return a text set on frames of ``size``; None where it doesn't fit in letters that can be read.

    Letters are made smaller until the text fits.

    Args:
        text: line breaks in it are kept.
        size: (height, width) of the frames.
        position: at the top, in the center or at the bottom of the safe area.
        share: height of the font as a share of the frame's height.
        color: of the letters.
        most_lines: how many lines there may be, if its own line breaks don't make more.
        lift: pixels by which the text stands higher.
    """
    height, width = size
    margin = round(MARGIN * height), round(MARGIN * width)
    points = max(_SMALLEST, round(share * height))
    shown, missing = _shown(text)
    most = max(most_lines, shown.count("\n") + 1)
    while True:
        outline = max(1, round(_OUTLINE * points))
        room = width - 2 * margin[1] - 2 * outline
        lines = _lines(shown, points, room, most)
        tall = _tall(len(lines), points, outline)
        if lines and tall <= _HIGHEST * height - lift:
            break
        if points <= _SMALLEST:
            return None
        points = max(_SMALLEST, min(points - 1, int(points * _SHRINK)))
    tops = {"top": margin[0], "center": (height - tall) // 2, "bottom": height - margin[0] - tall - lift}
    return SetText(
        lines=tuple(lines),
        missing=missing,
        points=points,
        outline=outline,
        top=max(0, tops[position]),
        left=margin[1],
        room=room,
        color=color,
        backwards=is_right_to_left(shown),
    )


def _tall(lines: int, points: int, outline: int) -> int:
    return round(points * _LEADING * lines) + 2 * outline


def _lines(text: str, points: int, room: int, most: int) -> list[str]:
    """Return a text in at most ``most`` lines no wider than ``room``, [] where it doesn't fit."""
    if _width(text.replace("\n", " "), points) > most * room:
        return []
    lines = broken(text, lambda line: _width(line, points), room)
    fits = len(lines) <= most and max(_width(line, points) for line in lines) <= room
    return lines if fits else []


def _drawn(text: SetText) -> Image.Image:
    """Return the lines, centred, as RGBA of the room's width."""
    direction = ("rtl" if text.backwards else "ltr") if features.check("raqm") else None
    edge = (255, 255, 255) if max(text.color) < _DARK else (0, 0, 0)
    canvas = Image.new("RGBA", (text.room + 2 * text.outline, text.height), (*edge, 0))
    draw, face = ImageDraw.Draw(canvas), typeface(text.points)
    for row, line in enumerate(text.lines):
        x = (canvas.width - _width(line, text.points)) / 2
        baseline = text.outline + text.points * (_LEADING * row + _ASCENT)
        runs = _runs(line)
        for path, run in reversed(runs) if text.backwards else runs:
            font = load_font(path, text.points)
            if font is None:  # a font of pictures, such as emoji
                face.draw(canvas, (x, baseline - text.points), run, (*text.color, 255))
                x += face.getlength(run)
                continue
            draw.text(
                (x, baseline),
                run,
                font=font,
                anchor="ls",
                direction=direction,
                fill=(*text.color, 255),
                stroke_width=text.outline,
                stroke_fill=(*edge, 255),
            )
            x += font.getlength(run)
    return canvas


def _shown(text: str) -> tuple[str, str]:
    """Return the text with boxes for characters that no font has, and those characters."""
    lines, missing = [], ""
    for line in unicodedata.normalize("NFC", text).splitlines():
        runs = font_runs(line)
        missing += "".join(run for path, run in runs if path is None)
        lines.append("".join(run if path is not None else _BOX * len(run) for path, run in runs))
    return "\n".join(lines), missing


@cache
def _runs(line: str) -> tuple[tuple[Path, str], ...]:
    """Return a line as runs of one font each, in the order of reading."""
    runs: list[tuple[Path, str]] = []
    for found, text in font_runs(line):
        path = found or default_font()
        if runs and text.isspace():
            runs[-1] = (runs[-1][0], runs[-1][1] + text)
        elif runs and runs[-1][0] == path:
            runs[-1] = (path, runs[-1][1] + text)
        else:
            runs.append((path, text))
    return tuple(runs)


def is_right_to_left(text: str) -> bool:
    """Tell whether the first letter with a direction goes from right to left."""
    directions = (unicodedata.bidirectional(character) for character in text)
    return next((one for one in directions if one in ("L", *_RIGHT_TO_LEFT)), "L") in _RIGHT_TO_LEFT


def _width(line: str, points: int) -> float:
    total = 0.0
    for path, run in _runs(line):
        font: ImageFont.FreeTypeFont | None = load_font(path, points)
        total += typeface(points).getlength(run) if font is None else font.getlength(run)
    return total
