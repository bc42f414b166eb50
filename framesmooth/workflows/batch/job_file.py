"""Files of jobs: YAML, JSON, JSON lines, CSV and settings files of Deforum, each value with its line."""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.story.located import Key, Located, read_located

_WANTED: Final = "jobs, each with prompts or a verb such as 'smooth: in.mp4'"
_LARGEST: Final = 256 * 2**20
"""Bytes of a list of jobs: a million of them."""
_MOST_COLUMNS: Final = 200


@dataclass(frozen=True)
class JobFile:
    """What a file says, unchecked.

    Attributes:
        entries: mappings of keys to values, in order.
        defaults: keys that jobs have unless they say otherwise.
    """

    entries: tuple[Located, ...]
    defaults: Mapping[str, Located] = field(default_factory=dict)


def read_job_file(path: Path) -> JobFile:
    """Read a file of jobs, in the form that its suffix names.

    Raises:
        UsageError: it cannot be read, or holds no jobs; the message names file and line.
    """
    from framesmooth.workflows.generate.deforum.reader import is_settings_file

    suffix = path.suffix.lower()
    if not path.is_file():
        raise UsageError(f"{path} is no file: give one with jobs, .yaml, .json, .jsonl or .csv")
    if suffix in (".jsonl", ".ndjson"):
        return JobFile(tuple(_json_lines(path)))
    if suffix == ".csv":
        return JobFile(tuple(_rows(path)))
    if is_settings_file(str(path)):
        name = Located(str(path.resolve()), path, 1, ("prompts",))
        return JobFile((Located({"prompts": name}, path, 1),))
    if suffix not in (".yaml", ".yml", ".json"):
        raise UsageError(f"{path} is no file of jobs: give a .yaml, .json, .jsonl or .csv file")
    return _listed(read_located(path, _WANTED))


def _listed(root: Located) -> JobFile:
    """Return the jobs of a YAML or JSON file: a list, or ``jobs:`` with ``defaults:`` beside it."""
    if isinstance(root.value, list):
        return JobFile(tuple(root.value))
    root.check_keys(("jobs", "defaults"))
    found = root.mapping()
    if "jobs" not in found or not isinstance(found["jobs"].value, list) or not found["jobs"].value:
        raise root.refused(f"there are no jobs: add 'jobs:' with a list of {_WANTED}")
    return JobFile(tuple(found["jobs"].value), found["defaults"].mapping() if "defaults" in found else {})


def _text(path: Path) -> str:
    """Return the text of a list of jobs.

    Raises:
        UsageError: it cannot be read, is no UTF-8 or far too long.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path} is larger than {_LARGEST} bytes: divide it")
        return path.read_text(encoding="utf-8-sig")
    except UnicodeError as error:
        raise UsageError(f"{path} is no UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        raise UsageError(f"cannot read {path} ({error.strerror}): check the name") from error


def _json_lines(path: Path) -> Iterator[Located]:
    """Yield the objects of a file with one in each line."""
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", "nested too deeply or too long")
            raise UsageError(f"{path}:{number}: no JSON ({reason}): write one object a line") from error
        if not isinstance(content, dict):
            raise UsageError(f'{path}:{number}: one object a line is wanted, as {{"prompts": "a cat"}}')
        yield _located(content, path, number, ())


def _located(content: Any, path: Path, line: int, key: Key) -> Located:
    """Return a value of JSON with its place; what is null is left out."""
    value: Any
    if isinstance(content, dict):
        value = {
            name: _located(inner, path, line, (*key, name))
            for name, inner in content.items()
            if inner is not None
        }
    elif isinstance(content, list):
        value = [_located(inner, path, line, (*key, index)) for index, inner in enumerate(content)]
    else:
        value = content if isinstance(content, str) else json.dumps(content)
    return Located(value, path, line, key)


def _rows(path: Path) -> Iterator[Located]:
    """Yield the rows of a CSV file whose first row names the keys; an empty cell says nothing."""
    reader = csv.reader(_text(path).splitlines(keepends=True), strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
        if not any(names) or len(names) > _MOST_COLUMNS:
            raise UsageError(f"{path}:1: the first row names the keys, as 'name,prompts,seed'")
        twice = next((name for name in names if name and names.count(name) > 1), None)
        if twice is not None:
            raise UsageError(f"{path}:1: {twice} is given twice: keep one of the columns")
        first = reader.line_num + 1
        for row in reader:
            line, first = first, reader.line_num + 1
            if len(row) > len(names):
                raise UsageError(f"{path}:{line}: {len(row)} cells for {len(names)} keys: quote commas")
            cells = {name: cell for name, cell in zip(names, row, strict=False) if cell.strip()}
            if "" in cells:
                raise UsageError(
                    f"{path}:{line}: a cell in a column without a name: name it in the first row"
                )
            if cells:
                located = {name: Located(cell, path, line, (name,)) for name, cell in cells.items()}
                yield Located(located, path, line)
    except csv.Error as error:
        raise UsageError(f"{path}:{reader.line_num}: no CSV ({error}): quote cells with commas") from error
