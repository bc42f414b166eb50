"""The path of a clip through noise and prompt space, and how it is sampled."""

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from torch import Tensor

from framesmooth.errors import UsageError
from framesmooth.generation.control_frames import ControlFrames
from framesmooth.generation.noise_warping import coarsen
from framesmooth.generation.pacing import Pace
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.generation.specs import INBETWEENS
from framesmooth.models.conditioning import Conditioning, interpolate_conditioning
from framesmooth.models.controlnet import conditioning_of
from framesmooth.models.cross_frame_attention import Anchor
from framesmooth.models.families.base import Guidance
from framesmooth.models.latents import slerp
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.timeline import Timeline

_LARGEST_BATCH: Final = 16
_BATCH_POSITIONS: Final = 4 * 64 * 64
"""Latent pixels that are denoised together."""

_SHARE_LEFT: Final = 0.1
"""Share of the steps that an in-between denoises itself: with more of them it loses detail that its keyframes
have, and sharpness pumps."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a frame is denoised.

    Attributes:
        height: pixels of the denoised image, a multiple of the model's own.
        width: likewise.
        frame_size: (height, width) of the clip's frames, cropped from the middle of that image.
        guidance: how strictly the prompt is followed.
        steps: denoising steps.
        guidance_end: share of the steps that are guided, above 0 to 1.
        batch_size: images that are denoised together.
        pooled: the noise is that of an image so many times as large, average-pooled.
    """

    height: int
    width: int
    frame_size: tuple[int, int]
    guidance: Guidance
    steps: int = 10
    guidance_end: float = 1.0
    batch_size: int = 8
    pooled: int = 1

    @property
    def guided_steps(self) -> int | None:
        """After how many steps guidance ends, at least 1; None where it doesn't."""
        return max(1, round(self.guidance_end * self.steps)) if self.guidance_end < 1 else None

    @property
    def branch_step(self) -> int:
        """After how many steps, 1 to ``steps``, in-betweens branch off from the keyframes' trajectories."""
        return branch_step(self.steps)


@dataclass(frozen=True)
class PromptsAndNoises:
    """The encoded prompts and the noises of a clip, each worked out once for all paths that share this."""

    _conditionings: dict[tuple[str, str, bool], Conditioning] = field(default_factory=dict, repr=False)
    _noises: dict[tuple[int, int, int, int], Tensor] = field(default_factory=dict, repr=False)

    def conditioning(self, model: TextToImage, prompt: str, negative: str, *, guided: bool) -> Conditioning:
        """Return the embeddings of a prompt, batch size 1; with those of the negative one if ``guided``."""
        key = prompt, negative, guided
        if key not in self._conditionings:
            self._conditionings[key] = model.encode(prompt, negative, guided=guided)
        return self._conditionings[key]

    def noise(self, model: TextToImage, seed: int, sampling: Sampling) -> Tensor:
        """Return the standard normal noise of a seed, float32 (C, h, w)."""
        height, width, factor = sampling.height, sampling.width, sampling.pooled
        key = seed, height, width, factor
        if key not in self._noises:
            self._noises[key] = coarsen(model.noise(seed, height * factor, width * factor), factor)
        return self._noises[key]


