"""Checks of file names and frame rates in a record, which is untrusted input."""

import os
import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any


def recorded_rate(text: object) -> Fraction:
    """Return a rate as ``str(Fraction)`` writes it; no exponents, whose numbers can be endless.

    Raises:
        ValueError: anything else.
    """
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,12}(/[1-9]\d{0,11})?", text):
        raise ValueError(f"fps is {str(text)[:40]!r}")
    return Fraction(text)


def recorded_name(name: object) -> str:
    """Return a recorded name that doesn't lead out of the folder of the clip.

    Raises:
        ValueError: any other.
    """
    if not isinstance(name, str) or not name or "\0" in name or name.startswith("~"):
        raise ValueError(f"{str(name)[:80]!r} is no name of a file")
    parts = PurePosixPath(name).parts
    absolute = PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or name.startswith("\\")
    if absolute or ".." in parts[1:]:
        raise ValueError(f"{name[:80]!r} is outside the folder of the clip")
    return name


def sibling_name(name: object) -> str:
    """Return the recorded name of the clip, which is beside the run folder."""
    parts = PurePosixPath(recorded_name(name)).parts
    if len(parts) != 2 or parts[0] != "..":
        raise ValueError(f"the clip {str(name)[:80]!r} is not beside the run folder")
    return str(name)


def path_from(folder: Path, name: str) -> Path:
    """Return the path ``name`` as it is from the run folder ``folder``."""
    return Path(os.path.normpath(folder / name))


def found(folder: Path, name: str) -> Path:
    """Return the recorded path if something is there, else ``name`` as it stands."""
    path = path_from(folder, name)
    return path if path.exists() else Path(name)


def named(value: Any, run_folder: Path) -> Any:
    """Return ``value`` with every path in it as ``relative_name`` writes it."""
    if isinstance(value, Path):
        return relative_name(value, run_folder)
    if isinstance(value, Mapping):
        return {name: named(one, run_folder) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [named(one, run_folder) for one in value]
    return value


def relative_name(path: Path, run_folder: Path) -> str:
    """Return ``path`` as seen from the run folder, only its name if it is outside the output's folder."""
    whole, run = (Path(os.path.abspath(one)) for one in (path, run_folder))
    if not whole.is_relative_to(run.parent):
        return whole.name
    return Path(os.path.relpath(whole, run)).as_posix()
