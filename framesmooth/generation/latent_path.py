"""The path of a clip through noise and prompt space, and how it is sampled."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.generation.control_frames import ControlFrames
from framesmooth.generation.noise_warping import coarsen
from framesmooth.generation.pacing import Pace
from framesmooth.models.conditioning import Conditioning, interpolate_conditioning
from framesmooth.models.controlnet import conditioning_of
from framesmooth.models.cross_frame_attention import Anchor
from framesmooth.models.families.base import Guidance
from framesmooth.models.latents import slerp
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.timeline import Timeline

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
class LatentPath:
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
    control: ControlFrames | None = None
    cross_frame: bool = False
    pace: Pace | None = None

    def paced(self, pace: Pace) -> "LatentPath":
        """Return the same path, travelled at another pace."""
        same = replace(self, pace=pace)
        for name in ("_noises", "_conditionings"):  # worked out once for both
            vars(same)[name] = getattr(self, name)
        return same

    def guided(self, guidance: Guidance) -> "LatentPath":
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
        prompt = interpolate_conditioning(self._conditionings[start], self._conditionings[end], mix)
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


def guided_steps(share: float, steps: int) -> int | None:
    """Return after how many of ``steps`` guidance ends, at least 1; None where it doesn't."""
    return max(1, round(share * steps)) if share < 1 else None
