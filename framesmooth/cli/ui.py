"""``framesmooth ui``: the page for a browser."""

from typing import Any

import click

from framesmooth.cli.options import common
from framesmooth.cli.options.command import HeadedCommand
from framesmooth.cli.options.from_settings import options_of
from framesmooth.ui.settings import ServerSettings


@click.command(cls=HeadedCommand)
@options_of(ServerSettings)
@common.common
def ui(progress: str, **settings: Any) -> None:
    """Serve the page on which clips are made, steadied, measured and compared in a browser.

    Needs the extra [ui]: pip install "framesmooth[ui]". Nobody but this machine reaches it, unless --host and
    --auth say so; no request leaves the machine. Everything is kept in the folder --runs, where the page
    finds it again after a restart; what was running when the server was stopped goes on.

    \b
    Examples:
      framesmooth ui --open
      framesmooth ui --port 8000 --runs ~/clips
      framesmooth ui --model storybook --model ~/models/sdxl --lora style.safetensors:0.8
      framesmooth ui --host 0.0.0.0 --auth people.txt --max-upload 2gb
    """
    from framesmooth.ui.app import serve

    asked = ServerSettings.of(**settings)

    def ready(address: str) -> None:
        click.echo(address)
        click.echo(f"runs are kept in {asked.runs}; Ctrl-C ends the server", err=True)
        if asked.open:
            click.launch(address)

    try:
        serve(asked, ready)
    except KeyboardInterrupt:
        click.echo("ended; what was running or waiting goes on at the next start", err=True)
