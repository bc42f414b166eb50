"""Streams of frames beside their reference, with the motion between neighbours: what metrics are fed."""

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final, Literal, cast

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowEstimator
from framesmooth.motion.scene_cuts import is_cut
from framesmooth.motion.shots import guided

FlowOn = Literal["self", "reference", "guide"]


def followed(
    pairs: Iterable[tuple[Frame, Frame | None]],
    guide: Iterable[Frame] | None,
    estimator: FlowEstimator | None,
    flow_on: FlowOn = "self",
) -> Iterator[tuple[Frame, Frame | None, BidirectionalFlow | None, bool]]:
    """Yield every frame and its reference with the motion from the frame before, and whether it is a cut.

    Motion is seen in the guide, else in the frames or the reference, as ``flow_on`` says; without an
    ``estimator`` there is none.

    Raises:
        MediaError: a guide of another size or number of frames.
    """
    before: Frame | None = None
    for (frame, ideal), guiding in guided(pairs, guide, lambda pair: pair[0]):
        seen = ideal if flow_on == "reference" and ideal is not None else frame
        seen = seen if guiding is None else guiding
        motion, cut = None, False
        if estimator is not None and before is not None:
            motion = estimate_bidirectional_flow(estimator, before, seen)
            cut = is_cut(before, seen, motion)
        before = seen
        yield frame, ideal, motion, cut


_MISSING: Final = object()


def paired(
    frames: Iterable[Frame], reference: Iterable[Frame] | None
) -> Iterator[tuple[Frame, Frame | None]]:
    """Yield every frame with its reference, None without one.

    Raises:
        MediaError: a reference of another size or number of frames.
    """
    if reference is None:
        yield from ((frame, None) for frame in frames)
        return
    for index, (frame, ideal) in enumerate(zip_longest(frames, reference, fillvalue=_MISSING)):
        if frame is _MISSING or ideal is _MISSING:
            short = "clip" if frame is _MISSING else "reference"
            raise MediaError(f"the {short} ends after {index} frames and the other goes on: trim them alike")
        frame, ideal = cast(tuple[Frame, Frame], (frame, ideal))
        if frame.shape != ideal.shape:
            (height, width), (other_height, other_width) = frame.shape[:2], ideal.shape[:2]
            raise MediaError(
                f"frame {index} is {width}x{height} and its reference {other_width}x{other_height}: "
                "scale one of them"
            )
        yield frame, ideal
