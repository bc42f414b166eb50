"""Ghosting of versions of a sample, each along its own motion: a fade has none of the clip's."""

from collections.abc import Sequence

import cv2
import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.ghosting import LONGEST_SIDE, GhostingMeter
from framesmooth.tuning.blind_quality import motions_of


def small_pictures(frames: Sequence[Frame]) -> list[Frame]:
    """Return frames as ghosting sees them: small enough to be kept for all strengths."""
    return list(map(_small, frames))


def ghosting_in(segments: Sequence[Sequence[Frame]]) -> float:
    """Return the share of the structure's change that fades in place, percent, over all segments.

    Args:
        segments: of every segment its frames, by :func:`small_pictures`.
    """
    ghost = change = 0.0
    for frames in segments:
        meter = GhostingMeter()
        for frame, motion in zip(frames, (None, *motions_of(frames)), strict=True):
            found = meter.update(frame, motion)
            if found is not None:
                ghost, change = ghost + float(found.ghost.mean()), change + found.all_change
    return 100 * ghost / change if change else 0.0


def _small(frame: Frame) -> Frame:
    factor = LONGEST_SIDE / max(frame.shape)
    if factor >= 1:
        return frame
    height, width = (max(1, round(side * factor)) for side in frame.shape[:2])
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
