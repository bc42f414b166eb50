"""One definition of every setting: its type, range, default, unit and help, from which the rest is derived.

A group of settings is a frozen dataclass whose fields are annotated with ``Setting``::

    @dataclass(frozen=True, kw_only=True)
    class SamplingSettings(SettingGroup):
        heading: ClassVar = "Denoising"

        steps: Annotated[
            Annotated[int, Interval(ge=1, le=1000)] | None,
            Setting(help="Denoising steps.", options=("--steps",), unset="the model's own"),
        ] = None

That one field is an option of the command line (``cli.options.from_settings``), a check when the group is
constructed, an entry of the record's JSON schema and a row of the reference
(``workflows.settings_reference``). A group may hold other groups; the key of every setting is unique among
them all, so that settings can be given flat, as keywords. pydantic is imported when the first group is
constructed, not before: help needs no checks.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Literal,
    Self,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from annotated_types import Interval

from framesmooth import limits
from framesmooth.errors import UsageError

_TYPE_NAMES: Final = {
    int: "integer",
    float: "number",
    str: "text",
    bool: "flag",
    Path: "path",
    Fraction: "rate",
}

Function = TypeVar("Function", bound=Callable[..., Any])


def _once(function: Function) -> Function:
    """Return ``function`` with a cache of its results, and with its type, which ``cache`` loses."""
    return cast(Function, cache(function))


_OUT_OF_RANGE: Final = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
"""Types of pydantic's errors about a number."""

_NTSC: Final = {
    "23.976": "24000/1001",
    "23.98": "24000/1001",
    "29.97": "30000/1001",
    "59.94": "60000/1001",
}
_RATE: Final = re.compile(r"\s*-?\d{1,12}(\.\d{0,12})?(/\d{1,12})?\s*")  # exponents can be endless


