"""The options of ``generate`` that steer pictures by other pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from framesmooth.cli.options.common import Command
from framesmooth.errors import UsageError
from framesmooth.models.controlnet_spec import CONTROL_KINDS, Control
from framesmooth.models.ip_adapter_spec import ImagePrompt, parse_adapter

_WHERE = [
    click.option(
        "--control",
        type=(click.Choice(CONTROL_KINDS), click.Path(path_type=Path)),
        metavar="KIND SOURCE",
        help="Follow a video or a folder of pictures, each frame that of its own time: canny (its edges are "
        "found), depth (finished maps, near is white) or pose (drawn skeletons).",
    ),
    click.option(
        "--control-model",
        metavar="NAME",
        help="The ControlNet for --control: a folder in diffusers' format, or a hub id.",
    ),
    click.option(
        "--ip-adapter",
        metavar="PATH[:SCALE]",
        help="An IP-Adapter for --ip-adapter-image, by a scale such as 0.6 (1 if left out): a .safetensors "
        "file or its folder, with the folder image_encoder in it.",
    ),
    click.option(
        "--ip-adapter-image",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A picture that goes with every prompt: its subject, its style.",
    ),
]
_HOW = [
    click.option(
        "--control-scale",
        metavar="SCHEDULE",
        help="How strictly it is followed, 0 is not at all.  [default: 1]",
    ),
    click.option(
        "--control-end",
        type=click.FloatRange(0, 1, min_open=True),
        help="Share of the steps that follow it.  [default: 1]",
    ),
]


def steering(command: Command) -> Command:
    """Add --control, --ip-adapter and what belongs to them."""
    return _with([*_WHERE, *_HOW], command)


def steered_by(command: Command) -> Command:
    """Add the options that say where their files are."""
    return _with(_WHERE, command)


def _with(added: list[Callable[[Any], Any]], command: Command) -> Command:
    for option in reversed(added):
        command = option(command)
    return command


def control_in(settings: dict[str, Any]) -> Control | None:
    """Take the control out of the options; None where there is none.

    Raises:
        UsageError: a part of it without the rest.
    """
    followed, model = settings.pop("control"), settings.pop("control_model")
    how = {"scale": settings.pop("control_scale"), "end": settings.pop("control_end")}
    given = {name: value for name, value in how.items() if value is not None}
    if followed is None:
        for option, value in {"model": model, **how}.items():
            if value is not None:
                raise UsageError(f"--control-{option} needs a --control KIND SOURCE: add it")
        return None
    if model is None:
        raise UsageError("--control needs its ControlNet: add --control-model DIR")
    return Control(kind=followed[0], source=followed[1], model=model, **given)


def image_prompt_in(settings: dict[str, Any]) -> ImagePrompt | None:
    """Take the picture that goes with every prompt out of the options; None where there is none.

    Raises:
        UsageError: the picture without its adapter, or the other way round.
    """
    adapter, image = settings.pop("ip_adapter"), settings.pop("ip_adapter_image")
    if adapter is None and image is None:
        return None
    if image is None:
        raise UsageError("--ip-adapter needs a picture: add --ip-adapter-image FILE")
    if adapter is None:
        raise UsageError("--ip-adapter-image needs its IP-Adapter: add --ip-adapter PATH")
    path, scale = parse_adapter(adapter)
    return ImagePrompt(adapter=path, image=image, scale=scale)
