"""Scaling of latents between the scheduler and the autoencoder."""

from typing import Any

from torch import Tensor


def for_decoder(vae: Any, latents: Tensor) -> Tensor:
    """Return a sampler's latents (B, C, h, w) as the autoencoder ``vae`` decodes them."""
    mean, deviation = _moments(vae, latents)
    scaled: Tensor = latents * deviation / vae.config.scaling_factor + mean
    return scaled


def for_sampler(vae: Any, latents: Tensor) -> Tensor:
    """Return what the autoencoder ``vae`` encodes, (B, C, h, w), as a sampler's latents."""
    mean, deviation = _moments(vae, latents)
    scaled: Tensor = (latents - mean) / deviation * vae.config.scaling_factor
    return scaled


def _moments(vae: Any, latents: Tensor) -> tuple[Any, Any]:
    """Return the mean and the standard deviation of latents: per channel, for all, or 0 and 1."""
    config = vae.config
    if config.get("latents_mean") is None or config.get("latents_std") is None:
        return config.get("shift_factor") or 0.0, 1.0
    shape = 1, -1, *([1] * (latents.ndim - 2))
    mean, deviation = (
        latents.new_tensor(config[name]).view(shape) for name in ("latents_mean", "latents_std")
    )
    return mean, deviation
