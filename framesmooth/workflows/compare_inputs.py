"""Clips that are compared: opened, named, and cut to the part that they share."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from framesmooth.errors import MediaError, UsageError
from framesmooth.events import Listener, Notice
from framesmooth.frames import FrameSource, frame_slice, notices_of
from framesmooth.video.atomic import IMAGE_SUFFIXES
from framesmooth.video.listing import contents, series_name
from framesmooth.video.reading import ReadOptions
from framesmooth.video.resize import matched
from framesmooth.workflows.clip_steps import tell_what_changes
from framesmooth.workflows.inputs import IN_MEMORY, ClipInput, open_input


@dataclass(frozen=True)
class ClipsToCompare:
    """Clips of one length and size by name, the first one being that before, and what they are held against.

    Attributes:
        paths: of all files that are read.
        folder: of the clips after, where a folder of clips was given.
    """

    clips: Mapping[str, FrameSource]
    reference: FrameSource | None
    guide: FrameSource | None
    paths: Sequence[str]
    folder: str | None


def open_clips_to_compare(
    before: ClipInput,
    after: Sequence[ClipInput],
    reference: ClipInput | None,
    guide: ClipInput | None,
    emit: Listener,
    options: ReadOptions,
) -> ClipsToCompare:
    """Open clips to compare; a folder of clips as the only one after stands for those in it.

    The clip before, the reference and the guide don't compete, even if they are in that folder.

    Raises:
        MediaError: what cannot be read, or clips of different sizes.
        UsageError: no clip after, a folder of clips without another clip.
    """
    helpers = {
        label: clip for label, clip in (("reference", reference), ("guide", guide)) if clip is not None
    }
    folder = _path_of(after[0]) if len(after) == 1 else None
    found = None if folder is None else _competitors(folder, (before, *helpers.values()), emit)
    clips: list[ClipInput] = [before, *(after if found is None else found)]
    if len(clips) == 1:
        raise UsageError("there is no clip to compare with: give at least one after the first")
    named = dict(zip(clip_names([_path_of(clip) or IN_MEMORY for clip in clips]), clips, strict=True))
    named |= {
        f"the {label} {Path(_path_of(clip) or IN_MEMORY).name}": clip for label, clip in helpers.items()
    }
    opened = {name: open_input(clip, options).frames for name, clip in named.items()}
    for name in list(opened)[len(clips) :]:
        opened[name] = matched(opened[name], opened[next(iter(opened))].size, name)
        tell_what_changes(opened[name], emit)
    shared = list(common_part(opened, emit).items())
    ideal, guiding = (
        next((clip for name, clip in shared[len(clips) :] if name.startswith(f"the {label} ")), None)
        for label in ("reference", "guide")
    )
    return ClipsToCompare(
        clips=dict(shared[: len(clips)]),
        reference=ideal,
        guide=guiding,
        paths=[path for path in map(_path_of, named.values()) if path is not None],
        folder=None if found is None else folder,
    )


def _competitors(folder: str, known: Sequence[ClipInput], emit: Listener) -> list[str] | None:
    """Return the clips of a folder of clips without those that are known; None where it is no such folder.

    Raises:
        UsageError: the folder holds no other clip.
    """
    found, told = clips_in(Path(folder))
    if told:
        emit(Notice(told, warning=True))
    if found is None:
        return None
    paths = {Path(path).resolve() for path in map(_path_of, known) if path is not None}
    others = [path for path in found if Path(path).resolve() not in paths]
    if not others:
        raise UsageError(f"{folder} holds no clip but those it is compared with: give one more")
    return others


def _path_of(clip: ClipInput) -> str | None:
    return os.fspath(clip) if isinstance(clip, (str, os.PathLike)) else None


def clip_names(paths: Sequence[str]) -> list[str]:
    """Return a short name for each clip, all different: the file name, with folders where that is not enough.

    A clip that is given twice is numbered.
    """
    parts = {path: ("stdin",) if path == "-" else Path(path).parts or (path,) for path in paths}
    names = {path: each[-1] for path, each in parts.items()}
    for depth in range(2, max(map(len, parts.values()), default=0) + 1):
        given = list(names.values())
        unclear = [path for path, name in names.items() if given.count(name) > 1]
        names |= {path: "/".join(parts[path][-depth:]) for path in unclear}
    return [
        names[path] if path not in paths[:index] else f"{names[path]} ({paths[:index].count(path) + 1})"
        for index, path in enumerate(paths)
    ]


def clips_in(folder: Path) -> tuple[list[str] | None, str]:
    """Return the clips of a folder in natural order, and what is told about it.

    None where it is a folder of frames or no folder.
    """
    found = contents(folder) if folder.is_dir() else None
    if found is None:
        return None, ""
    return [str(clip) for clip in found.clips] or None, found.notice


def unfolded(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the paths with those clips in place of a folder that holds clips, and what is told about it.

    Pictures that a shell made of ``frames/*.png`` are one clip.
    """
    if len(paths) > 1 and all(_is_picture(Path(path)) for path in paths):
        return [series_name(paths)], []
    found, told = [], []
    for path in paths:
        clips, notice = clips_in(Path(path))
        found += [path] if clips is None else clips
        told += [notice] if notice else []
    return found, told


