"""What an upscaler adds to its frames, kept steady along the motion.

An upscaler that sees one frame at a time draws its detail anew in each, and it flickers. Here what it adds to
the smooth enlargement is averaged with that of the frame before, warped along the motion of the small frames,
where both show the same thing (compare Sajjadi et al. 2018, Frame-Recurrent Video Super-Resolution).
"""

from collections.abc import Iterable, Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_deep_as, as_float
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowEstimator
from framesmooth.motion.warping import backward_warp
from framesmooth.upscaling.base import Enlarging

_COLOUR_TOLERANCE: Final = 0.03
"""Of 0 to 1: colours this much apart are trusted e-fold less to be the same thing."""

Detail = NDArray[np.float32]


def steadily(
    frames: Iterable[Frame],
    enlarging: Enlarging,
    flow: FlowEstimator,
    strength: float,
    *,
    before: tuple[Frame, Frame] | None = None,
) -> Iterator[Frame]:
    """Yield the enlarged frames.

    Each depends on the one before as it was yielded, so that a clip can be gone on with from any frame.

    Args:
        frames: (H, W, 3), of one size and type.
        enlarging: what enlarges each.
        flow: estimates the motion between the small frames.
        strength: share of the detail, 0 to below 1, from the frame before; 0 enlarges each by itself.
        before: the frame before the first one, small and enlarged; None where there is none.
    """
    small, kept = (None, None) if before is None else (before[0], _added(*before))
    for frame in frames:
        large = enlarging(frame)
        if strength > 0:
            smooth = _smooth(frame, enlarging.size)
            detail: Detail = as_float(large) - smooth
            if small is not None and kept is not None and small.shape == frame.shape:
                detail = detail + strength * _followed(flow, frame, small, kept, detail)
                large = as_deep_as(frame, smooth + detail)
            small, kept = frame, as_float(large) - smooth
        yield large


def _added(small: Frame, large: Frame) -> Detail:
    """Return what an enlarged frame has more than the smooth enlargement of the small one."""
    return as_float(large) - _smooth(small, large.shape[:2])


def _smooth(frame: Frame, size: tuple[int, int]) -> Detail:
    """Return a frame enlarged by a bicubic filter, 0 to 1; the middle of it, as ``Enlarging`` gives."""
    scale = max(wanted / side for wanted, side in zip(size, frame.shape, strict=False))
    height, width = (max(round(side * scale), w) for side, w in zip(frame.shape, size, strict=False))
    large = cv2.resize(as_float(frame), (width, height), interpolation=cv2.INTER_CUBIC)
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    return np.asarray(large[top : top + size[0], left : left + size[1]], np.float32)


def _followed(flow: FlowEstimator, frame: Frame, before: Frame, kept: Detail, detail: Detail) -> Detail:
    """Return what the detail of the frame before has more, where both frames show the same thing."""
    motion = estimate_bidirectional_flow(flow, frame, before)
    error = np.abs(backward_warp(as_float(before), motion.forward) - as_float(frame)).mean(axis=-1)
    trust = np.asarray(motion.consistent * np.exp(-error / _COLOUR_TOLERANCE), np.float32)
    height, width = detail.shape[:2]
    scale = np.array([width / frame.shape[1], height / frame.shape[0]], np.float32)
    large = cv2.resize(motion.forward * scale, (width, height), interpolation=cv2.INTER_LINEAR)
    warped = backward_warp(kept, np.asarray(large, np.float32), interpolation=cv2.INTER_CUBIC)
    share = cv2.resize(trust, (width, height), interpolation=cv2.INTER_LINEAR)[..., None]
    return np.asarray(share * (warped - detail), np.float32)
