"""Metadata and audio pass-through: the tags of the source, so that its origin stays known, and its sound."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import MediaError
from framesmooth.events import Listener, Notice
from framesmooth.frames import FrameSlice, FrameSource
from framesmooth.runs import RECORD_FILE, RunFolder
from framesmooth.runs.record_paths import recorded_name
from framesmooth.video import has_audio, is_folder_name, read_metadata
from framesmooth.video.atomic import ANIMATION_SUFFIXES, IMAGE_SUFFIXES, VIDEO_SUFFIXES
from framesmooth.video.content_credentials import AI_GENERATED, MADE_BY, SOURCE_TYPE
from framesmooth.video.left_out import left_out
from framesmooth.video.reader import MediaFile
from framesmooth.video.sound import Sound

_OF_THE_FILE: Final = (
    "major_brand",
    "minor_version",
    "compatible_brands",
    "encoder",
    "creation_time",
    "timecode",
)


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
    source: Path,
    output: str,
    clip: FrameSource,
    emit: Listener,
    *,
    audio: str | None = None,
    no_audio: bool = False,
) -> Path | Sound | None:
    """Return the sound that ``output`` gets beside ``clip``, which is made of ``source``; None without any.

    That is ``audio``, the sound of a video itself, from the frame on with which ``clip`` begins, or what a
    run was given. What else ``source`` holds and is left out is told in one notice.

    Raises:
        MediaError: when the source or the record cannot be read.
    """
    if audio is not None and not no_audio:
        if not has_audio(audio):
            raise MediaError(f"{audio} holds no sound: give another --audio file")
        _tell_left_out(source, output, emit, sound=False)
        return Path(audio)
    first, whole = 0, clip
    while isinstance(whole, FrameSlice):
        first, whole = first + whole.start, whole.source
    if (source / RECORD_FILE).is_file():
        path = None if no_audio else _sound_of_run(RunFolder(source), emit)
        if path is None or not _holds_sound(output):
            _tell(source, [_lost_sound(output)] if path is not None else [], emit)
            return None
        return Sound(path, skip=first / clip.fps)
    has_sound = not no_audio and isinstance(whole, MediaFile) and _is_media(source) and has_audio(source)
    _tell_left_out(source, output, emit, sound=has_sound)
    if not has_sound or not _holds_sound(output) or not isinstance(whole, MediaFile):
        return None
    return Sound(
        source,
        whole.start + whole.time_of(first),
        strict=whole.damage is not None and whole.damage.strict,
        whole=whole is clip,
        tell=lambda told: emit(Notice(told, warning=True)),
    )


def _holds_sound(output: str) -> bool:
    return not is_folder_name(output) and Path(output).suffix.lower() in VIDEO_SUFFIXES


def _is_media(source: Path) -> bool:
    return source.is_file() and source.suffix.lower() not in (*ANIMATION_SUFFIXES, *IMAGE_SUFFIXES)


def _tell_left_out(source: Path, output: str, emit: Listener, *, sound: bool) -> None:
    if not _is_media(source):
        return
    kept = _holds_sound(output)
    lost = [_lost_sound(output)] if sound and not kept else []
    _tell(source, lost + left_out(source, sound=sound and kept), emit)


def _lost_sound(output: str) -> str:
    kind = "a folder of frames" if is_folder_name(output) else f"a {Path(output).suffix.lower()}"
    return f"its sound, as {kind} holds none"


def _tell(source: Path, phrases: list[str], emit: Listener) -> None:
    if phrases:
        emit(Notice(f"left out of {source.name}: {', '.join(phrases)}"))


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
    for path in (run.folder / name, Path(name)):  # a file outside the folder is recorded by its name alone
        if path.is_file():
            return path
    emit(Notice(f"the sound of the run, {name}, isn't there: give it with --audio", warning=True))
    return None
