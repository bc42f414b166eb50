"""``framesmooth soundtrack``: the sound of a clip."""

from pathlib import Path
from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import EVERYDAY, HeadedCommand, headed_option
from framesmooth.cli.options.from_settings import options_of
from framesmooth.cli.options.places import writable
from framesmooth.workflows.settings.soundtrack import SoundtrackSettings


@click.command(cls=HeadedCommand)
@click.argument("clip", type=click.Path(path_type=Path), metavar="CLIP")
@headed_option(
    "-o",
    "--output",
    heading=EVERYDAY,
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    callback=writable,
    help="A .wav, .flac, .mp3, .m4a, .ogg or .opus file.",
)
@options_of(SoundtrackSettings)
@common.common
def soundtrack(clip: Path, output: Path, progress: str, **settings: Any) -> None:
    """Make the sound of CLIP, a clip or run folder, exactly as long as it.

    Places and weather that its prompts name become procedural ambience: sea, wind, rain, thunder, birds,
    crickets, fire, stream, train, city, engine, space, snow. They fade into each other as the prompts change.
    --model generates the sound with a model instead. Music and narration are mixed in; the
    others are lowered while the voice speaks.

    \b
    Examples:
      framesmooth soundtrack clip.mp4 -o sea.wav
      framesmooth soundtrack filmed.mp4 -o rain.wav --prompt "rain in a city at night"
      framesmooth soundtrack clip.mp4 -o track.wav --music song.mp3 --say "It begins at sea."
      framesmooth soundtrack clip.mp4 -o music.wav --model ~/models/musicgen
    """
    from framesmooth.cli.progress import progress_listener
    from framesmooth.workflows import soundtrack as workflow

    with progress_listener(progress) as emit:
        workflow.soundtrack(clip, output, on_event=emit, **settings)
    click.echo(output)
