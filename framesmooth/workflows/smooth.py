"""Taking the flicker out of a clip: read, measure, smooth, write, report."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.events import Listener, Notice
from framesmooth.frames import FrameSource, eight_bits
from framesmooth.metrics.benefit import unchanged
from framesmooth.metrics.report import Report
from framesmooth.motion.flow.base import choose_flow
from framesmooth.reports import Strip
from framesmooth.runs import RunFolder
from framesmooth.runs.moving_region import kept_region
from framesmooth.runs.open_clip import SmoothedBefore, keyframes_and_jumps
from framesmooth.smoothing.base import Smoother, create_smoother, scheduled
from framesmooth.smoothing.choice import SmoothingChoice
from framesmooth.smoothing.keyframe_hints import sparing_region, with_keyframe_hints
from framesmooth.smoothing.loop import looped
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.video import FrameSink
from framesmooth.video.atomic import remove_all_leftovers
from framesmooth.video.resize import matched
from framesmooth.video.samples import samples_of
from framesmooth.workflows.clip_steps import copy_clip, divided, smooth_clip, tell_what_changes
from framesmooth.workflows.inputs import InputClip, open_input
from framesmooth.workflows.no_harm import Harmless, LeftAlone
from framesmooth.workflows.outputs import ClipWriter, open_to_convert
from framesmooth.workflows.pipes import is_stdio, piped
from framesmooth.workflows.settings.smooth import SmoothSettings
from framesmooth.workflows.smooth_run import Smoothed, can_keep, smooth_run
from framesmooth.workflows.workflow import NoticeCollector, workflow


@dataclass(frozen=True, kw_only=True)
class SmoothResult:
    """A smoothed clip.

    Attributes:
        frames: the smoothed frames; those of a file are decoded when they are read.
        output: the file or folder, None where the frames are in memory.
        before: metrics of the source, None where it was not measured.
        after: metrics of the smoothed frames, with the source as the reference for detail.
        smoother: the smoother with all its settings.
        smoothing: method, strength and whether the clip is a loop; strength 0 where all was left as it was.
        left: what was left as it was because smoothing didn't help, and why; None where nothing was.
        notices: what the user should know.
        seconds: how long it took.
    """

    frames: FrameSource
    output: Path | None
    before: Report | None
    after: Report | None
    smoother: str
    smoothing: SmoothingChoice
    left: str | None
    notices: tuple[Notice, ...]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON: the metrics before and after, and how the clip was smoothed."""
        reports = {"before": self.before, "after": self.after}
        figures = {name: report.as_dict() for name, report in reports.items() if report is not None}
        return figures | {"smoothing": self.smoothing.as_dict(), "left_as_it_was": self.left}


@workflow(SmoothSettings)
def smooth(settings: SmoothSettings) -> SmoothResult:
    """Take the flicker out of a clip: a video, an animation, a folder of frames, a run folder, or arrays.

    The arguments are those of :class:`SmoothSettings`. Memory is bounded, except for frames that are kept in
    memory. Smoothed frames of a run folder are kept there, so that another codec never smooths again. Where
    no strength is given, shots that smoothing doesn't help, or that are clean, stay as they are.

    Raises:
        MediaError: a source that cannot be read, or a full disk.
        UsageError: settings that contradict each other, or an output that is there already.

    Example:
        >>> import framesmooth as fs
        >>> made = fs.smooth("flickering.webp", "steady.webp", smooth_strength=0.8)
        >>> made.after["warping_error"].mean < made.before["warping_error"].mean
        True
        >>> len(list(fs.smooth(list(fs.open_source("flickering.webp"))).frames))
        6
    """
    started = time.perf_counter()
    emit = NoticeCollector(settings.on_event)
    check_settings(settings)
    clip = open_to_convert(settings)
    one_pass = piped(clip.frames) is not None or is_stdio(settings.output)
    if one_pass:
        _check_one_pass(settings, clip)
    before = SmoothedBefore.of(clip.path)
    if before.guided and settings.guide is None:
        emit(Notice("the run took the motion from its --init-video: give that as --guide to smooth it alike"))
    harmless = _harmless(settings, before, deep=samples_of(clip.frames).is_deep)
    settings = as_before(settings, before)
    smoother, described = _smoother(settings, clip, emit)
    choice = SmoothingChoice.of(smoother, loop=settings.loop is True)
    emit(Notice(f"smoothing: {choice.words}"))
    if isinstance(smoother, MotionSmoother) and smoother.spared is not None:
        emit(Notice(smoother.spared.sentence))
    if one_pass and harmless is not None and not settings.measure:
        emit(Notice("whether smoothing helps isn't checked: that needs --measure"))
    writer = ClipWriter(settings, clip, emit)
    try:
        with writer.sink(f"smoothed by framesmooth: {described}") as (sink, written):
            found = _smooth(settings, clip, smoother, sink, emit, harmless, one_pass=one_pass)
    except _NoHelp as unhelpful:  # what was written is gone
        emit(Notice(unhelpful.left.sentence))
        with writer.sink(f"by framesmooth: {unhelpful.left.sentence}") as (sink, written):
            found = _leave(unhelpful, settings, clip, sink, _without_notices(emit))
    if found is not None and settings.report is not None:
        from framesmooth.reports import ShownClip, write_report

        write_report(
            settings.report,
            found.before,
            found.after,
            title=clip.name,
            strip=found.strip,
            facts={"smoother": described},
            clip=None
            if written.output is None or one_pass or written.is_remote
            else ShownClip(written.output, written.frames),
        )
    return SmoothResult(
        frames=written.frames,
        output=written.output,
        before=None if found is None else found.before,
        after=None if found is None else found.after,
        smoother=described,
        smoothing=choice if found is None else found.choice(smoother, loop=settings.loop is True),
        left=None if found is None or found.left is None else found.left.sentence,
        notices=emit.notices,
        seconds=time.perf_counter() - started,
    )


