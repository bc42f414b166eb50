"""What a clip's settings add to its model: found, checked and hashed, without loading anything."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framesmooth.models.checkpoints import loaded_files
from framesmooth.models.controlnet_spec import check_fit, control_hashes, locate_control
from framesmooth.models.depth_spec import check_depth_model, depth_hashes
from framesmooth.models.ip_adapter_spec import (
    adapter_hashes,
    check_scale,
    locate_adapter,
    read_prompt_image,
)
from framesmooth.models.lora_spec import Addition, addition_hashes, check_additions
from framesmooth.models.weight_hashes import weights_sha256
from framesmooth.workflows.generate.settings import GenerateSettings


@dataclass(frozen=True, kw_only=True)
class ModelExtensions:
    """Where the added parts lie, and the SHA-256 (hex) of each of their files."""

    hashes: dict[str, str] = field(default_factory=dict)
    controlnet: Path | None = None


def find_extensions(settings: GenerateSettings, model: Path) -> ModelExtensions:
    """Find and check what ``settings`` add to the model in the folder ``model``.

    Raises:
        ModelError: naming the first part that is missing, unsafe or made for another base.
        MediaError: a picture that cannot be read.
        UsageError: a scale that is out of range.
    """
    additions: list[Addition] = [*settings.model.loras, *settings.model.textual_inversions]
    check_additions(additions)
    hashes, controlnet = addition_hashes(additions), None
    if settings.conditioning.controlnet is not None:
        controlnet = locate_control(
            settings.conditioning.controlnet, allow_download=settings.model.allow_download
        )
        check_fit(controlnet, model)
        hashes |= control_hashes(controlnet)
    prompt = settings.conditioning.image_prompt
    if prompt is not None:
        check_scale(prompt.scale)
        read_prompt_image(prompt)
        hashes |= adapter_hashes(prompt, locate_adapter(prompt))
    if settings.camera.depth_model is not None:
        check_depth_model(settings.camera.depth_model)
        hashes |= depth_hashes(settings.camera.depth_model)
    adapter = settings.video.motion_adapter
    if adapter is not None:
        files = loaded_files(adapter)
        hashes |= {f"motion adapter: {path.name}": weights_sha256(path) for path in files}
    return ModelExtensions(hashes=hashes, controlnet=controlnet)


def extensions_key(settings: GenerateSettings) -> dict[str, Any]:
    """Return what decides the latents besides the files: weights, and how words are written."""
    return {
        "loras": [lora.weight for lora in settings.model.loras],
        "textual_inversions": [inversion.token for inversion in settings.model.textual_inversions],
        "image_prompt": None
        if settings.conditioning.image_prompt is None
        else str(settings.conditioning.image_prompt.scale),
    }


def extension_names(settings: GenerateSettings) -> dict[str, str]:
    """Return what the clip was made from beside its prompts, in words and names of files."""
    added: dict[str, tuple[object, ...]] = {
        "LoRAs": settings.model.loras,
        "learned words": settings.model.textual_inversions,
        "control": (settings.conditioning.controlnet,),
        "image prompt": (settings.conditioning.image_prompt,),
        "motion adapter": (_name(settings.video.motion_adapter),),
        "restyled from": (_name(settings.img2img.init_video),),
        "begun at": (_name(settings.img2img.init_image),),
        "led to": (_name(settings.img2img.last_image),),
        "depth model": (_name(settings.camera.depth_model),),
    }
    told = {name: ", ".join(str(one) for one in parts if one) for name, parts in added.items()}
    return {name: parts for name, parts in told.items() if parts}


def _name(path: Path | None) -> str:
    return "" if path is None else path.name
