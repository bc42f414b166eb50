"""Where the files of a run are now: a record only holds the names of those outside the folder of the clip."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.runs.record_paths import relative_name
from framesmooth.setting import SettingField, settings_of
from framesmooth.workflows.generate.settings import GenerateSettings

_NOT_RECORDED: Final = ("output", "sign", "styles")

_BY_NAME: Final[dict[str, SettingField]] = {
    field.option.removeprefix("--"): field
    for field in settings_of(GenerateSettings)
    if field.names_file and field.key not in _NOT_RECORDED
}

NAMES: Final = tuple(_BY_NAME)
"""The names of settings that are files: "model", "lora", "init-video" and so on."""


def with_moved_paths(settings: GenerateSettings, paths: Iterable[tuple[str, str | Path]]) -> GenerateSettings:
    """Return the settings of a run with its files where they are now.

    Args:
        settings: of the run.
        paths: names from ``NAMES``, and where that is; once for each such file of the run.

    Raises:
        UsageError: an unknown name, one that the run has no file for, or too few or many of a name.
    """
    given: dict[str, list[str]] = {}
    for name, path in paths:
        given.setdefault(name, []).append(str(path))
    changed = {}
    for name, now in given.items():
        if name not in _BY_NAME:
            raise UsageError(f"--path {name}=...: give one of {', '.join(NAMES)}")
        field = _BY_NAME[name]
        value = settings.at(field.path)
        if value in (None, ()):
            raise UsageError(f"the run has no --{name}: drop --path {name}=...")
        before = list(value) if field.type.many else [value]
        if len(now) != len(before):
            raise UsageError(f"the run has {len(before)} of --{name}: give --path {name}=... as often")
        after = [_moved(field, old, path) for old, path in zip(before, now, strict=True)]
        changed[field.key] = tuple(after) if field.type.many else after[0]
    return settings.but(**changed)


def files_outside(settings: GenerateSettings, folder: Path) -> list[tuple[str, str]]:
    """Return (name, path) of the files that the record in the run folder ``folder`` knows by name only.

    ``with_moved_paths`` needs them when the run is resumed.
    """
    found: list[tuple[str, str]] = []
    for name, field in _BY_NAME.items():
        value = settings.at(field.path)
        values = list(value or ()) if field.type.many else [value]
        files = [file for one in values if (file := _file_of(one)) is not None]
        if any(not relative_name(file, folder).startswith("../") for file in files):
            found += [(name, str(file)) for file in files]  # of several all are asked for
    return found


def _file_of(value: Any) -> Path | None:
    """Return the file or folder that a setting names, None for a hub id, a built-in model or nothing."""
    if isinstance(value, tuple):
        return next((part for part in value if isinstance(part, Path)), None)
    if isinstance(value, str):
        path = Path(value).expanduser()
        return path if value != defaults.MODEL and path.exists() else None
    named = value if isinstance(value, Path) else getattr(value, "path", None)
    return named if isinstance(named, Path) else None


def _moved(field: SettingField, old: Any, text: str) -> Any:
    """Return the value ``old`` with the path in it replaced; what else is in it stays."""
    if isinstance(old, tuple):
        return tuple(Path(text).expanduser() if isinstance(part, Path) else part for part in old)
    if not is_dataclass(old) or isinstance(old, type) or field.setting.parse is None:
        return str(Path(text).expanduser()) if isinstance(old, str) else Path(text).expanduser()
    new = field.setting.parse(text)
    moved = replace(old, path=new.path)
    plain = type(new)(new.path)
    for one in fields(new):
        asked = getattr(new, one.name)
        if asked not in (getattr(plain, one.name), getattr(moved, one.name)):
            raise UsageError(
                f"--path {text!r}: the {one.name} of the run is {getattr(old, one.name)}: give the path alone"
            )
    return moved
