"""Jobs of files, all of them checked before any is done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import FramesmoothError, UsageError
from framesmooth.runs import content_key
from framesmooth.setting import SettingField, SettingGroup, settings_of
from framesmooth.story.located import Located
from framesmooth.workflows.batch.job import Job
from framesmooth.workflows.batch.job_file import read_job_file
from framesmooth.workflows.batch.names import numbered
from framesmooth.workflows.batch.prompts import decided, generate_settings
from framesmooth.workflows.batch.rows import Row, Value, check_defaults, rows_of
from framesmooth.workflows.batch.sharding import ALL, Shard
from framesmooth.workflows.batch.verbs import FRAMES, VERBS, Verb

NAME: Final = "{name}"
"""In the name of a file that a job writes besides its result: the job's."""
_SOUND_ONLY: Final = ("audio",)


def plan(files: Iterable[Path], folder: Path, part: Shard = ALL) -> list[Job]:
    """Return the jobs of ``files``, those of one model beside each other, with results in ``folder``.

    Keys, names and products of all jobs are checked, values and files those of this part.

    Args:
        files: of jobs.
        folder: of the results.
        part: which of the jobs are meant.

    Raises:
        UsageError: the first thing that is wrong, with file and line.
    """
    rows: list[Row] = []
    for path in files:
        found = read_job_file(path)
        check_defaults(found.defaults)
        for entry in found.entries:
            rows += rows_of(entry, found.defaults)
    if not rows:
        raise UsageError("there are no jobs: write a list of them into the file")
    wanted = part.of(_by_model(_named(rows)))
    planned = [_job(row, folder) for row in wanted]
    _check_written(planned, wanted)
    return planned


def _by_model(rows: Iterable[Row]) -> list[Row]:
    """Return rows so that those of one model are neighbours, in the order of their first ones."""
    groups: dict[tuple[Value, ...], list[Row]] = {}
    for row in rows:
        named = (row.values[key][0] for key in ("model", "device", "dtype") if key in row.values)
        groups.setdefault((row.verb, *named), []).append(row)
    return [row for group in groups.values() for row in group]


def _named(rows: Sequence[Row]) -> list[Row]:
    """Return rows of which no two have the same name.

    Raises:
        UsageError: two jobs that were given one name.
    """
    first: dict[str, Row] = {}
    for row in (row for row in rows if row.is_given):
        other = first.setdefault(row.name.casefold(), row)
        if other is not row:
            raise row.entry.refused(
                f"{row.name} is also the job in line {other.entry.line}: give it another name"
            )
    given = [row for row in rows if row.is_given]
    others = [row for row in rows if not row.is_given]
    names = iter(numbered([row.name for row in (*given, *others)])[len(given) :])
    return [row if row.is_given else replace(row, name=next(names)) for row in rows]


def _job(row: Row, folder: Path) -> Job:
    """Return a row as a job, checked."""
    verb = VERBS[row.verb]
    output = folder / (row.name if row.format == FRAMES else f"{row.name}.{row.format}")
    fields = {field.key: field for field in verb.keys.values()}
    values = {
        key: _placed(fields[key], value, place, row.name, folder)
        for key, (value, place) in row.values.items()
    }
    job = Job(
        name=row.name,
        verb=row.verb,
        subject=row.subject,
        values=values,
        output=output,
        place=f"{row.entry.file}:{row.entry.line}",
        notes=row.notes,
    )
    check = _checked_generate if row.verb == "generate" else _checked
    try:
        return check(job, verb, fields)
    except FramesmoothError as error:
        place, about = _place_of(job, row, verb)
        raise place.refused(str(about or error)) from error


def _checked_generate(job: Job, verb: Verb, fields: Mapping[str, SettingField]) -> Job:
    made = generate_settings(job.subject, job.output, job.values)
    key, model = decided(made.settings)
    sounds = [Path(str(job.values[name])) for name in _SOUND_ONLY if name in job.values]
    return job.but(key=key, model=model, inputs=tuple(sounds), notes=(*job.notes, *made.warnings))


def _checked(job: Job, verb: Verb, fields: Mapping[str, SettingField]) -> Job:
    settings = _settings(job, verb)
    source = Path(job.subject[0])
    if source.exists() and job.output.resolve() == source.resolve():
        raise UsageError(f"{job.output} is the input itself: give another -o, or a name")
    named = [fields[key] for key in job.values if fields[key].names_file and not fields[key].setting.place]
    inputs = [source, *(path for field in named for path in _files(job.values[field.key]))]
    usual = {field.key: field.default for field in fields.values()}
    changed = {
        key: [path.name for path in _files(job.values[key])] if fields[key] in named else repr(value)
        for key, value in settings.flat().items()
        if key in job.values and value != usual[key] and not fields[key].setting.place
    }
    content = {
        "verb": job.verb,
        "subject": source.name,
        "format": job.output.suffix,
        "settings": changed,
        "files": sorted(key for key in job.values if fields[key].setting.place),
    }
    model = str(job.values.get("model", "")) and f"{job.verb} {job.values['model']}"
    return job.but(key=content_key(content), inputs=tuple(dict.fromkeys(inputs)), model=model)


def _settings(job: Job, verb: Verb) -> SettingGroup:
    """Return the settings of a job, checked by their groups."""
    known = {field.key for field in settings_of(verb.settings)}
    given = {verb.subject: job.subject[0], "output": job.output}
    return verb.settings.of(**{key: value for key, value in given.items() if key in known}, **job.values)


def _placed(field: SettingField, value: Value, place: Located, name: str, folder: Path) -> Value:
    """Return a value: files that are read are in the job file's folder, written ones in that of results."""
    if field.setting.place:
        written = tuple(str(folder / text.replace(NAME, name)) for text in _each(value))
        return written[0] if isinstance(value, str) else written
    if not field.names_file:
        return value
    return place.path(value) if isinstance(value, str) else tuple(map(place.path, value))


def _each(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _files(value: Any) -> list[Path]:
    """Return the files that are there among values such as PATH, PATH:WEIGHT and NAME=PATH."""
    found = []
    for text in _each(value):
        parts = (text, text.rpartition(":")[0], text.partition("=")[2])
        found += [Path(part) for part in parts if part and Path(part).exists()][:1]
    return found


def _place_of(job: Job, row: Row, verb: Verb) -> tuple[Located, UsageError | None]:
    """Return where the one setting is written that is not accepted by itself, and why; else the entry."""
    for key, value in job.values.items():
        try:
            if job.verb == "generate":
                generate_settings(["a"], job.output, {key: value})
            else:
                _settings(job.but(values={key: value}), verb)
        except UsageError as error:
            return row.values[key][1], error
        except FramesmoothError:
            return row.values[key][1], None
    return row.entry, None


def _check_written(jobs: Sequence[Job], rows: Sequence[Row]) -> None:
    """Refuse two jobs that write one file besides their results.

    Raises:
        UsageError: see above, with the line of the second.
    """
    first: dict[Path, Job] = {}
    for job, row in zip(jobs, rows, strict=True):
        fields = {field.key: field for field in VERBS[job.verb].keys.values()}
        for key in (key for key in job.values if fields[key].setting.place):
            for text in _each(job.values[key]):
                other = first.setdefault(Path(text).resolve(), job)
                if other is not job:
                    raise row.values[key][1].refused(
                        f"{text} is also written by {other.name}: write {NAME} in it, for the job's name"
                    )
