"""Options that several commands share."""

import functools
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from framesmooth import defaults
from framesmooth.cli.logging import _quiet, _verbose
from framesmooth.cli.progress import PROGRESS_MODES
from framesmooth.cli.types import FrameRange, Rate
from framesmooth.registry import names

if TYPE_CHECKING:
    from framesmooth.motion.flow.base import FlowEstimator
    from framesmooth.video.reading import Color, Deinterlacing, Reading


Command = TypeVar("Command", bound=Callable[..., Any])

FLOWS: Final = (*names("flow"), *names("learned_flow"))
"""What --flow takes."""


def common(command: Command) -> Command:
    """Add --progress (handed to the command), -v and -q."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, callback=_quiet, expose_value=False, is_eager=True,
                     help="Show neither progress nor notices."),
        click.option("-v", "--verbose", count=True, callback=_verbose, expose_value=False,
                     help="Log what is done with which sizes and settings; -vv also what libraries log."),
        click.option("--progress", type=click.Choice(PROGRESS_MODES), default="auto", show_default=True,
                     help="How progress is shown on stderr; auto draws bars on a terminal."),
    ):  # fmt: skip
        command = option(command)
    return command


output = click.option(
    "-o", "--output", required=True, metavar="OUT",
    help="A .mp4, .mov, .mkv, .webm, .gif or .webp file; any other name is a folder of PNG frames.",
)  # fmt: skip

overwrite = click.option("--overwrite", is_flag=True, help="Replace the output if it exists.")

no_audio = click.option(
    "--no-audio", is_flag=True, help="Leave out the sound of IN; it goes along otherwise."
)


def encoding(command: Command) -> Command:
    """Add the options of how a clip is written, from --crf to --overwrite; ``open_sink`` takes them all."""
    for option in (
        overwrite,
        click.option("--sign", type=click.Path(path_type=Path), metavar="PEM",
                     help="Sign the file: content credentials (C2PA) by these certificates and their key."),
        click.option("--no-metadata", is_flag=True,
                     help="Write no tags: neither how the clip came about nor that it is AI-generated."),
        click.option("--odd-size", "odd", type=click.Choice(["error", "pad", "crop"]), default="error",
                     show_default=True, help="What to do with an odd side where the codec needs even ones."),
        click.option("--audio", type=click.Path(), metavar="FILE", help="Sound to add, cut at the end."),
        click.option("--codec", metavar="NAME",
                     help="h264, h265, vp9, av1, prores or ffv1.  [default: h264, vp9 for .webm]"),
        click.option("--crf", type=click.IntRange(0, 63), default=defaults.CRF, show_default=True,
                     help="Quality of a video: 0 is lossless, 17 looks so, 28 is small."),
    ):  # fmt: skip
        command = option(command)
    return command


flow_weights = click.option(
    "--flow-weights", type=click.Path(path_type=Path), metavar="FILE",
    help="The trained network of --flow raft: a .safetensors file.",
)  # fmt: skip


def flow(command: Command) -> Command:
    """Add --flow, which is dis-fine by default, and --flow-weights."""
    for option in (
        flow_weights,
        click.option("--flow", type=click.Choice(FLOWS), default="dis-fine", show_default=True,
                     help="How motion is estimated."),
    ):  # fmt: skip
        command = option(command)
    return command


def chosen_flow(name: str, weights: Path | None) -> "str | FlowEstimator":
    """Return what --flow and --flow-weights ask for; a trained network is loaded.

    Raises:
        UsageError: weights for an estimator without any, or the other way round.
        ModelError: weights that cannot be used.
    """
    from framesmooth.motion.flow.base import load_flow

    return name if weights is None and name in names("flow") else load_flow(name, weights)


fps = click.option(
    "--fps", type=Rate(),
    help="Rate of a folder's frames; a video is resampled to it.  [default: its own, 12 for a folder]",
)  # fmt: skip

frame_range = click.option(
    "--frame-range", type=FrameRange(), metavar="A:B", help="Only frames A to B, counted from 0, B excluded."
)


class _ColorType(click.ParamType["Color"]):
    """An opaque colour by its name or as #rrggbb."""

    name = "color"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Color":
        """Turn the text into (red, green, blue)."""
        from framesmooth.video.reading import parse_color

        return parse_color(value) if isinstance(value, str) else value


def reading(command: Command) -> Command:
    """Add --background and --deinterlace, handed to the command together as ``reading``."""

    @functools.wraps(command)
    def with_reading(*args: Any, background: "Color", deinterlace: "Deinterlacing", **others: Any) -> Any:
        from framesmooth.video import Reading

        return command(*args, reading=Reading(background, deinterlace), **others)

    for option in (
        click.option("--deinterlace", type=click.Choice(["auto", "on", "double", "off"]), default="auto",
                     show_default=True,
                     help="How interlaced video is read: auto deinterlaces what is flagged so, on all "
                     "frames; double makes a frame of every field, off leaves the fields woven."),
        click.option("--background", type=_ColorType(), default="black", show_default=True, metavar="COLOR",
                     help="What shows where IN is transparent: a name such as white, or #rrggbb."),
    ):  # fmt: skip
        with_reading = option(with_reading)
    return cast(Command, with_reading)


def reading_words(reading: "Reading") -> list[str]:
    """Return the options of :func:`reading` that differ from their defaults, as words of a command line."""
    from framesmooth.video.reading import AS_USUAL, color_name

    words = []
    if reading.background != AS_USUAL.background:
        words += ["--background", color_name(reading.background)]
    if reading.deinterlace != AS_USUAL.deinterlace:
        words += ["--deinterlace", reading.deinterlace]
    return words


def writable(_ctx: click.Context, _param: click.Parameter, place: Any) -> Any:
    """Refuse, before all the work, a file or folder that may not be made: a callback of click."""
    if place is not None and str(place) != "-":
        whole = Path(place).absolute()
        nearest = next(path for path in (whole, *whole.parents) if path.exists())
        if not os.access(nearest, os.W_OK):
            raise click.BadParameter(f"no permission to write {place}: choose another place")
    return place


json_file = click.option(
    "--json", "json_file", type=click.Path(allow_dash=True), metavar="FILE", callback=writable,
    help="Write the figures as JSON; - is stdout, in place of the table.",
)  # fmt: skip


def write_json(json_file: str | None, content: Mapping[str, Any]) -> bool:
    """Write ``content`` where --json says; return whether that was stdout, which then holds nothing else."""
    if json_file is None:
        return False
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if json_file == "-":
        click.echo(text, nl=False)
        return True
    from framesmooth.video import write_text
    from framesmooth.video.atomic import remove_leftovers

    remove_leftovers(Path(json_file))
    write_text(json_file, text)
    return False