def _is_picture(path: Path) -> bool:
    """Tell whether a file is a picture by its name; a .webp may be an animation."""
    suffix = path.suffix.lower()
    return suffix in IMAGE_SUFFIXES and suffix != ".webp" and path.is_file()


def check_alike(clips: Mapping[str, FrameSource], emit: Listener) -> None:
    """Check that clips have one size, with a notice where their rates differ.

    Raises:
        MediaError: clips of different sizes.
    """
    first, *others = clips
    for name in others:
        if clips[name].size != clips[first].size:
            (height, width), (other_height, other_width) = clips[first].size, clips[name].size
            raise MediaError(
                f"{name} is {other_width}x{other_height} and {first} {width}x{height}: scale one of them"
            )
        if clips[name].fps != clips[first].fps:
            rate, other_rate = (f"{float(clips[each].fps):.6g}" for each in (first, name))
            rates = f"{name} has {other_rate} frames a second and {first} {rate}"
            emit(Notice(f"{rates}: they are compared frame by frame", warning=True))


def match_companions(
    clips: Mapping[str, FrameSource], companions: Mapping[str, FrameSource], emit: Listener
) -> dict[str, dict[str, FrameSource]]:
    """Return for each clip its reference and guide in its own size, checked before anything is measured.

    Raises:
        MediaError: one of another length, where that is known.
    """
    found = {}
    for name, clip in clips.items():
        found[name] = {label: matched(other, clip.size, label) for label, other in companions.items()}
        check_alike({name: clip, **found[name]}, emit)
        for label, companion in found[name].items():
            lengths = clip.num_frames, companion.num_frames
            if None not in lengths and lengths[0] != lengths[1]:
                raise MediaError(
                    f"{name} has {lengths[0]} frames and {label} {lengths[1]}: give --frame-range A:B "
                    "to take a part that both have"
                )
    told = dict.fromkeys(line for each in found.values() for one in each.values() for line in notices_of(one))
    for line in told:
        emit(Notice(line, warning=True))
    return found


def common_part(clips: Mapping[str, FrameSource], emit: Listener) -> dict[str, FrameSource]:
    """Return the clips cut to the length of the shortest one, with a notice where that changes any.

    Raises:
        MediaError: clips of different sizes.
    """
    check_alike(clips, emit)
    lengths = {name: _length(clip) for name, clip in clips.items()}
    shortest = min(lengths.values())
    if max(lengths.values()) == shortest:
        return dict(clips)
    counted = ", ".join(f"{name} has {length}" for name, length in lengths.items())
    emit(Notice(f"{counted} frames: the first {shortest} are compared", warning=True))
    return {
        name: clip if lengths[name] == shortest else frame_slice(clip, 0, shortest)
        for name, clip in clips.items()
    }


def _length(clip: FrameSource) -> int:
    return sum(1 for _ in clip) if clip.num_frames is None else clip.num_frames
