"""What frames that are drawn over other pictures have in common: over the one before, or a video's."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Final, Protocol

from framesmooth.generation.latent_path import LatentPath
from framesmooth.models.text_to_image import GeneratedFrame

ATTEMPTS: Final = 3
"""Other noises for a diffused picture that came out bad."""


class ImageStore(Protocol):
    """Frame index -> a diffused picture to go on from, its fault that of what it replaced.

    A dictionary is one.
    """

    def __contains__(self, time: object, /) -> bool: ...

    def __getitem__(self, time: int, /) -> GeneratedFrame: ...

    def __setitem__(self, time: int, picture: GeneratedFrame, /) -> None: ...


@dataclass(frozen=True, kw_only=True)
class ImageToImageGenerator(ABC):
    """Frames of a timeline of which the diffused ones are drawn over pictures.

    Attributes:
        path: the model, the timeline and the sampling; its noise is that of the first keyframe's seed.
        strengths: for every frame the share of the steps that draw it anew.
        fps: frames per second.
        size: (height, width) of the frames; the diffused picture is cropped to it around its centre.
        cadence: at most this many frames from one diffused frame to the next.
        store: where the diffused pictures go.
        faded: for ``DiffusionSource``'s sake; stays empty, the motion is followed.
    """

    path: LatentPath
    strengths: Sequence[float]
    fps: Fraction
    size: tuple[int, int]
    cadence: int
    store: ImageStore = field(default_factory=dict[int, GeneratedFrame])
    faded: set[int] = field(default_factory=set[int])

    @property
    @abstractmethod
    def diffused_times(self) -> tuple[int, ...]:
        """The frames that are diffused, and the first one even if it is given."""

    @property
    def num_frames(self) -> int:
        """How many frames the timeline has."""
        return self.path.timeline.num_frames

    @property
    def whole_times(self) -> tuple[int, ...]:
        """The frames that show a diffused picture as it is."""
        return self.diffused_times

    @cached_property
    def batches(self) -> tuple[range, ...]:
        """The frames rendered together: from one diffused frame to the next."""
        ends = (*self.diffused_times[1:], self.num_frames)
        return tuple(range(start, end) for start, end in zip(self.diffused_times, ends, strict=True))

    def steps_of(self, time: int) -> int:
        """Return how many steps a frame is denoised for; a strength above 0 is one at least."""
        strength, steps = self.strengths[time], self.path.sampling.steps
        return max(1, round(strength * steps)) if strength > 0 else 0
