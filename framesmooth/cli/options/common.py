"""Options that several commands share."""

import functools
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from framesmooth import defaults
from framesmooth.cli.logging import _quiet, _verbose
from framesmooth.cli.progress import PROGRESS_MODES
from framesmooth.cli.types import FrameRange, Rate
from framesmooth.registry import names

if TYPE_CHECKING:
    from framesmooth.video.reading import Color

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
    "--no-audio",
    is_flag=True,
    help="Leave out the sound of IN; it goes along otherwise, cut where the frames are.",
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
        click.option("--audio", type=click.Path(), metavar="FILE",
                     help="Sound to add from the first frame on, cut at the end."),
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


fps = click.option(
    "--fps", type=Rate(),
    help="Rate of a folder's frames; a video is resampled to it.  [default: its own, 12 for a folder]",
)  # fmt: skip

frame_range = click.option(
    "--frame-range", type=FrameRange(), metavar="A:B", help="Only frames A to B, counted from 0, B excluded."
)


def _one_source(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> str:
    """Return the one clip that is given, or the folder of the pictures that a shell made of frames/*.png."""
    if len(given) == 1:
        return given[0]
    from framesmooth.video.listing import series_name

    return series_name(given)


source = click.argument("source", metavar="IN", nargs=-1, required=True, callback=_one_source)


class _ColorType(click.ParamType["Color"]):
    """An opaque colour by its name or as #rrggbb."""

    name = "color"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> "Color":
        """Turn the text into (red, green, blue)."""
        from framesmooth.video.reading import parse_color

        return parse_color(value) if isinstance(value, str) else value


def reading(command: Command) -> Command:
    """Add how files are read, --sort to --strict, handed to the command together as ``reading``."""

    @functools.wraps(command)
    def with_reading(*args: Any, **options: Any) -> Any:
        from framesmooth.video.reading import Reading

        choices = {each.name: options.pop(each.name) for each in fields(Reading)}
        return command(*args, reading=Reading(**choices), **options)

    for option in (
        click.option("--strict", is_flag=True,
                     help="Refuse what is damaged or incomplete, instead of taking what is whole."),
        click.option("--deinterlace", type=click.Choice(["auto", "on", "double", "off"]), default="auto",
                     show_default=True,
                     help="How interlaced video is read: auto deinterlaces what is flagged so, on all "
                     "frames; double makes a frame of every field, off leaves the fields woven."),
        click.option("--background", type=_ColorType(), default="black", show_default=True, metavar="COLOR",
                     help="What shows where IN is transparent: a name such as white, or #rrggbb."),
        click.option("--sort", type=click.Choice(["natural", "time", "exif"]), default="natural",
                     show_default=True,
                     help="The order of a folder's pictures: by name, by when they were written, or taken."),
    ):  # fmt: skip
        with_reading = option(with_reading)
    return cast(Command, with_reading)


def writable(_ctx: click.Context, _param: click.Parameter, place: Any) -> Any:
    """Refuse, before all the work, a file or folder that may not be made: a callback of click."""
    if place is not None and str(place) != "-":
        whole = Path(place).absolute()
        nearest = next(path for path in (whole, *whole.parents) if path.exists())
        if not os.access(nearest, os.W_OK):
            raise click.BadParameter(f"no permission to write {place}: choose another place")
    return place


def writable_folder(ctx: click.Context, param: click.Parameter, place: Any) -> Any:
    """Refuse, too, a folder whose name is that of a file: a callback of click."""
    if place is not None and not Path(place).is_dir():
        from framesmooth.video.suffixes import file_suffixes

        suffix = Path(place).suffix.lower()
        if suffix and suffix in file_suffixes():
            raise click.BadParameter(f"{place} becomes a folder: give a name without {suffix}", ctx, param)
    return writable(ctx, param, place)


json_file = click.option(
    "--json", "json_file", type=click.Path(allow_dash=True), metavar="FILE", callback=writable,
    help="Write the figures as JSON; - is stdout, in place of the table.",
)  # fmt: skip


def json_path(json_file: str | None) -> str | None:
    """Return the file that --json names, None for stdout."""
    return None if json_file == "-" else json_file


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
