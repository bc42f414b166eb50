"""Loading a video pipeline, and fitting it into the memory that there is."""

import inspect
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Literal

import torch
from safetensors import SafetensorError

from framesmooth.errors import ModelError, UsageError, missing_packages
from framesmooth.models.checkpoints import pipeline_class
from framesmooth.models.devices import choose_device, choose_dtype, memory_errors
from framesmooth.models.loading import from_disk
from framesmooth.models.lora import add_loras, add_textual_inversions
from framesmooth.models.lora_spec import Lora, TextualInversion
from framesmooth.models.schedulers import choose_scheduler, use_scheduler
from framesmooth.models.video_families import video_family
from framesmooth.models.video_model import VideoModel

Quantization = Literal["int8", "int4"]

_TEXT_ENCODERS: Final = ("text_encoder", "text_encoder_2")
_PLAIN_RESNETS: Final = ("default", None)


def load_video_pipeline(
    folder: Path,
    *,
    checkpoint: Path | None = None,
    device: str = "auto",
    dtype: str = "auto",
    scheduler: str | None = None,
    preset: str | None = None,
    motion_adapter: Path | None = None,
    loras: Sequence[Lora] = (),
    textual_inversions: Sequence[TextualInversion] = (),
    low_vram: bool = False,
    cpu_offload: bool = False,
    group_offload: bool = False,
    layerwise_casting: bool = False,
    quantized_text: Quantization | None = None,
) -> VideoModel:
    """Load the video pipeline in ``folder``, which is checked already.

    Args:
        folder: in diffusers' format.
        checkpoint: the weights in one file, if the folder only configures them.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        dtype: "auto", "float32", "bfloat16", "float16".
        scheduler: a name of SCHEDULERS, or of a diffusers scheduler; None keeps the model's own.
        preset: a name of PRESETS.
        motion_adapter: the folder of a motion adapter, for a model that generates images.
        loras: added to the weights.
        textual_inversions: words added to the text encoder.
        low_vram: whether the autoencoder works in tiles and on few frames at a time.
        cpu_offload: whether idle networks are in CPU memory.
        group_offload: whether idle layers are in CPU memory.
        layerwise_casting: whether the denoiser's weights are float8 until a layer works.
        quantized_text: the number format of the text encoders, None for ``dtype``.

    Raises:
        ModelError: a model, or a package that it needs, that is missing or doesn't fit.
        UsageError: what the device or the model doesn't do.
    """
    family = video_family(folder, motion_adapter)
    if family is None:
        raise ModelError(f"{folder.name} is a {pipeline_class(folder)}, no video pipeline that is known here")
    if family.own:
        from framesmooth.models.baselines.loading import load_baseline

        return load_baseline(folder, family, device)
    _check_packages(family.title, family.packages, "pip install 'framesmooth[video]'")
    chosen_device = choose_device(device)
    _check_memory_options(chosen_device, cpu_offload, group_offload, quantized_text)
    chosen_dtype = choose_dtype(dtype, chosen_device)
    kept = dict.fromkeys(family.float32, torch.float32)
    dtypes = {"default": chosen_dtype, **kept} if kept else chosen_dtype
    quantization = {} if quantized_text is None else _quantization(folder, quantized_text)
    pipe = from_disk(folder, checkpoint, dtypes, **quantization)
    if motion_adapter is not None:
        pipe = _animated(pipe, motion_adapter, family.pipelines["text"], chosen_dtype, folder.name)
    pipe.set_progress_bar_config(disable=True)
    add_loras(pipe, loras, folder.name)
    add_textual_inversions(pipe, textual_inversions, folder.name)
    if motion_adapter is not None:  # another scheduler, too, has the noise schedule of the adapter
        use_scheduler(pipe, family.with_scheduler(pipe))
    use_scheduler(pipe, choose_scheduler(pipe.scheduler, scheduler, preset))
    for denoiser in family.denoisers(pipe) if layerwise_casting else ():
        denoiser.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=chosen_dtype)
    if low_vram:
        _use_little(pipe.vae)
    with memory_errors(low_vram=low_vram, cpu_offload=cpu_offload):
        place(pipe, chosen_device, cpu_offload=cpu_offload, group_offload=group_offload)
    return VideoModel(
        pipe, family, folder, chosen_device, chosen_dtype, pipe.scheduler, low_vram, cpu_offload
    )


def _check_packages(user: str, packages: Sequence[str], how: str) -> None:
    missing = missing_packages(packages)
    if missing:
        raise ModelError(f"{user} needs {', '.join(missing)}, which is not installed: {how}")


