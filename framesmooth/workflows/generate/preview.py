"""A storyboard of a clip before it is made: its prompts, and what is between, diffused in few steps."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import OutputExists
from framesmooth.events import Listener, Notice, stage
from framesmooth.reports.figures import thumbnail
from framesmooth.reports.montage import captioned, side_by_side
from framesmooth.runs import RunFolder
from framesmooth.timeline.timeline import Timeline
from framesmooth.video import write_png
from framesmooth.workflows.generate.frames_stage import cut_prompts
from framesmooth.workflows.generate.load import load_source
from framesmooth.workflows.generate.preflight import check_writing, notices, with_seeds_of_stopped_run
from framesmooth.workflows.generate.provenance import clip_tags
from framesmooth.workflows.generate.resolve import ResolvedClip, resolve
from framesmooth.workflows.generate.settings import ClipSettings

SUFFIX: Final = ".preview.png"
_MOST: Final = 12
"""Pictures, unless there are more prompts."""
_STEPS: Final = 6
_COLUMNS: Final = 4
_WIDEST: Final = 384


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A storyboard that was written: where, of which frames, and how they were diffused."""

    path: Path
    frames: tuple[int, ...]
    steps: int
    size: tuple[int, int]
    advice: str

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "preview": str(self.path),
            "frames": list(self.frames),
            "steps": self.steps,
            "width": self.size[1],
            "height": self.size[0],
            "advice": self.advice,
        }


def preview_clip(settings: ClipSettings, emit: Listener) -> Preview:
    """Diffuse about a dozen frames of the clip that ``settings`` describe, and write them on one sheet.

    The seeds are those of the clip, so the layout is too.

    Raises:
        OutputExists: the sheet is there already.
        FramesmoothError: what ``make_clip`` would raise before its work begins.
    """
    path = settings.output.with_name(settings.output.stem + SUFFIX)
    if path.exists() and not settings.overwrite:
        raise OutputExists(f"{path} exists: add --overwrite to replace it")
    clip = resolve(with_seeds_of_stopped_run(settings, RunFolder.beside(settings.output)))
    check_writing(clip)
    for notice in notices(clip, settings):
        emit(notice)
    few = _in_few(clip)
    with stage(emit, "load model"):
        from framesmooth.generation.preview import keyframe, shrunk

        loaded = load_source(few, None)
        source = shrunk(loaded)
    for notice in cut_prompts(loaded, clip):
        emit(notice)
    with stage(emit, "preview", source.total_steps, "steps") as advance:
        for _ in source.diffuse(advance):
            pass
        times = source.diffused_times
        pictures = [keyframe(source, time) for time in times]
    captions = [
        (_heading(clip, time, one.fault), _shown(clip, time))
        for time, one in zip(times, pictures, strict=True)
    ]
    cells = captioned([thumbnail(one.frame, _WIDEST) for one in pictures], captions)
    sheet = side_by_side(cells, _columns(len(cells)))
    write_png(path, sheet, None if settings.no_metadata else clip_tags(few))
    made = Preview(path=path, frames=times, steps=few.steps, size=source.size, advice=_advice(clip, settings))
    emit(Notice(f"{len(times)} of {clip.timeline.num_frames} frames in {few.steps} steps; {made.advice}"))
    return made


def _in_few(clip: ResolvedClip) -> ResolvedClip:
    """Return the clip with few steps and few diffused frames."""
    cadence = storyboard_cadence(clip.timeline)
    restyle = None if clip.restyle is None else replace(clip.restyle, cadence=cadence)
    settings = replace(clip.settings, cadence=cadence, pacing="linear")
    return replace(clip, settings=settings, steps=min(clip.steps, _STEPS), restyle=restyle)


def storyboard_cadence(timeline: Timeline) -> int:
    """Return the least cadence that makes a dozen diffused frames at most, or only those of the prompts."""
    from framesmooth.generation.keyframes import keyframe_times

    cadences = range(1, timeline.num_frames + 1)
    few = (cadence for cadence in cadences if len(keyframe_times(timeline, cadence)) <= _MOST)
    return next(few, timeline.num_frames)


def _heading(clip: ResolvedClip, time: int, fault: str) -> str:
    seconds = float(time / clip.settings.fps)
    return f"frame {time} · {seconds:.2f} s" + (f" · {fault}" if fault else "")


def _shown(clip: ResolvedClip, time: int) -> str:
    start, end, mix = clip.timeline.at(time)
    first, last = (clip.timeline.keyframes[index].prompt for index in (start, end))
    return first if mix == 0 or first == last else f"{first} → {last} ({mix:.0%})"


def _columns(count: int) -> int:
    """Return how many columns leave the fewest places empty: three or four."""
    return min((4, 3), key=lambda columns: (-count % columns, -columns)) if count > _COLUMNS else count


def _advice(clip: ResolvedClip, asked: ClipSettings) -> str:
    """Say how to make the whole clip of this."""
    seeds = [str(key.seed) for key in clip.timeline.keyframes]
    one = asked.seeds is None and (len(asked.prompts) == 1 or len(set(seeds)) == 1)
    option = f"--seed {seeds[0]}" if one else f"--seeds {','.join(seeds)}"
    drawn = f" and with {option}" if asked.draws_seeds else ""
    return f"for the whole clip give the same command without --preview{drawn}"
