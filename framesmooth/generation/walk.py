"""The walk through a timeline: which of its frames are diffused, and where the others lie between them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.adapter import Picture
from framesmooth.generation.bisection import Bisection
from framesmooth.generation.keyframes import (
    LatentStore,
    Path,
    StepsDone,
    diffuse_keyframes,
    keyframe_times,
)
from framesmooth.generation.keys import Keys
from framesmooth.generation.pace import even_pace
from framesmooth.lab import distance

_LOOKED_AT: Final = 256
"""Pixels of the longer side of what frames are judged by."""
_KEPT: Final = 100


@dataclass(frozen=True, kw_only=True)
class Walk(ABC):
    """Keyframes of a timeline, diffused, and the way between them.

    Attributes:
        path: the model, the timeline and the sampling.
        cadence: at most this many frames from one diffused frame to the next; 1 diffuses all of them.
        bisects: whether keyframes are found by halving where the picture changes, in place of ``cadence``.
        pacing: "linear", or "even" for frames that are equally far apart.
        store: where the keyframes' latents go.
    """

    path: Path
    cadence: int = 4
    bisects: bool = False
    pacing: str = "linear"
    store: LatentStore = field(default_factory=dict[int, NDArray[np.float32]])
    _looked: dict[int, Frame] = field(default_factory=dict[int, Frame], init=False, repr=False)

    @abstractmethod
    def keyframe(self, time: int) -> Picture:
        """Return a diffused frame, which must be in the store."""

    def look(self, time: int) -> Frame:
        """Return a small picture of a diffused frame, which must be in the store; the latest are kept."""
        if time not in self._looked:
            if len(self._looked) == _KEPT:
                self._looked.pop(next(iter(self._looked)))
            self._looked[time] = _shrunk(self.keyframe(time).frame)
        return self._looked[time]

    @property
    def num_frames(self) -> int:
        """How many frames the timeline has."""
        return self.path.timeline.num_frames

    @cached_property
    def key_times(self) -> tuple[int, ...]:
        """The frames that are diffused whole; where they depend on pictures, those are diffused now."""
        return self._bisection.times if self.bisects else keyframe_times(self.path.timeline, self.cadence)

    @cached_property
    def _bisection(self) -> Bisection:
        return Bisection(path=self.path, store=self.store, look=self.look)

    @cached_property
    def keys(self) -> Keys:
        """The keyframes by position: what rests is diffused once."""
        return Keys.of(self.path, self.key_times)

    @property
    def diffused_times(self) -> tuple[int, ...]:
        """The keyframes that differ from all earlier ones."""
        return self.keys.diffused

    @property
    def whole_times(self) -> tuple[int, ...]:
        """The frames that show a keyframe: paced evenly, others than the keyframes' own."""
        if self.pacing == "linear":
            return self.diffused_times
        return tuple(time for time in range(self.num_frames) if self.around(time)[2] == 0)

    @property
    def chunks(self) -> list[tuple[list[int], int]]:
        """The keyframes that are denoised together, and the step that they begin at."""
        times, size = list(self.diffused_times), self.path.sampling.batch_size
        return [(times[at : at + size], 0) for at in range(0, len(times), size)]

    @property
    def total_steps(self) -> int | None:
        """How many denoising steps the keyframes take together, None where that isn't known before."""
        return None if self.bisects else len(self.diffused_times) * self.path.sampling.steps

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Diffuse the keyframes that the store lacks; yield the frames of each batch once it is stored.

        ``on_step`` is called after every denoising step with the number of frames it advanced.
        """
        if self.bisects:
            return self._bisection.diffuse(on_step)
        return diffuse_keyframes(self.path, self.diffused_times, self.store, on_step)

    @cached_property
    def travelled(self) -> Path:
        """The path at the pace of the clip; an even one is measured on the keyframes."""
        if self.pacing == "linear":
            return self.path
        for _ in self.diffuse():
            pass
        pictures = map(self.look, self.keys.times)
        distances = [distance(first, last) for first, last in pairwise(pictures)]
        return self.path.paced(even_pace(self.keys.positions, distances))

    def around(self, time: int) -> tuple[int, int, float]:
        """Return (keyframe before, keyframe after, share of the way between them) for a frame."""
        return self.keys.around(self.travelled.position(time))


def _shrunk(picture: Frame) -> Frame:
    scale = _LOOKED_AT / max(picture.shape)
    if scale >= 1:
        return picture
    size = [max(8, round(side * scale)) for side in picture.shape[1::-1]]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
