"""A Stable Diffusion pipeline in one file, under the names that it was first published with."""

import re
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
_OUTER = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}


def save_single_file(pipe: Any, path: Path) -> Path:
    """Save ``pipe``, a StableDiffusionPipeline, and return ``path``."""
    names = {f"model.diffusion_model.{_unet(k, pipe.unet)}": v for k, v in pipe.unet.state_dict().items()}
    names |= {f"first_stage_model.{_vae(k, pipe.vae)}": _conv(k, v) for k, v in pipe.vae.state_dict().items()}
    for key, value in pipe.text_encoder.state_dict().items():
        names[f"cond_stage_model.transformer.text_model.{key.removeprefix('text_model.')}"] = value
    save_file({name: value.contiguous().clone() for name, value in names.items()}, path)
    return path


def _unet(key: str, unet: Any) -> str:
    row = unet.config.layers_per_block + 1
    for ours, theirs in _OUTER.items():
        if key.startswith(f"{ours}."):
            return (
                theirs + _inside(key.removeprefix(ours)) if "resnets" in ours else theirs + key[len(ours) :]
            )
    side, block, kind, layer, rest = re.fullmatch(
        r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)(\..*)", key
    ).groups()  # type: ignore[union-attr]
    first = int(block) * row
    if kind == "downsamplers":
        return f"input_blocks.{first + row}.0.op{rest.removeprefix('.conv')}"
    if kind == "upsamplers":
        attends = int(hasattr(unet.up_blocks[int(block)], "attentions"))
        return f"output_blocks.{first + row - 1}.{1 + attends}{rest}"
    place = (
        f"input_blocks.{1 + first + int(layer)}" if side == "down" else f"output_blocks.{first + int(layer)}"
    )
    return f"{place}.0{_inside(rest)}" if kind == "resnets" else f"{place}.1{rest}"


def _inside(rest: str) -> str:
    part, _, end = rest.removeprefix(".").rpartition(".")
    return f".{_RESNET[part]}.{end}"


def _vae(key: str, vae: Any) -> str:
    last = len(vae.config.block_out_channels) - 1
    key = re.sub(r"down_blocks\.(\d+)\.resnets\.", r"down.\1.block.", key)
    key = re.sub(r"up_blocks\.(\d+)\.resnets\.", lambda found: f"up.{last - int(found[1])}.block.", key)
    key = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", key)
    key = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0", lambda found: f"up.{last - int(found[1])}.upsample", key)
    key = re.sub(r"mid_block\.resnets\.(\d)", lambda found: f"mid.block_{int(found[1]) + 1}", key)
    key = key.replace("conv_shortcut", "nin_shortcut").replace("conv_norm_out", "norm_out")
    if "mid_block.attentions.0." in key:
        before, part, end = re.fullmatch(r"(.*)mid_block\.attentions\.0\.(.*)\.(\w+)", key).groups()  # type: ignore[union-attr]
        return f"{before}mid.attn_1.{_ATTENTION[part]}.{end}"
    return key


def _conv(key: str, value: Tensor) -> Tensor:
    """Attention of the autoencoder was written as convolutions."""
    linear = re.search(r"attentions\.0\.to_\w+(\.0)?\.weight", key) is not None
    return value[..., None, None] if linear else torch.as_tensor(value)
