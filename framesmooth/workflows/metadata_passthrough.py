"""What a clip hands on to the one made from it: its tags, so that its origin stays known, and its sound."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import MediaError
from framesmooth.events import Listener, Notice
from framesmooth.runs import RECORD_FILE, RunFolder
from framesmooth.runs.record_paths import recorded_name
from framesmooth.video import has_audio, is_folder_name, read_metadata
from framesmooth.video.atomic import VIDEO_SUFFIXES
from framesmooth.video.content_credentials import AI_GENERATED, SOURCE_TYPE
from framesmooth.workflows.generate.provenance import MADE_BY

_OF_THE_FILE: Final = ("major_brand", "minor_version", "compatible_brands", "encoder", "creation_time")


def tags_to_keep(source: Path, note: str = "") -> dict[str, str]:
    """Return the tags for a clip made from ``source``: those it has, with ``note`` added to the comment.

    Those of a run folder come from its record.

    Raises:
        MediaError: when the source or the record cannot be read.
    """
    if (source / RECORD_FILE).is_file():
        found = _tags_of_run(RunFolder(source))
    else:
        found = {name: tag for name, tag in read_metadata(source).items() if name not in _OF_THE_FILE}
    comment = "; ".join(filter(None, (found.get("comment"), note)))
    return found | ({"comment": comment} if comment else {})


def _tags_of_run(run: RunFolder) -> dict[str, str]:
    record = run.unchecked_record
    try:
        raw, resolved = _settings(record, "raw"), _settings(record, "resolved")
        prompts = " | ".join(prompt["prompt"] for prompt in raw.get("prompts", ()))
        facts = {
            "prompt": prompts,
            "seed": ", ".join(map(str, resolved.get("seeds", ()))),
            "model": record.get("model", {}).get("name"),
            "steps": resolved.get("steps"),
            "guidance scale": resolved.get("guidance_scale"),
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise MediaError(
            f"{run.folder / RECORD_FILE} is damaged ({error!r}): give its frames folder"
        ) from error
    known = [f"{name}: {fact}" for name, fact in facts.items() if fact not in (None, "")]
    comment = "; ".join([MADE_BY, *known])
    return ({"title": prompts} if prompts else {}) | {"comment": comment, SOURCE_TYPE: AI_GENERATED}


def _settings(record: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = record.get("settings", {}).get(kind, {})
    return found


def audio_to_keep(
    source: Path, output: str, frame_range: tuple[int, int | None] | None, emit: Listener
) -> Path | None:
    """Return the file whose sound can go along with the frames of ``source`` to ``output``, if there is one.

    That is a video itself, and the sound that a run was given. Folders and animations hold no sound, and
    frames that don't begin at the start would be out of step.
    """
    keeps_sound = not is_folder_name(output) and Path(output).suffix.lower() in VIDEO_SUFFIXES
    if not keeps_sound or (frame_range is not None and frame_range[0] != 0):
        return None
    if (source / RECORD_FILE).is_file():
        return _sound_of_run(RunFolder(source), emit)
    is_video = source.suffix.lower() in VIDEO_SUFFIXES and source.is_file()
    return source if is_video and has_audio(source) else None


def _sound_of_run(run: RunFolder, emit: Listener) -> Path | None:
    try:
        name = _settings(run.unchecked_record, "raw").get("audio")
        if name is None:
            return None
        name = recorded_name(name)
    except (AttributeError, ValueError) as error:
        raise MediaError(
            f"{run.folder / RECORD_FILE} is damaged ({error}): give its frames folder"
        ) from error
    for path in (run.folder / name, Path(name)):  # what lies elsewhere is recorded by its name alone
        if path.is_file():
            return path
    emit(Notice(f"the sound of the run, {name}, isn't there: give it with --audio", warning=True))
    return None
