"""Files for video editors: OpenTimelineIO and EDL (CMX 3600), with one clip a shot, handles and markers."""

import os
from collections.abc import Callable
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import MediaError, UsageError
from framesmooth.story.edit import Edit, Placed
from framesmooth.video.atomic import write_text

_PACKAGES: Final = {"otio": "opentimelineio", "edl": "otio_cmx3600_adapter"}
_REEL: Final = 8
"""Letters of a reel's name in an EDL."""
_SMPTE: Final = {Fraction(n) for n in (24, 25, 30, 50, 60)} | {Fraction(n * 1000, 1001) for n in (24, 30, 60)}
_MOST_TIMES: Final = 12
_WIPES: Final = {"wipe", "xfade"}


def write_otio(
    path: Path,
    edit: Edit,
    clip_of: Callable[[Placed], Path],
    *,
    name: str,
    sound: Path | None = None,
) -> None:
    """Write the film as an OpenTimelineIO timeline.

    Clips refer to the shots' own files, by paths from the folder of ``path``; each has its whole length
    available, so that transitions can be changed within the handles. A morph is a cut: editors have no word
    for it, and its shots have no handles.

    Args:
        path: a .otio file.
        edit: the film.
        clip_of: gives the file of a shot.
        name: of the film.
        sound: of the whole film, on a track of its own.

    Raises:
        MediaError: OpenTimelineIO is not installed, or the file cannot be written.
    """
    otio = _package("otio")
    write_text(path, otio.adapters.write_to_string(timeline(path, edit, clip_of, name=name, sound=sound)))


def write_edl(path: Path, edit: Edit, clip_of: Callable[[Placed], Path], *, name: str) -> None:
    """Write the film's picture as an EDL; the arguments are those of :func:`write_otio`.

    An EDL counts in the rates of SMPTE: a film at 12 frames a second is written at 24, two for each of its
    own.

    Raises:
        UsageError: a rate of which no multiple is one of SMPTE's.
        MediaError: OpenTimelineIO or its adapter is not installed, or the file cannot be written.
    """
    otio = _package("otio")
    _package("edl")
    times = smpte_multiple(edit.fps)
    made = timeline(path, edit, clip_of, name=name, times=times)
    text = otio.adapters.write_to_string(made, "cmx_3600", rate=float(edit.fps * times), reelname_len=_REEL)
    write_text(path, text)


def timeline(
    path: Path,
    edit: Edit,
    clip_of: Callable[[Placed], Path],
    *,
    name: str,
    sound: Path | None = None,
    times: int = 1,
) -> Any:
    """Return the film as an ``opentimelineio.schema.Timeline``; the arguments are those of ``write_otio``.

    ``times`` is how often each frame counts.
    """
    otio = _package("otio")
    rate = float(edit.fps * times)

    def time(frames: int) -> Any:
        return otio.opentime.RationalTime(frames * times, rate)

    def span(start: int, frames: int) -> Any:
        return otio.opentime.TimeRange(time(start), time(frames))

    made = otio.schema.Timeline(name, global_start_time=time(0))
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    for placed in edit.placed:
        if placed.before + placed.after and placed.transition.kind != "morph":
            kind = "SMPTE_Dissolve" if placed.transition.kind not in _WIPES else "Custom_Transition"
            track.append(
                otio.schema.Transition(
                    str(placed.transition),
                    kind,
                    in_offset=time(placed.before),
                    out_offset=time(placed.after),
                    metadata={"framesmooth": {"transition": str(placed.transition)}},
                )
            )
        file = clip_of(placed)
        clip = otio.schema.Clip(
            f"{placed.shot.number:03d} {placed.shot.title_words}",
            otio.schema.ExternalReference(_relative(file, path), span(0, placed.generated)),
            span(placed.head, placed.length),
            metadata={
                "framesmooth": _facts(placed),
                "cmx_3600": {"reel": f"SHOT{placed.shot.number:04d}"},
            },
        )
        for key, text in (("title", placed.shot.title), ("caption", placed.shot.caption)):
            if text is not None:
                at = placed.head + round(text.at * edit.fps)
                clip.markers.append(otio.schema.Marker(_marker(key, text.text), span(at, 0)))
        if placed.shot.say:
            clip.markers.append(otio.schema.Marker(_marker("say", placed.shot.say), span(placed.head, 0)))
        track.append(clip)
    made.tracks.append(track)
    if sound is not None:
        whole = span(0, edit.num_frames)
        reference = otio.schema.ExternalReference(_relative(sound, path), whole)
        audio = otio.schema.Track("A1", kind=otio.schema.TrackKind.Audio)
        audio.append(otio.schema.Clip(sound.stem, reference, whole))
        made.tracks.append(audio)
    return made


def _marker(key: str, text: str) -> str:
    return f"{key}: {' '.join(text.split())}"


def smpte_multiple(fps: Fraction) -> int:
    """Return by what a rate is multiplied to be one of SMPTE's: 1 for 24, 2 for 12.

    Raises:
        UsageError: there is none.
    """
    for times in range(1, _MOST_TIMES + 1):
        if fps * times in _SMPTE:
            return times
    raise UsageError(
        f"an EDL cannot count {float(fps):g} frames a second: give the film 24, 25 or 30, or use --otio"
    )


def _facts(placed: Placed) -> dict[str, Any]:
    shot = placed.shot
    facts = {
        "shot": shot.number,
        "prompt": " | ".join(shot.prompts),
        "camera": shot.camera,
        "say": shot.say,
        "transition": str(shot.transition),
    }
    return {key: value for key, value in facts.items() if value}


def _relative(file: Path, path: Path) -> str:
    """Return a file's path from the folder of ``path``, with slashes, as editors read it."""
    return Path(os.path.relpath(file.resolve(), path.resolve().parent)).as_posix()


def _package(kind: str) -> Any:
    try:
        return import_module(_PACKAGES[kind])
    except ImportError as error:
        raise MediaError(
            f"files for editors need {_PACKAGES[kind]}: pip install 'framesmooth[story]'"
        ) from error
