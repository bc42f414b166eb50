"""Options of the command line, derived from the settings that they set."""

from collections.abc import Callable, Collection, Sequence
from fractions import Fraction
from pathlib import Path
from types import NoneType
from typing import Any, Final

import click
from annotated_types import Interval
from click.shell_completion import CompletionItem

from framesmooth.cli.options.command import EVERYDAY, Decorated, Option
from framesmooth.cli.options.places import writable, writable_folder
from framesmooth.cli.types import FILE_NAME, Rate, files, stands_for_file
from framesmooth.errors import UsageError
from framesmooth.setting import SettingField, SettingGroup, ValueType, settings_of

_MISSING_DEFAULTS: Final = (None, ())
_MODELS: Final = ("model", "control_model", "upscaler")
"""Settings that are the name of a model or the folder of one."""


class Parsed(click.ParamType[Any]):
    """What a function reads from text: PATH:WEIGHT."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text."""
        try:
            return self._parse(value) if isinstance(value, str) else value
        except UsageError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete a file where the text begins with one."""
        return files(incomplete) if stands_for_file(self.name.upper()) else []


class WordOr(click.ParamType[Any]):
    """One of a few words, or a value of another type: "auto" or a number."""

    def __init__(self, kind: ValueType, other: click.ParamType[Any]) -> None:
        self.name = "|".join([other.name, *kind.words])
        self._kind, self._other = kind, other

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a word as it is, and anything else as the other type reads it."""
        if value in self._kind.words:
            return value
        try:
            return self._other.convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is not accepted: give {self._kind.accepted}", param, ctx)


class Separated(click.ParamType[tuple[Any, ...]]):
    """Several values in one text: 1,2,3."""

    def __init__(self, separator: str, kind: ValueType, choices: Sequence[str] = ()) -> None:
        self._separator, self._kind, self._choices = separator, kind, choices
        self._element = click.Choice(choices) if choices else _simple(kind)
        self.name = f"{self._element.name}{separator}..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Any, ...]:
        """Turn "1,2,3" into (1, 2, 3)."""
        if isinstance(value, tuple):
            return value
        return tuple(self._one(part, param, ctx) for part in str(value).split(self._separator))

    def _one(self, part: str, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._element.convert(part.strip(), param, ctx)
        except click.BadParameter:
            words = f"one of {', '.join(self._choices)}" if self._choices else self._kind.accepted
            accepted = f"{words}; several with {self._separator!r} between them"
            self.fail(f"{part!r} is not accepted: give {accepted}", param, ctx)


def options_of(
    group: type[SettingGroup], *, only: Collection[str] = (), without: Collection[str] = ()
) -> Callable[[Decorated], Decorated]:
    """Return a decorator that adds an option for each setting of ``group``.

    Args:
        group: a group of settings, with those of the groups in it.
        only: keys of the settings that are meant; () for all.
        without: keys of settings that are left out.
    """
    meant = [
        field
        for field in settings_of(group)
        if field.setting.has_option and field.key not in without and (not only or field.key in only)
    ]

    def add(command: Decorated) -> Decorated:
        for field in reversed(meant):
            command = option_of(field)(command)
        return command

    return add


def option_of(field: SettingField) -> Callable[[Decorated], Decorated]:
    """Return the decorator that adds the option of one setting; it is handed over under the setting's key."""
    setting = field.setting
    attributes: dict[str, Any] = {
        "cls": Option,
        "heading": EVERYDAY if setting.everyday else field.heading,
        "formerly": tuple(name for name in setting.formerly if name.startswith("-")),
        "help": setting.help,
        "unset": setting.unset,
    }
    if field.type.base is bool:
        return _flag_of(field, attributes)
    if setting.metavar or setting.unit:
        attributes["metavar"] = setting.metavar or setting.unit.upper()
    if field.default not in _MISSING_DEFAULTS:
        attributes |= {"default": field.default, "show_default": True}
    if field.type.many and not setting.separator and not setting.reads_all:
        attributes |= {"multiple": True}
    if setting.place:
        attributes |= {"callback": writable_folder if setting.place == "folder" else writable}
    return click.option(*field.options, field.key, type=_type_of(field), **attributes)


def _flag_of(field: SettingField, attributes: dict[str, Any]) -> Callable[[Decorated], Decorated]:
    """Return a flag; one that is on, or left open, without it, has a negative: --measure/--no-measure."""
    if field.default is False:
        return click.option(*field.options, field.key, is_flag=True, **attributes)
    *short, long = field.options
    both = f"{long}/--no-{long.removeprefix('--')}"
    shown = field.default is not None
    return click.option(*short, both, field.key, default=field.default, show_default=shown, **attributes)


def _type_of(field: SettingField) -> Any:
    setting, kind = field.setting, field.type
    if setting.parse is not None:
        return Parsed(setting.metavar.lower() or "text", setting.parse)
    if setting.separator:
        return Separated(setting.separator, kind, field.choices)
    if setting.choices is not None:
        return click.Choice(field.choices)
    if kind.parts:
        return tuple(map(_simple, kind.parts))
    if setting.place:
        return click.Path(
            path_type=Path, file_okay=setting.place == "file", dir_okay=setting.place == "folder"
        )
    if (
        kind.base is str
        and not kind.words
        and (field.key in _MODELS or stands_for_file(setting.metavar or ""))
    ):
        return FILE_NAME
    return _simple(kind)


def _simple(kind: ValueType) -> click.ParamType[Any]:
    """Return the click type of one value."""
    if kind.base is NoneType:
        return click.Choice(kind.words)
    ranged = kind.interval or Interval()
    limits: dict[str, Any] = {
        "min": ranged.ge if ranged.gt is None else ranged.gt,
        "max": ranged.le if ranged.lt is None else ranged.lt,
        "min_open": ranged.gt is not None,
        "max_open": ranged.lt is not None,
    }
    types: dict[type, Callable[[], click.ParamType[Any]]] = {
        int: lambda: click.IntRange(**limits),
        float: lambda: click.FloatRange(**limits),
        Path: lambda: click.Path(path_type=Path),
        Fraction: Rate,
        str: lambda: click.STRING,
    }
    found = types[kind.base]()
    return WordOr(kind, found) if kind.words else found
