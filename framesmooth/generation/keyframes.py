"""Keyframes: the frames that are diffused whole.

``Path`` says what every frame of a timeline is made from: its noise, its prompt embeddings, its seed. The
frames that ``keyframe_times`` picks are denoised from pure noise, in batches; what is between them is
cheaper (``inbetweens``).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.generation.adapter import TextToImage
from framesmooth.generation.attention import Anchor
from framesmooth.generation.control_pictures import ControlPlan
from framesmooth.generation.controlnet import conditioning_of
from framesmooth.generation.embeddings import Conditioning, stack, travel
from framesmooth.generation.family import Guidance
from framesmooth.generation.latents import slerp
from framesmooth.generation.noise import coarsen
from framesmooth.generation.pace import Pace
from framesmooth.timeline import Timeline

_MAX_BATCH: Final = 16
_BATCH_POSITIONS: Final = 4 * 64 * 64

StepsDone = Callable[[int], None]


class LatentStore(Protocol):
    """Frame index -> float32 (2, C, h, w): the state where in-betweens branch off, and the final latents.

    A dictionary is one.
    """

    def __contains__(self, time: object, /) -> bool: ...

    def __getitem__(self, time: int, /) -> NDArray[np.float32]: ...

    def __setitem__(self, time: int, latents: NDArray[np.float32], /) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a frame is diffused. Sizes are pixels, multiples of the model's own."""

    height: int
    width: int
    guidance: Guidance
    steps: int = 10
    guided_steps: int | None = None
    """After this many steps guidance ends; None is never."""
    batch_size: int = 8
    branch_step: int = 7
    """Steps after which in-betweens branch off from the keyframes' trajectories, in 1 .. steps."""
    pooled: int = 1
    """The noise is drawn for a picture so many times as large, and pooled."""


@dataclass(frozen=True)
class Path:
    """Where each frame of a timeline lies in noise and in prompts.

    ``drift`` is the share of the way to the next keyframe's noise that is travelled; below 1 it is for a
    timeline of two keyframes, whose picture then varies without becoming another one. ``control`` is what a
    ControlNet is fed at each frame, if there is one. With ``cross_frame`` all frames attend to the first.
    ``pace`` says where a frame really is, if it isn't where the timeline puts it.
    """

    model: TextToImage
    timeline: Timeline
    sampling: Sampling
    drift: float = 1.0
    control: ControlPlan | None = None
    cross_frame: bool = False
    pace: Pace | None = None

    def paced(self, pace: Pace) -> "Path":
        """Return the same path, travelled at another pace."""
        same = replace(self, pace=pace)
        for name in ("_noises", "_conditionings"):  # worked out once for both
            vars(same)[name] = getattr(self, name)
        return same

    def guided(self, guidance: Guidance) -> "Path":
        """Return the same path with another guidance."""
        other = replace(self, sampling=replace(self.sampling, guidance=guidance))
        vars(other)["_noises"] = self._noises
        if self.model.family.negates(guidance) == self.model.family.negates(self.sampling.guidance):
            vars(other)["_conditionings"] = self._conditionings
        return other

    def at(self, time: int) -> tuple[int, int, float]:
        """Return (index of the keyframe before, index of the one after, mix), as ``Timeline.at`` does."""
        start, end, mix = self.timeline.at(time)
        return (start, end, mix) if self.pace is None else (start, end, self.pace(start + mix) - start)

    def position(self, time: int) -> float:
        """Return the segment's index plus the share of it travelled; equal positions are equal frames.

        Under a control no two frames are, and what moves between them moves with time.
        """
        if self.control is not None:
            return float(time)
        start, _, mix = self.at(time)
        return start + mix

    def noise(self, time: int) -> Tensor:
        """Return the noise a frame starts from: float32 (C, h, w)."""
        start, end, mix = self.at(time)
        if end < start:  # a loop goes back by the way it came
            start, end, mix = end, start, 1 - mix
        elif start == end > 0:  # at the last keyframe the way to it ends, however far it drifts
            start, mix = end - 1, 1.0
        return slerp(self._noises[start], self._noises[end], mix * self.drift)

    def conditioning(self, time: int) -> Conditioning:
        """Return the prompt embeddings of a frame, and its control: batch size 1."""
        start, end, mix = self.at(time)
        prompt = travel(self._conditionings[start], self._conditionings[end], mix)
        if self.control is None:
            return prompt
        picture = self.control.picture(time, (self.sampling.height, self.sampling.width))
        return prompt | conditioning_of(picture, self.control.scales[time], self.control.end)

    def seed(self, time: int) -> int:
        """Return the seed for noise that a stochastic scheduler draws at every step: its segment's.

        The last keyframe belongs to the segment that leads to it.
        """
        keys = self.timeline.keyframes
        last = len(keys) - (1 if self.timeline.loop or len(keys) == 1 else 2)
        return keys[min(self.timeline.at(time)[0], last)].seed

    def anchor(self, state: Tensor | None = None) -> Anchor | None:
        """Return the first frame for the others to attend to, from noise or from a state (C, h, w) of it.

        None unless ``cross_frame``.
        """
        if not self.cross_frame:
            return None
        return Anchor(self.noise(0) if state is None else state, self._first, self.seed(0))

    @cached_property
    def _first(self) -> Conditioning:
        return self.conditioning(0)  # once: a control's source is read in order

    @cached_property
    def _noises(self) -> list[Tensor]:
        factor = self.sampling.pooled
        size = self.sampling.height * factor, self.sampling.width * factor
        seeds = [key.seed for key in self.timeline.keyframes]
        drawn = {seed: coarsen(self.model.noise(seed, *size), factor) for seed in dict.fromkeys(seeds)}
        return [drawn[seed] for seed in seeds]

    @cached_property
    def _conditionings(self) -> list[Conditioning]:
        guided = self.model.family.negates(self.sampling.guidance)
        pairs = [(key.prompt, key.negative) for key in self.timeline.keyframes]
        encoded = {pair: self.model.encode(*pair, guided=guided) for pair in dict.fromkeys(pairs)}
        return [encoded[pair] for pair in pairs]