def check_settings(settings: SmoothSettings) -> None:
    """Check what can be checked before anything is opened.

    Raises:
        UsageError: settings that contradict each other.
    """
    if settings.report is not None and not settings.measure:
        raise UsageError("--report needs the metrics that --no-measure leaves out: drop one of them")
    if settings.flow is None and settings.flow_weights is not None:
        raise UsageError("--flow-weights needs a trained flow: add --flow raft")
    if settings.report is not None:
        remove_all_leftovers(settings.report)


def _check_one_pass(settings: SmoothSettings, clip: InputClip) -> None:
    """Refuse what needs a clip twice where it comes from stdin.

    Raises:
        UsageError: a loop, or a schedule whose clip has no known length.
    """
    if piped(clip.frames) is None:
        return
    if settings.loop:
        raise UsageError("a loop begins with its end, and stdin is read once: name a file, or drop --loop")
    try:
        float(settings.smooth_strength or 0)
    except ValueError:
        told = f"--smooth-strength {settings.smooth_strength!r} is a schedule over all frames of the clip"
        raise UsageError(f"{told}, whose number stdin doesn't tell: give one number") from None


def as_before(settings: SmoothSettings, before: SmoothedBefore) -> SmoothSettings:
    """Return the settings with what was chosen ``before`` where they are None.

    A guide and a part of a clip are no loops.
    """
    whole = settings.guide is None and settings.frame_range is None
    return replace(
        settings,
        smooth_strength=before.strength if settings.smooth_strength is None else settings.smooth_strength,
        smoother=before.method if settings.smoother is None else settings.smoother,
        loop=before.loop and whole if settings.loop is None else settings.loop,
    )


def _harmless(settings: SmoothSettings, before: SmoothedBefore, *, deep: bool) -> Harmless | None:
    """Return what is left alone: nothing where a strength was given, clean clips unless a run made them."""
    if settings.smooth_strength is not None or before.strength != defaults.STRENGTH:
        return None
    return Harmless(spare_clean=not before.is_run, deep=deep)


def _smoother(settings: SmoothSettings, clip: InputClip, emit: Listener) -> tuple[Smoother, str]:
    """Return the smoother, and how reports call it."""
    choices: dict[str, Any] = {}
    if settings.flow is not None:
        choices["flow"] = choose_flow(settings.flow, settings.flow_weights)
    guide = None if settings.guide is None else open_input(settings.guide, settings.read_options)
    if guide is not None:
        choices["guide"] = matched(guide.frames, clip.frames.size, f"the guide {guide.name}")
        tell_what_changes(choices["guide"], emit)
    strength = scheduled(str(settings.smooth_strength), clip.frames)
    smoother = create_smoother(settings.smoother or defaults.SMOOTHER, strength, **choices)
    if settings.workers > 1:
        smoother = _with_workers(smoother, settings.workers, clip.frames.num_frames, emit)
    if clip.path is not None:
        hints = keyframes_and_jumps(clip.path, settings.frame_range)
        smoother = with_keyframe_hints(smoother, *hints)
        smoother = sparing_region(smoother, kept_region(clip.path))
    return smoother, repr(smoother) if guide is None else f"{smoother!r} guided by {guide.name}"


