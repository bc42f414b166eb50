"""The file of a LoRA, as other programs read it.

For UNets it has kohya's names (``lora_unet_…lora_down.weight`` and ``.alpha``), which AUTOMATIC1111, Forge,
ComfyUI and diffusers read; for transformers those of diffusers (``transformer.….lora_A.weight``), which
ComfyUI, Forge and diffusers read. The metadata are kohya's (``ss_…``) and those of the Stability AI model
metadata standard 1.0 (``modelspec.…``).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from torch import Tensor

from framesmooth.training.lora import Adapter
from framesmooth.video.atomic import atomic_path

KINDS: Final = {
    "storybook": ("storybook", "storybook/lora"),
    "StableDiffusionPipeline 768": ("sd_v1", "stable-diffusion-v1/lora"),
    "StableDiffusionPipeline 1024": ("sd_v2", "stable-diffusion-v2-768-v/lora"),
    "StableDiffusionXLPipeline": ("sdxl_base_v1-0", "stable-diffusion-xl-v1-base/lora"),
    "StableDiffusion3Pipeline": ("sd3", "stable-diffusion-3-medium/lora"),
    "FluxPipeline": ("flux1", "flux-1-dev/lora"),
}
"""Pipeline, with the width of its text where that tells versions apart -> its name at kohya's and at
Stability's."""


def kind_of(pipeline: str, text_width: int) -> tuple[str, str]:
    """Return (kohya's name, Stability's name) of a base model, for the metadata."""
    for name in (pipeline, f"{pipeline} {text_width}"):
        if name in KINDS:
            return KINDS[name]
    return KINDS["storybook"] if pipeline == "StableDiffusionPipeline" else (pipeline, f"{pipeline}/lora")


def file_weights(state: Mapping[str, Tensor], part: str) -> dict[str, Tensor]:
    """Return the tensors of the file, float16, from peft's.

    Args:
        state: of an :class:`Adapter`.
        part: "unet" or "transformer".
    """
    from diffusers.utils import convert_state_dict_to_kohya

    named = {f"{part}.{name}": weight.half().contiguous() for name, weight in state.items()}
    if part == "transformer":
        return named
    converted: dict[str, Tensor] = convert_state_dict_to_kohya(named)
    return {
        name: weight.half() if name.endswith(".alpha") else weight.contiguous()
        for name, weight in converted.items()
    }


def file_metadata(
    adapter: Adapter, kind: tuple[str, str], resolution: tuple[int, int], told: Mapping[str, object]
) -> dict[str, str]:
    """Return the metadata of the file, all of them texts.

    Args:
        adapter: the LoRA.
        kind: of its base, by ``kind_of``.
        resolution: (height, width) in pixels that it was trained at.
        told: what else there is to say: title, trigger, comment, base, steps, rate, batch, seed, images,
            tags.
    """
    height, width = resolution
    network_args = (
        {"conv_dim": str(adapter.rank), "conv_alpha": str(adapter.rank)} if adapter.layers == "all" else {}
    )
    tags = told.get("tags") or {}
    return {
        "format": "pt",
        "ss_network_module": "networks.lora",
        "ss_network_dim": str(adapter.rank),
        "ss_network_alpha": str(adapter.rank),
        "ss_network_args": json.dumps(network_args),
        "ss_base_model_version": kind[0],
        "ss_v2": str(kind[0] == "sd_v2"),
        "ss_sd_model_name": str(told["base"]),
        "ss_output_name": str(told["title"]),
        "ss_resolution": f"({width}, {height})",
        "ss_steps": str(told["steps"]),
        "ss_learning_rate": f"{told['rate']}",
        "ss_unet_lr": f"{told['rate']}",
        "ss_batch_size_per_device": str(told["batch"]),
        "ss_seed": str(told["seed"]),
        "ss_num_train_images": str(told["images"]),
        "ss_tag_frequency": json.dumps({"data": tags}),
        "ss_training_comment": str(told["comment"]),
        "modelspec.sai_model_spec": "1.0.0",
        "modelspec.architecture": kind[1],
        "modelspec.implementation": "diffusers",
        "modelspec.title": str(told["title"]),
        "modelspec.resolution": f"{width}x{height}",
        "modelspec.trigger_phrase": str(told["trigger"]),
        "modelspec.description": str(told["comment"]),
    }


def write_lora(path: Path, state: Mapping[str, Tensor], part: str, metadata: Mapping[str, str]) -> None:
    """Write the file, whole or not at all."""
    from safetensors.torch import save_file

    with atomic_path(path) as partial:
        save_file(file_weights(state, part), partial, dict(metadata))
