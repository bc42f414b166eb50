"""Aspect ratios, and the sizes in them that a model knows best; no torch."""

import re
from fractions import Fraction
from math import sqrt
from typing import Final

from framesmooth.errors import UsageError

_PAIR: Final = re.compile(r"(\d{1,5}(?:\.\d{1,4})?)\s*[:/x]\s*(\d{1,5}(?:\.\d{1,4})?)")
_NUMBER: Final = re.compile(r"\d{1,3}(?:\.\d{1,4})?")
_WIDEST: Final = 8


def parse_aspect(text: str) -> Fraction:
    """Read an aspect ratio, width over height: 9:16, 16/9, 2.39:1 or 1.85.

    Raises:
        UsageError: anything else, or a shape more than 8 times as long as it is wide.
    """
    written = text.strip()
    pair = _PAIR.fullmatch(written)
    width, height = pair.groups() if pair else (written if _NUMBER.fullmatch(written) else "0", "1")
    if Fraction(height) == 0 or Fraction(width) == 0:
        raise UsageError(f"{text[:40]!r} is no aspect ratio: write WIDTH:HEIGHT, such as 16:9, 9:16 or 1:1")
    aspect = Fraction(width) / Fraction(height)
    if not Fraction(1, _WIDEST) <= aspect <= _WIDEST:
        raise UsageError(f"--aspect {text[:40]} is too narrow: one side may be {_WIDEST} times the other")
    return aspect


def size_in(aspect: Fraction, native: tuple[int, int], multiple: int) -> tuple[int, int]:
    """Return the (height, width) in pixels with an aspect ratio and about the area of ``native``.

    Both are multiples of ``multiple``.
    """
    area = native[0] * native[1]
    sides = sqrt(area / aspect), sqrt(area * aspect)
    height, width = (max(1, round(side / multiple)) * multiple for side in sides)
    return height, width
