"""Commands whose help has headings, and which accept spellings of options from older versions."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

EVERYDAY: Final = "Everyday options"
OTHER: Final = "Other options"

_METAVARS: Final = ((click.IntRange, "INTEGER"), (click.FloatRange, "NUMBER"))

Replacement = Callable[[Sequence[str]], Sequence[str]]
"""Turns the values of a former option into the arguments of today with the same meaning."""


@dataclass(frozen=True)
class FormerOption:
    """An option of an older version.

    Attributes:
        nargs: how many values it takes.
        now: what is written in its place, for people.
        replacement: turns its values into the arguments of today.
    """

    nargs: int
    now: str
    replacement: Replacement


class Option(click.Option):
    """An option with a heading for the help, its spellings in older versions, and what stands for None."""

    def __init__(
        self, *args: Any, heading: str = "", formerly: Sequence[str] = (), unset: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.heading = heading
        self.formerly = tuple(formerly)
        self.unset = unset
        if self.metavar is None:  # the help shows the range beside the default
            self.metavar = next((text for kind, text in _METAVARS if isinstance(self.type, kind)), None)

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return what the help adds in brackets: what happens without the option, too."""
        extra = super().get_help_extra(ctx)
        return {**extra, "default": self.unset} if self.unset else extra


class HeadedCommand(click.Command):
    """A command whose help has a heading for each group of options.

    ``former`` holds options of older versions that are no mere respellings, by their spelling.
    """

    def __init__(self, *args: Any, former: Mapping[str, FormerOption] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.former: Mapping[str, FormerOption] = former or {}

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings, everyday ones first."""
        sections: dict[str, list[tuple[str, str]]] = {EVERYDAY: []}
        plain: list[tuple[str, str]] = []
        for param in (one for one in self.get_params(ctx) if isinstance(one, click.Option)):
            record = param.get_help_record(ctx)
            heading = getattr(param, "heading", "")
            if record is not None:
                (sections.setdefault(heading, []) if heading else plain).append(record)
        other = sections.pop(OTHER, [])
        for heading, records in {**sections, OTHER if other else "Options": [*other, *plain]}.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, those of older versions as what they are today."""
        return super().parse_args(ctx, self._updated(ctx, args))

    def _updated(self, ctx: click.Context, args: Sequence[str]) -> list[str]:
        options = [param for param in self.params if isinstance(param, click.Option)]
        values = {name: _number_of_values(option) for option in options for name in option.opts}
        former = {**self._respelled(options), **self.former}
        updated, left = [*_from_variables(ctx, former)], [*args]
        while left:
            word = left.pop(0)
            name, equals, value = word.partition("=")
            if word == "--":
                return [*updated, word, *left]
            if name not in former:
                taken = 0 if equals else values.get(word, 0)
                updated += [word, *left[:taken]]
                left = left[taken:]
                continue
            option = former[name]
            given = [value] if equals else []
            taken = option.nargs - len(given)
            if len(left) < taken:
                raise click.BadOptionUsage(name, f"Option {name!r} requires {option.nargs} arguments.", ctx)
            given, left = [*given, *left[:taken]], left[taken:]
            if not {"-q", "--quiet"} & set(args):
                click.echo(f"notice: {name} is now written {option.now}", err=True)
            updated += option.replacement(given)
        return updated

    def _respelled(self, options: Iterable[click.Option]) -> dict[str, FormerOption]:
        found: dict[str, FormerOption] = {}
        for option in options:
            now = max(option.opts, key=len)
            former = FormerOption(_number_of_values(option), now, _respelled_as(now))
            found |= dict.fromkeys(getattr(option, "formerly", ()), former)
        return found


def headed_option(*names: str, **attributes: Any) -> Callable[[Decorated], Decorated]:
    """Return the decorator that adds an ``Option``; ``heading`` and ``formerly`` are among its attributes."""
    return click.option(*names, cls=Option, **attributes)


def _respelled_as(name: str) -> Replacement:
    return lambda values: [name, *values]


def _number_of_values(option: click.Option) -> int:
    return 0 if option.is_flag or option.count else option.nargs


def _from_variables(ctx: click.Context, former: Mapping[str, FormerOption]) -> Iterable[str]:
    """Yield the arguments from environment variables that are named after options of older versions.

    Those of an option that is only spelled in another way are read by click, by the option's ``envvar``.
    """
    command = ctx.command
    for name in getattr(command, "former", {}):
        value = os.environ.get(variable(ctx.info_name or "", name))
        if value:
            yield from former[name].replacement(value.split() if former[name].nargs > 1 else [value])


def variable(command: str, option: str) -> str:
    """Return the environment variable of an option: --json of ``measure`` is FRAMESMOOTH_MEASURE_JSON."""
    return f"FRAMESMOOTH_{command}_{option.lstrip('-')}".replace("-", "_").upper()
