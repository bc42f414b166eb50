"""The path of a clip through noise and prompt space, and how it is sampled."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from torch import Tensor

from framesmooth.errors import UsageError
from framesmooth.generation.control_frames import ControlFrames
from framesmooth.generation.layout_pass import layout_size
from framesmooth.generation.pacing import Pace
from framesmooth.generation.sampling import PromptsAndNoises, Sampling, auto_batch_size
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.generation.specs import INBETWEENS
from framesmooth.generation.structure_anchor import AUTO_SHARE, Structure, StructureShare, anchors_of
from framesmooth.models.aspect import size_in
from framesmooth.models.conditioning import Conditioning, interpolate_conditioning
from framesmooth.models.controlnet import conditioning_of
from framesmooth.models.cross_frame_attention import Anchor
from framesmooth.models.families.base import Guidance
from framesmooth.models.latents import slerp
from framesmooth.models.prompt_subjects import subject_distance
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.timeline import Timeline


@dataclass(frozen=True)
class LatentPath:
    """Where each frame of a timeline is in noise and in prompt space.

    Attributes:
        model: denoises and decodes.
        timeline: the prompts and seeds.
        sampling: how frames are denoised.
        drift: share of the way to the next keyframe's noise that is travelled; below 1 the image varies
            without becoming another one.
        control: what a ControlNet is given at each frame, if there is one.
        cross_frame: whether all frames attend to the first.
        structure_share: share of the steps in which prompts with one subject have one structure; 0 is none,
            "auto" goes by the subjects.
        one_layout: whether prompts with different seeds share their structure, too.
        pace: where a frame is, if it isn't where the timeline puts it.
        inputs: the encoded prompts and the noises, shared by all paths of the clip.
    """

    model: TextToImage
    timeline: Timeline
    sampling: Sampling
    drift: float = 1.0
    control: ControlFrames | None = None
    cross_frame: bool = False
    structure_share: StructureShare = 0.0
    one_layout: bool = False
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

    @cached_property
    def layout_path(self) -> "LatentPath | None":
        """The same path in the size that its layout is made in; None where it is this one."""
        size = self.sampling.layout
        if size is None or self.sampling.steps < 2:
            return None
        frame_size = size.height, size.width
        smaller = replace(
            self.sampling, height=size.height, width=size.width, frame_size=frame_size, layout=None
        )
        return replace(self, sampling=smaller)

    def previewed(self, steps: int, size: tuple[int, int] | None) -> "LatentPath":
        """Return the same path in ``steps`` steps at most, in the smallest images that have its layout.

        Where the layout is made at once, these are as large as ``size``; under a control, as they are.
        """
        path = self.with_steps(steps)
        if path.sampling.layout is not None:
            return path.at_layout_scale()
        return path if path.control is not None else path.shrunk(size)

    @property
    def layout_share(self) -> float:
        """How many pixels the first pass has, of those of the second."""
        size, sampling = self.sampling.layout, self.sampling
        return 1.0 if size is None else size.height * size.width / (sampling.height * sampling.width)

    def steps_from(self, first: int) -> int:
        """Return how many steps are taken from step ``first`` on; from noise there may be two passes."""
        sampling = self.sampling
        again = sampling.steps - sampling.refined_from if self.layout_path is not None else 0
        return sampling.steps - first + (again if first == 0 else 0)

    def at_layout_scale(self) -> "LatentPath":
        """Return the same path with the smallest images that have its layout, all of it."""
        sampling, model = self.sampling, self.model
        if sampling.layout is None:
            return self
        scale = sampling.layout.scale
        sides = sampling.height, sampling.width
        height, width = (max(1, round(side / scale / model.multiple)) * model.multiple for side in sides)
        extended = sampling.layout.is_extended(*sides)
        if not extended:
            height, width = sampling.layout.height, sampling.layout.width
        frame_size = tuple(round(side / scale) for side in sampling.frame_size)
        smaller = replace(
            sampling,
            height=height,
            width=width,
            frame_size=(min(frame_size[0], height), min(frame_size[1], width)),
            layout=replace(sampling.layout, scale=1.0) if extended else None,
            batch_size=auto_batch_size(model.latent_shape(height, width)),
        )
        return replace(self, sampling=smaller)

    @cached_property
    def structure(self) -> Structure | None:
        """The structure that keyframes share; None where they share none."""
        steps = self.sampling.steps
        share = AUTO_SHARE if self.structure_share == "auto" else self.structure_share
        shared = min(round(share * steps), self.sampling.branch_step)
        keys = self.timeline.keyframes
        if shared < 1 or len(keys) < 2 or self.control is not None:
            return None
        auto = self.structure_share == "auto"
        seeds = [key.seed if auto and not self.one_layout else 0 for key in keys]
        return Structure(
            anchors=anchors_of(seeds, shared, auto=auto, distance=self._subject_distance),
            steps=shared,
            batch_size=self.sampling.batch_size,
        )

    def _subject_distance(self, first: int, second: int) -> float:
        keys = self.timeline.keyframes
        return subject_distance(keys[first].prompt, keys[second].prompt, self._embedded)

    def _embedded(self, text: str) -> Tensor:
        return self.inputs.conditioning(self.model, text, "", guided=False)["prompt_embeds"]

    def times_of(self, prompts: Sequence[int]) -> list[int]:
        """Return the frames that show prompts, given by index."""
        last = self.timeline.num_frames - 1
        return [min(self.timeline.keyframes[prompt].time, last) for prompt in prompts]

    def anchor_at(self, time: int) -> int | None:
        """Return which prompt's anchor of structure a frame is, None for any other frame."""
        start, end, mix = self.at(time)
        prompt = end if mix >= 1 else start
        if self.structure is None or 0 < mix < 1 or not self.structure.is_anchor(prompt):
            return None
        return prompt if self.times_of([prompt]) == [time] else None

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
        return slerp(self._drifted(start), self._noise(end), mix * self.drift)

    def _drifted(self, index: int) -> Tensor:
        """Return the noise at a keyframe: as far towards its own as each way to it has led."""
        if self.drift == 1 or index == 0:
            return self._noise(index)
        return slerp(self._drifted(index - 1), self._noise(index), self.drift)

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
    height, width = spec.height or model.native_size[0], spec.width or model.native_size[1]
    if spec.aspect is not None:
        height, width = size_in(spec.aspect, model.native_size, model.multiple)
    rounded = [math.ceil(side / model.multiple) * model.multiple for side in (height, width)]
    largest = model.family.largest_side
    if largest is not None and max(rounded) > largest:
        raise UsageError(f"{model.folder.name} draws pictures of {largest} pixels at most: lower -W and -H")
    layout = layout_size(model, *rounded) if spec.layout_pass and spec.control is None else None
    if spec.inbetween == "latent" or layout is not None:
        model = model.restartable()
    sampling = Sampling(
        layout=layout,
        height=rounded[0],
        width=rounded[1],
        frame_size=(height, width),
        steps=spec.steps,
        guidance=guidance,
        guidance_end=spec.guidance_end,
        batch_size=spec.batch_size or auto_batch_size(model.latent_shape(*rounded)),
    )
    return LatentPath(
        model,
        timeline,
        sampling,
        drift=spec.drift,
        control=spec.control,
        cross_frame=spec.cross_frame,
        structure_share=spec.structure_share,
        one_layout=spec.one_layout,
    )


def _check_guidance(model: TextToImage, guidance: Guidance, guidance_end: float) -> None:
    name, kind = model.folder.name, type(model.pipe).__name__
    if guidance_end < 1 < guidance.scale and not model.family.ends_guidance:
        raise UsageError(f"guidance of {name}, a {kind}, cannot end early: give --guidance-end 1")
    if guidance.true_scale > 1 and not model.family.has_true_guidance:
        raise UsageError(f"{name}, a {kind}, has one guidance only: drop --true-cfg-scale")
