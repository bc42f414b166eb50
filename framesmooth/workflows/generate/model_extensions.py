"""What a clip's settings add to its model: found, checked and hashed, without loading anything."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framesmooth.models.controlnet_spec import check_fit, control_hashes, locate_control
from framesmooth.models.depth_spec import check_depth_model, depth_hashes
from framesmooth.models.ip_adapter_spec import (
    adapter_hashes,
    check_scale,
    locate_adapter,
    read_prompt_image,
)
from framesmooth.models.lora_spec import Addition, addition_hashes, check_additions
from framesmooth.workflows.generate.settings import ClipSettings


@dataclass(frozen=True, kw_only=True)
class ModelExtensions:
    """Where the added parts lie, and the SHA-256 (hex) of each of their files."""

    hashes: dict[str, str] = field(default_factory=dict)
    controlnet: Path | None = None


def find_extensions(settings: ClipSettings, model: Path) -> ModelExtensions:
    """Find and check what ``settings`` add to the model in the folder ``model``.

    Raises:
        ModelError: naming the first part that is missing, unsafe or made for another base.
        MediaError: a picture that cannot be read.
        UsageError: a scale that is out of range.
    """
    additions: list[Addition] = [*settings.loras, *settings.textual_inversions]
    check_additions(additions)
    hashes, controlnet = addition_hashes(additions), None
    if settings.control is not None:
        controlnet = locate_control(settings.control, allow_download=settings.allow_download)
        check_fit(controlnet, model)
        hashes |= control_hashes(controlnet)
    prompt = settings.image_prompt
    if prompt is not None:
        check_scale(prompt.scale)
        read_prompt_image(prompt)
        hashes |= adapter_hashes(prompt, locate_adapter(prompt))
    if settings.depth_model is not None:
        check_depth_model(settings.depth_model)
        hashes |= depth_hashes(settings.depth_model)
    return ModelExtensions(hashes=hashes, controlnet=controlnet)


def extensions_key(settings: ClipSettings) -> dict[str, Any]:
    """Return what decides the latents besides the files: weights, and how words are written."""
    return {
        "loras": [lora.weight for lora in settings.loras],
        "textual_inversions": [inversion.token for inversion in settings.textual_inversions],
        "image_prompt": None if settings.image_prompt is None else str(settings.image_prompt.scale),
    }


def extension_names(settings: ClipSettings) -> dict[str, str]:
    """Return what the clip was made from beside its prompts, in words and names of files."""
    added: dict[str, tuple[object, ...]] = {
        "LoRAs": settings.loras,
        "learned words": settings.textual_inversions,
        "control": (settings.control,),
        "image prompt": (settings.image_prompt,),
        "restyled from": (_name(settings.init_video),),
        "begun at": (_name(settings.init_image),),
        "led to": (_name(settings.last_image),),
        "depth model": (_name(settings.depth_model),),
    }
    told = {name: ", ".join(str(one) for one in parts if one) for name, parts in added.items()}
    return {name: parts for name, parts in told.items() if parts}


def _name(path: Path | None) -> str:
    return "" if path is None else path.name