def parse_rate(text: str) -> Fraction:
    """Read frames per second: 24, 23.976 or 24000/1001.

    Raises:
        UsageError: anything else.
    """
    written = _NTSC.get(text, text)
    try:
        return Fraction(written if _RATE.fullmatch(written) else "")
    except (ValueError, ZeroDivisionError) as error:
        raise UsageError(f"{text[:40]!r} is no frame rate: write 24, 23.976 or 24000/1001") from error


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is said of a setting besides its type, range and default.

    Attributes:
        help: one sentence or two for the command line and the reference.
        options: spellings on the command line, () for the field's name with dashes.
        formerly: spellings of older versions, which are accepted with a notice.
        key: its name where settings are given flat, "" for the field's name.
        unit: what a number counts: "pixels", "frames per second".
        metavar: what stands for the value in the help, "" for the type's or the unit's name.
        unset: what None means, in words.
        choices: the texts that are accepted, where they are known at run time only.
        parse: reads the value, or one of several, from text.
        separator: what parts the values where one option takes several; "" for a repeatable option.
        everyday: most people need it: the help shows it first.
        has_option: False for what the command line takes in another way.
        names_file: it is a text that may be a path.
    """

    help: str
    options: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()
    key: str = ""
    unit: str = ""
    metavar: str = ""
    unset: str = ""
    choices: Callable[[], Sequence[str]] | None = None
    parse: Callable[[str], Any] | None = None
    separator: str = ""
    everyday: bool = False
    has_option: bool = True
    names_file: bool = False


@dataclass(frozen=True, kw_only=True)
class ValueType:
    """A type annotation taken apart.

    Attributes:
        base: int, float, str, bool, Path, Fraction or a dataclass; NoneType if only ``words`` are accepted.
        words: texts that are accepted, besides the values of ``base``.
        interval: the range of a number.
        optional: whether None is accepted.
        many: whether it is a tuple of any length.
        parts: the types of a tuple of fixed length; () for all others.
    """

    base: type
    words: tuple[str, ...] = ()
    interval: Interval | None = None
    optional: bool = False
    many: bool = False
    parts: "tuple[ValueType, ...]" = ()

    @property
    def holds_path(self) -> bool:
        """Whether a value is, or holds, the path of a file."""
        inside = get_type_hints(self.base).values() if is_dataclass(self.base) else ()
        return self.base is Path or Path in inside or any(part.holds_path for part in self.parts)

    def __str__(self) -> str:
        if self.parts:
            return " and ".join(map(str, self.parts))
        names = [*map(repr, self.words)] if self.base is not NoneType else ["choice"]
        if self.base is not NoneType:
            names.append(_TYPE_NAMES.get(self.base, self.base.__name__))
        return " or ".join(names) + (", several" if self.many else "")

    @property
    def accepted(self) -> str:
        """What is accepted, in words: "0 to 1", "one of pad, crop", "auto, or 0 to 1"; "" for anything."""
        words = ", ".join(self.words)
        if self.base is NoneType:
            return f"one of {words}"
        span = _range_text(self.interval)
        if span and self.base is int:
            span = f"a whole number, {span}"
        return f"{words}, or {span}" if words and span else words or span


@dataclass(frozen=True, kw_only=True)
class SettingField:
    """A setting in its group.

    Attributes:
        path: names of the groups that it is in, from the outermost, and its own.
        heading: of its group.
        setting: what is said of it.
        type: of its value.
        default: its value where none is given; ``dataclasses.MISSING`` for one that must be given.
    """

    path: tuple[str, ...]
    heading: str
    setting: Setting
    type: ValueType
    default: Any

    @property
    def key(self) -> str:
        """Its name where settings are given flat."""
        return self.setting.key or self.path[-1]

    @property
    def options(self) -> tuple[str, ...]:
        """Its spellings on the command line, the usual one first."""
        return self.setting.options or (f"--{self.path[-1].replace('_', '-')}",)

    @property
    def option(self) -> str:
        """Its usual spelling on the command line, without a dash for what has no option."""
        return max(self.options, key=len) if self.setting.has_option else self.key

    @property
    def choices(self) -> tuple[str, ...]:
        """The texts that are accepted; () where any value of the type is."""
        return tuple(self.setting.choices()) if self.setting.choices is not None else self.type.words

    @property
    def names_file(self) -> bool:
        """Whether it says where a file is."""
        return self.setting.names_file or self.type.holds_path

    @property
    def default_text(self) -> str:
        """Its default in words; "" for one that must be given, or is off."""
        if self.default is MISSING or self.default is None or self.default is False or self.default == ():
            return self.setting.unset
        return str(self.default)


class SettingGroup:
    """Base of the groups: frozen, keyword-only dataclasses whose values are checked on construction.

    Texts are read as on the command line where a type needs it ("24000/1001", "style.safetensors:0.8").

    Raises:
        UsageError: a value of the wrong type or out of range; the message says what is accepted.
    """

    heading: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for name, value in _checked(type(self), vars(self)).items():
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Return the group with settings given flat, by their keys, as ``of(steps=8, zoom="1.01")``.

        Raises:
            UsageError: a name that no setting has, or a value that is not accepted.
        """
        known = {field.key: field.path for field in settings_of(cls)}
        unknown = sorted(set(values) - set(known))
        if unknown:
            near = [match for name in unknown for match in get_close_matches(name, known, 1)]
            advice = f": did you mean {', '.join(near)}?" if near else ""
            raise UsageError(f"unknown settings: {', '.join(unknown)}{advice}")
        return cls(**_nested({known[key]: value for key, value in values.items()}))

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


@_once
def settings_of(group: type[SettingGroup]) -> tuple[SettingField, ...]:
    """Return the settings of a group and of the groups in it, in the order of their definition."""
    found = tuple(_settings_of(group))
    keys = [field.key for field in found]
    assert len(set(keys)) == len(keys), f"two settings have the same key: {sorted(keys)}"
    return found


@_once
def groups_in(group: type[SettingGroup]) -> Mapping[str, type[SettingGroup]]:
    """Return field -> class of the groups that a group holds."""
    hints = _hints(group).items()
    return {name: hint for name, hint in hints if isinstance(hint, type) and issubclass(hint, SettingGroup)}


@_once
def _hints(group: type[SettingGroup]) -> Mapping[str, Any]:
    hints = get_type_hints(group, include_extras=True)
    return {field.name: hints[field.name] for field in fields(group)}  # type: ignore[arg-type]


def _settings_of(group: type[SettingGroup]) -> Iterator[SettingField]:
    hints, groups = _hints(group), groups_in(group)
    for field in fields(group):  # type: ignore[arg-type]
        hint = hints[field.name]
        if field.name in groups:
            for inner in settings_of(groups[field.name]):
                yield replace(inner, path=(field.name, *inner.path))
            continue
        said = [one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Setting)]
        if not said:
            raise TypeError(f"{group.__name__}.{field.name} has no Setting in its annotation")
        yield SettingField(
            path=(field.name,),
            heading=group.heading,
            setting=said[0],
            type=type_of(hint),
            default=field.default,
        )


