"""Finding the strength that a clip needs, and smoothing the clip with it."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesmooth.events import Notice
from framesmooth.frames import FrameSource
from framesmooth.metrics.report import Report
from framesmooth.registry import FLOWS, names
from framesmooth.reports import Strip
from framesmooth.reports.tuning import write_tuning
from framesmooth.runs.moving_region import kept_region
from framesmooth.runs.open_clip import keyframes_and_jumps
from framesmooth.smoothing.base import Smoother
from framesmooth.smoothing.keyframe_hints import sparing_region, with_keyframe_hints
from framesmooth.tuning.search import Goal, SmootherConfig
from framesmooth.tuning.tuner import Tuning, parse_target, tune_clip
from framesmooth.video.atomic import remove_all_leftovers
from framesmooth.video.reading import ReadOptions, reading_words
from framesmooth.workflows.clip_steps import smooth_clip
from framesmooth.workflows.outputs import ClipWriter, open_to_convert
from framesmooth.workflows.settings.tune import TuneSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow


@dataclass(frozen=True, kw_only=True)
class TuneResult:
    """A clip that was smoothed at the strength it needs.

    Attributes:
        frames: the smoothed frames; those of a file are decoded when they are read.
        output: the file or folder, None where the frames are in memory.
        tuning: what was found and why: ``.strength``, ``.kind``, ``.verdict``.
        before: metrics of the source.
        after: metrics of the smoothed frames.
        command: the command line that makes the same clip; "" where the source or the output has no path.
        report: the folder of the report, if one was written.
        notices: what the user should know.
    """

    frames: FrameSource
    output: Path | None
    tuning: Tuning
    before: Report
    after: Report
    command: str
    report: Path | None
    notices: tuple[Notice, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return self.tuning.as_dict() | {
            "command": self.command,
            "output": None if self.output is None else str(self.output),
            "report": None if self.report is None else str(self.report),
            "before": self.before.as_dict(),
            "after": self.after.as_dict(),
        }


@workflow(TuneSettings)
def tune(settings: TuneSettings) -> TuneResult:
    """Find the strength that takes most flicker out of a clip at the least harm, and smooth the clip with it.

    The arguments are those of :class:`TuneSettings`. Strengths are tried on a sample; the whole clip is
    smoothed once. A clip without flicker, or with nothing to follow, is left as it is.

    Raises:
        MediaError: a source that cannot be read, or a full disk.
        UsageError: settings that contradict each other, or an output that is there already.

    Example:
        >>> import framesmooth as fs
        >>> made = fs.tune("flickering.webp")
        >>> made.tuning.kind in ("tuned", "clean", "impossible", "no-motion")
        True
        >>> made.frames.num_frames
        6
    """
    goal = _goal(settings)
    folder = _report_folder(settings)
    if folder is not None:
        remove_all_leftovers(folder)
    clip = open_to_convert(settings, deep=False)
    emit = NoticeCollector(settings.on_event)
    writer = ClipWriter(settings, clip, emit)
    _ = writer.audio  # refused before the search, not after it
    setups, per_segment, budget = _setups(settings), settings.per_segment, settings.budget
    tuning = tune_clip(clip.frames, emit, goal=goal, setups=setups, per_segment=per_segment, budget=budget)
    emit(Notice(tuning.verdict))
    smoother: Smoother = tuning.smoother(clip.frames)
    if clip.path is not None:
        smoother = with_keyframe_hints(smoother, *keyframes_and_jumps(clip.path, settings.frame_range))
        smoother = sparing_region(smoother, kept_region(clip.path))
    strip = Strip()
    with writer.sink(f"smoothed by framesmooth: {smoother!r}") as (sink, written):
        reports = smooth_clip(clip.frames, smoother, sink, emit, on_pair=strip.add)
    assert reports is not None  # clips are measured unless asked not to
    before, after = reports
    command = _command(settings, tuning)
    if folder is not None:
        write_tuning(folder, tuning, before, after, title=clip.name, strip=strip.draw(), command=command)
    return TuneResult(
        frames=written.frames,
        output=written.output,
        tuning=tuning,
        before=before,
        after=after,
        command=command,
        report=folder,
        notices=emit.notices,
    )


def _command(settings: TuneSettings, tuning: Tuning) -> str:
    """Return the command line that makes the same clip; "" where the source or the output has no path."""
    if settings.output is None or not isinstance(settings.source, (str, os.PathLike)):
        return ""
    words = _words_of(settings.read_options)
    return tuning.command(os.fspath(settings.source), os.fspath(settings.output), words)


def _goal(settings: TuneSettings) -> Goal:
    metric, value = (None, 0.0) if settings.target is None else parse_target(settings.target)
    return Goal(max_detail_loss=settings.max_detail_loss, metric=metric, target=value)


def _report_folder(settings: TuneSettings) -> Path | None:
    if settings.report is not None or settings.output is None:
        return settings.report
    path = Path(settings.output)
    return path.with_name(f"{path.stem}.tuning")


def _setups(settings: TuneSettings) -> list[SmootherConfig]:
    """Return what is tried: the setup asked for, and with ``deep`` every other method and flow."""
    asked = SmootherConfig(method=settings.smoother, flow=settings.flow)
    if not settings.deep:
        return [asked]
    others = [SmootherConfig(method=name, flow=settings.flow) for name in names("smoother")]
    if settings.flow is None:  # those that need weights, and the slowest one, are for who asks for them
        flows = [name for name in FLOWS if name != "deepflow"]
        others += [SmootherConfig(method=settings.smoother, flow=name) for name in flows]
    return list(dict.fromkeys([asked, *others]))


def _words_of(options: ReadOptions) -> list[str]:
    """Return the command-line options that decide what of the source is smoothed."""
    words = [] if options.fps is None else ["--fps", str(options.fps)]
    if options.frame_range is not None:
        start, stop = options.frame_range
        words += ["--frame-range", f"{start}:{'' if stop is None else stop}"]
    return words + reading_words(options.reading)
