"""Tiny, untrained IP-Adapters of every kind, for the pipelines of ``tiny_families``.

An adapter's file holds a projection of the picture and, for every layer that attends to the prompt, what
makes keys and values of the projected picture.
"""

from pathlib import Path
from typing import Any

from tests.tiny_families import TEXT

SEEN = 16
"""Numbers of a picture's embedding."""
TOKENS = 4
"""Tokens that a projected picture has in the plain adapters."""


def vision(kind: str, **settings: Any) -> Any:
    """Return an image encoder of a class of transformers."""
    import transformers

    shape = {
        "hidden_size": SEEN,
        "intermediate_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 28,
        "patch_size": 14,
    }
    config = getattr(transformers, kind.replace("ModelWithProjection", "Model").replace("Model", "Config"))
    return getattr(transformers, kind)(config(**shape, **settings))


def _projection(width: int) -> dict[str, Any]:
    import torch

    return {
        "proj.weight": torch.randn(TOKENS * width, SEEN),
        "proj.bias": torch.randn(TOKENS * width),
        "norm.weight": torch.ones(width),
        "norm.bias": torch.zeros(width),
    }


def _of_unet(model: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    import torch
    from diffusers import UNet2DConditionModel

    unet = UNet2DConditionModel.from_pretrained(model / "unet")
    width = unet.config.cross_attention_dim
    attending = {}
    for index, name in enumerate(unet.attn_processors):
        if "attn2" in name:  # of which it is the second of a pair: numbers are odd
            layer = unet.get_submodule(name.removesuffix(".processor"))
            for part, own in (("k", layer.to_k), ("v", layer.to_v)):
                attending[f"{index}.to_{part}_ip.weight"] = torch.randn(own.weight.shape)
    return _projection(width), attending


def plus_projection(width: int, hidden: int = 64) -> dict[str, Any]:
    """Return the weights by which an IP-Adapter "Plus" asks a picture's patches: a Perceiver resampler."""
    import torch

    shapes: dict[str, tuple[int, ...]] = {"latents": (1, TOKENS, hidden)}
    for name, shape in {"proj_in": (hidden, SEEN), "proj_out": (width, hidden)}.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    norms = {"norm_out": width}
    for layer in range(4):
        norms |= {f"layers.{layer}.{name}": hidden for name in ("0.norm1", "0.norm2", "1.0")}
        shapes[f"layers.{layer}.0.to_q.weight"] = hidden, hidden
        shapes[f"layers.{layer}.0.to_kv.weight"] = 2 * hidden, hidden
        shapes[f"layers.{layer}.0.to_out.weight"] = hidden, hidden
        shapes[f"layers.{layer}.1.1.weight"] = 4 * hidden, hidden
        shapes[f"layers.{layer}.1.3.weight"] = hidden, 4 * hidden
    weights = {name: torch.randn(shape) / hidden**0.5 for name, shape in shapes.items()}
    for name, size in norms.items():
        weights |= {f"{name}.weight": torch.ones(size), f"{name}.bias": torch.zeros(size)}
    return weights


def _of_stable_diffusion_3(_model: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    from diffusers.models.attention_processor import SD3IPAdapterJointAttnProcessor2_0
    from diffusers.models.embeddings import IPAdapterTimeImageProjection

    width, steps = 16, 8
    projection = IPAdapterTimeImageProjection(
        SEEN, width, hidden_dim=64, heads=1, num_queries=TOKENS, timestep_in_dim=steps
    )
    attending: dict[str, Any] = {}
    for block in range(2):
        layer = SD3IPAdapterJointAttnProcessor2_0(width, width, 8, timesteps_emb_dim=64)
        attending |= {f"{block}.{name}": weights for name, weights in layer.state_dict().items()}
    return projection.state_dict(), attending


def _of_flux(_model: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    import torch

    inner = 16
    attending = {}
    for part in ("k", "v"):
        attending[f"0.to_{part}_ip.weight"] = torch.randn(inner, TEXT)
        attending[f"0.to_{part}_ip.bias"] = torch.randn(inner)
    return _projection(TEXT), attending


ADAPTED = {
    "stable_diffusion_2": _of_unet,
    "latent_consistency": _of_unet,
    "stable_diffusion_xl": _of_unet,
    "stable_diffusion_3": _of_stable_diffusion_3,
    "flux": _of_flux,
}


def build_tiny_adapter(name: str, model: Path, folder: Path) -> Path:
    """Save an IP-Adapter and its image encoder for the tiny pipeline called ``name``; return the folder."""
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(2)
    projection, attending = ADAPTED[name](model)
    tensors = {f"image_proj.{part}": one.contiguous() for part, one in projection.items()}
    tensors |= {f"ip_adapter.{part}": one.contiguous() for part, one in attending.items()}
    adapter = folder / f"{name}_adapter"
    adapter.mkdir()
    save_file(tensors, adapter / "ip-adapter.safetensors")
    siglip = name == "stable_diffusion_3"
    encoder = (
        vision("SiglipVisionModel")
        if siglip
        else vision("CLIPVisionModelWithProjection", projection_dim=SEEN)
    )
    encoder.save_pretrained(adapter / "image_encoder", safe_serialization=True)
    return adapter