def type_of(hint: Any) -> ValueType:
    """Take the annotation ``hint`` of a setting apart.

    Raises:
        TypeError: a type that settings cannot have.
    """
    interval: Interval | None = None
    while get_origin(hint) is Annotated:
        hint, *said = get_args(hint)
        interval = next((one for one in said if isinstance(one, Interval)), interval)
    origin, inside = get_origin(hint), get_args(hint)
    if origin is Literal:
        return ValueType(base=NoneType, words=tuple(map(str, inside)))
    if origin in (Union, UnionType):
        kinds = [type_of(one) for one in inside if one is not NoneType]
        words = tuple(word for kind in kinds for word in kind.words)
        (kind,) = [kind for kind in kinds if kind.base is not NoneType] or [ValueType(base=NoneType)]
        optional = NoneType in inside
        return replace(kind, words=words, optional=optional, interval=kind.interval or interval)
    if origin is tuple and inside[-1] is Ellipsis:
        return replace(type_of(inside[0]), many=True)
    if origin is tuple:
        return ValueType(base=tuple, parts=tuple(map(type_of, inside)))
    if not isinstance(hint, type):
        raise TypeError(f"a setting cannot be of type {hint}")
    return ValueType(base=hint, interval=interval)


def _nested(values: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    """Return the values at paths as dictionaries in dictionaries."""
    nested: dict[str, Any] = {}
    for path, value in values.items():
        holder = nested
        for name in path[:-1]:
            holder = holder.setdefault(name, {})
        holder[path[-1]] = value
    return nested


@_once
def form_of(group: type[SettingGroup]) -> Any:
    """Return a pydantic model of the settings of a group, those of the groups in it left out."""
    from pydantic import BeforeValidator, ConfigDict, Field, create_model

    hints = _hints(group)
    content: dict[str, Any] = {}
    for field in settings_of(group):
        if len(field.path) > 1:
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
        if field.type.many and isinstance(value, str) and field.setting.separator:
            value = value.split(field.setting.separator)
        if field.type.many and isinstance(value, list | tuple):
            return tuple(one if parse is None or not isinstance(one, str) else parse(one) for one in value)
        return value if parse is None or not isinstance(value, str) else parse(value)

    return read


def _checked(group: type[SettingGroup], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a group as its fields have them; groups in it may be given as dictionaries.

    Raises:
        UsageError: see ``SettingGroup``.
    """
    from pydantic import ValidationError

    checked: dict[str, Any] = {}
    for name, kind in groups_in(group).items():
        value = values[name]
        if isinstance(value, Mapping):
            unknown = sorted(set(value) - {field.name for field in fields(kind)})  # type: ignore[arg-type]
            if unknown:
                raise UsageError(f"unknown settings: {', '.join(f'{name}.{one}' for one in unknown)}")
            value = kind(**value)
        if not isinstance(value, kind):
            raise UsageError(f"{name} is {type(value).__name__}: give a {kind.__name__}")
        checked[name] = value
    own = {field.path[0]: field for field in settings_of(group) if len(field.path) == 1}
    try:
        form = form_of(group)(**{name: values[name] for name in own})
    except ValidationError as error:
        raise UsageError(_problem(own, error.errors(include_url=False)[0])) from error
    except RecursionError as error:
        raise UsageError("settings are nested too deeply") from error
    for name, field in own.items():
        value = checked[name] = getattr(form, name)
        if field.setting.choices is not None and value is not None and value not in field.choices:
            raise UsageError(f"unknown {field.option} {value!r}: give {_listed(field)}")
        _check_texts(field.option, value)
    return checked


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


def _range_text(interval: Interval | None) -> str:
    """Return a range in words: "0 to 1", "at least 0 and less than 1"."""
    if interval is None:
        return ""
    if interval.gt is None and interval.lt is None and interval.ge is not None and interval.le is not None:
        return f"{interval.ge} to {interval.le}"
    bounds = {
        "at least": interval.ge,
        "more than": interval.gt,
        "at most": interval.le,
        "less than": interval.lt,
    }
    return " and ".join(f"{words} {bound}" for words, bound in bounds.items() if bound is not None)


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
