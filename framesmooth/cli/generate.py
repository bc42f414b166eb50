"""``framesmooth generate``: prompts become a clip."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from framesmooth.cli import types
from framesmooth.cli.options import (
    camera as camera_options,
)
from framesmooth.cli.options import (
    common,
)
from framesmooth.cli.options import (
    conditioning as conditioning_options,
)
from framesmooth.cli.options import (
    model as model_options,
)
from framesmooth.cli.options import (
    preview as preview_options,
)
from framesmooth.cli.options import (
    sampling as sampling_options,
)
from framesmooth.cli.options import (
    timeline as timeline_options,
)
from framesmooth.limits import MAX_FRAMES, MAX_SIDE
from framesmooth.registry import names
from framesmooth.timeline.seeds import SEED_BEHAVIORS
from framesmooth.workflows.generate import inputs
from framesmooth.workflows.generate.settings import BAD_FRAMES, ClipSettings

if TYPE_CHECKING:
    from framesmooth.workflows.generate.result import GeneratedClip

_log = logging.getLogger(__name__)


class Seeds(click.ParamType[tuple[int, ...]]):
    """Whole numbers with commas between them."""

    name = "a,b,c"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Turn "1,2,3" into (1, 2, 3)."""
        if isinstance(value, tuple):
            return value
        try:
            seeds = tuple(int(part) for part in str(value).split(","))
        except ValueError:
            self.fail(f"{value!r} is no list of seeds: write whole numbers such as 1,2,3", param, ctx)
        if not all(-1 <= seed < 2**32 for seed in seeds):
            self.fail(f"{value!r}: seeds are -1 (random) or 0 to 4294967295", param, ctx)
        return seeds


class Strength(click.ParamType["float | Literal['auto']"]):
    """A strength, 0 to 1, or "auto"."""

    name = "strength"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | Literal["auto"]:
        """Turn "0.6" into 0.6."""
        if value == "auto":
            return "auto"
        return click.FloatRange(0, 1).convert(value, param, ctx)


