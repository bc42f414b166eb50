"""The cost of interpolation and upscaling, measured on small frames."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from framesmooth.frames import Frame
from framesmooth.interpolation.frame_pair import prepare_pair
from framesmooth.motion.flow.base import load_flow
from framesmooth.upscaling.base import DEFAULT_STEADY, DEFAULT_TILE, Enlarging, create_upscaler
from framesmooth.upscaling.steady import steadily
from framesmooth.workflows.generate.cascade import Cascade
from framesmooth.workflows.generate.finish import FLOW


@dataclass(frozen=True)
class FinishingCost:
    """What follows the smoothed frames.

    Attributes:
        interpolating: seconds.
        enlarging: seconds.
        pixels: of all frames that are written for it.
        size: (height, width) of the finished frames; None where nothing follows.
        frames: of the finished clip; 0 where nothing follows.
    """

    interpolating: float = 0.0
    enlarging: float = 0.0
    pixels: int = 0
    size: tuple[int, int] | None = None
    frames: int = 0


def finishing_cost(
    cascade: Cascade, drawn: int, size: tuple[int, int], small: list[Frame], device: str
) -> FinishingCost:
    """Interpolate and enlarge two small frames, and work out what all take.

    Args:
        cascade: what follows.
        drawn: frames before it.
        size: their (height, width).
        small: a clip of two frames or more that moves, no larger than ``size``.
        device: where the upscaler runs.

    Raises:
        ModelError: an upscaler that cannot be loaded.
    """
    count, large = cascade.length(drawn), cascade.size(size)
    if count == drawn and large == size:
        return FinishingCost()
    share = math.prod(size) / math.prod(small[0].shape[:2])
    between, pixels, enlarging = 0.0, 0, 0.0
    if cascade.apart > 1:
        flow = load_flow(FLOW)
        between = _seconds(lambda: prepare_pair(small[0], small[1], flow=flow).frame_at(0.5))
        pixels += count * math.prod(size)
    if large != size:
        upscaler = create_upscaler(cascade.asked.upscaling.upscaler, device)
        sides = tuple(round(a * b / c) for a, b, c in zip(small[0].shape, large, size, strict=False))
        larger = Enlarging(upscaler, (sides[0], sides[1]), DEFAULT_TILE)
        larger(small[0])  # the first time is slower
        enlarging = _seconds(lambda: list(steadily(small[:2], larger, load_flow(FLOW), DEFAULT_STEADY))) / 2
        pixels += count * math.prod(large)
    return FinishingCost(
        interpolating=between * share * max(count - drawn, 0),
        enlarging=enlarging * share * count,
        pixels=pixels,
        size=large,
        frames=count,
    )


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
