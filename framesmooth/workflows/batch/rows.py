"""The jobs that the entries of a job file ask for: the product of their lists, a row for each job."""

import glob
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final

from framesmooth.setting import SettingField, spellings
from framesmooth.story.located import Located
from framesmooth.video.atomic import ANIMATION_SUFFIXES, IMAGE_SUFFIXES
from framesmooth.video.reading import ReadOptions
from framesmooth.workflows.batch.names import given_name, slug
from framesmooth.workflows.batch.verbs import FRAMES, VERBS

PROMPTS: Final = ("prompts", "prompt")
_OWN: Final = ("name", "format")
_MOST: Final = 1_000_000
"""Jobs of one file."""

Value = str | tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One job as it is written.

    Attributes:
        name: given, or made of what it does and of what differs in its entry.
        is_given: whether ``name`` is the user's own.
        verb: what it does.
        subject: prompts, or the path of a clip or a story.
        values: settings by key, each with its place.
        format: suffix of the result.
        entry: where it is written.
        notes: what the user should know.
    """

    name: str
    is_given: bool
    verb: str
    subject: tuple[str, ...]
    values: Mapping[str, tuple[Value, Located]]
    format: str
    entry: Located
    notes: tuple[str, ...] = ()


def check_defaults(defaults: Mapping[str, Located]) -> None:
    """Refuse defaults that no verb has a setting for.

    Raises:
        UsageError: an unknown key, with the nearest one.
    """
    known = {name for verb in VERBS.values() for name in verb.keys} | {"format"}
    for name, value in _spelled(defaults).items():
        if _is_of_verb(name, value):
            of_verb = Located(_spelled(value.mapping()), value.file, value.line, value.key)
            of_verb.check_keys(_readable({"format", *VERBS[name].keys}))
        else:
            Located({name: value}, value.file, value.line).check_keys(_readable(known))


def rows_of(entry: Located, defaults: Mapping[str, Located]) -> list[Row]:
    """Return the jobs of an entry: one for each combination of the values in its lists.

    Raises:
        UsageError: an entry that says no verb, or an unknown key, with the nearest one; file and line.
    """
    own = _spelled({"prompts": entry} if isinstance(entry.value, str) else entry.mapping())
    verb, asked = _verb_of(entry, own)
    keys = VERBS[verb].keys
    subject = own.pop(asked)
    Located(own, entry.file, entry.line, entry.key).check_keys(_readable({*_OWN, asked, *keys}))
    shared, notes = _shared(verb, defaults)
    given = _with_defaults(own, shared, keys)
    format_ = _format(verb, next((one["format"] for one in (own, *shared) if "format" in one), None))
    choices = {key: _alternatives(value, keys[key]) for key, value in given.items()}
    subjects = _prompts(subject) if verb == "generate" else list(_paths(subject))
    if math.prod(map(len, choices.values())) * len(subjects) > _MOST:
        raise entry.refused(f"asks for more than {_MOST} jobs: divide it")
    name = own.get("name")
    base = None if name is None else given_name(name, dots=format_ != FRAMES)
    varied = [key for key, values in choices.items() if len(values) > 1]
    found = []
    for number, about in enumerate(subjects, start=1):
        for combination in product(*choices.values()):
            values = dict(zip(choices, combination, strict=True))
            parts = [] if base is None else [base]
            if base is None or len(subjects) > 1:
                parts.append(_subject_name(verb, about) or str(number))
            parts += [f"{key.replace('_', '-')}-{slug(_text(values[key][0]))}" for key in varied]
            found.append(
                Row(
                    name="-".join(parts),
                    is_given=base is not None,
                    verb=verb,
                    subject=about,
                    values=values,
                    format=format_,
                    entry=entry,
                    notes=notes,
                )
            )
    return found


def _spelled(given: Mapping[str, Located]) -> dict[str, Located]:
    """Return a mapping with _ for - in its keys: --smooth-strength is smooth_strength."""
    found: dict[str, Located] = {}
    for name, value in given.items():
        key = name.strip().lstrip("-").replace("-", "_")
        if key in found:
            raise value.refused(f"is given twice, as {key} too: keep one of them")
        found[key] = value
    return found


def _readable(names: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: (name not in (*_OWN, *PROMPTS, *VERBS), name)))


def _verb_of(entry: Located, own: Mapping[str, Located]) -> tuple[str, str]:
    """Return (verb, the key that names its subject); a verb may be a setting of another, as --upscale is."""
    named = [(verb, verb) for verb in VERBS if verb in own]
    named += [("generate", name) for name in PROMPTS if name in own]
    meant = [
        (verb, name)
        for verb, name in named
        if all(other == name or other in VERBS[verb].keys for _, other in named)
    ]
    if len(meant) == 1:
        return meant[0]
    if named:
        raise entry.refused(f"is to be {' and '.join(name for _, name in named)}: make two jobs of it")
    Located(dict(own), entry.file, entry.line, entry.key).check_keys(
        _readable({*_OWN, *PROMPTS, *VERBS, *(name for verb in VERBS.values() for name in verb.keys)})
    )
    raise entry.refused(f"says not what to do: add prompts, or one of {', '.join(VERBS)}")


def _shared(
    verb: str, defaults: Mapping[str, Located]
) -> tuple[tuple[dict[str, Located], dict[str, Located]], tuple[str, ...]]:
    """Return the defaults of a verb and those of all, and what of these is not taken.

    How a clip is read is said for its verb: the rate of clips to come would change the speed of those that
    are there.
    """
    spelled = _spelled(defaults)
    of_verbs = {name: value for name, value in spelled.items() if _is_of_verb(name, value)}
    of_verb = _spelled(of_verbs[verb].mapping()) if verb in of_verbs else {}
    reading = spellings(ReadOptions) if issubclass(VERBS[verb].settings, ReadOptions) else {}
    left = [name for name in spelled if name in reading and name not in of_verb]
    of_all = {name: value for name, value in spelled.items() if name not in (*of_verbs, *left)}
    notes = [
        f"defaults: {name} is not taken for {verb}, which reads a clip: write '{verb}: {{{name}: ...}}' there"
        for name in left
    ]
    return (of_verb, of_all), tuple(notes)


def _is_of_verb(name: str, value: Located) -> bool:
    return name in VERBS and isinstance(value.value, dict)


def _with_defaults(
    own: Mapping[str, Located], shared: Sequence[Mapping[str, Located]], keys: Mapping[str, SettingField]
) -> dict[str, Located]:
    """Return the settings of a job by key: its own before those of its verb, and these before all jobs'."""
    found: dict[str, Located] = {}
    for source in (own, *shared):
        fresh: dict[str, Located] = {}
        for name, value in source.items():
            if name in keys:
                if keys[name].key in fresh:
                    raise value.refused(f"is given twice, as {keys[name].option} too: keep one of them")
                fresh[keys[name].key] = value
        found = fresh | found
    return found


