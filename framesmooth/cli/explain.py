"""``framesmooth explain``: shows which word of a prompt generated what."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.cli.types import FILE_NAME
from framesmooth.workflows.settings.explain import ExplainSettings


@click.command(cls=HeadedCommand)
@click.argument("what", metavar="PROMPT|RUN", type=FILE_NAME)
@options_of(ExplainSettings)
@common.json_file
@common.common
def explain(what: str, json_file: str | None, progress: str, **settings: Any) -> None:
    """Show which word of a prompt generated what, where, and in a clip when.

    Each word is left out in turn: what then changes in the image is due to that word. Of a run folder, such
    as clip.framesmooth, some frames are examined. Words that change nothing, that the model does not know,
    or that the text encoder has no room for are named.

    \b
    Examples:
      framesmooth explain "a red boat on the sea at sunset"
      framesmooth explain "a red boat on the sea at sunset" -o words.png --html words.html
      framesmooth explain clip.framesmooth --frames 8 --html words.html
      framesmooth explain clip.framesmooth -o words.mp4
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows import explain as workflow
    from framesmooth.workflows.outputs import check_files

    check_files((), (common.json_path(json_file),), overwrite=settings["overwrite"])
    with progress_listener(progress) as emit:
        told = workflow.explain(what, on_event=emit, **settings)
    figures = told.as_dict()
    if common.write_json(json_file, figures):
        return
    for word in sorted(figures["words"], key=lambda one: -max(one["effect"])):
        bar = "█" * round(20 * max(word["effect"]))
        click.echo(f"{word['word']:>16} {max(word['effect']):.2f} {bar}")
    if figures["without_effect"]:
        click.echo(f"next to no effect: {', '.join(figures['without_effect'])}")
    for text in figures["unread"]:
        click.echo(f"too long, not read: {text}")
    for written in (settings["output"], settings["html_file"]):
        if written is not None:
            click.echo(written)
