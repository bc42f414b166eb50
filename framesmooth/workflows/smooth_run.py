"""The smoothed frames of a run: kept by content, so that another codec never smooths again.

They are in the run folder under a key made of the checksums of the frames that went in, the smoother and the
versions of what it computes with. Beside them are their metrics, and the strip of frames before and after
that reports show, so that no frame is decoded again for either.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from framesmooth.events import Listener, stage
from framesmooth.frames import Frame, FrameSource
from framesmooth.metrics.report import Report
from framesmooth.reports import Strip
from framesmooth.runs import (
    RECORD_FILE,
    FrameFolder,
    RunFolder,
    Stage,
    package_versions,
)
from framesmooth.runs.open_clip import keyframes_and_jumps, requested_settings
from framesmooth.smoothing.base import Smoother
from framesmooth.smoothing.choice import SmoothingChoice
from framesmooth.smoothing.keyframe_hints import sparing_given_images, with_keyframe_hints
from framesmooth.smoothing.loop import looped
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.video import FrameSink, open_source, read_image
from framesmooth.video.images import encode_png
from framesmooth.workflows.clip_steps import smooth_clip

REPORTS_FILE: Final = "reports.json"
STRIP_FILE: Final = "strip.image"
"""A PNG; its name keeps it from being taken for one of the frames."""
_DECIDING_PIXELS: Final = ("framesmooth", "numpy", "scipy", "opencv-contrib-python")


@dataclass(frozen=True)
class Smoothed:
    """Smoothed frames, the metrics that were measured when they were made, and a strip of them if one was."""

    frames: FrameSource
    before: Report
    after: Report
    strip: Frame | None = None


@dataclass(frozen=True)
class Guide:
    """A clip to take the motion from, as long and as large as the frames, and what decides its content."""

    clip: FrameSource
    content: str


def smooth_run(
    run: RunFolder,
    smoother: Smoother,
    emit: Listener,
    *,
    fps: Fraction,
    loop: bool = False,
    guide: Guide | None = None,
) -> Smoothed:
    """Return the frames of a run, which must be complete, smoothed: those kept if there are, else made now.

    The caller holds the lock of the run. Images that were given as the first or the last frame stay as they
    are. In a ``loop`` the first frame follows on the last. A smoother along the motion takes it from the
    ``guide``, where there is one.

    Raises:
        MediaError: a full disk, or frames that cannot be read.
    """
    choice = SmoothingChoice.of(smoother, loop=loop)
    smoother = with_keyframe_hints(smoother, *keyframes_and_jumps(run.folder))
    source = open_source(run.frames.folder, fps=fps)
    num_frames = source.num_frames or 0
    asked = requested_settings(run.folder)
    first, last = (asked.get(name) is not None for name in ("init_image", "last_image"))
    smoother = sparing_given_images(smoother, num_frames, first=first, last=last)
    settings = _key(run, num_frames, fps, repr(smoother)) | ({"loop": True} if loop else {})
    smoother = looped(smoother, source) if loop else smoother
    if guide is not None and isinstance(smoother, MotionSmoother):
        smoother = replace(smoother, guide=guide.clip)
        settings |= {"guide": guide.content}
    kept = run.smoothed(settings, choice.folder_name)
    notes = kept.open(settings)
    found = _kept(kept, num_frames) if notes.get("complete") else None
    strip = None if found is None else _kept_strip(kept)
    if found is None:
        kept.note(complete=False)
        sink = FrameSink(kept.folder, source.size, None, _StageEncoder(kept))
        drawn = Strip.of_middle(num_frames)
        found = smooth_clip(source, smoother, sink, emit, on_pair=drawn.add)
        assert found is not None  # it is, unless it is told not to measure
        kept.checksums.write(REPORTS_FILE, _adapter().dump_json(found))
        strip = drawn.draw()
        _keep_strip(kept, strip)
        kept.note(complete=True)
    else:
        with stage(emit, "smooth", num_frames, "frames", reused=True) as advance:
            advance(num_frames)
    frames = open_source(kept.folder, fps=fps)
    if strip is None:  # kept by a version that kept no strip, or damaged
        strip = Strip.of_middle(num_frames).drawn_from(source, frames)
        _keep_strip(kept, strip)
    return Smoothed(frames, *found, strip=strip)


def can_keep(folder: Path) -> RunFolder | None:
    """Return the run folder ``folder`` if smoothed frames can be kept there, None where it is read-only."""
    run = RunFolder(folder)
    if not (folder / RECORD_FILE).is_file() or not os.access(folder, os.W_OK):
        return None
    frames, count = FrameFolder(run.frames), len(run.frames.results())
    known = count > 0 and all(frames.digest(index) for index in range(count))
    return run if known else None


def _key(run: RunFolder, num_frames: int, fps: Fraction, described: str) -> dict[str, Any]:
    """Return everything that decides the smoothed frames and their metrics."""
    frames, versions = FrameFolder(run.frames), package_versions()
    content = hashlib.sha256("\n".join(frames.digest(index) for index in range(num_frames)).encode())
    return {
        "frames": content.hexdigest(),
        "fps": str(fps),
        "smoother": described,
        "versions": {name: versions[name] for name in _DECIDING_PIXELS},
    }


def _kept(kept: Stage, num_frames: int) -> tuple[Report, Report] | None:
    """Return the metrics of smoothed frames that are all here and whole, None otherwise."""
    frames = FrameFolder(kept)
    if not kept.checksums.intact(REPORTS_FILE) or not all(index in frames for index in range(num_frames)):
        return None
    try:
        before, after = _adapter().validate_json((kept.folder / REPORTS_FILE).read_bytes())
    except (OSError, ValueError):
        return None
    return before, after


def _keep_strip(kept: Stage, strip: Frame) -> None:
    kept.checksums.write(STRIP_FILE, encode_png(strip))


def _kept_strip(kept: Stage) -> Frame | None:
    """Return the strip of frames before and after that was kept, None where it is missing or damaged."""
    return read_image(kept.folder / STRIP_FILE) if kept.checksums.intact(STRIP_FILE) else None


def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(tuple[Report, Report])


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