def _format(verb: str, value: Located | None) -> str:
    known = VERBS[verb].formats
    if value is None:
        return known[0]
    chosen = value.text().lower().lstrip(".")
    if chosen not in known:
        raise value.refused(f"{chosen[:20]!r} is no format of {verb}: write one of {', '.join(known)}")
    return chosen


def _alternatives(value: Located, field: SettingField) -> list[tuple[Value, Located]]:
    """Return the values that a setting has one after another; a list is several, unless the setting is."""
    repeated = field.type.many and not field.setting.separator and not field.setting.reads_all
    several = field.type.many or (bool(field.type.parts) and field.setting.parse is None)

    def one(found: Located) -> Value:
        if several and isinstance(found.value, list):
            return tuple(inner.text() for inner in found.value)
        return (found.text(),) if repeated else found.text()

    if isinstance(value.value, str):
        return [(one(value), value)]
    if not isinstance(value.value, list):
        raise value.refused("a setting is a value or a list, as on the command line")
    if not value.value:
        raise value.refused("is an empty list: give a value, or leave the key out")
    if several and not any(isinstance(inner.value, list) for inner in value.value):
        return [(one(value), value)]
    return [(one(inner), inner) for inner in value.value]


def _prompts(subject: Located) -> list[tuple[str, ...]]:
    """Return the prompts of each clip; in a list, another list is one clip of several prompts."""

    def one(value: Located) -> tuple[str, ...]:
        if isinstance(value.value, dict):  # frames and prompts
            return (" | ".join(f"{time}: {text.text()}" for time, text in value.value.items()),)
        return tuple(_file_or_text(inner) for inner in value.items())

    found = [one(value) for value in subject.items()]
    if not all(found) or not found:
        raise subject.refused("is an empty list: give a prompt")
    return found


def _file_or_text(value: Located) -> str:
    """Return a prompt; the name of a file is taken from the folder of the job file."""
    text = value.text()
    return value.path(text) if Path(text).suffix in (".yaml", ".json", ".txt") else text


def _paths(subject: Located) -> Iterator[tuple[str, ...]]:
    """Yield the clips that names and patterns stand for, in natural order."""
    from framesmooth.video.listing import natural_key

    for value in subject.items():
        text = value.text()
        if not glob.has_magic(text) or Path(value.path(text)).exists():
            found = value.path(text)
            if not Path(found).exists():
                raise value.refused(f"{text} does not exist: check the name")
            yield (found,)
            continue
        pattern = text if Path(text).is_absolute() else str(value.file.parent / Path(text).expanduser())
        matches = sorted(glob.glob(pattern), key=natural_key)
        if not matches:
            raise value.refused(f"{text} stands for no file: check the name")
        if all(_is_picture(match) for match in matches):  # the frames of one clip
            yield (pattern,)
            continue
        yield from ((match,) for match in matches if not Path(match).name.startswith("."))


def _is_picture(path: str) -> bool:
    suffix = Path(path).suffix.lower()
    return suffix in IMAGE_SUFFIXES and suffix not in ANIMATION_SUFFIXES


def _subject_name(verb: str, subject: Sequence[str]) -> str:
    """Return what a job is called after what it works on."""
    from framesmooth.workflows.generate.deforum.reader import is_settings_file

    if verb == "generate" and not is_settings_file(subject[0]):
        return slug(subject[0])
    path = Path(subject[0])
    return slug(path.parent.name if glob.has_magic(path.name) else path.stem)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "-".join(value)
