"""Loading a text-to-image pipeline.

Safetensors only, no code of the model's own, and nothing from the network unless that is asked for.
"""

import inspect
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import torch

from framesmooth.errors import ModelError, UsageError
from framesmooth.generation.adapter import TextToImage
from framesmooth.generation.decoding import fold_decoder
from framesmooth.generation.devices import choose_device, choose_dtype, sample_in_float32
from framesmooth.generation.models import locate_model


def load_pipeline(
    model: str = "storybook",
    *,
    device: str = "auto",
    dtype: str = "auto",
    scheduler: str | None = None,
    allow_download: bool = False,
) -> TextToImage:
    """Load a text-to-image pipeline: the built-in one, a local diffusers folder, or a hub id.

    Args:
        model: "storybook", a folder, or "owner/name" (from the local cache unless ``allow_download``).
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        dtype: "auto", "float32", "bfloat16", "float16".
        scheduler: name of a diffusers scheduler, such as "DDIM" or "EulerAncestralDiscrete"; None keeps the
            model's own.
        allow_download: whether the hub may be asked.

    Raises:
        ModelError: when the model is missing, incomplete, pickled, or not a text-to-image pipeline.
        UsageError: when the device, the dtype or the scheduler isn't there.
    """
    folder = locate_model(model, allow_download=allow_download)
    chosen_device = choose_device(device)
    chosen_dtype = choose_dtype(dtype, chosen_device)
    pipe = _from_folder(folder, chosen_dtype).to(chosen_device)
    pipe.set_progress_bar_config(disable=True)
    if scheduler is not None:
        pipe.scheduler = _make_scheduler(scheduler, pipe.scheduler)
    adapter = TextToImage(pipe, folder, chosen_device, chosen_dtype, pipe.scheduler)
    _check_channels(adapter)
    if adapter.family.overflows and chosen_dtype == torch.float16 and pipe.vae.config.get("force_upcast"):
        pipe.vae.to(torch.float32)
    fold_decoder(pipe.vae)
    for network in (adapter.denoiser, pipe.vae):
        network.to(memory_format=torch.channels_last)
    adapter.family.prepare()
    sample_in_float32(adapter.denoiser)
    return adapter


def _from_folder(folder: Path, dtype: torch.dtype) -> Any:
    import transformers

    transformers.utils.logging.set_verbosity_error()  # before diffusers imports what it warns about
    transformers.utils.logging.disable_progress_bar()
    import diffusers

    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    try:
        return diffusers.DiffusionPipeline.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError, KeyError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder.name} could not be loaded by diffusers: {reason}") from error


def _make_scheduler(name: str, current: Any) -> Any:
    """Return the diffusers scheduler called ``name``, "Scheduler" or not, with the model's noise schedule."""
    import diffusers

    compatible = {kind.__name__: kind for kind in current.compatibles} | {
        type(current).__name__: type(current)
    }
    by_name = {known.lower().removesuffix("scheduler"): known for known in compatible}
    wanted = name.lower().removesuffix("scheduler").replace("-", "").replace("_", "")
    if wanted not in by_name:
        near = get_close_matches(wanted, by_name, n=2, cutoff=0.5) or sorted(by_name)
        choices = ", ".join(by_name[one].removesuffix("Scheduler") for one in near)
        raise UsageError(f"scheduler {name!r} does not fit this model: use {choices}")
    try:
        kind = getattr(diffusers, by_name[wanted])
        # Some clip to [-1, 1] unless told otherwise: right for pixels, wrong for latents.
        clips = "clip_sample" in inspect.signature(kind).parameters and "clip_sample" not in current.config
        return kind.from_config(current.config, **({"clip_sample": False} if clips else {}))
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise UsageError(f"scheduler {name!r} cannot be used here: {reason}") from error


def _check_channels(adapter: TextToImage) -> None:
    """Refuse pipelines that take more than noise and a prompt.

    Raises:
        ModelError: naming what doesn't fit.
    """
    channels = adapter.family.latent_channels
    latent_channels = adapter.pipe.vae.config.get("latent_channels")
    if latent_channels not in (None, channels):
        raise ModelError(
            f"{adapter.folder.name}: its denoiser takes {channels} channels, its autoencoder gives "
            f"{latent_channels}, as in-painting models do: use a plain text-to-image model"
        )
