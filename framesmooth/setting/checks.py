"""Checks of settings, by pydantic, which is imported when the first value is checked and not before."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from fractions import Fraction
from typing import Annotated, Any, Final

from framesmooth import limits
from framesmooth.errors import UsageError
from framesmooth.setting.declaration import SettingField
from framesmooth.setting.fields import Group, groups_in, hints_of, once, settings_of
from framesmooth.setting.value_type import parse_rate

_OUT_OF_RANGE: Final = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
"""Types of pydantic's errors about a number."""


@once
def form_of(group: type[Group]) -> Any:
    """Return a pydantic model of the settings of a group, those of the groups in it left out."""
    from pydantic import BeforeValidator, ConfigDict, Field, create_model

    hints = hints_of(group)
    content: dict[str, Any] = {}
    for field in settings_of(group):
        if len(field.path) > 1 or field.setting.written is object:
            continue
        told: dict[str, Any] = {"unit": field.setting.unit} if field.setting.unit else {}
        told |= (
            {"enum": [*field.choices, *([None] if field.type.optional else [])]}
            if field.setting.choices
            else {}
        )
        default = ... if field.default is MISSING else field.default
        annotated: Any = Annotated
        hint = annotated[hints[field.path[0]], BeforeValidator(_reader(field))]
        content[field.path[0]] = (
            hint,
            Field(default, description=field.setting.help, json_schema_extra=told or None),
        )
    return create_model(group.__name__, __config__=ConfigDict(extra="forbid"), **content)


def _reader(field: SettingField) -> Callable[[Any], Any]:
    """Return what turns a text, or the texts in a list, into what pydantic checks."""
    parse = field.setting.parse or (parse_rate if field.type.base is Fraction else None)

    def read(value: Any) -> Any:
        if field.setting.reads_all:
            return parse(value) if parse is not None and isinstance(value, str) else value
        if field.type.many and isinstance(value, str) and field.setting.separator:
            value = value.split(field.setting.separator)
        if field.type.many and isinstance(value, list | tuple):
            return tuple(one if parse is None or not isinstance(one, str) else parse(one) for one in value)
        return value if parse is None or not isinstance(value, str) else parse(value)

    return read


def checked(group: type[Group], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a group as its fields have them; groups in it may be given as dictionaries.

    Raises:
        UsageError: see ``SettingGroup``.
    """
    found: dict[str, Any] = {}
    for name, kind in groups_in(group).items():
        found[name] = _group(name, kind, values[name])
    own = {field.path[0]: field for field in settings_of(group) if len(field.path) == 1}
    plain = {name: values[name] for name, field in own.items() if field.setting.written is None}
    if any(value is not own[name].default for name, value in plain.items()):
        plain = _checked_by_form(group, own, plain)
    for name, field in own.items():
        value = found[name] = plain.get(name, values[name])
        if field.setting.choices is not None:
            _check_choice(field, value)
        if field.setting.written is not object:
            _check_texts(field.option, value)
    return found


def _group(name: str, kind: type[Group], value: Any) -> Any:
    """Return a group in a group; it may be given as a dictionary."""
    if isinstance(value, Mapping):
        unknown = sorted(set(value) - {field.name for field in fields(kind)})  # type: ignore[arg-type]
        if unknown:
            raise UsageError(f"unknown settings: {', '.join(f'{name}.{one}' for one in unknown)}")
        value = kind(**value)
    if not isinstance(value, kind):
        raise UsageError(f"{name} is {type(value).__name__}: give a {kind.__name__}")
    return value


def _checked_by_form(
    group: type[Group], own: Mapping[str, SettingField], values: Mapping[str, Any]
) -> dict[str, Any]:
    from pydantic import ValidationError

    try:
        form = form_of(group)(**values)
    except ValidationError as error:
        raise UsageError(_problem(own, error.errors(include_url=False)[0])) from error
    except RecursionError as error:
        raise UsageError("settings are nested too deeply") from error
    return {name: getattr(form, name) for name in values}


def _check_choice(field: SettingField, value: Any) -> None:
    """Refuse texts that are no choice; objects that Python takes in their place are not asked."""
    for one in value if isinstance(value, list | tuple) else (value,):
        if isinstance(one, str) and one not in field.choices:
            raise UsageError(f"unknown {field.option} {one!r}: give {_listed(field)}")


def _problem(own: Mapping[str, SettingField], problem: Mapping[str, Any]) -> str:
    """Return a line on the first thing that is wrong."""
    field, value = own[str(problem["loc"][0])], problem["input"]
    if problem["type"] == "missing":
        return f"{field.option} is missing: give it"
    shown = str(value)[:40]
    if problem["type"] in _OUT_OF_RANGE:
        return f"{field.option} {shown} is out of range: give {_listed(field)}"
    if field.type.accepted:
        return f"{field.option} {shown!r} is not accepted: give {_listed(field)}"
    place = ".".join(str(part)[:40] for part in problem["loc"][1:])
    return f"{field.option} {shown!r} is not accepted: {f'{place}: ' if place else ''}{problem['msg']}"


def _listed(field: SettingField) -> str:
    return f"one of {', '.join(field.choices)}" if field.setting.choices else field.type.accepted


def _check_texts(name: str, value: Any) -> None:
    """Refuse texts that no file can hold: unpaired surrogates, which are bytes that weren't UTF-8."""
    if isinstance(value, list | tuple):
        for one in value:
            _check_texts(name, one)
    elif is_dataclass(value) and not isinstance(value, type):
        _check_texts(name, tuple(getattr(value, field.name) for field in fields(value)))
    elif isinstance(value, str):
        if len(value) > limits.MAX_TEXT:
            raise UsageError(f"{name} is {len(value)} characters long: give {limits.MAX_TEXT} at most")
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise UsageError(f"{name} is no valid text: write it in UTF-8")
