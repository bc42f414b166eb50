"""What a folder holds: clips and pictures, in natural order."""

import re
from pathlib import Path

from framesmooth.video.atomic import IMAGE_SUFFIXES, VIDEO_SUFFIXES, media_errors


def natural_key(name: str) -> tuple[tuple[bool, int, str], ...]:
    """Return a sorting key under which ``frame_10`` comes after ``frame_9``."""
    parts = re.split(r"(\d+)", name.lower())
    odd = enumerate(parts)  # the odd ones are what \d+ has matched
    return tuple((at % 2 == 1, int(part) if at % 2 else 0, part) for at, part in odd)


def list_clips(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the videos and animations of a folder, and its pictures, in natural order.

    Hidden files are left out. A .webp or .avif may be either: it is a clip where there are others, else a
    picture.

    Raises:
        MediaError: when the folder cannot be read.
    """
    with media_errors(folder, "read"):
        entries = [entry for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith(".")]
    entries.sort(key=lambda entry: natural_key(entry.name))
    kinds = {entry: entry.suffix.lower() for entry in entries}
    clips = [entry for entry in entries if kinds[entry] in (*VIDEO_SUFFIXES, ".gif", ".apng")]
    either = [entry for entry in entries if kinds[entry] in (".webp", ".avif")]
    pictures = [entry for entry in entries if kinds[entry] in IMAGE_SUFFIXES and entry not in either]
    if clips:
        return [entry for entry in entries if entry in clips or entry in either], pictures
    return [], [entry for entry in entries if entry in pictures or entry in either]
