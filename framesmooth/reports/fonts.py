"""Text on pictures in any script: fonts of the system stand in for characters that DejaVu Sans lacks.

What no font has is named, ``[cat face]`` or ``[3 cjk characters]``: an empty box says nothing.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Joiners and selectors of variants, which change how a character is drawn where a font can do it."""
_SKIN: Final = range(0x1F3FB, 0x1F400)
_BITMAP_SIZE: Final = 109
"""The one size in pixels that Noto Color Emoji has."""
_WANTED: Final = ("noto", "emoji", "cjk", "han", "gothic", "hei", "ming", "song", "segoe", "arial", "unifont")
"""Names of fonts with many characters, which are looked at first."""


class Typeface:
    """DejaVu Sans in one size, with what other fonts add to it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._font = ImageFont.truetype(str(default_font()), size)

    def shown(self, text: str) -> str:
        """Return the text as it can be drawn: with names in the place of characters that no font has."""
        return "".join(
            "".join(run) if path is not None else _name("".join(run))
            for path, run in groupby(_visible(text), _font_of)
        )

    def getlength(self, text: str) -> float:
        """Return how wide the text is, in pixels; it is one that ``shown`` gave."""
        return sum(self._width(path, run) for path, run in _runs(text))

    def draw(
        self, canvas: Image.Image, place: tuple[float, float], text: str, fill: Any, *, right: bool = False
    ) -> None:
        """Draw one line of text with its top left, or its top right, at ``place``; it is one of ``shown``."""
        x, y = place
        x -= self.getlength(text) if right else 0
        draw = ImageDraw.Draw(canvas)
        for path, run in _runs(text):
            if _is_bitmap(path):
                self._paste(canvas, (x, y), path, run)
            else:
                baseline = (x, y + self._font.getmetrics()[0])
                draw.text(baseline, run, fill=fill, font=self._loaded(path), anchor="ls")
            x += self._width(path, run)

    def _loaded(self, path: Path) -> ImageFont.FreeTypeFont:
        return self._font if path == default_font() else _loaded(path, self.size)

    def _width(self, path: Path, run: str) -> float:
        if _is_bitmap(path):
            return _loaded(path, _BITMAP_SIZE).getlength(run) * self.size / _BITMAP_SIZE
        return self._loaded(path).getlength(run)

    def _paste(self, canvas: Image.Image, place: tuple[float, float], path: Path, run: str) -> None:
        """Draw characters that a font holds as pictures of one size."""
        font = _loaded(path, _BITMAP_SIZE)
        tile = Image.new("RGBA", (max(1, round(font.getlength(run))), round(1.2 * _BITMAP_SIZE)))
        ImageDraw.Draw(tile).text((0, 0), run, font=font, embedded_color=True)
        scale = self.size / _BITMAP_SIZE
        small = tile.resize((max(1, round(tile.width * scale)), max(1, round(tile.height * scale))))
        canvas.paste(small, (round(place[0]), round(place[1])), small)


@cache
def default_font() -> Path:
    """Return DejaVu Sans, which comes with matplotlib: Pillow's own font has no superscripts."""
    from matplotlib import get_data_path

    return Path(get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


@cache
def typeface(size: int) -> Typeface:
    """Return the typeface of one size."""
    return Typeface(size)


def font_runs(text: str) -> list[tuple[Path | None, str]]:
    """Return the text in runs of one font each; a run of None is of characters that no font has."""
    return [(path, "".join(run)) for path, run in groupby(_visible(text), _font_of)]


def load_font(path: Path, size: int) -> ImageFont.FreeTypeFont | None:
    """Return a font in a size in pixels, None for one of pictures, which ``Typeface`` draws."""
    return None if _is_bitmap(path) else _loaded(path, size)


def _visible(text: str) -> str:
    return "".join(one for one in _INVISIBLE.sub("", text) if ord(one) not in _SKIN)


def _runs(text: str) -> Iterator[tuple[Path, str]]:
    for path, run in groupby(text, lambda character: _font_of(character) or default_font()):
        yield path, "".join(run)


@cache
def _font_of(character: str) -> Path | None:
    """Return the first font that has a character, None where none has."""
    if character.isspace() or ord(character) in _characters(default_font()):
        return default_font()
    return next((path for path in _system_fonts() if ord(character) in _characters(path)), None)


@cache
def _system_fonts() -> tuple[Path, ...]:
    from matplotlib.font_manager import findSystemFonts

    paths = map(Path, findSystemFonts())
    return tuple(sorted(paths, key=lambda path: (not _is_wanted(path), path.name)))


def _is_wanted(path: Path) -> bool:
    return any(part in path.name.lower() for part in _WANTED)


@cache
def _characters(path: Path) -> frozenset[int]:
    """Return the code points that a font can draw here."""
    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            drawn = any(table in font for table in ("glyf", "CFF ", "CFF2", "CBDT")) and "COLR" not in font
            return frozenset(font.getBestCmap() or ()) if drawn else frozenset()
    except Exception:  # a damaged font of the system is passed over
        return frozenset()


@cache
def _is_bitmap(path: Path) -> bool:
    with TTFont(path, fontNumber=0, lazy=True) as font:
        return "CBDT" in font


@cache
def _loaded(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def _name(run: str) -> str:
    """Return characters in words: each symbol by its name, letters by how many there are of which script."""
    named = ((_script(one), one) for one in run)
    parts = []
    for script, found in groupby(named, key=lambda pair: pair[0]):
        characters = [one for _, one in found]
        if script:
            parts.append(f"[{len(characters)} {script} character{'s' * (len(characters) > 1)}]")
        else:
            parts += [f"[{unicodedata.name(one, f'U+{ord(one):04X}').lower()}]" for one in characters]
    return "".join(parts)


def _script(character: str) -> str:
    """Return the script of a letter, "" for a symbol."""
    if not unicodedata.category(character).startswith(("L", "M", "N")):
        return ""
    return re.split(r"[ -]", unicodedata.name(character, "unknown"))[0].lower()
