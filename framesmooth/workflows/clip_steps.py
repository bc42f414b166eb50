"""Steps that several workflows share: measure, smooth, copy and upsample a stream of frames."""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from typing import Any

from framesmooth.errors import UsageError
from framesmooth.events import Listener, Notice, frame_stage, listed
from framesmooth.frames import (
    Frame,
    FrameSlice,
    FrameSource,
    eight_bits,
    notices_of,
)
from framesmooth.interpolation.upsampler import Upsampler
from framesmooth.metrics.measure import measure
from framesmooth.metrics.report import Report
from framesmooth.smoothing.base import Smoother
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.streams import alongside, broadcast, prefetch
from framesmooth.video import FrameSink
from framesmooth.video.picture_times import picture_times
from framesmooth.video.pipes.source import PipeSource
from framesmooth.video.reader import MediaFile
from framesmooth.workflows.pipes import piped
from framesmooth.workflows.settings.interpolate import DropRepeats

_log = logging.getLogger(__name__)


def divided(smoother: Smoother, workers: int, num_frames: int | None) -> Smoother | None:
    """Return a smoother that works in several processes; None where it cannot be divided.

    ``num_frames`` are shared out evenly where they are known.
    """
    if isinstance(smoother, MotionSmoother) and smoother.divides:
        return replace(smoother, workers=workers, num_frames=num_frames)
    return None


def measure_clip(
    source: FrameSource,
    emit: Listener,
    *,
    reference: FrameSource | None = None,
    guide: FrameSource | None = None,
    name: str = "measure",
    judge_flashes: bool = True,
    **choices: Any,
) -> Report:
    """Measure a clip, telling ``emit`` how far it is.

    ``choices`` are those of :func:`framesmooth.metrics.measure.measure`; flashes are judged by the rate of
    the source.

    Raises:
        MediaError: unreadable frames, or a reference or guide of another length or size.
        UsageError: an unknown metric or flow.
    """
    tell_what_changes(source, emit)
    with frame_stage(emit, name, source.num_frames) as count:
        rate = source.fps if judge_flashes else None
        report = measure(source, reference=reference, guide=guide, fps=rate, on_frame=count, **choices)
    _log.info("%s: motion by %s, of the %s", name, report.settings["flow"], report.settings["flow_on"])
    return report


def smooth_clip(
    source: FrameSource,
    smoother: Smoother,
    sink: FrameSink,
    emit: Listener,
    *,
    measured: bool = True,
    on_pair: Callable[[Frame, Frame], None] | None = None,
) -> tuple[Report, Report] | None:
    """Smooth ``source`` into ``sink`` and return its metrics (before, after), or None if not ``measured``.

    Frames are read once and never all held: the input is measured while it is smoothed, and so is the output
    while it is written. ``on_pair`` is then handed every frame before and after smoothing,
    in 8 bits.
    """
    replaced: list[int] = []
    lost: set[int] = set()
    if isinstance(smoother, MotionSmoother):
        smoother = replace(smoother, on_replaced=replaced.append, on_lost=lost.add)
    reports = _steady_clip(source, smoother, sink, emit, measured=measured, on_pair=on_pair)
    if replaced:
        told = f"single frames unlike both neighbours, which are alike: {listed(replaced)}"
        emit(Notice(f"{told}; replaced by the frame half-way between the neighbours"))
    lost = {
        index for index in lost if index >= 0 and (source.num_frames is None or index < source.num_frames)
    }
    if lost:
        told = f"motion can't be followed in part of {len(lost)} frames ({listed(lost)})"
        emit(Notice(f"{told}: only tone was evened there"))
    return reports


def _steady_clip(
    source: FrameSource,
    smoother: Smoother,
    sink: FrameSink,
    emit: Listener,
    *,
    measured: bool,
    on_pair: Callable[[Frame, Frame], None] | None,
) -> tuple[Report, Report] | None:
    _log.info("smoothing with %r, %d frames read ahead, into %s", smoother, smoother.lookahead, sink.path)
    tell_what_changes(source, emit)
    if not measured:
        with frame_stage(emit, "smooth", source.num_frames) as count, closing(prefetch(source)) as frames:
            for index, frame in enumerate(smoother(frames), start=1):
                sink.write(frame)
                count(index)
        return None
    with frame_stage(emit, "smooth", source.num_frames) as count:
        before, after = broadcast(
            source,
            lambda frames: measure(frames, fps=source.fps),
            lambda frames: smooth_and_measure(frames, smoother, sink, count, on_pair, fps=source.fps),
        )
    if after.flashes is not None and not (after.flashes.passed and after.flashes.extended_passed):
        emit(Notice(after.flashes.sentence, warning=True))
    return before, after


def smooth_and_measure(
    frames: Iterable[Frame],
    smoother: Smoother,
    sink: FrameSink,
    on_frame: Callable[[int], None],
    on_pair: Callable[[Frame, Frame], None] | None = None,
    fps: Fraction | None = None,
) -> Report:
    """Smooth ``frames`` into ``sink`` and measure the result against them, in one pass.

    Frames are read, smoothed and measured by threads of their own. Motion is estimated on the result; the
    frames before smoothing are the reference for detail. ``on_pair`` is handed every frame before and after
    smoothing.
    """
    originals: deque[Frame] = deque()

    def smoothed() -> Generator[Frame]:
        for original, frame in alongside(upcoming, smoother, smoother.lookahead):
            originals.append(original)
            sink.write(frame)
            if on_pair is not None:
                on_pair(eight_bits(original), eight_bits(frame))
            yield frame

    def original_frames() -> Iterator[Frame]:
        while originals:
            yield originals.popleft()

    with closing(prefetch(frames)) as upcoming, closing(smoothed()) as results:
        return measure(results, reference=original_frames(), flow_on="self", fps=fps, on_frame=on_frame)


