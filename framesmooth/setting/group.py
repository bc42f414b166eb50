"""Groups of settings, which check their values when they are constructed."""

import warnings
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Self

from framesmooth.errors import UsageError
from framesmooth.setting.checks import checked
from framesmooth.setting.declaration import SettingField
from framesmooth.setting.fields import Group, groups_in, settings_of


class UnknownSetting(UsageError, TypeError):
    """A name that no setting has; Python calls an argument that does not exist a TypeError."""


class SettingGroup(Group):
    """Base of the groups: frozen, keyword-only dataclasses whose values are checked on construction.

    Texts are read as on the command line where a type needs it ("24000/1001", "style.safetensors:0.8").

    Raises:
        UsageError: a value of the wrong type or out of range; the message says what is accepted.
    """

    def __post_init__(self) -> None:
        for name, value in checked(type(self), vars(self)).items():
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Return the group with settings given flat, by their keys, as ``of(steps=8, zoom="1.01")``.

        Raises:
            UsageError: a name that no setting has, or a value that is not accepted.
        """
        return cls(**cls.arguments(values))

    @classmethod
    def arguments(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of the class for settings that are given flat, or by group.

        A setting is named by its key or as its option is spelled, with _ for -; a name of an older version
        is accepted with a ``DeprecationWarning``.

        Raises:
            UsageError: a name that no setting has, or a setting that is given twice.
        """
        known = {field.key: field for field in settings_of(cls)}
        given: dict[tuple[str, ...], Any] = {}
        unknown: list[str] = []
        for name, value in values.items():
            field = known.get(name) or _spelled(settings_of(cls), name)
            path = field.path if field is not None else (name,) if name in groups_in(cls) else ()
            if path in given or (len(path) > 1 and path[:1] in given):
                raise UsageError(f"{name} is given twice: give it once")
            if path:
                given[path] = value
            else:
                unknown.append(name)
        if unknown:
            near = [match for name in sorted(unknown) for match in get_close_matches(name, known, 1)]
            advice = f": did you mean {', '.join(near)}?" if near else ""
            raise UnknownSetting(f"unknown settings: {', '.join(sorted(unknown))}{advice}")
        return _nested(given)

    def but(self, **values: Any) -> Self:
        """Return a copy with some settings changed, given flat, by their keys.

        Raises:
            UsageError: a name that no setting has, or a value that is not accepted.
        """
        return self.of(**self.flat() | values)

    def flat(self) -> dict[str, Any]:
        """Return key -> value of every setting."""
        return {field.key: self.at(field.path) for field in settings_of(type(self))}

    def at(self, path: Sequence[str]) -> Any:
        """Return the value at ``path``."""
        value: Any = self
        for name in path:
            value = getattr(value, name)
        return value


def _spelled(known: Sequence[SettingField], name: str) -> SettingField | None:
    """Return the setting whose option, today or in an older version, is spelled like ``name``."""
    for field in known:
        if field.setting.has_option and name == as_keyword(field.option):
            return field
        if name in map(as_keyword, field.setting.formerly):
            told = f"{name}= is now {field.key}="
            warnings.warn(told, DeprecationWarning, stacklevel=4)
            return field
    return None


def spellings(group: type[Group]) -> dict[str, SettingField]:
    """Return the settings that are options, by each spelling with _ for -, former ones among them."""
    fields = [field for field in settings_of(group) if field.setting.has_option]
    found = {as_keyword(name): field for field in fields for name in field.setting.formerly}
    for field in fields:
        names = [as_keyword(option) for option in field.options if option.startswith("--")]
        found |= dict.fromkeys((field.key, *names), field)
    return found


def as_keyword(option: str) -> str:
    """Return the name in Python of an option: --smooth-strength is smooth_strength."""
    return option.lstrip("-").replace("-", "_")


def _nested(values: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """Return the values at paths as dictionaries in dictionaries."""
    nested: dict[str, Any] = {}
    for path, value in values.items():
        holder = nested
        for name in path[:-1]:
            holder = holder.setdefault(name, {})
        holder[path[-1]] = value
    return nested
