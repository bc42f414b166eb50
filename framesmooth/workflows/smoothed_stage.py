"""A stage of smoothed frames in a run folder: the frames, their metrics and the strip that reports show."""

from typing import Any, Final

from framesmooth.events import Listener
from framesmooth.frames import Frame, FrameSource
from framesmooth.metrics.report import Report
from framesmooth.reports import Strip
from framesmooth.runs import FrameFolder, Stage
from framesmooth.smoothing.base import Smoother
from framesmooth.video import FrameSink, read_image
from framesmooth.video.images import encode_png
from framesmooth.workflows.clip_steps import smooth_clip

REPORTS_FILE: Final = "reports.json"
STRIP_FILE: Final = "strip.image"
"""A PNG; its name keeps it from being taken for one of the frames."""

Reports = tuple[Report, Report]
"""The metrics before and after smoothing."""


def fill(kept: Stage, source: FrameSource, smoother: Smoother, emit: Listener) -> tuple[Reports, Frame]:
    """Smooth ``source`` into ``kept``; return the metrics and the strip, which are kept there as well.

    The stage is not noted as complete: that is for the caller, who knows whose frames they are.

    Raises:
        MediaError: a full disk, or frames that cannot be read.
    """
    kept.note(complete=False)
    sink = FrameSink(kept.folder, source.size, None, _StageEncoder(kept))
    drawn = Strip.of_middle(source.num_frames or 0)
    found = smooth_clip(source, smoother, sink, emit, on_pair=drawn.add)
    assert found is not None  # it is, unless it is told not to measure
    kept.checksums.write(REPORTS_FILE, _adapter().dump_json(found))
    strip = drawn.draw()
    keep_strip(kept, strip)
    return found, strip


def kept_reports(kept: Stage, num_frames: int) -> Reports | None:
    """Return the metrics of smoothed frames that are all here and whole, None otherwise."""
    frames = FrameFolder(kept)
    if not kept.checksums.intact(REPORTS_FILE) or not all(index in frames for index in range(num_frames)):
        return None
    try:
        before, after = _adapter().validate_json((kept.folder / REPORTS_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return before, after


def keep_strip(kept: Stage, strip: Frame) -> None:
    """Keep the strip of frames before and after."""
    kept.checksums.write(STRIP_FILE, encode_png(strip))


def kept_strip(kept: Stage) -> Frame | None:
    """Return the strip of frames before and after that was kept, None where it is missing or damaged."""
    return read_image(kept.folder / STRIP_FILE) if kept.checksums.intact(STRIP_FILE) else None


def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Reports)


class _StageEncoder:
    """Writes frames into a stage, each with its checksum."""

    def __init__(self, kept: Stage) -> None:
        self._frames, self._count = FrameFolder(kept), 0

    def write(self, frame: Frame) -> None:
        self._frames.write(self._count, frame)
        self._count += 1

    def close(self) -> None:
        """Nothing is buffered."""

    def abort(self) -> None:
        """What is there stays: it counts for nothing until all is."""
