"""What a smoother can be told about generated frames: which are keyframes, and where the prompt jumps."""

from collections.abc import Collection
from dataclasses import replace

from framesmooth.smoother import Smoother
from framesmooth.smoothers.base import MotionSmoother
from framesmooth.smoothers.trajectory import TrajectorySmoother


def anchored(smoother: Smoother, keyframes: Collection[int], breaks: Collection[int]) -> Smoother:
    """Return ``smoother`` told which frames are keyframes and which begin another picture, if it heeds it."""
    if isinstance(smoother, TrajectorySmoother):
        return replace(smoother, keyframes=keyframes, breaks=breaks)
    return replace(smoother, breaks=breaks) if isinstance(smoother, MotionSmoother) else smoother
