"""Letterbox bars, which stay black."""

from itertools import takewhile
from typing import Final

from framesmooth.frames import Frame

_BLACK: Final = 2
"""Of 255: bars are no brighter."""


def keep_bars(smoothed: Frame, original: Frame) -> None:
    """Copy the black bars of a letterbox or pillarbox from the ``original``: light spreads into them.

    Bars are the rows and columns from an edge on in which no sample is above 2 of 255.
    """
    for turned, source in ((smoothed, original), (smoothed.swapaxes(0, 1), original.swapaxes(0, 1))):
        for side in (slice(None), slice(None, None, -1)):
            bar = list(takewhile(lambda line: line.max() <= _BLACK, source[side]))
            if bar:
                turned[side][: len(bar)] = bar