@click.command()
@click.argument("prompts", nargs=-1, required=True, metavar="PROMPT...")
@common.output
@click.option(
    "--seed",
    type=click.IntRange(-1, 2**32 - 1),
    default=ClipSettings.seed,
    show_default=True,
    help="Shared by all prompts, so that the layout stays while the prompt travels; -1 is random.",
)
@click.option("--seeds", type=Seeds(), help="One per prompt: the clip travels through noise as well.")
@click.option(
    "--seed-behavior",
    type=click.Choice(SEED_BEHAVIORS),
    default=ClipSettings.seed_behavior,
    show_default=True,
    help="The seed from prompt to prompt: the same, the next, any, two up one down, or as --seed-schedule "
    "says; a single prompt then visits one every 48 frames.",
)
@click.option(
    "--seed-schedule", metavar="SCHEDULE", help="The seed at each frame, for --seed-behavior schedule."
)
@click.option(
    "--drift",
    type=click.FloatRange(0, 1),
    default=ClipSettings.drift,
    show_default=True,
    help="One prompt, one seed: how far the picture travels towards that of the next seed.",
)
@click.option(
    "--num-frames",
    type=click.IntRange(1, MAX_FRAMES),
    help="Frames of the clip.  [default: 48 from one prompt to the next]",
)
@click.option(
    "--fps", type=types.Rate(), default=ClipSettings.fps, show_default=True, help="Frames per second."
)
@click.option("-W", "--width", type=click.IntRange(8, MAX_SIDE), help="Pixels.  [default: the model's own]")
@click.option("-H", "--height", type=click.IntRange(8, MAX_SIDE), help="Pixels.  [default: the model's own]")
@model_options.loading
@sampling_options.sampling
@timeline_options.travelling
@camera_options.moving
@conditioning_options.steering
@click.option(
    "--smooth",
    type=Strength(),
    default=ClipSettings.smooth,
    show_default=True,
    help="Strength of the smoother, 0 to 1; 0 is off, auto finds it as 'framesmooth tune' does.",
)
@click.option(
    "--smoother",
    type=click.Choice(names("smoother")),
    default=ClipSettings.smoother,
    show_default=True,
    help="How flicker is taken out.",
)
@click.option(
    "--bad-frames",
    type=click.Choice(BAD_FRAMES),
    default=ClipSettings.bad_frames,
    show_default=True,
    help="What is done with frames that are NaN, black, flagged as unsafe or unlike their neighbours: "
    "diffuse them anew, show the frame before, warp both neighbours, or fail.",
)
@preview_options.ahead
@common.encoding
@common.json_file
@common.common
def generate(
    prompts: tuple[str, ...],
    output: str,
    audio: str | None,
    json_file: str | None,
    progress: str,
    preview: bool,
    dry_run: bool,
    **settings: Any,
) -> None:
    """Turn PROMPTs into a clip that travels from one to the next.

    A PROMPT is a text, or several with their frames, or a .yaml, .json or .txt file of them, or settings of
    Deforum (.txt or .json), whose values give way to options; (word:1.3) weighs a word, \\( is a plain
    bracket. With a single prompt the picture drifts gently. Beside clip.mp4 comes clip.framesmooth/ with all
    frames before smoothing, the record of the run and its report. The same command goes on with a run that
    was stopped, and with --overwrite and another --smooth it diffuses nothing again.

    Any of --zoom to --rotate-3d-y moves a camera: each diffused frame is drawn from the one before as the
    camera sees it. They take a number or a schedule (see framesmooth schedule); --cadence says how often a
    frame is diffused, and the frames between follow the camera. There is one seed then; --drift has no say.
    --init-video restyles a video: each diffused frame is drawn over its own, and its motion leads; that goes
    with neither a camera nor --loop.

    \b
    Examples:
      framesmooth generate "a sailboat on the sea at sunset" -o clip.mp4
      framesmooth generate "a cat on a beach" "a lion in the savanna" -o clip.mp4 --num-frames 96
      framesmooth generate "0: a castle at dawn | 40: a castle at night --neg fog" -o clip.webp
      framesmooth generate "a castle on the hills at sunset" -o clip.mp4 --zoom 1.01
      framesmooth generate "the sea at dawn" -o clip.mp4 --pan-x "0:(0), 24:(-3)" --roll "0.3*sin(t/8)"
      framesmooth generate "a castle, oil painting" -o clip.mp4 --init-image photo.jpg --strength 0.5
      framesmooth generate "a castle" -o clip.mp4 --pan-x -2 --depth-model ~/models/depth-anything
      framesmooth generate "a castle, oil painting" -o clip.mp4 --init-image a.jpg --last-image b.jpg
      framesmooth generate "a castle, oil painting" -o clip.mp4 --init-video filmed.mp4 --strength 0.6
      framesmooth generate settings.txt -o clip.mp4 -W 256 -H 256
      framesmooth generate "a cat" -o clip.mp4 --model ~/models/sdxl --lora style.safetensors:0.8
      framesmooth generate "a cat" -o clip.mp4 --model ~/models/sdxl-turbo --preset turbo
      framesmooth generate "a fox" -o clip.mp4 --model sd15 --control canny walk.mp4 --control-model canny
      framesmooth generate "a cat" -o clip.mp4 --model sd15 --ip-adapter ip/:0.6 --ip-adapter-image cat.jpg
      framesmooth generate "a windmill in the snow" -o clip.mp4 --smooth auto
      framesmooth generate "the sea at dawn" "the sea at night" -o clip.webp --loop
      framesmooth generate "a cat" "a lion" -o clip.mp4 --cadence 4 --pacing linear
      framesmooth generate "a cat" "a lion" -o clip.mp4 --preview
      framesmooth generate "a cat" -o clip.mp4 --model ~/models/sdxl --dry-run
    """  # fmt: skip
    parsed, settings = inputs.prompts_and_options(prompts, settings)
    with folder_as_written(output) as path:
        asked = ClipSettings(
            prompts=parsed,
            output=path,
            audio=None if audio is None else Path(audio),
            camera=camera_options.moves_in(settings),
            control=conditioning_options.control_in(settings),
            image_prompt=conditioning_options.image_prompt_in(settings),
            **settings,
        )
        if preview or dry_run:
            preview_options.show_ahead(asked, progress, json_file, preview=preview, dry_run=dry_run)
        else:
            make_and_show(asked, progress, json_file)


@contextmanager
def folder_as_written(output: str) -> Iterator[Path]:
    """Give the path ``output``, and make its folder where a slash ends a name like clip.mp4/.

    A path loses the slash, and the folder tells what is meant, also when the run is resumed. It goes again
    when no run began.
    """
    from framesmooth.runs import RunFolder
    from framesmooth.video.atomic import media_errors

    path = Path(output)
    made = output.endswith(("/", os.sep)) and path.suffix != "" and not path.exists()
    if made:
        with media_errors(path, "write"):
            path.mkdir(parents=True)
    try:
        yield path
    finally:
        if made and not RunFolder.beside(path).folder.exists():
            path.rmdir()


def make_and_show(settings: ClipSettings, progress: str, json_file: str | None) -> None:
    """Make a clip and print its figures and where it lies."""
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows.generate.run import make_clip

    _log.info("%s", settings)
    with progress_listener(progress) as emit:
        made = make_clip(settings, emit)
    show_made(made, json_file)


def show_made(made: "GeneratedClip", json_file: str | None) -> None:
    """Print the figures of a clip that was made, and where it lies."""
    from framesmooth.cli.tables import print_comparison

    figures = {"before": made.before.as_dict(), "after": made.after.as_dict()}
    lies = {"clip": str(made.clip), "run_folder": str(made.run_folder)}
    if not common.write_json(json_file, lies | figures):
        print_comparison(made.before, made.after)
        click.echo(made.clip)
