"""Clips that are compared: opened, named, and cut to the part that they share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from framesmooth.errors import MediaError, UsageError
from framesmooth.events import Listener, Notice
from framesmooth.frames import FrameSource, frame_slice
from framesmooth.runs.open_clip import open_clip
from framesmooth.streams import notices_of
from framesmooth.video import AS_USUAL, Reading, list_clips
from framesmooth.video.resize import matched
from framesmooth.workflows.clip_steps import tell_what_changes


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
    before: str,
    after: Sequence[str],
    reference: str | None,
    guide: str | None,
    emit: Listener,
    *,
    fps: Fraction | None = None,
    frame_range: tuple[int, int | None] | None = None,
    reading: Reading = AS_USUAL,
) -> ClipsToCompare:
    """Open clips to compare; a folder of clips as the only one after stands for those in it.

    The clip before, the reference and the guide don't compete, even if they lie in that folder.

    Raises:
        MediaError: what cannot be read, or clips of different sizes.
        UsageError: a folder of clips without another clip, or one that holds pictures too.
    """
    helpers = {
        label: path for label, path in (("reference", reference), ("guide", guide)) if path is not None
    }
    found = clips_in(Path(after[0])) if len(after) == 1 else None
    if found is not None:
        known = {Path(path).resolve() for path in (before, *helpers.values())}
        found = [path for path in found if Path(path).resolve() not in known]
        if not found:
            raise UsageError(f"{after[0]} holds no clip but those it is compared with: give one more")
    paths = [before, *(after if found is None else found)]
    named = dict(zip(clip_names(paths), paths, strict=True))
    named |= {f"the {label} {Path(path).name}": path for label, path in helpers.items()}
    opened = {
        name: open_clip(Path(path), fps=fps, frame_range=frame_range, reading=reading)
        for name, path in named.items()
    }
    for name in list(opened)[len(paths) :]:
        opened[name] = matched(opened[name], opened[next(iter(opened))].size, name)
        tell_what_changes(opened[name], emit)
    shared = list(common_part(opened, emit).items())
    ideal, guiding = (
        next((clip for name, clip in shared[len(paths) :] if name.startswith(f"the {label} ")), None)
        for label in ("reference", "guide")
    )
    return ClipsToCompare(
        clips=dict(shared[: len(paths)]),
        reference=ideal,
        guide=guiding,
        paths=list(named.values()),
        folder=None if found is None else after[0],
    )


def clip_names(paths: Sequence[str]) -> list[str]:
    """Return a short name for each clip, all different: the file name, with folders where that is not enough.

    A clip that is given twice is numbered.
    """
    parts = {path: Path(path).parts or (path,) for path in paths}
    names = {path: each[-1] for path, each in parts.items()}
    for depth in range(2, max(map(len, parts.values()), default=0) + 1):
        given = list(names.values())
        unclear = [path for path, name in names.items() if given.count(name) > 1]
        names |= {path: "/".join(parts[path][-depth:]) for path in unclear}
    return [
        names[path] if path not in paths[:index] else f"{names[path]} ({paths[:index].count(path) + 1})"
        for index, path in enumerate(paths)
    ]


def clips_in(folder: Path) -> list[str] | None:
    """Return the clips of a folder in natural order; None where it is a folder of frames or no folder.

    Raises:
        UsageError: when it holds both, and either could be meant.
    """
    clips, pictures = list_clips(folder) if folder.is_dir() else ([], [])
    if clips and pictures:
        raise UsageError(
            f"{folder} holds clips ({clips[0].name}) and pictures ({pictures[0].name}): "
            "give the clips one by one, or the pictures in a folder of their own"
        )
    return [str(clip) for clip in clips] or None


def unfolded(paths: Sequence[str]) -> list[str]:
    """Return the paths with those clips in place of a folder that holds clips and no pictures."""
    found: list[str] = []
    for path in paths:
        clips, pictures = list_clips(Path(path)) if Path(path).is_dir() else ([], [])
        found += [path] if pictures or not clips else map(str, clips)
    return found


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