def _with_workers(smoother: Smoother, workers: int, num_frames: int | None, emit: Listener) -> Smoother:
    """Return a smoother that works in several processes, if it can be divided."""
    by_several = divided(smoother, workers, num_frames)
    if by_several is None:
        told = f"{type(smoother).__name__} builds every frame on the last result"
        emit(Notice(f"{told}: one process smooths, --workers is for trajectory and deflicker"))
    return by_several or smoother


def _smooth(
    settings: SmoothSettings,
    clip: InputClip,
    smoother: Smoother,
    sink: FrameSink,
    emit: Listener,
    harmless: Harmless | None,
    *,
    one_pass: bool,
) -> Smoothed | None:
    """Smooth the clip into ``sink``; those of a whole run are kept in its folder, too.

    In ``one_pass`` nothing can be taken back: where smoothing was no help, that is told.

    Raises:
        _NoHelp: the clip, or some of its shots, are not to be smoothed.
    """
    loop = settings.loop is True
    run = _kept_in(settings, clip)
    if run is not None:
        with run.locked():
            kept = smooth_run(run, smoother, emit, fps=clip.frames.fps, loop=loop, harmless=harmless)
            if kept.left is not None:
                emit(Notice(kept.left.sentence))
            copy_clip(kept.frames, sink, emit)
        return kept
    smoother = looped(smoother, clip.frames) if loop else smoother
    found = _smooth_into(sink, settings, clip, smoother, emit)
    left = None
    if found is not None and harmless is not None:
        left = harmless.left_alone(smoother, clip.frames, found.before, found.after)
    if left is not None and one_pass:
        told = "smoothing doesn't help all of this clip, and one pass takes nothing back"
        emit(Notice(f"{told}; from a file to a file it would be {left.sentence}", warning=True))
    elif left is not None and found is not None:
        raise _NoHelp(left, found.before)
    return found


def _leave(
    unhelpful: "_NoHelp", settings: SmoothSettings, clip: InputClip, sink: FrameSink, emit: Listener
) -> Smoothed:
    """Write the clip as it is, or with only those shots smoothed that it helps."""
    left, before = unhelpful.left, unhelpful.before
    if left.smoother is not None:
        again = _smooth_into(sink, settings, clip, left.smoother, emit)
        assert again is not None  # it was measured the first time
        return replace(again, left=left)
    copy_clip(clip.frames, sink, emit)
    strip = (
        None
        if settings.report is None
        else Strip().drawn_from_pairs((shown, shown) for shown in map(eight_bits, clip.frames))
    )
    return Smoothed(clip.frames, before, unchanged(before), strip=strip, left=left)


def _smooth_into(
    sink: FrameSink, settings: SmoothSettings, clip: InputClip, smoother: Smoother, emit: Listener
) -> Smoothed | None:
    strip = None if settings.report is None else Strip()
    on_pair = None if strip is None else strip.add
    found = smooth_clip(clip.frames, smoother, sink, emit, measured=settings.measure, on_pair=on_pair)
    if found is None:
        return None
    return Smoothed(clip.frames, *found, strip=None if strip is None else strip.draw())


class _NoHelp(Exception):
    """Smoothing was no help: what was written is dropped."""

    def __init__(self, left: LeftAlone, before: Report) -> None:
        super().__init__(left.sentence)
        self.left, self.before = left, before


def _without_notices(emit: Listener) -> Listener:
    """Return a listener for work that is done a second time: its notices were told the first time."""
    return lambda event: None if isinstance(event, Notice) else emit(event)


def _kept_in(settings: SmoothSettings, clip: InputClip) -> RunFolder | None:
    """Return the run folder that keeps the smoothed frames, None where the clip is not a whole run."""
    part = settings.frame_range is not None or settings.fps is not None
    if clip.path is None or part or settings.guide is not None or not settings.measure:
        return None
    return can_keep(clip.path)
