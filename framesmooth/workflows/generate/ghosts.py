"""Frames with ghosting, which are reported among the bad frames.

They are kept. What fades does so over many frames: neither a neighbour nor another noise mends one of them.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np

from framesmooth.events import Notice
from framesmooth.frames import FrameSource, frame_slice
from framesmooth.metrics.ghosting import GhostingMeter
from framesmooth.metrics.outliers import frame_statistics
from framesmooth.metrics.report import Report
from framesmooth.tuning.blind_quality import motions_of
from framesmooth.tuning.ghosts import small_pictures
from framesmooth.workflows.generate.repair import Repaired

FAULT: Final = "ghosting"
_SHARE: Final = 25.0
"""Percent of a frame's change. Clips in which one thing stays one thing have up to 15."""
_LEVELS: Final = 1.5
"""By which at least a twentieth of the picture fades from frame to frame: clouds that form have up to 1.4."""
_FEWEST: Final = 3
"""Frames that a thing takes to fade in: fewer are a jump."""
_LONGEST_GAP: Final = 3
_MOST_AT_ONCE: Final = 64
"""Frames that are held in memory."""


def ghosting_frames(report: Report, frames: FrameSource) -> list[int]:
    """Return the frames of a clip in which two pictures show through each other, by its metrics.

    Frames are read only where ``report`` has a high share of ghosting, to see whether it can be seen.
    """
    if FAULT not in report:
        return []
    shares = report[FAULT].per_frame
    likely = [index for index, share in enumerate(shares) if share is not None and share >= _SHARE]
    found: list[int] = []
    for first, last in _runs(likely):
        seen = [index for index in _seen(frames, first, last) if index in likely]
        found += seen if len(seen) >= _FEWEST else []
    return found


def as_bad_frames(found: Sequence[int]) -> list[Repaired]:
    """Return what the record says of them."""
    return [Repaired(index, FAULT, "kept") for index in found]


def notice_of(found: Sequence[int]) -> Notice:
    """Return one line that names them."""
    runs = [f"{first} to {last}" if last > first else f"{first}" for first, last in _runs(found)]
    more = f" and {len(runs) - 3} more times" if len(runs) > 3 else ""
    where = f"{', '.join(runs[:3])}{more}"
    return Notice(
        f"frames {where}: something fades in or out where it should move (ghosting); another --seed may hold "
        "its things together",
        warning=True,
    )


def _runs(indices: Sequence[int]) -> list[tuple[int, int]]:
    """Return (first, last) of the runs that are no further apart than a few frames."""
    runs: list[tuple[int, int]] = []
    for index in indices:
        near = runs and index - runs[-1][1] <= _LONGEST_GAP and index - runs[-1][0] < _MOST_AT_ONCE
        runs[-1:] = [(runs[-1][0], index)] if near else [*runs[-1:], (index, index)]
    return runs


def _seen(frames: FrameSource, first: int, last: int) -> Iterator[int]:
    """Yield the frames from ``first`` to ``last``, which have neighbours, where what fades can be seen.

    None beside a black frame: a picture that comes out of the dark is no second one.
    """
    pictures = small_pictures(list(islice(frame_slice(frames, first - 1), last - first + 3)))
    if any(frame_statistics(picture).black for picture in pictures):
        return
    meter = GhostingMeter()
    for index, (picture, motion) in enumerate(zip(pictures, (None, *motions_of(pictures)), strict=True)):
        found = meter.update(picture, motion)
        if found is not None and float(np.percentile(found.ghost, 95)) >= _LEVELS**2:
            yield first + index - 2
