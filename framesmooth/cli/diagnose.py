"""``framesmooth diagnose``: says what flickers in a clip, and what helps."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.workflows.settings.diagnose import DiagnoseSettings


@click.command(cls=HeadedCommand)
@common.source
@options_of(DiagnoseSettings)
@common.json_file
@common.common
def diagnose(source: str, json_file: str | None, progress: str, **settings: Any) -> None:
    """Say what flickers in IN, a video, an animation, a folder of frames or a run folder, and what helps.

    A few sentences name the kinds of flicker: of the whole frame or of single places, breathing exposure,
    bands of mains-powered lamps, pumping at key frames, wobble, dust, boiling texture, flashes and held
    frames; where, when and how strong they are; and the command that helps. Nothing is written.

    \b
    Examples:
      framesmooth diagnose flickering.mp4
      framesmooth diagnose flickering.mp4 --json -
      framesmooth diagnose long.mp4 --frame-range 0:240
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows import diagnose as workflow

    with progress_listener(progress) as emit:
        found = workflow.diagnose(source, on_event=emit, **settings)
    if common.write_json(json_file, found.as_dict()):
        return
    for sentence in found.sentences:
        click.echo(sentence)
    if found.command:
        click.echo(found.command)
