"""Images denoised from noise or from other images, and generators whose keyframes come from images."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from framesmooth.frames import Frame, GeneratedFrame
from framesmooth.generation.base import ImageStore, StepsDone
from framesmooth.generation.denoising import Noises, denoise_keyframes
from framesmooth.generation.diffusion import DiffusionGenerator
from framesmooth.generation.image_latents import invert_images
from framesmooth.generation.latent_path import LatentPath
from framesmooth.metrics.outliers import frame_statistics
from framesmooth.models.conditioning import Conditioning, stack
from framesmooth.models.text_to_image import StepChange


@dataclass(frozen=True, kw_only=True)
class ImageToImageGenerator(DiffusionGenerator):
    """Frames of a timeline whose keyframes are denoised from images.

    Attributes:
        path: the model, the timeline and the sampling; its noise is that of the first keyframe's seed.
        strengths: for every frame the share of the steps that denoise it.
        store: where the keyframes' images, of the denoised size, go.
    """

    replaces_faulty_keyframes: ClassVar[bool] = True

    strengths: Sequence[float]
    cadence: int
    store: ImageStore = field(default_factory=dict[int, GeneratedFrame])

    @property
    def possible_keyframes(self) -> tuple[int, ...]:
        """The keyframes: they are known before."""
        return self.keyframe_indices

    @property
    @abstractmethod
    def keyframe_indices(self) -> tuple[int, ...]:
        """The keyframes, and the first frame even if it is given."""

    @cached_property
    def batches(self) -> tuple[range, ...]:
        """The frames rendered together: from one keyframe to the next."""
        ends = (*self.keyframe_indices[1:], self.num_frames)
        return tuple(range(start, end) for start, end in zip(self.keyframe_indices, ends, strict=True))

    def keyframe(self, time: int) -> GeneratedFrame:
        """Return a keyframe, which must be in the store."""
        return self._cropped(self.store[time])

    def steps_of(self, time: int) -> int:
        """Return how many steps a frame is denoised for; a strength above 0 is one at least."""
        strength, steps = self.strengths[time], self.path.sampling.steps
        return max(1, round(strength * steps)) if strength > 0 else 0


def denoise_image(
    path: LatentPath,
    time: int,
    noise: Tensor,
    on_step: StepsDone | None = None,
    *,
    start: Frame | None = None,
    steps: int | None = None,
    first: Tensor | None = None,
    seed: int | None = None,
    change: StepChange | None = None,
    conditioning: Conditioning | None = None,
) -> GeneratedFrame:
    """Generate the image of frame ``time`` alone; see ``denoise_images``."""
    starts, seeds = None if start is None else [start], None if seed is None else [seed]
    return denoise_images(
        path,
        [time],
        [noise],
        on_step,
        starts=starts,
        steps=steps,
        first=first,
        seeds=seeds,
        changes=() if change is None else (change,),
        conditioning=conditioning,
    )[0]


def denoise_images(
    path: LatentPath,
    times: Sequence[int],
    noises: Sequence[Tensor],
    on_step: StepsDone | None = None,
    *,
    starts: Sequence[Frame] | None = None,
    steps: int | None = None,
    first: Tensor | None = None,
    seeds: Sequence[int] | None = None,
    changes: Sequence[StepChange] = (),
    conditioning: Conditioning | None = None,
) -> list[GeneratedFrame]:
    """Generate images with the frames' own prompts: from noise, or from images in the last ``steps``.

    Args:
        path: the model, the prompts and the sampling.
        times: of the frames.
        noises: standard normal, float32 (C, h, w), one for each.
        on_step: called after every step with the number of frames it advanced.
        starts: the images to start from, uint8 (H, W, 3) of the denoised size; None starts from noise.
        steps: how many of the last steps denoise them; None is all.
        first: ``latents_of_first``, for images with ``starts`` to attend to.
        seeds: of what samplers draw at every step; those of the path if None.
        changes: of the latents of each image after every step, for images with ``starts``; none by default.
        conditioning: what images with ``starts`` show; by default the frames' own prompts.
    """
    model, sampling = path.model, path.sampling
    if starts is None:
        entries = denoise_keyframes(path, times, on_step, Noises(noises, seeds))
        return [_judged(generated) for generated in model.decode_judged(entries[:, 1])]
    skipped = 0 if steps is None else sampling.steps - steps
    latents = invert_images(model, starts)
    state = model.state_at(latents, torch.stack(list(noises)), first_step=skipped, steps=sampling.steps)
    anchor = path.anchor()
    if anchor is not None and first is not None:
        begun = model.state_at(first, path.noise(0)[None], first_step=skipped, steps=sampling.steps)
        anchor = path.anchor(begun[0])
    final = model.denoise(
        state,
        stack([path.conditioning(time) for time in times]) if conditioning is None else conditioning,
        [path.seed(time) for time in times] if seeds is None else seeds,
        steps=sampling.steps,
        guidance=sampling.guidance,
        # Without guidance in the last steps, all that an image is denoised for, the prompt would fade away.
        guided_steps=None,
        first_step=skipped,
        on_step=None if on_step is None else lambda _done, _latents: on_step(len(times)),
        anchor=anchor,
        changes=changes,
    )
    return [_judged(generated) for generated in model.decode_judged(final)]


def latents_of_first(path: LatentPath, image: Frame) -> Tensor | None:
    """Return the latents (1, C, h, w) of what the first frame starts from, if others attend to it."""
    return invert_images(path.model, [image]) if path.cross_frame else None


def _judged(generated: GeneratedFrame) -> GeneratedFrame:
    dark = not generated.fault and frame_statistics(generated.frame).black
    return replace(generated, fault="black") if dark else generated
