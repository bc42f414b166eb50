"""``framesmooth completion``: prints the completion script of a shell."""

import click

from framesmooth.cli.options.command import HeadedCommand

SHELLS = ("bash", "zsh", "fish")


@click.command(cls=HeadedCommand)
@click.argument("shell", type=click.Choice(SHELLS), metavar="bash|zsh|fish")
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the script that makes a shell complete commands, options, choices and the names of files.

    Where it goes: for bash the end of ~/.bashrc; for zsh a file _framesmooth in a folder of $fpath; for fish
    ~/.config/fish/completions/framesmooth.fish.

    \b
    Examples:
      framesmooth completion bash
      framesmooth completion zsh
      framesmooth completion fish
    """
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None  # click knows all three
    group = ctx.find_root().command
    click.echo(kind(group, {}, "framesmooth", "_FRAMESMOOTH_COMPLETE").source())
