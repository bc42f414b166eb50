"""Steps that several workflows share: measure, smooth, copy and upsample a stream of frames."""

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

from framesmooth.errors import UsageError
from framesmooth.events import Listener, Notice, frame_stage, listed
from framesmooth.frames import Frame, FrameSource
from framesmooth.interpolation.upsampler import Upsampler
from framesmooth.metrics.measure import measure
from framesmooth.metrics.report import Report
from framesmooth.smoothing.base import Smoother
from framesmooth.streams import alongside, notices_of, prefetch
from framesmooth.video import FrameSink
from framesmooth.video.reader import MediaFile

_log = logging.getLogger(__name__)


def measure_clip(
    source: FrameSource,
    emit: Listener,
    *,
    reference: FrameSource | None = None,
    guide: FrameSource | None = None,
    name: str = "measure",
    **choices: Any,
) -> Report:
    """Measure a clip, telling ``emit`` how far it is; ``choices`` are those of :func:`metric.measure`.

    Raises:
        MediaError: unreadable frames, or a reference or guide of another length or size.
        UsageError: an unknown metric or flow.
    """
    tell_what_changes(source, emit)
    with frame_stage(emit, name, source.num_frames) as count:
        report = measure(source, reference=reference, guide=guide, fps=source.fps, on_frame=count, **choices)
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

    Frames are read twice and never all held: once to measure the input, once to smooth it and to measure the
    output as it is written. ``on_pair`` is then handed every frame before and after smoothing.
    """
    _log.info("smoothing with %r, %d frames read ahead, into %s", smoother, smoother.lookahead, sink.path)
    if not measured:
        tell_what_changes(source, emit)
        with frame_stage(emit, "smooth", source.num_frames) as count, closing(prefetch(source)) as frames:
            for index, frame in enumerate(smoother(frames), start=1):
                sink.write(frame)
                count(index)
        return None
    before = measure_clip(source, emit, name="measure")
    with frame_stage(emit, "smooth", source.num_frames) as count:
        after = smooth_and_measure(source, smoother, sink, count, on_pair, fps=source.fps)
    if after.flashes is not None and not after.flashes.passed:
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
                on_pair(original, frame)
            yield frame

    def original_frames() -> Iterator[Frame]:
        while originals:
            yield originals.popleft()

    with closing(prefetch(frames)) as upcoming, closing(smoothed()) as results:
        return measure(results, reference=original_frames(), flow_on="self", fps=fps, on_frame=on_frame)


def tell_what_changes(source: FrameSource, emit: Listener) -> None:
    """Say what reading the clip changes or loses: uneven times, HDR, alpha, depth, fields, profiles."""
    for line in notices_of(source):
        emit(Notice(line, warning=True))
    if isinstance(source, MediaFile) and source.variable_rate and not source.resampled:
        rate = f"{float(source.fps):.3f}".rstrip("0").rstrip(".")
        emit(
            Notice(
                f"{source.path.name} has a variable frame rate: its frames are spaced evenly at the average "
                f"of {rate} a second; give --fps to resample it instead",
                warning=True,
            )
        )
    if isinstance(source, MediaFile) and source.transfer:
        told = f"{source.path.name} is HDR ({source.transfer}) and is taken for SDR"
        emit(Notice(f"{told}: its colours come out flat, tone-map it first", warning=True))


def copy_clip(source: FrameSource, sink: FrameSink, emit: Listener) -> None:
    """Write the frames of ``source`` as they are."""
    tell_what_changes(source, emit)
    _log.info("writing %s", sink.path)
    with frame_stage(emit, "write", source.num_frames) as count, closing(prefetch(source)) as frames:
        for index, frame in enumerate(frames, start=1):
            sink.write(frame)
            count(index)


def upsample_clip(source: FrameSource, sink: FrameSink, emit: Listener, upsampler: Upsampler) -> None:
    """Write ``source`` with frames between those that it has, and tell where motion could not be followed.

    Raises:
        UsageError: frames of different sizes.
    """
    tell_what_changes(source, emit)
    _log.info("interpolating with %r, into %s", upsampler, sink.path)
    total = None if source.num_frames is None else upsampler.length(source.num_frames)
    if source.num_frames == 1:
        emit(Notice("the clip has one frame: there is nothing between, and a loop of it stands still"))
    with frame_stage(emit, "interpolate", total) as count, closing(prefetch(source)) as frames:
        for index, frame in enumerate(upsampler(frames), start=1):
            sink.write(frame)
            count(index)
    pairs = len(upsampler.coverages)
    for found, done in ((upsampler.faded, "cross-faded"), (upsampler.held, "kept a cut in")):
        if found:
            told = f"{done} {len(found)} of {pairs} pairs, after frame {listed(found)}"
            emit(Notice(f"{told}: no motion could be followed there"))
    if upsampler.torn:
        told = f"less than half of the picture could be followed after frame {listed(upsampler.torn)}"
        advice = "look at what is between, or give frames that are nearer to each other"
        emit(Notice(f"{told}: {advice}", warning=True))


def check_not_input(source: str, output: str) -> None:
    """Raise UsageError when the output is the input itself: it would be read while it is replaced."""
    if Path(source).exists() and Path(output).resolve() == Path(source).resolve():
        raise UsageError(f"{output} is the input itself: give another -o")
