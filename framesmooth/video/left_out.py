"""Streams of a media file that are not read, beside the frames and the sound."""

import os
from collections.abc import Mapping
from pathlib import Path

from av.container import InputContainer

from framesmooth.video.audio_tracks import choose_track
from framesmooth.video.safe_open import open_media


def left_out(path: str | os.PathLike[str], *, sound: bool) -> list[str]:
    """Return what is not handed on from a video: other tracks, chapters, timecode and date, one phrase each.

    Args:
        path: a media file.
        sound: whether its main sound track was to be kept; then the others are named.

    Raises:
        MediaError: when the file cannot be read.
    """
    with open_media(Path(path)) as container:
        chapters = len(container.chapters())
        named = [_other_sound(container)] if sound else []
        named.append(_counted(len(container.streams.subtitles), "subtitle track"))
        named.append(_counted(chapters, "chapter"))
        data = [stream for stream in container.streams.data if not _has(stream.metadata, "timecode")]
        if not chapters:  # QuickTime keeps the names of chapters in such a track
            named.append(_counted(len(data), "data track"))
        if any(_has(tagged.metadata, "timecode") for tagged in (container, *container.streams)):
            named.append("the timecode")
        if _has(container.metadata, "creation_time"):
            named.append("the date of recording")
    return [phrase for phrase in named if phrase]


def _has(tags: Mapping[str, str], name: str) -> bool:
    return name in map(str.lower, tags)


def _other_sound(container: InputContainer) -> str:
    taken = choose_track(container)
    others = [stream for stream in container.streams.audio if taken is None or stream.index != taken.index]
    languages = [
        language for stream in others if (language := stream.metadata.get("language")) not in (None, "und")
    ]
    return _counted(len(others), "other sound track") + (f" ({', '.join(languages)})" if languages else "")


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}" if count else ""
