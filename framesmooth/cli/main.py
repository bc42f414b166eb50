"""The ``framesmooth`` command: finds the subcommand, turns errors into one line and an exit code."""

import errno
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from types import FrameType
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from framesmooth import __version__
from framesmooth.cli import process
from framesmooth.cli.options.command import variable
from framesmooth.errors import FramesmoothError

INTERRUPTED: Final = 130
TERMINATED: Final = 143
_LONGEST_MESSAGE: Final = 600
_VARIABLES: Final = "FRAMESMOOTH"
"""What the names of environment variables begin with."""

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "generate": ("framesmooth.cli.generate:generate", "Turn prompts into a clip."),
    "storyboard": ("framesmooth.cli.storyboard:storyboard", "Turn a story into a film: shots, text, sound."),
    "smooth": ("framesmooth.cli.smooth:smooth", "Remove flicker from a clip."),
    "diagnose": ("framesmooth.cli.diagnose:diagnose", "Say what flickers in a clip, and what helps."),
    "tune": ("framesmooth.cli.tune:tune", "Find the strength that a clip needs, and smooth it."),
    "sweep": ("framesmooth.cli.sweep:sweep", "Try a grid of smoothing settings."),
    "measure": ("framesmooth.cli.measure:measure", "Report how much a clip flickers."),
    "compare": ("framesmooth.cli.compare:compare", "Compare versions of a clip and say which is steadier."),
    "interpolate": ("framesmooth.cli.interpolate:interpolate", "Insert frames between those of a clip."),
    "upscale": ("framesmooth.cli.upscale:upscale", "Enlarge the frames of a clip."),
    "assemble": ("framesmooth.cli.assemble:assemble", "Encode frames, and sound, as a clip."),
    "listen": ("framesmooth.cli.listen:listen", "Find the tempo, beats and loudness of a sound."),
    "soundtrack": ("framesmooth.cli.soundtrack:soundtrack", "Make the sound of a clip from its prompts."),
    "explain": ("framesmooth.cli.explain:explain", "Show which word of a prompt generated what."),
    "batch": ("framesmooth.cli.batch:batch", "Do many jobs, on one machine or many."),
    "train": ("framesmooth.cli.train:train", "Train a LoRA or a motion adapter on your own data."),
    "evaluate": ("framesmooth.cli.evaluate:evaluate", "Measure how well a model does on a data set."),
    "resume": ("framesmooth.cli.resume:resume", "Continue a run that was stopped."),
    "cache": ("framesmooth.cli.cache:cache", "Show what run folders cache, and prune it."),
    "ui": ("framesmooth.cli.ui:ui", "Serve framesmooth as a page for the browser."),
    "schedule": ("framesmooth.cli.schedule:schedule", "Check a schedule and show its values."),
    "styles": ("framesmooth.cli.styles:styles", "List the styles that generate knows."),
    "models": ("framesmooth.cli.models:models", "List the models that can be loaded."),
    "completion": ("framesmooth.cli.completion:completion", "Print the completion script of a shell."),
}
"""Name -> where the command lives, and its line in ``framesmooth --help``."""


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        for option in command.params:
            if isinstance(option, click.Option) and option.envvar is None:
                former = [variable(cmd_name, name) for name in getattr(option, "formerly", ())]
                option.envvar = [variable_of(cmd_name, option), *former]
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command from the table, importing none, or an option."""
        named = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*named, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may be meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=1)
            advice = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(COMMANDS)}"
            ctx.fail(f"no such command {args[0]!r}: {advice}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a known error becomes one line on stderr and the exit code of its kind."""
        try:
            with stops_unwrapped():
                return super().invoke(ctx)
        except FramesmoothError as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"error: {one_line(str(error))}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("interrupted: no partial output is left; run the same command again", err=True)
            ctx.exit(INTERRUPTED)
        except click.UsageError as error:
            message = error.format_message()
            if message == _shortened(message):
                raise
            raise click.UsageError(_shortened(message), ctx=error.ctx) from error
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if ctx.params.get("debug") or getattr(error, "errno", None) == errno.EPIPE:
                raise
            if getattr(error, "errno", None) == errno.ENOSPC:
                click.echo(
                    "error: no space left where the output goes: make room, and run it again", err=True
                )
                ctx.exit(FramesmoothError.exit_code)
            reason = one_line(f"{type(error).__name__}: {error}")[:500]
            click.echo(f"error: unexpected {reason}: please report it with what --debug shows", err=True)
            ctx.exit(FramesmoothError.exit_code)


def variable_of(command: str, option: click.Option) -> str:
    """Return the environment variable of an option: by its name on the command line, --json as ..._JSON."""
    return variable(command, max(option.opts, key=len))


@contextmanager
def stops_unwrapped() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM through where an extension module has turned them into another error.

    Many do when they are stopped while they are imported: an ImportError with the reason behind it.
    """
    try:
        yield
    except click.exceptions.Exit:  # a command has said already that it was stopped
        raise
    except Exception as error:
        behind: BaseException | None = error
        while behind is not None and not isinstance(behind, KeyboardInterrupt | SystemExit):
            behind = behind.__cause__ or behind.__context__
        if behind is None:
            raise
        raise type(behind)(*behind.args) from error


def _shortened(message: str) -> str:
    """Return what click says about an argument of any length and content."""
    lines = "\n".join(map(one_line, message.split("\n")))
    return lines if len(lines) <= _LONGEST_MESSAGE else f"{lines[:_LONGEST_MESSAGE]}..."


def one_line(text: str) -> str:
    """Return a message as one line without control characters: file names and tags may hold any."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="framesmooth %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Turn prompts into steady video clips, and make the frames you have steadier.

    Results go to stdout, progress and messages to stderr. Exit codes: 0 fine, 1 failed, 2 wrong usage,
    3 a quality gate was not passed, 130 interrupted.

    \b
    Examples:
      framesmooth generate "a sailboat on the sea at sunset" -o clip.mp4
      framesmooth smooth flickering.mp4 -o steady.mp4
      framesmooth compare flickering.mp4 steady.mp4
    """


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(TERMINATED)  # unwinds the stack, so that unfinished files are removed


def main() -> None:
    """Run the command line; the entry point of the package."""
    process.prepare()
    signal.signal(signal.SIGTERM, _terminate)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # names of files may be bytes that are no text
    try:
        cli(prog_name="framesmooth", auto_envvar_prefix=_VARIABLES)
    except SystemExit as end:
        process.leave(end.code)
