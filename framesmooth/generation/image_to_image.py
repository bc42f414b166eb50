"""Pictures drawn from noise, or over other pictures."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.generation.image_latents import invert_images
from framesmooth.generation.latent_path import LatentPath, StepsDone
from framesmooth.metrics.outliers import frame_statistics
from framesmooth.models.conditioning import stack
from framesmooth.models.text_to_image import GeneratedFrame


def draw(
    path: LatentPath,
    time: int,
    noise: Tensor,
    on_step: StepsDone | None = None,
    *,
    start: Frame | None = None,
    steps: int | None = None,
    first: Tensor | None = None,
    seed: int | None = None,
) -> GeneratedFrame:
    """Draw frame ``time`` alone; see ``draw_all``."""
    starts, seeds = None if start is None else [start], None if seed is None else [seed]
    return draw_all(path, [time], [noise], on_step, starts=starts, steps=steps, first=first, seeds=seeds)[0]


def draw_all(
    path: LatentPath,
    times: Sequence[int],
    noises: Sequence[Tensor],
    on_step: StepsDone | None = None,
    *,
    starts: Sequence[Frame] | None = None,
    steps: int | None = None,
    first: Tensor | None = None,
    seeds: Sequence[int] | None = None,
) -> list[GeneratedFrame]:
    """Draw frames with their own prompts, in the last ``steps`` over pictures or in all from noise.

    Args:
        path: the model, the prompts and the sampling.
        times: of the frames.
        noises: standard normal, float32 (C, h, w), one for each.
        on_step: called after every step with the number of frames it advanced.
        starts: the pictures to draw over, uint8 of the diffused size.
        steps: how many of the last steps draw over them; None are all of them.
        first: ``latents_of_first``, for frames over pictures to attend to.
        seeds: of what samplers draw at every step; those of the path if None.
    """
    model, sampling = path.model, path.sampling
    skipped = 0 if starts is None or steps is None else sampling.steps - steps
    state = torch.stack(list(noises))
    if starts is not None:
        latents = invert_images(model, starts)
        state = model.state_at(latents, state, first_step=skipped, steps=sampling.steps)
    anchor = path.anchor()
    if anchor is not None and first is not None:
        begun = model.state_at(first, path.noise(0)[None], first_step=skipped, steps=sampling.steps)
        anchor = path.anchor(begun[0])
    final = model.denoise(
        state,
        stack([path.conditioning(time) for time in times]),
        [path.seed(time) for time in times] if seeds is None else seeds,
        steps=sampling.steps,
        guidance=sampling.guidance,
        # The last steps alone decide a frame that is drawn over another: unguided, the prompt fades away.
        guided_steps=sampling.guided_steps if starts is None else None,
        first_step=skipped,
        on_step=None if on_step is None else lambda _done, _latents: on_step(len(times)),
        anchor=anchor,
    )
    return [_judged(picture) for picture in model.decode_judged(final)]


def latents_of_first(path: LatentPath, picture: Frame) -> Tensor | None:
    """Return the latents (1, C, h, w) of what the first frame is drawn over, if others attend to it."""
    return invert_images(path.model, [picture]) if path.cross_frame else None


def _judged(picture: GeneratedFrame) -> GeneratedFrame:
    dark = not picture.fault and frame_statistics(picture.frame).black
    return replace(picture, fault="black") if dark else picture
