"""Loading a text-to-image pipeline.

Safetensors only, no code of the model's own, and nothing from the network unless that is asked for.
"""

import inspect
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from framesmooth.errors import ModelError, UsageError
from framesmooth.models.checkpoints import (
    is_checkpoint,
    left_out,
    locate_model,
    pipeline_class,
)
from framesmooth.models.controlnet import add_controlnet, encode_without_chance
from framesmooth.models.deferred_imports import deferred_imports
from framesmooth.models.devices import (
    choose_device,
    choose_dtype,
    cpu_multiplies_bfloat16,
    memory_errors,
)
from framesmooth.models.families import family_of
from framesmooth.models.hooks import sample_in_float32, take_any_dtype
from framesmooth.models.ip_adapter import adapter_embeds, add_ip_adapter
from framesmooth.models.ip_adapter_spec import ImagePrompt, locate_adapter, read_prompt_image
from framesmooth.models.lora import add_loras, add_textual_inversions
from framesmooth.models.lora_spec import Lora, TextualInversion, check_additions
from framesmooth.models.optimization.compile import check_compiler, compile_networks
from framesmooth.models.optimization.cpu_kernels import keep_freed_memory, pack
from framesmooth.models.optimization.decoder_fusion import fold_decoder
from framesmooth.models.schedulers import choose_scheduler, use_scheduler
from framesmooth.models.text_to_image import TextToImage


def load_pipeline(
    model: str = "storybook",
    *,
    config: Path | None = None,
    device: str = "auto",
    dtype: str = "auto",
    scheduler: str | None = None,
    preset: str | None = None,
    loras: Sequence[Lora] = (),
    textual_inversions: Sequence[TextualInversion] = (),
    control_model: Path | None = None,
    image_prompt: ImagePrompt | None = None,
    low_vram: bool = False,
    cpu_offload: bool = False,
    compiled: bool = False,
    allow_download: bool = False,
    checked_folder: Path | None = None,
) -> TextToImage:
    """Load a text-to-image pipeline: the built-in one, a local diffusers folder, or a hub id.

    Args:
        model: "storybook", a folder, a checkpoint in one .safetensors file, or "owner/name" (from the local
            cache unless ``allow_download``).
        config: for a checkpoint in one file: a folder of its pipeline, whose weights aren't needed.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        dtype: "auto", "float32", "bfloat16", "float16".
        scheduler: a name of SCHEDULERS, or of a diffusers scheduler, such as "EulerAncestralDiscrete"; None
            keeps the model's own, or takes that of ``preset``.
        preset: a name of PRESETS, whose scheduler is taken and spaces its few steps up to the last timestep.
        loras: added to the weights.
        textual_inversions: words added to the text encoder.
        control_model: the folder of a ControlNet, whose images are then asked for with every frame.
        image_prompt: an image that goes with every prompt, by an IP-Adapter.
        low_vram: whether images are denoised, encoded and decoded one by one, the latter two in tiles.
        cpu_offload: whether idle networks are offloaded to CPU memory.
        compiled: whether PyTorch's compiler makes kernels for the networks that are called at every step.
        allow_download: whether the hub may be asked.
        checked_folder: the folder that ``locate_model`` returned, where the caller has called it and
            ``check_additions``; neither is then called again.

    Raises:
        ModelError: when the model is missing, incomplete, pickled, or not a text-to-image pipeline, or when
            there is no compiler.
        UsageError: when the device, the dtype or the scheduler isn't there.
    """
    folder = checked_folder
    if folder is None:
        folder = locate_model(model, config=config, allow_download=allow_download)
        check_additions((*loras, *textual_inversions))
    chosen_device = choose_device(device)
    chosen_dtype = choose_dtype(dtype, chosen_device)
    checkpoint = Path(model).expanduser() if is_checkpoint(model) else None
    if compiled:  # before the libraries are imported, which then know the compiler
        check_compiler(chosen_device)
    pipe = from_disk(folder, checkpoint, chosen_dtype)
    pipe.set_progress_bar_config(disable=True)
    family_of(pipe, folder.name)
    pipe = _with_control(pipe, control_model, chosen_dtype, folder.name)
    add_loras(pipe, loras, folder.name)
    add_textual_inversions(pipe, textual_inversions, folder.name)
    if image_prompt is not None:
        files, encoder = locate_adapter(image_prompt), family_of(pipe).image_encoder
        add_ip_adapter(pipe, files, image_prompt.scale, chosen_dtype, encoder, folder.name)
    if compiled:  # before offloading wraps them: moving weights is not for the compiler
        compile_networks(family_of(pipe).networks)
    with memory_errors(low_vram=low_vram, cpu_offload=cpu_offload):
        pipe = _placed(pipe, chosen_device, cpu_offload)
    use_scheduler(pipe, choose_scheduler(pipe.scheduler, scheduler, preset))
    adapter = TextToImage(
        pipe, folder, chosen_device, chosen_dtype, pipe.scheduler, low_vram, cpu_offload, compiled
    )
    _check_channels(adapter)
    _check_scheduler(adapter)
    _prepare(adapter, has_control=control_model is not None)
    return adapter if image_prompt is None else _prompted(adapter, image_prompt)


