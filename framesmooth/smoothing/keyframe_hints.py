"""Hints for smoothing generated clips: keyframes, jumps of the prompt, images given by the user, regions."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from framesmooth.smoothing.base import Smoother
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.smoothing.spared import Spared
from framesmooth.smoothing.trajectory.smoother import TrajectorySmoother
from framesmooth.timeline.schedule import Schedule

_FADE: Final = 6
"""Frames over which smoothing fades in beside a given image, which stays unchanged."""


def with_keyframe_hints(smoother: Smoother, keyframes: Collection[int], breaks: Collection[int]) -> Smoother:
    """Return ``smoother`` with the indices of keyframes and of prompt jumps, if it uses them."""
    if isinstance(smoother, TrajectorySmoother):
        return replace(smoother, keyframes=keyframes, breaks=breaks)
    return replace(smoother, breaks=breaks) if isinstance(smoother, MotionSmoother) else smoother


def sparing_given_images(smoother: Smoother, num_frames: int, *, first: bool, last: bool) -> Smoother:
    """Return ``smoother`` leaving the first or the last of ``num_frames`` frames as it is.

    A strength that is a schedule is kept: it already has a value for every frame.
    """
    if not isinstance(smoother, MotionSmoother) or isinstance(smoother.strength, Schedule):
        return smoother
    if not (first or last):
        return smoother
    end, whole = num_frames - 1, smoother.strength
    fade = max(min(_FADE, end // 2), 1)
    keys = {0: 0.0, fade: whole} if first else {0: whole}
    if last:
        keys |= {max(end - fade, 0): keys.get(end - fade, whole), end: 0.0}
    text = ", ".join(f"{frame}:({value:g})" for frame, value in sorted(keys.items()) if frame <= end)
    return replace(smoother, strength=Schedule.parse(text, num_frames))


def sparing_region(smoother: Smoother, spared: Spared | None) -> Smoother:
    """Return ``smoother`` leaving a region of every frame as it is, if it can; None is no region."""
    if spared is None or not isinstance(smoother, MotionSmoother):
        return smoother
    return replace(smoother, spared=spared)
