"""What people use against flicker, beside ffmpeg: averages over time, plain and along the motion."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowField, load_flow
from framesmooth.motion.warping import Mask, backward_warp, inside_frame


def window_mean(frames: Iterable[Frame], radius: int = 2) -> Iterator[Frame]:
    """Yield the plain mean over 2 ``radius`` + 1 frames, over fewer at the ends."""
    held: deque[Frame] = deque()
    centre = 0
    for frame in frames:
        held.append(frame)
        if len(held) > 2 * radius + 1:
            held.popleft()
            centre -= 1
        if len(held) - 1 - centre == radius:
            yield _mean(held, centre, radius)
            centre += 1
    while centre < len(held):
        yield _mean(held, centre, radius)
        centre += 1


def _mean(held: Iterable[Frame], centre: int, radius: int) -> Frame:
    near = list(held)[max(centre - radius, 0) : centre + radius + 1]
    return np.asarray(np.rint(np.mean(np.stack(near), axis=0, dtype=np.float32)), np.uint8)


def warped_window_mean(frames: Iterable[Frame], *, flow: str, radius: int = 4) -> Iterator[Frame]:
    """Yield the mean of every frame and its neighbours within ``radius`` warped onto it, where they agree.

    Flows of adjacent frames are chained. This is FastBlend's blending of a window (Duan et al. 2023), with
    optical flow in the place of its patch match. Holds the whole clip.
    """
    clip = list(frames)
    motions = _motions(clip, flow)
    for t, frame in enumerate(clip):
        total = as_float(frame)
        weight = np.ones((*frame.shape[:2], 1), np.float32)
        for other, (path, usable) in _followed(motions, t, radius):
            seen = usable[..., None].astype(np.float32)
            total += seen * backward_warp(as_float(clip[other]), path)
            weight += seen
        yield as_uint8(total / weight)


def _followed(
    motions: list[BidirectionalFlow], t: int, radius: int
) -> Iterator[tuple[int, tuple[FlowField, Mask]]]:
    """Yield every frame within ``radius`` of t, the chained flow to it, and where that is consistent."""
    ahead = [(motion.forward, motion.consistent) for motion in motions[t : t + radius]]
    behind = [
        (motion.backward, motion.consistent_backward) for motion in motions[max(t - radius, 0) : t][::-1]
    ]
    for sign, hops in ((1, ahead), (-1, behind)):
        path, usable = None, None
        for distance, (step, consistent) in enumerate(hops, start=1):
            if path is None or usable is None:
                path, usable = step, consistent
            else:
                usable = usable & inside_frame(path) & (backward_warp(consistent, path) > 0.5)
                path = np.asarray(path + backward_warp(step, path), np.float32)
            yield t + sign * distance, (path, usable)


def warped_ema(frames: Iterable[Frame], *, flow: str, share: float = 0.8) -> Iterator[Frame]:
    """Yield O_t = (1 - a) I_t + a W(O_(t-1)) with a = ``share`` where the flow is consistent, else I_t."""
    estimator = load_flow(flow)
    past: NDArray[np.float32] | None = None
    before: Frame | None = None
    for frame in frames:
        image = as_float(frame)
        if past is not None and before is not None:
            motion = estimate_bidirectional_flow(estimator, before, frame)
            kept = np.float32(share) * motion.consistent_backward[..., None]
            image += kept * (backward_warp(past, motion.backward) - image)
        past, before = image, frame
        yield as_uint8(image)


def _motions(clip: list[Frame], flow: str) -> list[BidirectionalFlow]:
    estimator = load_flow(flow)
    return [estimate_bidirectional_flow(estimator, *pair) for pair in pairwise(clip)]