def _with_control(pipe: Any, control_model: Path | None, dtype: torch.dtype, name: str) -> Any:
    """Return ``pipe`` with a ControlNet where one is given.

    Raises:
        ModelError: a model that brings one of its own.
    """
    if hasattr(pipe, "controlnet"):
        raise ModelError(f"{name} brings a ControlNet: give a plain model, and --control-model")
    if control_model is None:
        return pipe
    pipe = add_controlnet(pipe, control_model, dtype, name)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def _prepare(adapter: TextToImage, *, has_control: bool) -> None:
    """Prepare the networks for sampling: their place in memory, number types, and no chance in encoding."""
    _lay_out(adapter)
    adapter.family.prepare()
    if has_control and adapter.family.encodes_control:
        encode_without_chance(adapter.pipe.vae, adapter.family.factor, in_tiles=adapter.low_vram)
    sample_in_float32(adapter.denoiser)
    for network in adapter.family.networks[1:]:
        take_any_dtype(network)


def _lay_out(adapter: TextToImage) -> None:
    """Choose the fastest memory layout for the networks, and float32 for an autoencoder that overflows."""
    vae = adapter.pipe.vae
    if adapter.family.overflows and adapter.dtype == torch.float16 and vae.config.get("force_upcast"):
        vae.to(torch.float32)
    fold_decoder(vae)
    for network in (*adapter.family.networks, vae):
        network.to(memory_format=torch.channels_last)
    if adapter.device.type == "cpu":
        keep_freed_memory()
        if adapter.dtype == torch.bfloat16 and cpu_multiplies_bfloat16():
            for network in (vae,) if adapter.compiled else (*adapter.family.networks, vae):
                pack(network)


def _prompted(adapter: TextToImage, prompt: ImagePrompt) -> TextToImage:
    """Return ``adapter`` with the embeddings of its image prompt."""
    with memory_errors(low_vram=adapter.low_vram, cpu_offload=adapter.cpu_offload):
        embeds = adapter_embeds(adapter.family, read_prompt_image(prompt), prompt.adapter.name)
    return replace(adapter, image_embeds=embeds)


def from_disk(folder: Path, checkpoint: Path | None, dtype: Any, **settings: Any) -> Any:
    """Return the pipeline in a folder, or of a checkpoint in one file whose configuration is the folder.

    Args:
        folder: in diffusers' format.
        checkpoint: a .safetensors file, or None.
        dtype: of the weights, or one by component.
        settings: what else ``from_pretrained`` takes.

    Raises:
        ModelError: what diffusers cannot load, with its reason.
    """
    with deferred_imports():
        return _read(folder, checkpoint, dtype, **settings)


def _read(folder: Path, checkpoint: Path | None, dtype: Any, **settings: Any) -> Any:
    import transformers

    transformers.utils.logging.set_verbosity_error()  # before diffusers imports what it warns about
    transformers.utils.logging.disable_progress_bar()
    import diffusers

    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    name = folder.name if checkpoint is None else checkpoint.name
    without = dict.fromkeys(left_out(folder))  # given as None, or diffusers would require some of them
    try:
        if checkpoint is not None:
            kind = getattr(diffusers, pipeline_class(folder))
            return kind.from_single_file(
                str(checkpoint),
                config=str(folder),
                torch_dtype=dtype,
                local_files_only=True,
                **without,
                **settings,
            )
        return diffusers.DiffusionPipeline.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True, **without, **settings
        )
    except (OSError, ValueError, TypeError, AttributeError, RuntimeError, KeyError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{name} could not be loaded by diffusers: {reason}") from error


def _placed(pipe: Any, device: torch.device, cpu_offload: bool) -> Any:
    """Return ``pipe`` on the device, all of it or only the network that works.

    Raises:
        UsageError: offloading to CPU memory on the CPU itself.
    """
    if not cpu_offload:
        return pipe.to(device)
    if device.type == "cpu":
        raise UsageError("--cpu-offload is for GPUs: drop it, or add --device cuda")
    pipe.enable_model_cpu_offload(device=device)
    return pipe


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


def _check_scheduler(adapter: TextToImage) -> None:
    """Refuse a scheduler that cannot be told the timesteps of this family.

    Raises:
        UsageError: naming it.
    """
    scheduler = adapter.scheduler
    needed = adapter.family.timesteps(scheduler, 2, (1, adapter.family.latent_channels, 8, 8))
    if not set(needed) <= set(inspect.signature(scheduler.set_timesteps).parameters):
        name = type(scheduler).__name__.removesuffix("Scheduler")
        kind = type(adapter.pipe).__name__
        raise UsageError(
            f"scheduler {name} does not fit a {kind}: leave --scheduler out to use the model's own"
        )
