"""Letterbox bars, which stay black."""

from itertools import takewhile
from typing import Final

import numpy as np

from framesmooth.frames import Frame

_BLACK: Final = {
    np.dtype(np.uint8): 2.0,
    np.dtype(np.uint16): 2.0 * 257,
    np.dtype(np.float32): 2 / 255 / 12.92,
}
"""Bars are no brighter, by the type of the samples: 2 of 255, and its light."""


def keep_bars(smoothed: Frame, original: Frame) -> None:
    """Copy the black bars of a letterbox or pillarbox from the ``original``: light spreads into them.

    Bars are the rows and columns from an edge on in which no sample is above 2 of 255.
    """
    black = _BLACK[original.dtype]
    for turned, source in ((smoothed, original), (smoothed.swapaxes(0, 1), original.swapaxes(0, 1))):
        for side in (slice(None), slice(None, None, -1)):
            bar = list(takewhile(lambda line: line.max() <= black, source[side]))
            if bar:
                turned[side][: len(bar)] = bar
