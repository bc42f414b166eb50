"""Keyframes denoised from noise: in one pass, or with their layout made in another size first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from framesmooth.generation.base import StepsDone
from framesmooth.generation.latent_path import LatentPath
from framesmooth.generation.layout_pass import enlarged
from framesmooth.generation.structure_anchor import Denoised
from framesmooth.models.conditioning import stack
from framesmooth.models.cross_frame_attention import Anchor
from framesmooth.models.text_to_image import StepChange


@dataclass(frozen=True)
class Noises:
    """Where images start from in place of their frames' own noise.

    Attributes:
        latents: standard normal, float32 (C, h, w) each, of the full size.
        seeds: of what samplers draw at every step; None are those of the path.
    """

    latents: Sequence[Tensor]
    seeds: Sequence[int] | None = None


def denoise_keyframes(
    path: LatentPath,
    times: Sequence[int],
    on_step: StepsDone | None = None,
    noises: Noises | None = None,
) -> Tensor:
    """Denoise frames from noise.

    Args:
        path: the model, the prompts and the sampling.
        times: of the frames.
        on_step: called after every step with the number of frames it advanced.
        noises: what the frames start from; None is their own noise, and takes anchors that are denoised
            already.

    Returns:
        Their entries of the latent store, float32 (B, 2, C, h, w).
    """
    layout = path.layout_path
    if layout is None:
        return _with_anchors(path, times, on_step, noises)
    if noises is not None:
        _, height, width = path.model.latent_shape(layout.sampling.height, layout.sampling.width)
        cropped = [
            layout.noise(time) if torch.equal(noise, path.noise(time)) else noise[:, :height, :width]
            for time, noise in zip(times, noises.latents, strict=True)
        ]
        first = _with_anchors(layout, times, on_step, Noises(cropped, noises.seeds))
    else:
        first = _with_anchors(layout, times, on_step, None)
    return _refined(path, times, first[:, 1], on_step, noises)


def _denoise_anchors(
    path: LatentPath, prompts: Sequence[int], changes: Sequence[StepChange]
) -> list[Denoised]:
    """Denoise prompts that others take their structure from, and keep their states after the first steps."""
    kept = 0 if path.structure is None else path.structure.steps
    entries, states = _from_noise(path, path.times_of(prompts), changes, kept=kept)
    return [Denoised(*pair) for pair in zip(states, entries, strict=True)]


def _changes(path: LatentPath, times: Sequence[int]) -> list[StepChange]:
    """Return what changes the latents of frames after each step, nothing where they share no structure."""
    if path.structure is None:
        return []
    denoise = partial(_denoise_anchors, path)
    return [path.structure.change(*path.at(time), denoise) for time in times]


def _with_anchors(
    path: LatentPath, times: Sequence[int], on_step: StepsDone | None, noises: Noises | None
) -> Tensor:
    """Denoise frames in one pass; anchors among them are taken as they are."""
    structure = path.structure
    if noises is not None or structure is None:
        return _from_noise(path, times, _changes(path, times), on_step, noises)[0]
    anchors = {time: prompt for time in times if (prompt := path.anchor_at(time)) is not None}
    denoise = partial(_denoise_anchors, path)
    done = {time: structure.denoised(prompt, denoise).latents for time, prompt in anchors.items()}
    if on_step is not None and done:
        for _ in range(path.sampling.steps):
            on_step(len(done))
    others = [time for time in times if time not in done]
    if others:
        entries, _ = _from_noise(path, others, _changes(path, others), on_step)
        done |= dict(zip(others, entries, strict=True))
    return torch.stack([done[time] for time in times])


def _from_noise(
    path: LatentPath,
    times: Sequence[int],
    changes: Sequence[StepChange],
    on_step: StepsDone | None = None,
    noises: Noises | None = None,
    *,
    kept: int = 0,
) -> tuple[Tensor, Tensor]:
    """Return store entries (B, 2, C, h, w), and the states after the first steps (B, kept, C, h, w)."""
    sampling = path.sampling
    states: list[Tensor] = []
    branch = torch.empty(0)

    def step_done(done: int, latents: Tensor) -> None:
        nonlocal branch
        if done == sampling.branch_step:
            branch = latents.float().cpu()
        if done <= kept:
            states.append(latents.float().cpu())
        if on_step is not None:
            on_step(len(times))

    seeds = [path.seed(time) for time in times]
    final = path.model.denoise(
        torch.stack([path.noise(time) for time in times] if noises is None else list(noises.latents)),
        stack([path.conditioning(time) for time in times]),
        seeds if noises is None or noises.seeds is None else noises.seeds,
        steps=sampling.steps,
        guidance=sampling.guidance,
        guided_steps=sampling.guided_steps,
        on_step=step_done,
        anchor=path.anchor(),
        changes=changes,
    )
    return torch.stack([branch, final], dim=1), torch.stack(states, dim=1) if kept else torch.empty(0)


def _refined(
    path: LatentPath,
    times: Sequence[int],
    latents: Tensor,
    on_step: StepsDone | None,
    noises: Noises | None,
) -> Tensor:
    """Enlarge finished latents (B, C, h, w), and denoise them again in the second half of the steps."""
    sampling = path.sampling
    _, *size = path.model.latent_shape(sampling.height, sampling.width)
    first = sampling.refined_from
    large = enlarged(latents, *size)
    noise = torch.stack([path.noise(time) for time in times] if noises is None else list(noises.latents))
    start = path.model.state_at(large, noise, first_step=first, steps=sampling.steps)
    branch = start

    def step_done(done: int, states: Tensor) -> None:
        nonlocal branch
        if done == sampling.branch_step:
            branch = states.float().cpu()
        if on_step is not None:
            on_step(len(times))

    final = path.model.denoise(
        start,
        stack([path.conditioning(time) for time in times]),
        [path.seed(time) for time in times] if noises is None or noises.seeds is None else noises.seeds,
        steps=sampling.steps,
        guidance=sampling.guidance,
        guided_steps=sampling.guided_steps,
        first_step=first,
        on_step=step_done,
        anchor=_first_frame_refined(path, first),
    )
    return torch.stack([branch, final], dim=1)


def _first_frame_refined(path: LatentPath, step: int) -> Anchor | None:
    """Return the first frame for others to attend to from ``step`` on, if they do."""
    if not path.cross_frame or path.layout_path is None:
        return None
    _, *size = path.model.latent_shape(path.sampling.height, path.sampling.width)
    large = enlarged(_with_anchors(path.layout_path, [0], None, None)[:, 1], *size)
    noise = path.noise(0)[None]
    return path.anchor(path.model.state_at(large, noise, first_step=step, steps=path.sampling.steps)[0])
