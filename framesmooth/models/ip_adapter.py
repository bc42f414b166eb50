"""IP-Adapters in a pipeline, and the embeddings of a clip's image prompt.

They are carried in the conditioning, batch size 1, as ``ip_adapter_image_embeds`` and, where there is
guidance, ``negative_ip_adapter_image_embeds``.
"""

from typing import Any, Final

import torch
from safetensors import SafetensorError

from framesmooth.errors import ModelError
from framesmooth.frames import Frame
from framesmooth.models.conditioning import Conditioning
from framesmooth.models.ip_adapter_spec import ENCODER_FOLDER, AdapterFiles

IMAGE: Final = "ip_adapter_image_embeds"
NEGATIVE: Final = f"negative_{IMAGE}"

_MISFITS: Final = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    AttributeError,
    IndexError,
    SafetensorError,
)


def add_ip_adapter(
    pipe: Any, files: AdapterFiles, scale: float, dtype: torch.dtype, encoder_class: str, model: str
) -> None:
    """Put an IP-Adapter into ``pipe``, which then needs an image's embeddings for every call.

    Args:
        pipe: not yet on its device.
        files: the adapter's.
        scale: how much the image counts.
        dtype: of the pipeline.
        encoder_class: of transformers, with a processor of the same name.
        model: what the user calls the pipeline.

    Raises:
        ModelError: a pipeline that takes none, an adapter for another base, no image encoder.
    """
    if not hasattr(pipe, "load_ip_adapter"):
        raise ModelError(f"{model} is a {type(pipe).__name__}, which takes no IP-Adapter: drop --ip-adapter")
    name = files.weights.name
    try:
        if files.encoder is not None:
            _register_encoder(pipe, files, encoder_class, dtype)
    except _MISFITS as error:
        told = f"{ENCODER_FOLDER} beside {name} is no {encoder_class}"
        raise ModelError(f"{told}, as {model} needs: {_reason(error)}") from error
    if getattr(pipe, "image_encoder", None) is None:
        raise ModelError(f"{name} needs an image encoder: put its folder, {ENCODER_FOLDER}, beside the file")
    try:
        folder = str(files.weights.parent)
        how = {"local_files_only": True, "low_cpu_mem_usage": False}
        pipe.load_ip_adapter(folder, subfolder="", weight_name=name, **how)
        pipe.set_ip_adapter_scale(scale)
    except _MISFITS as error:
        told = f"{name} does not fit {model} ({_reason(error)})"
        raise ModelError(f"{told}: choose an IP-Adapter made for this base") from error
    denoiser = getattr(pipe, "unet", None) or pipe.transformer
    denoiser.to(dtype)


def _register_encoder(pipe: Any, files: AdapterFiles, encoder_class: str, dtype: torch.dtype) -> None:
    import transformers

    encoder, told = getattr(transformers, encoder_class).from_pretrained(
        files.encoder, dtype=dtype, use_safetensors=True, local_files_only=True, output_loading_info=True
    )
    if told["missing_keys"]:  # which transformers fills at random
        raise ValueError(f"without {min(told['missing_keys'])}")
    pipe.register_modules(image_encoder=encoder)
    if pipe.feature_extractor is None:
        pipe.register_modules(feature_extractor=_processor(encoder_class, int(encoder.config.image_size)))


def _processor(encoder_class: str, side: int) -> Any:
    """Return what scales and normalises images for an image encoder of ``side`` pixels."""
    import transformers

    if encoder_class.startswith("Siglip"):
        return transformers.SiglipImageProcessor(size={"height": side, "width": side})
    return transformers.CLIPImageProcessor(size=side, crop_size=side)


def adapter_embeds(family: Any, image: Frame, adapter: str) -> Conditioning:
    """Return the embeddings of an image, float32 on the CPU, and the negative ones.

    Args:
        family: of the pipeline, which has an IP-Adapter and is on its device.
        image: uint8 (H, W, 3).
        adapter: what the user calls the IP-Adapter.

    Raises:
        ModelError: an image encoder that isn't that of the adapter.
    """
    with torch.inference_mode():
        try:
            embeds = family.embed_image(image)
            family.project_image(embeds[IMAGE])
        except (ValueError, TypeError, RuntimeError, IndexError) as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            told = f"{adapter} does not go with its image encoder ({_reason(error)})"
            raise ModelError(f"{told}: use the one that it was made with") from error
    return {name: tensor.float().cpu() for name, tensor in embeds.items()}


def stacked(conditioning: Conditioning, dtype: torch.dtype) -> torch.Tensor:
    """Return the embeddings of a batch's one image: (1, ...), or (2, ...) with the negative ones first."""
    parts = [conditioning[name][:1] for name in (NEGATIVE, IMAGE) if name in conditioning]
    return torch.cat(parts).to(dtype)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
