"""The settings of a group, from the annotations of its fields."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from inspect import get_annotations
from typing import Annotated, Any, ClassVar, TypeVar, cast, get_args, get_origin, get_type_hints

from framesmooth.setting.declaration import Setting, SettingField
from framesmooth.setting.value_type import type_of

Function = TypeVar("Function", bound=Callable[..., Any])


class Group:
    """What ``SettingGroup`` and the functions here share: the heading in the help and the reference."""

    heading: ClassVar[str] = ""


def once(function: Function) -> Function:
    """Return ``function`` with a cache of its results, and with its type, which ``cache`` loses."""
    return cast(Function, cache(function))


@once
def settings_of(group: type[Group]) -> tuple[SettingField, ...]:
    """Return the settings of a group and of the groups in it: its own first, then those that it inherits."""
    found = tuple(_settings_of(group))
    keys = [field.key for field in found]
    assert len(set(keys)) == len(keys), f"two settings have the same key: {sorted(keys)}"
    return found


def setting_of(group: type[Group], key: str) -> SettingField:
    """Return the setting of a group that has this key.

    Raises:
        KeyError: there is none.
    """
    for field in settings_of(group):
        if field.key == key:
            return field
    raise KeyError(key)


@once
def groups_in(group: type[Group]) -> Mapping[str, type[Group]]:
    """Return field -> class of the groups that a group holds."""
    hints = _annotations(group).items()
    return {name: hint for name, hint in hints if isinstance(hint, type) and issubclass(hint, Group)}


@once
def hints_of(group: type[Group]) -> Mapping[str, Any]:
    """Return field -> type of the values that are checked: ``written`` where Python takes objects as well."""
    hints = dict(_annotations(group))
    for name, hint in hints.items():
        setting = _setting_in(hint)
        if setting is not None and setting.written is not None:
            annotated: Any = Annotated
            hints[name] = annotated[setting.written, setting]
    return hints


@once
def _annotations(group: type[Group]) -> Mapping[str, Any]:
    """Return field -> annotation; names in quotes inside ``Annotated`` are left as they are."""
    found = {field.name: field.type for field in fields(group)}  # type: ignore[arg-type]
    if any(isinstance(hint, str) for hint in found.values()):
        resolved = get_type_hints(group, include_extras=True)
        found = {name: resolved[name] for name in found}
    return found


def _settings_of(group: type[Group]) -> Iterator[SettingField]:
    hints, groups = hints_of(group), groups_in(group)
    for field in sorted(fields(group), key=lambda one: _rank(group, one.name)):  # type: ignore[arg-type]
        hint = hints[field.name]
        if field.name in groups:
            for inner in settings_of(groups[field.name]):
                yield replace(inner, path=(field.name, *inner.path))
            continue
        setting = _setting_in(hint)
        if setting is None:
            raise TypeError(f"{group.__name__}.{field.name} has no Setting in its annotation")
        defined_in = group.__mro__[_rank(group, field.name)]
        yield SettingField(
            path=(field.name,),
            heading=setting.heading or defined_in.__dict__.get("heading") or group.heading,
            setting=setting,
            type=type_of(hint),
            default=field.default,
        )


def _rank(group: type[Group], name: str) -> int:
    """Return how far up a field is defined: 0 in the group itself, 1 in the first class it derives from."""
    return next(k for k, one in enumerate(group.__mro__) if name in get_annotations(one))


def _setting_in(hint: Any) -> Setting | None:
    if get_origin(hint) is not Annotated:
        return None
    return next((one for one in get_args(hint)[1:] if isinstance(one, Setting)), None)