def _check_memory_options(
    device: torch.device, cpu_offload: bool, group_offload: bool, quantized_text: Quantization | None
) -> None:
    """Refuse what is for GPUs on other devices, and two ways of offloading at once."""
    asked = {
        "--cpu-offload": cpu_offload,
        "--group-offload": group_offload,
        "--quantize-text-encoder": quantized_text is not None,
    }
    if cpu_offload and group_offload:
        raise UsageError("--cpu-offload and --group-offload cannot be combined: drop one of them")
    if quantized_text is not None:
        _check_packages("--quantize-text-encoder", ["bitsandbytes"], "pip install bitsandbytes")
    for option in (option for option, wanted in asked.items() if wanted and device.type == "cpu"):
        raise UsageError(f"{option} is for GPUs: drop it, or add --device cuda")


def _quantization(folder: Path, how: Quantization) -> dict[str, Any]:
    """Return the argument of ``from_pretrained`` for text encoders in ``how``."""
    from diffusers import PipelineQuantizationConfig
    from transformers import BitsAndBytesConfig

    config = BitsAndBytesConfig(load_in_8bit=how == "int8", load_in_4bit=how == "int4")
    encoders = [name for name in _TEXT_ENCODERS if (folder / name).is_dir()]
    return {"quantization_config": PipelineQuantizationConfig(quant_mapping=dict.fromkeys(encoders, config))}


def _animated(base: Any, folder: Path, name: str, dtype: torch.dtype, model: str) -> Any:
    """Return a text-to-image pipeline with a motion adapter.

    Raises:
        ModelError: an adapter that cannot be loaded, or that is for another UNet.
    """
    import diffusers

    check_takes_motion(base.unet.config, model)
    adapter = read_motion_adapter(folder, dtype)
    kind = getattr(diffusers, name)
    accepted = inspect.signature(kind.__init__).parameters
    known = dict(base.config) | base.components
    parts = {part: known[part] for part in accepted if part in known}
    try:
        with warnings.catch_warnings(action="ignore"):
            parts["unet"] = with_layers_over_time(base.unet, adapter)
            pipe = kind(**parts, motion_adapter=adapter)
    except (RuntimeError, ValueError, TypeError, KeyError, IndexError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"the motion adapter {folder.name} is not for {model}: {reason}") from error
    pipe.unet.to(dtype)
    return pipe


def with_layers_over_time(unet: Any, adapter: Any) -> Any:
    """Return the ``UNetMotionModel`` of a UNet and a motion adapter: all weights are theirs.

    diffusers itself (0.42) leaves out what SDXL makes of the pooled prompt: random weights stay there.

    Raises:
        ValueError, RuntimeError, KeyError: an adapter that is for another UNet, as diffusers says it.
    """
    from diffusers import UNetMotionModel

    network = UNetMotionModel.from_unet2d(unet, adapter)
    if getattr(unet, "add_embedding", None) is not None:
        network.add_embedding.load_state_dict(unet.add_embedding.state_dict())
    return network


def check_takes_motion(unet: Any, model: str) -> None:
    """Check by its configuration whether a UNet is one that there are motion adapters for.

    Raises:
        ModelError: if it isn't.
    """
    plain = unet.get("resnet_time_scale_shift") in _PLAIN_RESNETS
    if not plain or unet.get("addition_embed_type") not in (None, "text_time"):
        raise ModelError(f"{model} has a UNet of its own kind, for which there are no motion adapters")


def read_motion_adapter(folder: Path, dtype: torch.dtype) -> Any:
    """Return the motion adapter in a folder of diffusers' format.

    Raises:
        ModelError: one that cannot be loaded.
    """
    from diffusers import MotionAdapter

    try:
        return MotionAdapter.from_pretrained(folder, dtype=dtype, use_safetensors=True, local_files_only=True)
    except (OSError, ValueError, TypeError, RuntimeError, KeyError, SafetensorError) as error:
        raise ModelError(f"{folder} could not be loaded: {' '.join(str(error).split())[:200]}") from error


def _use_little(vae: Any) -> None:
    """Let an autoencoder of clips work in tiles, and one of images frame by frame.

    That of images normalises each tile by itself, which would show.
    """
    of_images = type(vae).__name__ == "AutoencoderKL"
    for name in ("enable_slicing",) if of_images else ("enable_tiling", "enable_slicing"):
        if hasattr(vae, name):
            try:
                getattr(vae, name)()
            except NotImplementedError:  # of autoencoders that inherit what they don't do
                continue


def place(pipe: Any, device: torch.device, *, cpu_offload: bool, group_offload: bool) -> None:
    """Put the networks where they work: all of them, the one that works, or the layer that works."""
    if group_offload:
        pipe.enable_group_offload(
            onload_device=device, offload_type="leaf_level", use_stream=device.type == "cuda"
        )
    elif cpu_offload:
        pipe.enable_model_cpu_offload(device=device)
    else:
        pipe.to(device)
