"""``framesmooth generate``: turns prompts into a clip."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options import preview as preview_options
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.cli.types import FILE_NAME
from framesmooth.workflows.generate import inputs
from framesmooth.workflows.generate.settings import GenerateSettings

if TYPE_CHECKING:
    from framesmooth.runs.remote import Remote
    from framesmooth.workflows.generate.result import GeneratedClip

_log = logging.getLogger(__name__)


@click.command(cls=HeadedCommand)
@click.argument("prompts", nargs=-1, metavar="PROMPT...", type=FILE_NAME)
@common.output
@preview_options.ahead
@options_of(GenerateSettings)
@common.table
@common.json_file
@common.common
def generate(
    prompts: tuple[str, ...],
    output: str,
    json_file: str | None,
    progress: str,
    table: bool,
    preview: bool,
    variations: int | None,
    dry_run: bool,
    **settings: Any,
) -> None:
    """Generate a video clip that travels from one PROMPT to the next.

    Each PROMPT is a text, several texts with their frames ("0: dawn | 40: night"), or a .yaml, .json or .txt
    file of them; (word:1.3) weighs a word, and \\( is a plain bracket. With a single prompt the image changes
    gently. A settings file of Deforum (.txt or .json) is read as well; options take precedence over it.

    Keyframes are diffused, the frames between them are interpolated, and flicker is removed. The folder
    clip.framesmooth/ beside clip.mp4 keeps all frames before smoothing, the settings and a report. Run the
    same command again to continue one that was stopped. With --overwrite and another --smooth-strength
    nothing is diffused again.

    Where an option takes a SCHEDULE, give a number, or numbers by frame such as "0:(1), 24:(1.02)";
    'framesmooth schedule' shows what one gives.

    \b
    Examples:
      framesmooth generate "a sailboat on the sea at sunset" -o clip.mp4
      framesmooth generate "the sea at dawn" "the sea at night" -o clip.webp --loop --duration 8s
      framesmooth generate "a castle on the hills" -o clip.mp4 --aspect 9:16 --variations 6
      framesmooth generate "a castle on the hills at sunset" -o clip.mp4 --zoom 1.01 --pan-x "2*sin(t/8)"
      framesmooth generate "a castle, oil painting" -o clip.mp4 --init-video filmed.mp4 --strength 0.6
      framesmooth generate "a cat" -o clip.mp4 --model ~/models/sdxl --lora style.safetensors:0.8
      framesmooth generate "a castle at sunset" -o clip.mp4 --cascade -W 1024 -H 576 --dry-run
      framesmooth generate --extend clip.mp4 -o longer.mp4 --duration 8s
    """  # fmt: skip
    parsed, settings = inputs.prompts_and_options(prompts, settings)
    from framesmooth.runs.remote import Remote, is_remote

    remote = Remote.of(output, overwrite=settings["overwrite"]) if is_remote(output) else None
    if remote is not None:  # what is left on this machine was not sent
        settings["overwrite"] = True
    with folder_as_written(output if remote is None else str(remote.scratch)) as path:
        if remote is not None and variations is not None:
            raise click.UsageError("--variations writes several clips: make them on this machine")
        asked = GenerateSettings.of(prompts=parsed, output=path, **settings)
        if variations is not None:
            preview_options.show_numbered(asked, variations, progress, json_file, dry_run=dry_run)
        elif preview or dry_run:
            preview_options.show_ahead(asked, progress, json_file, preview=preview, dry_run=dry_run)
        else:
            make_and_show(asked, progress, json_file, table=table, remote=remote)


@contextmanager
def folder_as_written(output: str) -> Iterator[Path]:
    """Give the path ``output``, and make its folder where a slash ends a name like clip.mp4/.

    A path loses the slash; the folder keeps its meaning, also when the run is resumed. It is removed again
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


def make_and_show(
    settings: GenerateSettings,
    progress: str,
    json_file: str | None,
    *,
    table: bool,
    remote: "Remote | None" = None,
) -> None:
    """Make a clip, send it where it is for a bucket, and print its length, size, steadiness and place."""
    from framesmooth.cli.interruption import reporting_how_to_resume
    from framesmooth.cli.progress import progress_listener
    from framesmooth.events import stage
    from framesmooth.runs import RunFolder
    from framesmooth.runs.folder import SUFFIX
    from framesmooth.runs.remote import forget
    from framesmooth.workflows.generate.moved_paths import files_outside
    from framesmooth.workflows.generate.run import make_clip

    _log.info("%s", settings)
    output = settings.output  # a name that is refused is refused by the workflow, in its words
    run = RunFolder(output.parent / f"{output.stem}{SUFFIX}")
    paths = files_outside(settings, run.folder)
    # A run for a bucket is continued by its own command, which sends it, too.
    telling = reporting_how_to_resume(run, paths) if remote is None else nullcontext()
    with telling, progress_listener(progress) as emit:
        made = make_clip(settings, emit)
        if remote is not None:
            with stage(emit, "send"):
                remote.send(made.clip)
    show_made(made, json_file, table=table, remote=remote)
    if remote is not None:
        forget(remote)


def show_made(
    made: "GeneratedClip", json_file: str | None, *, table: bool, remote: "Remote | None" = None
) -> None:
    """Say what came out and where it is: in plain words, and with the ``table`` or -v in figures, too."""
    from framesmooth.cli.tables import print_comparison

    figures = {"before": made.before.as_dict(), "after": made.after.as_dict()}
    facts = {
        "clip": str(made.clip) if remote is None else remote.url,
        "run_folder": str(made.run_folder) if remote is None else remote.run_url,
        "smoothing": made.smoothing.as_dict(),
        "left_as_it_was": made.left,
    }
    if common.write_json(json_file, facts | figures):
        return
    if table or click.get_current_context().meta.get("framesmooth.verbose"):
        print_comparison(made.before, made.after)
    for line in closing_words(made, str(made.run_folder) if remote is None else remote.run_url):
        click.echo(line)
    click.echo(made.clip if remote is None else remote.url)


def closing_words(made: "GeneratedClip", run_folder: str = "") -> list[str]:
    """Return what a creator wants to know of a clip: its length and size, how steady it is, what to look at.

    The clip's path comes after them, on a line of its own, for scripts.
    """
    from framesmooth.reports.plain_words import steadiness, wrong_frames, wrong_words
    from framesmooth.workflows.generate.estimate import duration, size

    height, width = made.size
    length = f"{float(made.num_frames / made.fps):.3g} s"
    parts = [f"{length} long", f"{width}x{height}", f"{made.num_frames} frames"]
    if made.clip.is_file():
        parts.append(size(made.clip.stat().st_size))
    lines = [f"done in {duration(made.seconds)}: {', '.join(parts)}", steadiness(made.before, made.after)]
    lines.append(made.left or f"smoothed by {made.smoothing.words}")
    lines += wrong_words(wrong_frames(made.after), made.drawn_fps)
    return [*lines, f"report: {run_folder or made.run_folder}/report.html"]