def tell_what_changes(source: FrameSource, emit: Listener) -> None:
    """Say what reading the clip changes or loses: times, HDR, alpha, depth, fields, damage."""
    for line in notices_of(source):
        emit(Notice(line, warning=True))
    while isinstance(source, FrameSlice):
        source = source.source
    if isinstance(source, PipeSource):
        source.listener = emit
    if not isinstance(source, MediaFile):
        return
    if source.notice:
        keeps_times = source.resampled or bool(source.times)
        emit(Notice(source.notice, warning=not keeps_times))
    if source.transfer:
        told = f"{source.path.name} is HDR ({source.transfer}) and is read as SDR"
        emit(Notice(f"{told}: its colours come out flat, tone-map it first", warning=True))
    if source.damage is not None:
        source.damage.listener = lambda told: emit(Notice(told, warning=True))


def copy_clip(source: FrameSource, sink: FrameSink, emit: Listener) -> None:
    """Write the frames of ``source`` as they are."""
    tell_what_changes(source, emit)
    _log.info("writing %s", sink.path)
    with frame_stage(emit, "write", source.num_frames) as count, closing(prefetch(source)) as frames:
        for index, frame in enumerate(frames, start=1):
            sink.write(frame)
            count(index)


def upsample_clip(
    source: FrameSource,
    sink: FrameSink,
    emit: Listener,
    upsampler: Upsampler,
    drop_repeats: DropRepeats = "off",
) -> None:
    """Write ``source`` with frames between those that it has, and report where motion could not be followed.

    With ``drop_repeats`` "on" held frames are left out, so that motion is even, with "auto" only where they
    recur; the clip is read once more for it.

    Raises:
        UsageError: frames of different sizes.
    """
    tell_what_changes(source, emit)
    times, end = _uneven_times(source)
    if piped(source) is not None:  # whether they recur is known at the end
        if drop_repeats == "on":
            raise UsageError("--drop-repeats on reads the clip twice, and stdin is read once: name a file")
        drop_repeats = "off"
    if drop_repeats != "off" and not times:  # uneven times are even motion already
        _drop_repeats(source, emit, upsampler, always=drop_repeats == "on")
    _log.info("interpolating with %r, into %s", upsampler, sink.path)
    duration = end if times else source.num_frames
    total = None if duration is None else upsampler.length(duration)
    if source.num_frames == 1:
        emit(Notice("the clip has one frame: there is nothing to interpolate"))
    with frame_stage(emit, "interpolate", total) as count, closing(prefetch(source)) as frames:
        made = upsampler.sample(zip(times, frames, strict=False), end) if times else upsampler(frames)
        for index, frame in enumerate(made, start=1):
            sink.write(frame)
            count(index)
    pairs = len(upsampler.coverages)
    for found, done in ((upsampler.faded, "cross-faded"), (upsampler.held, "kept a cut in")):
        if found:
            told = f"{done} {len(found)} of {pairs} pairs, after frame {listed(found)}"
            emit(Notice(f"{told}: no motion could be followed there"))
    if upsampler.torn:
        told = f"less than half of the image could be followed after frame {listed(upsampler.torn)}"
        advice = "look at what is between, or give frames that are nearer to each other"
        emit(Notice(f"{told}: {advice}", warning=True))


def _uneven_times(source: FrameSource) -> tuple[list[Fraction], Fraction]:
    """Return (times of the frames, the end of the last one) in frames at the source's rate, from 0 on.

    There are no times where frames come evenly.
    """
    first, last, whole = 0, source.num_frames, source
    while isinstance(whole, FrameSlice):
        first, whole = first + whole.start, whole.source
    if not isinstance(whole, MediaFile) or not whole.times or last is None:
        return [], Fraction(0)
    times = [(time - whole.times[first]) * whole.fps for time in whole.times[first : first + last]]
    after = whole.times[first + last] if first + last < len(whole.times) else whole.end
    return times, (after - whole.times[first]) * whole.fps


def _drop_repeats(source: FrameSource, emit: Listener, upsampler: Upsampler, *, always: bool) -> None:
    """Let the upsampler leave out the held frames of ``source``, with a notice."""
    with (
        frame_stage(emit, "find held frames", source.num_frames) as count,
        closing(prefetch(source)) as frames,
    ):
        found = picture_times(_counted(frames, count))
    if not found.num_held or not (always or found.is_regular):
        return
    upsampler.times = found.times
    told = f"{found.num_held} of {found.num_frames} frames repeat the one before and are dropped"
    emit(Notice(f"{told}: motion is even between the others; --drop-repeats off keeps them"))


def _counted(frames: Iterable[Frame], count: Callable[[int], None]) -> Iterator[Frame]:
    for index, frame in enumerate(frames, start=1):
        yield frame
        count(index)
