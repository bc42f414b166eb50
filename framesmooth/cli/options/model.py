"""The options of ``generate`` that say which model is loaded, and how."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from framesmooth.cli.options.common import Command
from framesmooth.limits import MAX_BATCH
from framesmooth.models.lora_spec import parse_lora, parse_textual_inversion
from framesmooth.workflows.generate.settings import ClipSettings


class _Added(click.ParamType[Any]):
    """A file with what follows after a colon."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Turn the text into what is added."""
        return self._parse(value) if isinstance(value, str) else value


_ADDITIONS = [
    click.option(
        "--lora",
        "loras",
        type=_Added("file[:weight]", parse_lora),
        multiple=True,
        help="Add a LoRA, a .safetensors file, by a weight such as 0.8 (1 if left out); repeatable.",
    ),
    click.option(
        "--textual-inversion",
        "textual_inversions",
        type=_Added("file[:token]", parse_textual_inversion),
        multiple=True,
        help="Teach the model a word from a .safetensors file, to be used in prompts as TOKEN or as the file "
        "calls it; repeatable.",
    ),
]
_SAVING_MEMORY = [
    click.option(
        "--low-vram",
        is_flag=True,
        help="Denoise, encode and decode pictures one by one, and code them in tiles: slower.",
    ),
    click.option(
        "--cpu-offload",
        is_flag=True,
        help="Keep the networks in the computer's memory and let them take turns on the GPU.",
    ),
]
_OPTIONS = [
    click.option(
        "--model",
        default=ClipSettings.model,
        show_default=True,
        metavar="NAME",
        help="storybook, a folder in diffusers' format, a checkpoint in one .safetensors file (with "
        "--config), or a hub id such as owner/name.",
    ),
    click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="For a model in one file: a folder of its pipeline in diffusers' format, without weights.",
    ),
    click.option(
        "--allow-download",
        is_flag=True,
        help="Fetch the hub id of --model if it isn't here; without it nothing is ever fetched.",
    ),
    *_ADDITIONS,
    *_SAVING_MEMORY,
    click.option(
        "--compile",
        "compiled",
        is_flag=True,
        help="Let PyTorch compile the network first: a minute or more, then faster steps. Pays where many "
        "frames are diffused, on GPUs (with Triton) more than on CPUs (with a C++ compiler).",
    ),
    click.option(
        "--batch-size", type=click.IntRange(1, MAX_BATCH), help="Pictures at once.  [default: chosen by size]"
    ),
    click.option(
        "--device",
        default=ClipSettings.device,
        show_default=True,
        metavar="NAME",
        help="auto, cpu, cuda, cuda:1 or mps.",
    ),
    click.option(
        "--dtype",
        type=click.Choice(["auto", "float32", "bfloat16", "float16"]),
        default=ClipSettings.dtype,
        show_default=True,
        help="Number format of the model.",
    ),
]


def loading(command: Command) -> Command:
    """Add the options that load a model."""
    return _with(_OPTIONS, command)


def additions(command: Command) -> Command:
    """Add the options of what is added to a model."""
    return _with(_ADDITIONS, command)


def saving_memory(command: Command) -> Command:
    """Add the options for little memory."""
    return _with(_SAVING_MEMORY, command)


def _with(added: list[Callable[[Any], Any]], command: Command) -> Command:
    for option in reversed(added):
        command = option(command)
    return command
