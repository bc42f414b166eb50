"""What a folder holds: clips, and pictures in the order of their numbers, names or times."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import pairwise
from pathlib import Path
from typing import Final

from framesmooth.errors import MediaError, UsageError
from framesmooth.video.atomic import (
    ANIMATION_SUFFIXES,
    IMAGE_SUFFIXES,
    UNREADABLE_SUFFIXES,
    VIDEO_SUFFIXES,
    media_errors,
)
from framesmooth.video.deep_pictures import is_read_by_ffmpeg
from framesmooth.video.reading import Sort
from framesmooth.video.safe_open import open_picture

CLIP_SUFFIXES: Final = (
    *VIDEO_SUFFIXES, ".gif", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".m2v", ".vob", ".wmv", ".asf",
    ".flv", ".f4v", ".ogv", ".ogg", ".3gp", ".3g2", ".mxf", ".nut", ".ivf", ".y4m", ".dv", ".rm", ".rmvb",
    ".mjpeg", ".mjpg", ".h264", ".264", ".hevc", ".h265", ".265", ".obu", ".apng", ".qt", ".divx",
)  # fmt: skip
"""Names of videos and animations that are read."""
_PATTERN: Final = re.compile(r"%(0(?P<width>\d+))?d|[*?\[]")
_EPOCH: Final = 10**9
"""Numbers from here on are seconds since 1970, or dates: no frame is counted so far."""
_DATE: Final = re.compile(r"(?<!\d)(19|20)\d{6}(?!\d)\D?$|(19|20)\d\d-\d\d-\d\d\D?|\d\d[.:-]\d\d[.:-]$")
"""What stands before the last number of a name where that is a time of day."""
_NEAR: Final = 10
"""Pictures that may be missing where a camera's counter starts again."""
_LISTED: Final = 3
_ANIMATED: Final = ("PNG", "AVIF", "GIF", "WEBP")
_TAKEN, _TAKEN_PARTS, _EXIF = 0x9003, 0x9291, 0x8769  # Exif 2.3: DateTimeOriginal, SubSecTimeOriginal


