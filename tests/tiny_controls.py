"""Tiny, untrained ControlNets of every class, for the pipelines of ``tiny_families``."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.tiny_families import CHANNELS, TEXT, shaken


def _of_unet(model: Path) -> Any:
    import torch
    from diffusers import ControlNetModel, UNet2DConditionModel

    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    settings = {"conditioning_embedding_out_channels": (4, 8, 8), "load_weights_from_unet": False}  # factor 4
    net = ControlNetModel.from_unet(unet, **settings)
    torch.nn.init.normal_(net.controlnet_cond_embedding.conv_out.weight, std=3.0)  # dots have a say
    return net


def _of_stable_diffusion_3(_model: Path) -> Any:
    from diffusers import SD3ControlNetModel

    return SD3ControlNetModel(
        sample_size=16,
        in_channels=CHANNELS,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=2 * TEXT,
        caption_projection_dim=16,
        pooled_projection_dim=2 * TEXT,
        pos_embed_max_size=24,
    )


def _of_flux(_model: Path) -> Any:
    from diffusers import FluxControlNetModel

    return FluxControlNetModel(
        in_channels=4 * CHANNELS,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=TEXT,
        pooled_projection_dim=TEXT,
        guidance_embeds=True,
        axes_dims_rope=[2, 2, 4],
    )


CONTROLLED = {
    "stable_diffusion_2": _of_unet,
    "latent_consistency": _of_unet,
    "stable_diffusion_xl": _of_unet,
    "stable_diffusion_3": _of_stable_diffusion_3,
    "flux": _of_flux,
}


def build_tiny_control(name: str, model: Path, folder: Path) -> Path:
    """Save a ControlNet for the tiny pipeline called ``name`` in ``model``, and return its folder."""
    import torch

    torch.manual_seed(1)
    net = CONTROLLED[name](model)
    shaken(net, 0.3)
    net.save_pretrained(folder / f"{name}_control", safe_serialization=True)
    return folder / f"{name}_control"


@contextmanager
def certain_autoencoders() -> Iterator[None]:
    """Let autoencoders answer with the mean: pipelines that encode control pictures draw them at random."""
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

    with patch.object(DiagonalGaussianDistribution, "sample", lambda own, generator=None: own.mean):
        yield
