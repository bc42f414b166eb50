"""Frames between two pictures, made of their pixels."""

from collections.abc import Sequence

from framesmooth.flow import load_flow
from framesmooth.frames import Frame
from framesmooth.interpolate import crossfade_pair, prepare_pair


def mixed(
    first: Frame, last: Frame, times: Sequence[float], inbetween: str, flow: str
) -> tuple[list[Frame], bool]:
    """Return the frames at ``times``, 0 to 1, between two pictures; and whether flow found nothing to follow.

    Args:
        first: uint8 (H, W, 3).
        last: of the same size.
        times: share of the way from the first to the last.
        inbetween: "flow" or "crossfade".
        flow: name of the flow estimator for "flow".
    """
    if inbetween == "crossfade" or not times:
        return list(crossfade_pair(first, last, times)), False
    pair = prepare_pair(first, last, flow=load_flow(flow))
    return [pair.frame_at(time) for time in times], pair.method == "cross-fade"
