"""Logging to stderr, and the options for how much of it."""

import logging

import click


class _ToStderr(logging.Handler):
    """Writes to the current ``sys.stderr``, which progress bars replace while they are shown."""

    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)


def _verbose(ctx: click.Context, _param: click.Parameter, count: int) -> None:
    quiet = "framesmooth.quiet" in ctx.meta
    ctx.meta["framesmooth.verbose"] = count
    root, own = logging.getLogger(), logging.getLogger("framesmooth")
    own.setLevel(logging.ERROR if quiet else logging.INFO if count else logging.WARNING)
    if count and not any(isinstance(handler, _ToStderr) for handler in root.handlers):
        root.addHandler(_ToStderr())
        root.handlers[-1].setFormatter(logging.Formatter("%(name)s: %(message)s"))
    if count > 1 and not quiet:
        root.setLevel(logging.DEBUG)
        own.setLevel(logging.DEBUG)


def _quiet(ctx: click.Context, _param: click.Parameter, quiet: bool) -> None:
    if quiet:
        ctx.meta["framesmooth.quiet"] = True
