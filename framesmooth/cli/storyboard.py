"""``framesmooth storyboard``: makes the film of a story, or a story out of a text."""

from pathlib import Path
from typing import Any, Final

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option
from framesmooth.cli.options.from_settings import options_of
from framesmooth.cli.types import FILE_NAME
from framesmooth.errors import UsageError
from framesmooth.workflows.storyboard.settings import StoryboardSettings

DRAFT: Final = "draft"
_DRAFTING: Final = "From a text to a story (storyboard draft)"
_OF_BOTH: Final = {"overwrite"}


@click.command(cls=HeadedCommand)
@click.argument("words", nargs=-1, required=True, metavar="[draft] STORY", type=FILE_NAME)
@common.output
@headed_option(
    "--preview",
    is_flag=True,
    heading=EVERYDAY,
    help="Only make a sheet with one picture a shot, its time and its words, in OUT.preview.png.",
)
@options_of(StoryboardSettings, without=("audio",))
@headed_option(
    "--llm",
    metavar="DIR|URL",
    type=FILE_NAME,
    heading=_DRAFTING,
    help="Let a language model write the story: a folder of transformers, or an OpenAI-compatible server on "
    "this machine, as http://127.0.0.1:8080/v1. Its answer is checked, and asked for twice more at most.",
)
@common.json_file
@common.common
def storyboard(
    words: tuple[str, ...],
    output: str,
    preview: bool,
    llm: str | None,
    json_file: str | None,
    progress: str,
    **settings: Any,
) -> None:
    """Make the film of STORY, a YAML file of shots with transitions, titles, camera words, speech and music.

    Each shot is a clip with a run folder of its own in film.framesmooth/. Change a shot in the story, run the
    same command again, and only that one is made again. A run that was stopped goes on in the same way.

    'storyboard draft' turns a text into a story by rules: a shot for each sentence, or the shots of a
    screenplay in Fountain (.fountain) or of Markdown (.md). Nothing is generated from it: look at it first.

    \b
    Examples:
      framesmooth storyboard story.yaml -o film.mp4
      framesmooth storyboard story.yaml -o film.mp4 --preview
      framesmooth storyboard story.yaml -o film.mp4 --shot 3 --overwrite
      framesmooth storyboard story.yaml -o film.mp4 --subtitles film.srt --otio film.otio
      framesmooth storyboard draft tale.txt -o story.yaml
      framesmooth storyboard draft tale.txt -o story.yaml --llm http://127.0.0.1:8080/v1
    """
    if words[0] == DRAFT and len(words) > 1:
        _check_draft(words[1:], {**settings, "preview": preview})
        _draft(Path(words[1]), Path(output), llm, json_file, progress, overwrite=settings["overwrite"])
        return
    if len(words) > 1:
        raise UsageError(f"one story makes a film, and {len(words)} are given: include them in one file")
    if llm is not None:
        raise UsageError("--llm writes a story: use it with 'storyboard draft TEXT -o story.yaml'")
    asked = StoryboardSettings.of(story=Path(words[0]), output=Path(output), **settings)
    _make(asked, json_file, progress, preview=preview)


def _make(settings: StoryboardSettings, json_file: str | None, progress: str, *, preview: bool) -> None:
    """Make the board or the film, and say where it is."""
    from framesmooth.cli.interruption import reporting_what_is_kept
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows.generate.estimate import duration
    from framesmooth.workflows.storyboard.film import make_film
    from framesmooth.workflows.storyboard.preview import preview_film

    with reporting_what_is_kept(lambda: _kept(settings.output)), progress_listener(progress) as emit:
        if preview:
            board = preview_film(settings, emit)
        else:
            film = make_film(settings, emit)
    if preview:
        if not common.write_json(json_file, board.as_dict()):
            click.echo(board.path)
        return
    if common.write_json(json_file, film.as_dict()):
        return
    reused = sum(shot.reused for shot in film.shots)
    kept = f", {reused} of them as before" if reused else ""
    height, width = film.size
    length = f"{float(film.num_frames / film.fps):.4g} s, {film.num_frames} frames, {width}x{height}"
    click.echo(f"done in {duration(film.seconds)}: {len(film.shots)} shots{kept}; film of {length}")
    if film.flashes is not None:
        click.echo(film.flashes.sentence)
    for shot in film.shots if film.output is None else ():
        click.echo(shot.clip)
    if film.output is not None:
        click.echo(film.output)


def _draft(
    text: Path, output: Path, llm: str | None, json_file: str | None, progress: str, *, overwrite: bool
) -> None:
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows.storyboard.draft import draft_story

    with progress_listener(progress) as emit:
        made = draft_story(text, output, emit, llm=llm, overwrite=overwrite)
    if not common.write_json(json_file, made.as_dict()):
        click.echo(f"{made.shots} shots: look at them, then: framesmooth storyboard {output} -o film.mp4")
        click.echo(output)


def _check_draft(texts: tuple[str, ...], settings: dict[str, Any]) -> None:
    """Refuse options of a film beside ``draft``."""
    if len(texts) > 1:
        raise UsageError(f"one text makes a story, and {len(texts)} are given: put them into one file")
    context = click.get_current_context()
    for name in settings:
        source = context.get_parameter_source(name)
        if name not in _OF_BOTH and source is click.core.ParameterSource.COMMANDLINE:
            option = name.replace("_", "-")
            raise UsageError(f"--{option} is of films, and 'storyboard draft' writes a story: drop it")


def _kept(output: Path) -> str:
    folder = output.with_name(f"{output.stem}.framesmooth")
    return f"finished shots are kept in {folder}; run the same command again to continue"
