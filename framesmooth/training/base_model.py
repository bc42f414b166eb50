"""Loading a model to train it: no packed weights, no channels last, which training cannot use."""

from pathlib import Path
from typing import Any

import torch

from framesmooth.errors import ModelError
from framesmooth.models.checkpoints import is_checkpoint, locate_model
from framesmooth.models.devices import choose_device, choose_dtype
from framesmooth.models.families import family_of
from framesmooth.models.loading import from_disk
from framesmooth.models.text_to_image import TextToImage


def load_base(model: str, *, config: Path | None = None, device: str = "auto") -> TextToImage:
    """Load a text-to-image pipeline whose denoiser is to be trained.

    On a GPU that multiplies bfloat16 its weights are kept in that, elsewhere in float32, which a CPU computes
    backwards as fast; where the hardware multiplies bfloat16 the steps use it all the same.

    Raises:
        ModelError: a model that cannot be loaded, or whose prompts are not known here.
        UsageError: a device that is not there.
    """
    folder = locate_model(model, config=config)
    target = choose_device(device)
    chosen = choose_dtype("auto", target)
    dtype = chosen if target.type == "cuda" and chosen == torch.bfloat16 else torch.float32
    pipe = from_disk(folder, Path(model).expanduser() if is_checkpoint(model) else None, dtype)
    pipe.set_progress_bar_config(disable=True)
    family = family_of(pipe, folder.name)
    if family.is_distilled and type(family).__name__ != "Flux":
        raise ModelError(
            f"{folder.name} is distilled to a few steps, which training would undo: train the model that it "
            "was made from"
        )
    if pipe.vae.config.get("force_upcast"):
        pipe.vae.to(torch.float32)
    try:
        pipe.to(target)
    except torch.OutOfMemoryError as error:
        raise ModelError(f"{folder.name} has no room on {target}: add --device cpu") from error
    return TextToImage(pipe, folder, target, dtype, pipe.scheduler)


def ready_to_train(model: TextToImage, *, checkpointing: bool) -> None:
    """Freeze everything, send the text encoders away from a GPU, and choose what is fast backwards."""
    parts: dict[str, Any] = model.pipe.components
    for name, part in parts.items():
        if isinstance(part, torch.nn.Module):
            part.requires_grad_(False)
            if name.startswith("text_encoder"):
                part.to("cpu")
    network = model.denoiser
    if checkpointing:
        network.enable_gradient_checkpointing()
    if model.device.type == "cpu" and hasattr(model.pipe, "unet"):
        from diffusers.models.attention_processor import AttnProcessor

        network.set_attn_processor(AttnProcessor())  # the fused one is several times slower backwards
