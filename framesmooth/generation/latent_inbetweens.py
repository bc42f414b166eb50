"""In-betweens by latent travel: the frames between two diffused keyframes for a fraction of their cost.

Two neighbouring keyframes start from almost the same noise and almost the same prompt, so their denoising
trajectories stay close. An in-between interpolates the sampler's two states after ``branch_step`` steps and
denoises the few steps that are left with its own prompt embeddings. What the interpolation blurs, those
steps restore; and where the in-between meets a keyframe both follow the same trajectory, so sharpness
does not pump from keyframe to keyframe as it does when finished latents are mixed.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.generation.keyframes import Keys
from framesmooth.generation.latent_path import LatentPath
from framesmooth.models.conditioning import stack
from framesmooth.models.latents import slerp

KeyLatents = Callable[[int], NDArray[np.float32]]


def latent_frames(path: LatentPath, times: Sequence[int], keys: Keys, latents_of: KeyLatents) -> Tensor:
    """Return the final latents, float32 (T, C, h, w), of the frames ``times``.

    Keyframes are taken as they are, and so is a frame that rests at a keyframe's position; the others are
    denoised together from the branching point on.

    Args:
        path: what each frame is made from.
        times: the frames wanted.
        keys: the diffused frames, among them the first and the last of the clip.
        latents_of: gives a keyframe's entry of the latent store, float32 (2, C, h, w).
    """
    finals: dict[int, Tensor] = {}
    branches: dict[int, Tensor] = {}
    for time in times:
        before, after, share = keys.around(path.position(time))
        if share == 0.0:
            finals[time] = torch.from_numpy(latents_of(before)[1])
        else:
            start, end = (torch.from_numpy(latents_of(key)[0]) for key in (before, after))
            branches[time] = slerp(start, end, share)
    if branches:
        first = torch.from_numpy(latents_of(0)[0])
        finals |= dict(zip(branches, _finish(path, branches, first), strict=True))
    return torch.stack([finals[time] for time in times])


def _finish(path: LatentPath, branches: dict[int, Tensor], first: Tensor) -> Tensor:
    """Denoise states to the end; ``first`` is that of the first frame."""
    sampling = path.sampling
    if sampling.branch_step == sampling.steps:
        return torch.stack(list(branches.values()))
    return path.model.denoise(
        torch.stack(list(branches.values())),
        stack([path.conditioning(time) for time in branches]),
        [path.seed(time) for time in branches],
        steps=sampling.steps,
        guidance=sampling.guidance,
        guided_steps=sampling.guided_steps,
        first_step=sampling.branch_step,
        anchor=path.anchor(first),
    )