def keyframe_times(timeline: Timeline, cadence: int, *, comes_back: bool = False) -> tuple[int, ...]:
    """Return the frames to diffuse whole, in order.

    They are every prompt's, the first and the last, and between those evenly spaced ones at most ``cadence``
    apart. Of a clip that ``comes_back`` the first picture is seen again after the last frame, which then is
    like any other.
    """
    last = timeline.num_frames - (0 if comes_back else 1)
    anchors = sorted({0, last} | {min(key.time, last) for key in timeline.keyframes})
    times = {last}
    for start, end in pairwise(anchors):
        parts = math.ceil((end - start) / cadence)
        times.update(start + round(part * (end - start) / parts) for part in range(parts))
    return tuple(sorted(times - {timeline.num_frames}))


def guided_steps(share: float, steps: int) -> int | None:
    """Return after how many of ``steps`` guidance ends, at least 1; None where it doesn't."""
    return max(1, round(share * steps)) if share < 1 else None


def auto_cadence(timeline: Timeline) -> int:
    """Return a cadence that diffuses about a dozen frames per segment: 1 for short ones, at most 8."""
    segments = max(1, len(timeline.keyframes) - (0 if timeline.loop else 1))
    return min(8, max(1, round(timeline.num_frames / segments / 12)))


def auto_batch_size(latent_shape: tuple[int, int, int]) -> int:
    """Return how many pictures to denoise at once: 16 small ones, 4 of 512 x 512 pixels at factor 8."""
    positions = latent_shape[1] * latent_shape[2]
    return max(1, min(_MAX_BATCH, _BATCH_POSITIONS // positions))


def diffuse_keyframes(
    path: Path, times: Sequence[int], store: LatentStore, on_step: StepsDone | None = None
) -> Iterator[list[int]]:
    """Diffuse the frames ``times`` in batches into ``store``, and yield the times of each finished batch.

    Batches are cut from ``times`` at fixed places and skipped only when the store holds all of their
    frames, so a continued run computes what an uninterrupted one does.
    """
    sampling = path.sampling
    for first in range(0, len(times), sampling.batch_size):
        batch = list(times[first : first + sampling.batch_size])
        if not all(time in store for time in batch):
            latents = _diffuse(path, batch, on_step)
            for time, pair in zip(batch, latents, strict=True):
                store[time] = pair
        yield batch


def _diffuse(path: Path, batch: list[int], on_step: StepsDone | None) -> list[NDArray[np.float32]]:
    sampling = path.sampling
    branch = torch.empty(0)

    def step_done(done: int, latents: Tensor) -> None:
        nonlocal branch
        if done == sampling.branch_step:
            branch = latents.float().cpu()
        if on_step is not None:
            on_step(len(batch))

    final = path.model.denoise(
        torch.stack([path.noise(time) for time in batch]),
        stack([path.conditioning(time) for time in batch]),
        [path.seed(time) for time in batch],
        steps=sampling.steps,
        guidance=sampling.guidance,
        guided_steps=sampling.guided_steps,
        on_step=step_done,
        anchor=path.anchor(),
    )
    return list(torch.stack([branch, final], dim=1).numpy())
