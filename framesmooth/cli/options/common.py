"""Options that several commands share."""

import functools
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import click

from framesmooth.cli.logging import _quiet, _verbose
from framesmooth.cli.options.command import EVERYDAY, OTHER, headed_option
from framesmooth.cli.options.from_settings import options_of
from framesmooth.cli.progress import PROGRESS_MODES
from framesmooth.cli.types import FrameRange, Rate
from framesmooth.registry import names
from framesmooth.workflows.encoding_settings import EncodingSettings

if TYPE_CHECKING:
    from framesmooth.video.reading import Color

Command = TypeVar("Command", bound=Callable[..., Any])

FLOWS: Final = (*names("flow"), *names("learned_flow"))
"""What --flow takes."""

INPUT: Final = "Input"
MOTION: Final = "Motion"
SMOOTHING: Final = "Smoothing"
REPORTS: Final = "Reports"


def common(command: Command) -> Command:
    """Add --progress (handed to the command), -v and -q."""
    for add in (
        headed_option("-q", "--quiet", is_flag=True, callback=_quiet, expose_value=False, is_eager=True,
               heading=OTHER, help="Show neither progress nor notices."),
        headed_option("-v", "--verbose", count=True, callback=_verbose, expose_value=False, heading=OTHER,
               help="Log sizes and settings of each step; -vv also what libraries log."),
        headed_option("--progress", type=click.Choice(PROGRESS_MODES), default="auto", show_default=True,
               heading=OTHER, help="How progress is shown on stderr; auto shows bars on a terminal."),
    ):  # fmt: skip
        command = add(command)
    return command


output = headed_option(
    "-o", "--output", required=True, metavar="OUT", heading=EVERYDAY,
    help="A .mp4, .mov, .mkv, .webm, .gif or .webp file; any other name is a folder of PNG frames.",
)  # fmt: skip

overwrite = options_of(EncodingSettings, only=("overwrite",))
"""The option --overwrite."""

encoding = options_of(EncodingSettings)
"""The options of how a clip is written, from --crf to --overwrite; ``open_sink`` takes them all."""

no_audio = headed_option(
    "--no-audio",
    is_flag=True,
    heading=EncodingSettings.heading,
    help="Drop the sound of IN, which is otherwise kept and cut to the frames.",
)


flow_weights = headed_option(
    "--flow-weights", type=click.Path(path_type=Path), metavar="FILE", heading=MOTION,
    help="The trained network of --flow raft: a .safetensors file.",
)  # fmt: skip


def flow(command: Command) -> Command:
    """Add --flow, which is dis-fine by default, and --flow-weights."""
    for add in (
        flow_weights,
        headed_option("--flow", type=click.Choice(FLOWS), default="dis-fine", show_default=True,
                      heading=MOTION, help="Optical flow estimator."),
    ):  # fmt: skip
        command = add(command)
    return command


fps = headed_option(
    "--fps", type=Rate(), metavar="RATE", heading=INPUT,
    help="Frame rate of a folder of frames; a video is resampled to it.  [default: its own; 12 for a folder]",
)  # fmt: skip

frame_range = headed_option(
    "--frame-range", type=FrameRange(), metavar="A:B", heading=INPUT,
    help="Only frames A to B, counted from 0, B excluded.",
)  # fmt: skip


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

    for add in (
        headed_option("--strict", is_flag=True, heading=INPUT,
                      help="Refuse what is damaged or incomplete, instead of taking what is undamaged."),
        headed_option("--deinterlace", type=click.Choice(["auto", "on", "double", "off"]), default="auto",
                      show_default=True, heading=INPUT,
                      help="How interlaced video is read: auto deinterlaces what is flagged so, on all "
                      "frames; double makes a frame of every field, off leaves the fields woven."),
        headed_option("--background", type=_ColorType(), default="black", show_default=True, metavar="COLOR",
                      heading=INPUT,
                      help="What shows where IN is transparent: a name such as white, or #rrggbb."),
        headed_option("--sort", type=click.Choice(["natural", "time", "exif"]), default="natural",
                      show_default=True, heading=INPUT,
                      help="The order of a folder's images: by name, by when they were written, or taken."),
    ):  # fmt: skip
        with_reading = add(with_reading)
    return cast(Command, with_reading)


def writable(_ctx: click.Context, _param: click.Parameter, place: Any) -> Any:
    """Refuse a file or folder that cannot be written, before any work starts: a callback of click."""
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


json_file = headed_option(
    "--json", "json_file", type=click.Path(allow_dash=True), metavar="FILE", callback=writable,
    heading=REPORTS, help="Write the results as JSON; - is stdout, in place of the table.",
)  # fmt: skip


table = headed_option(
    "--table", is_flag=True, heading=REPORTS,
    help="Print the table of all metrics before and after smoothing, as -v does.",
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
