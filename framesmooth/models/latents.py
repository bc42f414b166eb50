"""Noise that belongs to a seed, and the paths between two noises.

Everything here is float32 on the CPU, so the same seed gives the same noise on any device, for any batch.
"""

from typing import Final

import torch
from torch import Tensor

_PARALLEL: Final = 0.9995
"""Cosine above which arc and chord agree to float32 precision, and where the arc's formula divides by ~0."""


def noise_of(seed: int, shape: tuple[int, ...]) -> Tensor:
    """Return standard normal noise, float32, of ``shape`` (C, h, w), from a generator of its own.

    The image of a seed depends on nothing but the seed and the size: one generator per frame, never one
    per batch (Karras et al. 2022, reference sampler).
    """
    generator = torch.Generator(device="cpu").manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float32)


def step_generator(seed: int, shape: tuple[int, ...], steps_done: int) -> torch.Generator:
    """Return the generator that gives a stochastic scheduler its noise after ``steps_done`` steps.

    It is the one that drew the initial noise, one draw further per step, so that an in-between gets the same
    noise at the same step as the keyframes beside it.
    """
    generator = torch.Generator(device="cpu").manual_seed(seed)
    for _ in range(1 + steps_done):
        torch.randn(shape, generator=generator)
    return generator


def slerp(start: Tensor, end: Tensor, mix: float) -> Tensor:
    """Interpolate along the great circle (Shoemake 1985): sin((1-m)θ)/sin θ · a + sin(mθ)/sin θ · b.

    Two independent noises in n dimensions are nearly orthogonal and of norm √n; halfway along the chord
    the norm is 30 % smaller and a diffusion model answers with a flat, washed-out image. The arc keeps
    the norm.

    Args:
        start: float32, any shape; what mix = 0 gives, bit for bit.
        end: the same shape; what mix = 1 gives, bit for bit.
        mix: in [0, 1].
    """
    if mix <= 0.0 or torch.equal(start, end):
        return start
    if mix >= 1.0:
        return end
    cosine = torch.sum(start * end) / (torch.linalg.vector_norm(start) * torch.linalg.vector_norm(end))
    if abs(float(cosine)) > _PARALLEL:
        return torch.lerp(start, end, mix)
    angle = torch.arccos(cosine)
    return (torch.sin((1.0 - mix) * angle) * start + torch.sin(mix * angle) * end) / torch.sin(angle)
