"""A clip made from prompts, as a FrameSource.

The work comes in batches cut at fixed frames: first the keyframes' latents go into a store, then frames are
rendered batch by batch from that store. Nothing holds the whole clip, and a run that was interrupted goes on
at the batch it had reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.generation.inbetweens import latent_frames
from framesmooth.generation.keyframes import LatentStore, Path, StepsDone, diffuse_keyframes, keyframe_times

INBETWEENS: Final = ("latent", "flow", "crossfade")
"""How the frames between two keyframes come about."""


def _ignore(_steps: int) -> None:
    """The default listener for steps."""


@dataclass(frozen=True, kw_only=True)
class DiffusionSource:
    """Frames of a timeline, diffused.

    Attributes:
        path: the model, the timeline and the sampling.
        fps: frames per second.
        size: (height, width) of the frames; the diffused picture is cropped to it around its centre.
        cadence: at most this many frames from one diffused frame to the next; 1 diffuses all of them.
        inbetween: "latent", "flow" or "crossfade".
        flow: name of the flow estimator for "flow".
        store: where the keyframes' latents go.
        on_step: called with the number of frames that have just advanced by one denoising step.
    """

    path: Path
    fps: Fraction
    size: tuple[int, int]
    cadence: int = 4
    inbetween: str = "latent"
    flow: str = "dis-medium"
    store: LatentStore = field(default_factory=dict)
    on_step: StepsDone = _ignore

    @property
    def num_frames(self) -> int:
        """How many frames the timeline has."""
        return self.path.timeline.num_frames

    @cached_property
    def key_times(self) -> tuple[int, ...]:
        """The frames that are diffused whole."""
        return keyframe_times(self.path.timeline, self.cadence)

    @cached_property
    def _canonical(self) -> dict[int, int]:
        """Keyframe -> the first keyframe at the same position: what rests is diffused once."""
        first: dict[float, int] = {}
        return {time: first.setdefault(self.path.position(time), time) for time in self.key_times}

    @cached_property
    def diffused_times(self) -> tuple[int, ...]:
        """The keyframes that differ from all earlier ones."""
        return tuple(dict.fromkeys(self._canonical.values()))

    @property
    def steps_to_do(self) -> int:
        """Denoising steps of all frames together, for a progress bar; what is stored already counts too."""
        sampling = self.path.sampling
        between = self.num_frames - len(self.key_times) if self.inbetween == "latent" else 0
        return len(self.diffused_times) * sampling.steps + between * (sampling.steps - sampling.branch_step)

    @cached_property
    def batches(self) -> tuple[range, ...]:
        """The frames that are rendered together: fixed ranges, or keyframe to keyframe where pixels are mixed."""
        if self.inbetween == "latent":
            size = self.path.sampling.batch_size
            return tuple(range(at, min(at + size, self.num_frames)) for at in range(0, self.num_frames, size))
        ends = (*self.key_times[1:], self.num_frames)
        return tuple(range(start, end) for start, end in zip(self.key_times, ends, strict=True) if start < end)

    def diffuse(self) -> Iterator[list[int]]:
        """Diffuse the keyframes that the store lacks; yield the frames of each batch when it is stored."""
        return diffuse_keyframes(self.path, self.diffused_times, self.store, self.on_step)

    def render(self, batch: range) -> list[Frame]:
        """Return the frames of one of ``batches``; the keyframes around it must be in the store."""
        if self.inbetween == "latent":
            return self._decode(latent_frames(self.path, batch, self.key_times, self._latents, self.on_step))
        ends = [self._latents(time)[1] for time in (batch.start, min(batch.stop, self.num_frames - 1))]
        first, last = self._decode(torch.from_numpy(np.stack(ends)))
        return [first, *self._between(first, last, batch)]

    def _latents(self, key_time: int) -> NDArray[np.float32]:
        return self.store[self._canonical[key_time]]

    def _between(self, first: Frame, last: Frame, batch: range) -> list[Frame]:
        """Mix the pixels of two keyframes for the frames strictly between them."""
        from framesmooth.flow import load_flow
        from framesmooth.interpolate import crossfade_pair, interpolate_pair

        positions = [self.path.position(time) for time in (*batch, min(batch.stop, self.num_frames - 1))]
        start, length = positions[0], positions[-1] - positions[0]
        times = [(here - start) / length if length else 0.0 for here in positions[1 : len(batch)]]
        if not times:
            return []
        if self.inbetween == "crossfade":
            return list(crossfade_pair(first, last, times))
        return list(interpolate_pair(first, last, times, flow=load_flow(self.flow)))

    def _decode(self, latents: torch.Tensor) -> list[Frame]:
        return [_crop(picture, self.size) for picture in self.path.model.decode(latents)]

    def __iter__(self) -> Iterator[Frame]:
        for _ in self.diffuse():
            pass
        for batch in self.batches:
            yield from self.render(batch)


def _crop(picture: Frame, size: tuple[int, int]) -> Frame:
    """Return the middle (height, width) of a picture."""
    top, left = (picture.shape[0] - size[0]) // 2, (picture.shape[1] - size[1]) // 2
    return np.ascontiguousarray(picture[top : top + size[0], left : left + size[1]])
