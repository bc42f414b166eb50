"""Smoothing a clip that is there already, from end to end: read, measure, smooth, write."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from framesmooth.errors import MediaError, UsageError
from framesmooth.events import Listener, Notice, Progress, StageFinished, StageStarted
from framesmooth.frames import Frame, FrameSource, alongside, frame_slice
from framesmooth.metric import Report, measure
from framesmooth.run import RECORD_FILE, RunFolder
from framesmooth.smoother import Smoother
from framesmooth.video import FrameSink, has_audio, is_folder_name, open_source
from framesmooth.video.files import VIDEO_SUFFIXES
from framesmooth.video.source import Clip


def open_clip(
    path: Path, *, fps: Fraction | None = None, frame_range: tuple[int, int | None] | None = None
) -> FrameSource:
    """Open a video, an animation, a folder of pictures or a run folder (its frames before smoothing).

    Raises:
        MediaError: what cannot be read.
        UsageError: a frame range that holds no frame, or a run folder without all its frames.
    """
    if (path / RECORD_FILE).is_file():
        path, recorded_fps = _frames_of_run(RunFolder(path))
        fps = fps or recorded_fps
    source = open_source(path, fps=fps)
    return source if frame_range is None else frame_slice(source, *frame_range)


def _frames_of_run(run: RunFolder) -> tuple[Path, Fraction]:
    """Return (folder of frames, fps) of a run folder."""
    if not run.frames.notes().get("complete"):
        raise UsageError(
            f"{run.folder} has not all of its frames: run its generate command again to finish it"
        )
    try:
        return run.frames.folder, Fraction(run.record["settings"]["resolved"]["fps"])
    except (KeyError, TypeError, ValueError) as error:
        raise MediaError(
            f"{run.folder / RECORD_FILE} is damaged: give its frames folder and --fps"
        ) from error


@contextmanager
def stage(emit: Listener, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Announce a stage over frames; give the block the callback that counts them."""
    started = time.perf_counter()
    emit(StageStarted(name, total, "frames"))
    yield lambda _done: emit(Progress(name, 1))
    emit(StageFinished(name, time.perf_counter() - started, reused=False))


def measure_clip(
    source: FrameSource,
    emit: Listener,
    *,
    reference: FrameSource | None = None,
    metrics: tuple[str, ...] | None = None,
    flow: str = "dis-fine",
    name: str = "measure",
) -> Report:
    """Measure a clip, telling ``emit`` how far it is.

    Raises:
        MediaError: unreadable frames, or a reference of another length or size.
        UsageError: an unknown metric or flow.
    """
    tell_variable_rate(source, emit)
    with stage(emit, name, source.num_frames) as count:
        return measure(source, reference=reference, metrics=metrics, flow=flow, on_frame=count)


def steady_clip(
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
    if not measured:
        tell_variable_rate(source, emit)
        with stage(emit, "smooth", source.num_frames) as count:
            for index, frame in enumerate(smoother(source), start=1):
                sink.write(frame)
                count(index)
        return None
    before = measure_clip(source, emit, name="measure")
    with stage(emit, "smooth", source.num_frames) as count:
        after = smooth_and_measure(source, smoother, sink, count, on_pair)
    return before, after


def smooth_and_measure(
    frames: Iterable[Frame],
    smoother: Smoother,
    sink: FrameSink,
    on_frame: Callable[[int], None],
    on_pair: Callable[[Frame, Frame], None] | None = None,
) -> Report:
    """Smooth ``frames`` into ``sink`` and measure the result against them, in one pass.

    Motion is estimated on the result; the frames before smoothing are the reference for detail. ``on_pair``
    is handed every frame before and after smoothing.
    """
    originals: deque[Frame] = deque()

    def smoothed() -> Iterator[Frame]:
        for original, frame in alongside(frames, smoother, smoother.lookahead):
            originals.append(original)
            sink.write(frame)
            if on_pair is not None:
                on_pair(original, frame)
            yield frame

    def original_frames() -> Iterator[Frame]:
        while originals:
            yield originals.popleft()

    return measure(smoothed(), reference=original_frames(), flow_on="self", on_frame=on_frame)


def tell_variable_rate(source: FrameSource, emit: Listener) -> None:
    """Say so when frames that were unevenly spaced in time come out evenly spaced."""
    if isinstance(source, Clip) and source.variable_rate and not source.resampled:
        rate = f"{float(source.fps):.3f}".rstrip("0").rstrip(".")
        emit(
            Notice(
                f"{source.path.name} has a variable frame rate: its frames are spaced evenly at the average "
                f"of {rate} a second; give --fps to resample it instead",
                warning=True,
            )
        )


def copy_clip(source: FrameSource, sink: FrameSink, emit: Listener) -> None:
    """Write the frames of ``source`` as they are."""
    tell_variable_rate(source, emit)
    with stage(emit, "write", source.num_frames) as count:
        for index, frame in enumerate(source, start=1):
            sink.write(frame)
            count(index)


def sound_for(source: str, output: str, frame_range: tuple[int, int | None] | None) -> str | None:
    """Return ``source`` if its sound can go along with its smoothed frames, else None.

    Folders and animations have no sound, and frames that don't begin at the start would be out of step.
    """
    keeps_sound = not is_folder_name(output) and Path(output).suffix.lower() in VIDEO_SUFFIXES
    from_start = frame_range is None or frame_range[0] == 0
    is_video = Path(source).suffix.lower() in VIDEO_SUFFIXES and Path(source).is_file()
    return source if keeps_sound and from_start and is_video and has_audio(source) else None


def check_not_input(source: str, output: str) -> None:
    """Raise UsageError when the output is the input itself: it would be read while it is replaced."""
    if Path(source).exists() and Path(output).resolve() == Path(source).resolve():
        raise UsageError(f"{output} is the input itself: give another -o")