@dataclass(frozen=True)
class LatentPath:
    """Where each frame of a timeline is in noise and in prompt space.

    Attributes:
        model: denoises and decodes.
        timeline: the prompts and seeds.
        sampling: how frames are denoised.
        drift: share of the way to the next keyframe's noise that is travelled; below 1 it is for a timeline
            of two keyframes, whose image then varies without becoming another one.
        control: what a ControlNet is given at each frame, if there is one.
        cross_frame: whether all frames attend to the first.
        pace: where a frame is, if it isn't where the timeline puts it.
        inputs: the encoded prompts and the noises, shared by all paths of the clip.
    """

    model: TextToImage
    timeline: Timeline
    sampling: Sampling
    drift: float = 1.0
    control: ControlFrames | None = None
    cross_frame: bool = False
    pace: Pace | None = None
    inputs: PromptsAndNoises = field(default_factory=PromptsAndNoises, repr=False, compare=False)

    def paced(self, pace: Pace) -> "LatentPath":
        """Return the same path, travelled at another pace."""
        return replace(self, pace=pace)

    def guided(self, guidance: Guidance) -> "LatentPath":
        """Return the same path with another guidance."""
        return replace(self, sampling=replace(self.sampling, guidance=guidance))

    def with_steps(self, steps: int) -> "LatentPath":
        """Return the same path in ``steps`` denoising steps, or in as few as it has."""
        return replace(self, sampling=replace(self.sampling, steps=min(steps, self.sampling.steps)))

    def shrunk(self, least: tuple[int, int] | None) -> "LatentPath":
        """Return the same path with images a whole number of times smaller, from the same noise, pooled.

        They stay as large as the model was trained for, and as ``least`` (height, width) if it is given.
        """
        sampling, model = self.sampling, self.model
        sides = sampling.height, sampling.width
        factor = min(sides) // min(model.native_size)
        if least is not None:
            factor = min(factor, *(side // wanted for side, wanted in zip(sides, least, strict=True)))
        while factor > 1 and any(side % (factor * model.multiple) for side in sides):
            factor -= 1
        if factor < 2:
            return self
        height, width = (side // factor for side in sides)
        smaller = replace(
            sampling,
            height=height,
            width=width,
            frame_size=(sampling.frame_size[0] // factor, sampling.frame_size[1] // factor),
            pooled=sampling.pooled * factor,
            batch_size=auto_batch_size(model.latent_shape(height, width)),
        )
        return replace(self, sampling=smaller)

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
        return slerp(self._noise(start), self._noise(end), mix * self.drift)

    def conditioning(self, time: int) -> Conditioning:
        """Return the prompt embeddings of a frame, and its control: batch size 1."""
        start, end, mix = self.at(time)
        prompt = interpolate_conditioning(self._conditioning(start), self._conditioning(end), mix)
        if self.control is None:
            return prompt
        image = self.control.picture(time, (self.sampling.height, self.sampling.width))
        return prompt | conditioning_of(image, self.control.scales[time], self.control.end)

    def seed(self, time: int) -> int:
        """Return the seed for noise that a stochastic scheduler draws at every step: its segment's.

        The last keyframe belongs to the segment that leads to it.
        """
        keys = self.timeline.keyframes
        last = len(keys) - (1 if self.timeline.loop or len(keys) == 1 else 2)
        return keys[min(self.timeline.at(time)[0], last)].seed

    def other_noise(self, seed: int) -> Tensor:
        """Return fresh standard normal noise for one image, float32 (C, h, w)."""
        return self.model.noise(seed, self.sampling.height, self.sampling.width)

    def anchor(self, state: Tensor | None = None) -> Anchor | None:
        """Return the first frame for the others to attend to, from noise or from a state (C, h, w) of it.

        None unless ``cross_frame``.
        """
        if not self.cross_frame:
            return None
        return Anchor(self.noise(0) if state is None else state, self._first_conditioning, self.seed(0))

    @cached_property
    def _first_conditioning(self) -> Conditioning:
        return self.conditioning(0)  # once: a control's source is read in order

    def _noise(self, index: int) -> Tensor:
        return self.inputs.noise(self.model, self.timeline.keyframes[index].seed, self.sampling)

    def _conditioning(self, index: int) -> Conditioning:
        key, guided = self.timeline.keyframes[index], self.model.family.negates(self.sampling.guidance)
        return self.inputs.conditioning(self.model, key.prompt, key.negative, guided=guided)

    def split_steps(self, first: int = 0) -> tuple[int, int]:
        """Return how many of the steps from ``first`` on are guided, and how many are not."""
        sampling = self.sampling
        left = sampling.steps - first
        guided = left
        if sampling.guided_steps is not None and sampling.guidance.scale > 1:
            guided = max(0, sampling.guided_steps - first)
        return guided, left - guided


def create_path(model: TextToImage, timeline: Timeline, spec: SamplingSpec) -> LatentPath:
    """Return the path of ``timeline``, in any size: rounded up to the model's multiple, then cropped.

    Latent in-betweens start midway: a sampler that cannot is replaced, and ``facts`` names the one used.

    Raises:
        UsageError: for a way of making in-betweens that doesn't exist, a size that the model cannot generate,
            or guidance that it doesn't have or cannot end early.
    """
    if spec.inbetween not in INBETWEENS:
        raise UsageError(f"unknown in-betweens {spec.inbetween!r}: use {', '.join(INBETWEENS)}")
    guidance = Guidance(scale=spec.guidance_scale, true_scale=spec.true_cfg_scale)
    _check_guidance(model, guidance, spec.guidance_end)
    if spec.cross_frame and not hasattr(model.pipe, "unet"):
        name, kind = model.folder.name, type(model.pipe).__name__
        raise UsageError(
            f"{name}, a {kind}, has no UNet whose attention could reach across frames: "
            "drop --cross-frame-attention"
        )
    if spec.inbetween == "latent":
        model = model.restartable()
    height, width = spec.height or model.native_size[0], spec.width or model.native_size[1]
    rounded = [math.ceil(side / model.multiple) * model.multiple for side in (height, width)]
    largest = model.family.largest_side
    if largest is not None and max(rounded) > largest:
        raise UsageError(f"{model.folder.name} draws pictures of {largest} pixels at most: lower -W and -H")
    sampling = Sampling(
        height=rounded[0],
        width=rounded[1],
        frame_size=(height, width),
        steps=spec.steps,
        guidance=guidance,
        guidance_end=spec.guidance_end,
        batch_size=spec.batch_size or auto_batch_size(model.latent_shape(*rounded)),
    )
    return LatentPath(model, timeline, sampling, spec.drift, spec.control, spec.cross_frame)


def _check_guidance(model: TextToImage, guidance: Guidance, guidance_end: float) -> None:
    name, kind = model.folder.name, type(model.pipe).__name__
    if guidance_end < 1 < guidance.scale and not model.family.ends_guidance:
        raise UsageError(f"guidance of {name}, a {kind}, cannot end early: give --guidance-end 1")
    if guidance.true_scale > 1 and not model.family.has_true_guidance:
        raise UsageError(f"{name}, a {kind}, has one guidance only: drop --true-cfg-scale")


def auto_batch_size(latent_shape: tuple[int, int, int]) -> int:
    """Return how many images to denoise at once: 16 small ones, 4 of 512 x 512 pixels at factor 8."""
    positions = latent_shape[1] * latent_shape[2]
    return max(1, min(_LARGEST_BATCH, _BATCH_POSITIONS // positions))


def branch_step(steps: int) -> int:
    """Return after how many of ``steps`` in-betweens branch off: at least one step is left to them."""
    return steps - max(1, round(steps * _SHARE_LEFT)) if steps > 1 else 1
