"""ControlNets in a pipeline, with one control image per frame of a batch.

A control is carried in the conditioning: ``control_image`` (B, 3, H, W) in 0 to 1, ``control_scale`` (B,),
and ``control_end`` (B,), the share of the steps that follow it.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError
from torch import Tensor

from framesmooth.errors import ModelError
from framesmooth.frames import Frame
from framesmooth.models.conditioning import Conditioning
from framesmooth.models.controlnet_spec import controlled_class
from framesmooth.models.hooks import every_tensor
from framesmooth.models.tiled_vae import OVERLAP, TILE, tiled

IMAGE: Final = "control_image"
SCALE: Final = "control_scale"
END: Final = "control_end"
NAMES: Final = (IMAGE, SCALE, END)

_ROUNDING: Final = 1e-6


def add_controlnet(pipe: Any, folder: Path, dtype: torch.dtype, model: str) -> Any:
    """Return the pipeline of the same family that takes a ControlNet, with ``pipe``'s parts and that one.

    Raises:
        ModelError: a pipeline for which there is none, or a ControlNet that cannot be loaded.
    """
    import diffusers

    kind, network = controlled_class(type(pipe).__name__, model)
    try:
        net = getattr(diffusers, network).from_pretrained(
            folder, torch_dtype=dtype, use_safetensors=True, local_files_only=True
        )
        whole = getattr(diffusers, kind)
        held = dict(pipe.config) | pipe.components | {"controlnet": net}
        accepted = inspect.signature(whole.__init__).parameters
        controlled = whole(**{name: held[name] for name in accepted if name in held})
    except (OSError, ValueError, TypeError, RuntimeError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"{folder.name} could not be loaded as a ControlNet: {reason}") from error
    return controlled


def conditioning_of(picture: Frame, scale: float, end: float) -> Conditioning:
    """Return the conditioning of one frame by ``image``, uint8 (H, W, 3) of the diffused size."""
    image = torch.from_numpy(picture).permute(2, 0, 1)[None].float() / 255
    return {IMAGE: image, SCALE: torch.tensor([scale]), END: torch.tensor([end])}


def from_step(conditioning: Conditioning, first_step: int, steps: int) -> Conditioning:
    """Return a conditioning whose ``control_end`` is the share of the steps from ``first_step`` on.

    What has ended before them has no scale.
    """
    if END not in conditioning:
        return conditioning
    last = (conditioning[END] * steps).round().clamp_min(1)
    left = ((last - first_step) / (steps - first_step)).clamp_min(0)
    ended = left == 0
    changed = {SCALE: conditioning[SCALE].masked_fill(ended, 0), END: left.masked_fill(ended, 1)}
    return conditioning | changed


def end_of(conditioning: Conditioning) -> float:
    """Return ``control_end`` of a batch, which all its images share, as pipelines compare it."""
    return min(1.0, float(conditioning[END][0]) + _ROUNDING)


@contextmanager
def scaled(net: Any, conditioning: Conditioning) -> Iterator[None]:
    """Weigh what a ControlNet adds to each image of a batch by that image's own scale."""
    scales = conditioning[SCALE]

    def weigh(_net: Any, _args: Any, output: Any) -> Any:
        def weighed(residual: Tensor) -> Tensor:
            each = scales.to(residual).repeat(len(residual) // len(scales))
            return residual * each.view(-1, *[1] * (residual.ndim - 1))

        return every_tensor(weighed, output)

    hook = net.register_forward_hook(weigh)
    try:
        yield
    finally:
        hook.remove()


def encode_without_chance(vae: Any, factor: int, *, in_tiles: bool = False) -> None:
    """Let an autoencoder answer with the mean of what it takes an image for, if asked tile by tile.

    Some pipelines encode control images themselves, whole, and draw from that distribution with noise of
    the whole batch. ``factor`` is that of pixels to latent pixels.
    """
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
    from diffusers.models.modeling_outputs import AutoencoderKLOutput

    encode = vae.encode
    sides = {"tile": TILE * factor, "overlap": OVERLAP * factor, "grid": factor}

    def mean_of(images: Tensor) -> Tensor:
        return Tensor(encode(images).latent_dist.mode())

    def encode_to_mean(images: Tensor, return_dict: bool = True) -> Any:
        mean = tiled(vae, mean_of, images, **sides) if in_tiles else mean_of(images)
        moments = torch.cat([mean, torch.zeros_like(mean)], dim=1)
        distribution = DiagonalGaussianDistribution(moments, deterministic=True)
        return AutoencoderKLOutput(latent_dist=distribution) if return_dict else (distribution,)

    vae.encode = encode_to_mean