@dataclass(frozen=True)
class Listing:
    """The pictures of a series in order, and one line for each thing that was decided about them."""

    images: tuple[Path, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """What a folder stands for: its clips, or none where it holds frames; and a line where it holds both."""

    clips: tuple[Path, ...]
    notice: str


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
    entries = _entries(folder)
    kinds = {entry: entry.suffix.lower() for entry in entries}
    clips = [entry for entry in entries if kinds[entry] in CLIP_SUFFIXES]
    either = [entry for entry in entries if kinds[entry] in (".webp", ".avif")]
    pictures = [entry for entry in entries if kinds[entry] in IMAGE_SUFFIXES and entry not in either]
    if clips:
        return [entry for entry in entries if entry in clips or entry in either], pictures
    return [], [entry for entry in entries if entry in pictures or entry in either]


def contents(folder: Path) -> Contents:
    """Return the clips that a folder stands for; it stands for its frames where they are a longer series.

    Raises:
        MediaError: when the folder cannot be read.
    """
    clips, pictures = list_clips(folder)
    if not clips:
        return Contents((), "")
    series = [] if not pictures else _largest_series(pictures)[0]
    if len(series) > max(2, len(clips)) and _shape(series[0].stem) != series[0].stem:
        return Contents((), f"{folder} is taken for its frames, not for {_named(clips)}")
    told = f"{folder} holds {len(clips)} clips: {', '.join(clip.name for clip in clips)}"
    beside = f"; not used: {_named(pictures)}" if pictures else ""
    return Contents(tuple(clips), told + beside if len(clips) > 1 or pictures else "")


def is_series(path: Path) -> bool:
    """Tell whether a path stands for pictures: a folder, or a pattern such as frame_%04d.png or f*.png."""
    if path.is_dir():
        return True
    named = path.suffix.lower() in ("", ".*", *IMAGE_SUFFIXES) and _PATTERN.search(path.name) is not None
    return named and not path.exists()


def files_of(path: Path) -> list[Path]:
    """Return the files that a path stands for: those of a folder or a pattern, else itself.

    Raises:
        MediaError: when the folder cannot be read.
    """
    return sorted(_matching(path)) if is_series(path) else [path]


def list_frames(path: Path, sort: Sort = "natural", *, strict: bool = False) -> Listing:
    """Return the pictures of a folder, or those that match a pattern in it, in order.

    The largest series of numbered pictures is taken, and strays beside it are named. A series whose counter
    starts again, as those of cameras do (9999, 0001), is continued there.

    Raises:
        MediaError: there is none; no time to sort by; or, if ``strict``, numbers are missing.
    """
    entries = _matching(path)
    pictures = [entry for entry in entries if entry.suffix.lower() in IMAGE_SUFFIXES]
    if not pictures:
        clips = [entry for entry in entries if entry.suffix.lower() in CLIP_SUFFIXES]
        if clips:
            raise MediaError(f"{path} holds clips and no pictures: give one of them, as {clips[0]}")
        for entry in entries:
            check_readable(entry)
        advice = "check the name" if not path.is_dir() else "put PNG or JPEG frames there"
        others = [entry for entry in entries if entry.suffix and not entry.name.startswith(".")]
        found = f" that can be read (it has {_named(others)})" if others else ""
        raise MediaError(f"{path} holds no picture{found}: {advice}, or give another folder")
    images, strays = _largest_series(pictures)
    clips = [entry for entry in entries if entry.suffix.lower() in CLIP_SUFFIXES]
    if len(images) <= len(clips) and path.is_dir():
        raise MediaError(
            f"{path} holds clips beside {_named(pictures)}: give one of them, as {clips[0]}, "
            f"or the pictures as {path / ('*' + images[0].suffix)}"
        )
    notices = [f"{path}: not part of the series, left out: {_named(strays)}"] if strays else []
    if sort != "natural":
        key = _written if sort == "time" else _taken
        return Listing(
            tuple(sorted(images, key=lambda one: (key(one), natural_key(one.name)))), tuple(notices)
        )
    numbers = _numbers(images)
    if numbers is not None:
        images, numbers, restarted = _unrolled(images, numbers)
        notices += [f"{path}: the numbers start again after {restarted}; they are read as one series"] * bool(
            restarted
        )
        gap = _gap(images, numbers)
        if gap and strict:
            raise MediaError(f"{path}: {gap}: restore the missing frames or renumber the files")
        notices += [f"{path}: {gap}: the pictures are taken as neighbours; --strict refuses them"] * bool(gap)
    return Listing(tuple(images), tuple(notices))


def series_name(paths: Sequence[str]) -> str:
    """Return the one folder or pattern that stands for the pictures which a shell made of ``frames/*.png``.

    Raises:
        UsageError: they are no pictures of one folder, or there are others between them.
    """
    files = [Path(path) for path in paths]
    parent, suffixes = files[0].parent, {file.suffix for file in files}
    if {file.parent for file in files} != {parent} or not all(
        file.suffix.lower() in IMAGE_SUFFIXES for file in files
    ):
        shown = " ".join(paths[:_LISTED])
        raise UsageError(
            f"{len(paths)} names where one clip is expected ({shown} ...): give one video or folder"
        )
    start = files[0].name
    for file in files:
        while not file.name.startswith(start):
            start = start[:-1]
    suffix = suffixes.pop() if len(suffixes) == 1 else ""
    for candidate in (parent, parent / f"*{suffix}", parent / f"{start}*{suffix}"):
        if "[" not in start and set(_matching(candidate)) == set(files):
            return str(candidate)
    raise UsageError(f"{parent} holds other pictures between those given: put them in a folder of their own")


def check_readable(path: Path) -> None:
    """Raise MediaError for a picture of a kind that nothing here reads, by its suffix."""
    if path.suffix.lower() in UNREADABLE_SUFFIXES:
        kind = path.suffix.lower().removeprefix(".")
        raise MediaError(f"{path}: pictures of the kind {kind} cannot be read: convert it to PNG first")


def refuse_single_picture(path: Path) -> None:
    """Raise MediaError for one picture in the place of a clip, with what to give."""
    if path.suffix.lower() not in IMAGE_SUFFIXES or path.suffix.lower() in ANIMATION_SUFFIXES:
        return
    if not is_read_by_ffmpeg(path):
        with open_picture(path) as image:
            if image.format in _ANIMATED and getattr(image, "n_frames", 1) > 1:
                return
    numbered = re.sub(r"\d+(?=\D*$)", lambda digits: f"%0{len(digits[0])}d", path.stem)
    pattern = f" or the pattern {path.with_name(numbered + path.suffix)}" if numbered != path.stem else ""
    raise MediaError(
        f"{path} is one picture: give the folder of the frames, {path.parent}{pattern}; "
        "'framesmooth generate PROMPT --init-image' makes a clip from one"
    )


def _entries(folder: Path) -> list[Path]:
    """Return the files of a folder in natural order, hidden ones left out."""
    with media_errors(folder, "read"):
        entries = [entry for entry in folder.iterdir() if entry.is_file() and not entry.name.startswith(".")]
    return sorted(entries, key=lambda entry: natural_key(entry.name))


def _matching(path: Path) -> list[Path]:
    """Return the files of a folder, or those of its folder that match a pattern."""
    if path.is_dir():
        return _entries(path)
    counted = _PATTERN.search(path.name)
    if counted is None or counted[0] in "*?[":
        return [entry for entry in _entries(path.parent) if fnmatchcase(entry.name, path.name)]
    before, after = map(re.escape, (path.name[: counted.start()], path.name[counted.end() :]))
    digits = rf"\d{{{counted['width'] or 1},}}"
    return [entry for entry in _entries(path.parent) if re.fullmatch(before + digits + after, entry.name)]


def _shape(name: str) -> str:
    return re.sub(r"\d+", "#", name.lower())


def _largest_series(pictures: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the largest series of numbered pictures and the rest; all of them where there is no such series.

    Pictures whose names differ in their numbers alone are a series. Where each is there in two formats, the
    one with more pictures counts.
    """
    counted = Counter(_shape(picture.stem) for picture in pictures)
    numbered = {shape: count for shape, count in counted.items() if "#" in shape}
    if not numbered:
        return list(pictures), []
    largest = max(numbered, key=lambda shape: (numbered[shape], -len(shape)))
    if numbered[largest] < 2 or numbered[largest] <= len(pictures) - sum(numbered.values()):
        return list(pictures), []
    series = [picture for picture in pictures if _shape(picture.stem) == largest]
    formats = Counter(picture.suffix.lower() for picture in series)
    if len({picture.stem for picture in series}) < len(series):
        usual = formats.most_common(1)[0][0]
        series = [picture for picture in series if picture.suffix.lower() == usual]
    kept = set(series)
    return series, [picture for picture in pictures if picture not in kept]


def _numbers(images: Sequence[Path]) -> list[int] | None:
    """Return the last numbers in the names where those alone differ and are no times, else None."""
    matches = [re.fullmatch(r"(.*?)(\d+)(\D*)", image.stem) for image in images]
    found = [match for match in matches if match is not None]
    if len(found) < len(images) or len({(match[1], match[3]) for match in found}) > 1:
        return None
    numbers = [int(match[2]) for match in found]
    stamped = max(numbers) >= _EPOCH or (_DATE.search(found[0][1]) and all(map(_is_time, found)))
    return None if stamped else numbers


def _is_time(match: re.Match[str]) -> bool:
    """Tell whether the digits could be hours and minutes, with seconds or without."""
    digits = match[2]
    parts = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    return len(digits) in (2, 4, 6) and max(parts) < 60


def _unrolled(images: list[Path], numbers: list[int]) -> tuple[list[Path], list[int], str]:
    """Return pictures and numbers in the order of a counter that started again, and after which picture.

    The counter has a fixed number of digits, and its two parts are far apart.
    """
    digits = {len(match[0]) for image in images if (match := re.search(r"\d+(?=\D*$)", image.stem))}
    length = digits.pop() if len(digits) == 1 else 0
    steps = [after - before for before, after in pairwise(numbers)]
    if length < 4 or not steps:
        return images, numbers, ""
    widest = max(range(len(steps)), key=steps.__getitem__)
    # Cameras count from 1 and leave 0000 out: what comes after 9999 is 0001.
    cycle = 10**length - (numbers[0] == 1 and numbers[-1] == 10**length - 1)
    wrapped = numbers[0] + cycle - numbers[-1]
    if wrapped > _NEAR or steps[widest] <= 10 * wrapped:
        return images, numbers, ""
    at = widest + 1
    again = [number + cycle for number in numbers[:at]]
    return images[at:] + images[:at], numbers[at:] + again, images[-1].name


def _gap(images: Sequence[Path], numbers: Sequence[int]) -> str:
    """Return in words where numbers are missing or there twice, "" where they are evenly spaced."""
    steps = [after - before for before, after in pairwise(numbers)]
    if len(steps) < 2:
        return ""
    counts = Counter(steps)
    usual = min(step for step, count in counts.items() if count == max(counts.values()))
    odd = [at for at, step in enumerate(steps) if step != usual or step == 0]
    if not odd:
        return ""
    first = odd[0]
    jumps = f"the numbering jumps from {images[first].name} to {images[first + 1].name}"
    more = "once more" if len(odd) == 2 else f"{len(odd) - 1} times more"
    return jumps if len(odd) == 1 else f"{jumps}, and {more}"


def _written(path: Path) -> int:
    """Return when a file was written, in nanoseconds."""
    with media_errors(path, "read"):
        return path.stat().st_mtime_ns


def _taken(path: Path) -> tuple[str, str]:
    """Return when a picture was taken, as its EXIF data say."""
    with open_picture(path) as image:
        exif = image.getexif().get_ifd(_EXIF)
    time = str(exif.get(_TAKEN, "")).strip()
    if not time:
        raise MediaError(f"{path} doesn't say when it was taken: use --sort time or natural")
    return time, str(exif.get(_TAKEN_PARTS, "")).strip()


def _named(paths: Sequence[Path]) -> str:
    names = ", ".join(path.name for path in paths[:_LISTED])
    return names if len(paths) <= _LISTED else f"{names} and {len(paths) - _LISTED} more"
