"""Scene cuts, and streams that know where shots end."""

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.blur import wide_blur
from framesmooth.errors import MediaError
from framesmooth.flow import FlowEstimator
from framesmooth.frames import Frame
from framesmooth.motion import PairMotion, estimate_motion
from framesmooth.warp import backward_warp

LEAST_LIKENESS: Final = 0.45
"""Below this likeness after motion compensation two frames do not show the same scene.

Measured on three real clips with and without heavy flicker: cuts 0.14 to 0.28, other pairs 0.60 to 1. The
coverage of the flow alone does not tell them apart: fast motion under flicker falls to 0.1, cuts rise to 0.4.
"""

DOUBTFUL_LIKENESS: Final = 0.7
LEAST_COVERAGE: Final = 0.3
"""A flexible flow can force one scene onto another: likeness 0.6, but little comes back where it started."""

STRUCTURE_LINES: Final = 256
"""About the height at which pictures are compared: the real clips behind ``LEAST_LIKENESS`` are no larger."""


def is_cut(image0: Frame, image1: Frame, motion: PairMotion) -> bool:
    """Return whether a scene cut lies between two (H, W, 3) uint8 frames with this motion between them."""
    alike = likeness(image0, image1, motion)
    return alike < LEAST_LIKENESS or (alike < DOUBTFUL_LIKENESS and motion.coverage < LEAST_COVERAGE)


def likeness(image0: Frame, image1: Frame, motion: PairMotion) -> float:
    """Return the correlation, -1 to 1, of the grey structure of ``image0`` and of ``image1`` warped onto it.

    Structure is the band between 2 pixels and 1/12 of the frame's height (Gaussian sigmas), so exposure
    flicker and noise count little; frames of twice ``STRUCTURE_LINES`` and more are shrunk to about that
    height first. Two frames without structure are alike.
    """
    grey0, grey1 = (cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (image0, image1))
    first = _structure(np.asarray(grey0, np.uint8))
    second = _structure(backward_warp(np.asarray(grey1, np.uint8), motion.forward))
    floor = first.size * 2.0**2  # structure of two grey levels says nothing
    norm = np.sqrt((np.vdot(first, first) + floor) * (np.vdot(second, second) + floor))
    return float((np.vdot(first, second) + floor) / norm)


def _structure(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    height, width = grey.shape
    shrink = max(height // STRUCTURE_LINES, 1)
    if shrink > 1:
        size = max(width // shrink, 1), height // shrink
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    fine = np.asarray(cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 2.0), np.float32)
    return np.asarray(cv2.subtract(fine, wide_blur(fine, max(len(grey) / 12, 4.0))), np.float32)


Item = TypeVar("Item")


@dataclass(frozen=True)
class Step:
    """One frame of a shot and the motion to the next frame; None at the end of the shot."""

    frame: Frame
    to_next: PairMotion | None


def steps(
    frames: Iterable[Frame],
    flow: FlowEstimator,
    guide: Iterable[Frame] | None = None,
    breaks: Container[int] = (),
) -> Iterator[Step]:
    """Yield every frame with the motion to its successor, None where a cut or the end follows (holds 2).

    Motion and cuts are those of ``guide``, another version of the clip, where there is one; the frames
    ``breaks`` are known to start a shot.

    Raises:
        MediaError: a guide of another size or number of frames.
    """
    previous: tuple[Frame, Frame] | None = None
    for index, (frame, guiding) in enumerate(guided(frames, guide, lambda frame: frame)):
        seen = frame if guiding is None else guiding
        if previous is not None:
            yield Step(previous[0], None if index in breaks else _motion_in_shot(flow, previous[1], seen))
        previous = frame, seen
    if previous is not None:
        yield Step(previous[0], None)


def _motion_in_shot(flow: FlowEstimator, image0: Frame, image1: Frame) -> PairMotion | None:
    motion = estimate_motion(flow, image0, image1)
    return None if is_cut(image0, image1, motion) else motion


def guided(
    items: Iterable[Item], guide: Iterable[Frame] | None, frame_of: Callable[[Item], Frame]
) -> Iterator[tuple[Item, Frame | None]]:
    """Yield every item, of which ``frame_of`` gives the frame, with the guide's frame, None without a guide.

    Raises:
        MediaError: a guide of another size or number of frames.
    """
    seen = None if guide is None else iter(guide)
    for index, item in enumerate(items):
        if seen is None:
            yield item, None
            continue
        frame, guiding = frame_of(item), next(seen, None)
        if guiding is None:
            raise MediaError(f"the guide ends after {index} frames and the clip goes on: trim them alike")
        if guiding.shape != frame.shape:
            (height, width), (other_height, other_width) = frame.shape[:2], guiding.shape[:2]
            raise MediaError(
                f"the guide is {other_width}x{other_height} and the clip {width}x{height}: scale one of them"
            )
        yield item, guiding
    if seen is not None and next(seen, None) is not None:
        raise MediaError("the guide goes on after the clip's last frame: trim them alike")


class Linked(Protocol):
    """A frame of a shot, in whatever form, that knows whether another one follows."""

    @property
    def to_next(self) -> object | None: ...  # noqa: D102


AnyStep = TypeVar("AnyStep", bound=Linked)


def shot_windows(stream: Iterable[AnyStep], radius: int) -> Iterator[tuple[list[AnyStep], int]]:
    """Yield, for every step in order, the steps of its shot within ``radius`` and its own index there.

    Holds 2 radius + 1 steps.
    """
    window: deque[AnyStep] = deque()
    centre = 0  # index in the window of the next step to answer
    for step in stream:
        window.append(step)
        ends = step.to_next is None
        while len(window) - 1 - centre >= radius or (ends and centre < len(window)):
            first = max(centre - radius, 0)
            yield list(window)[first : centre + radius + 1], centre - first
            if centre == radius:
                window.popleft()
            else:
                centre += 1
        if ends:
            window.clear()
            centre = 0
