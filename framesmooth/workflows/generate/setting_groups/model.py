"""Settings of the diffusion model, its adapters, and the device it runs on."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth import defaults, limits
from framesmooth.models.lora_spec import Lora, TextualInversion, parse_lora, parse_textual_inversion
from framesmooth.setting import Setting, SettingGroup
from framesmooth.workflows.settings.shared import Device


@dataclass(frozen=True, kw_only=True)
class ModelSettings(SettingGroup):
    """The diffusion model, and the adapters that are loaded into it."""

    heading: ClassVar = "Model and adapters"

    name: Annotated[
        str,
        Setting(
            key="model",
            options=("--model",),
            metavar="NAME",
            names_file=True,
            everyday=True,
            help="Diffusion model: storybook (built in), a folder in diffusers' format, a checkpoint in one "
            ".safetensors file (with --config), or a Hugging Face hub id such as owner/name.",
        ),
    ] = defaults.MODEL
    config: Annotated[
        Path | None,
        Setting(
            metavar="DIR",
            help="For a checkpoint in one file: the folder of its pipeline in diffusers' format; no weights "
            "are needed in it.",
        ),
    ] = None
    allow_download: Annotated[
        bool,
        Setting(help="Download hub ids that are not in the local cache; nothing is downloaded without this."),
    ] = False
    loras: Annotated[
        tuple[Lora, ...],
        Setting(
            options=("--lora",),
            metavar="FILE[:WEIGHT]",
            parse=parse_lora,
            help="Load a LoRA from a .safetensors file, with a weight such as 0.8 (default 1); repeatable.",
        ),
    ] = ()
    textual_inversions: Annotated[
        tuple[TextualInversion, ...],
        Setting(
            options=("--textual-inversion",),
            metavar="FILE[:TOKEN]",
            parse=parse_textual_inversion,
            help="Load a textual inversion from a .safetensors file; prompts use it by TOKEN, or by the name "
            "in the file; repeatable.",
        ),
    ] = ()


@dataclass(frozen=True, kw_only=True)
class ComputeSettings(SettingGroup):
    """The device, number format and memory that the model gets."""

    heading: ClassVar = "Device, speed and memory"

    device: Device = "auto"
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16", "float16"],
        Setting(help="Number format of the weights."),
    ] = "auto"
    batch_size: Annotated[
        Annotated[int, Interval(ge=1, le=limits.MAX_BATCH)] | None,
        Setting(unset="chosen by size", help="Images that are denoised at once."),
    ] = None
    workers: Annotated[
        Annotated[int, Interval(ge=1, le=256)] | Literal["ray"],
        Setting(
            metavar="N|ray",
            help="How many processes generate the clip, a batch of keyframes or frames at a time each, and "
            "smooth it; the result is the same to the last bit. Each has a GPU or its share of the "
            "processors, and loads the model. ray: actors of the Ray cluster that this machine is in, or of "
            "the one at RAY_ADDRESS.",
        ),
    ] = 1
    compiled: Annotated[
        bool,
        Setting(
            options=("--compile",),
            help="Compile the network with torch.compile: a minute or more at the start, then faster steps. "
            "Needs Triton on GPUs, a C++ compiler on CPUs.",
        ),
    ] = False
    low_vram: Annotated[
        bool,
        Setting(help="Use little GPU memory: images one by one, the autoencoder in tiles; slower."),
    ] = False
    cpu_offload: Annotated[
        bool,
        Setting(help="Offload idle networks to CPU memory."),
    ] = False
