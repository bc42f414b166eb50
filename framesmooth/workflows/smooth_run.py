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
from framesmooth.metrics.benefit import unchanged
from framesmooth.metrics.report import Report
from framesmooth.reports import Strip
from framesmooth.runs import (
    RECORD_FILE,
    FrameFolder,
    RunFolder,
    Stage,
    package_versions,
)
from framesmooth.runs.moving_region import kept_region
from framesmooth.runs.open_clip import keyframes_and_jumps, requested_settings
from framesmooth.smoothing.base import Smoother
from framesmooth.smoothing.choice import SmoothingChoice
from framesmooth.smoothing.keyframe_hints import sparing_given_images, sparing_region, with_keyframe_hints
from framesmooth.smoothing.loop import looped
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.video import open_source
from framesmooth.workflows.no_harm import Harmless, LeftAlone
from framesmooth.workflows.smooth_ahead import SmoothingAhead
from framesmooth.workflows.smoothed_stage import fill, keep_strip, kept_reports, kept_strip

_DECIDING_PIXELS: Final = ("framesmooth", "numpy", "scipy", "opencv-contrib-python")


@dataclass(frozen=True)
class Smoothed:
    """Smoothed frames, the metrics that were measured when they were made, and a strip of them if one was.

    ``left`` says what of them was left as it was, because smoothing didn't help there. ``stage`` is where
    they are kept in a run folder.
    """

    frames: FrameSource
    before: Report
    after: Report
    strip: Frame | None = None
    left: LeftAlone | None = None
    stage: Stage | None = None

    def choice(self, smoother: Smoother, *, loop: bool) -> SmoothingChoice:
        """Return how the frames were smoothed where ``smoother`` was asked for."""
        made = smoother if self.left is None else self.left.smoother
        choice = SmoothingChoice.of(made or smoother, loop=loop)
        return choice if made is not None else replace(choice, strength=0.0)


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
    ahead: SmoothingAhead | None = None,
    harmless: Harmless | None = None,
) -> Smoothed:
    """Return the frames of a run, which must be complete, smoothed: those kept if there are, else made now.

    The caller holds the lock of the run. Images that were given as the first or the last frame stay as they
    are. In a ``loop`` the first frame follows on the last. A smoother along the motion takes it from the
    ``guide``, where there is one. What was smoothed ``ahead`` is taken if it is of these frames. If it is to
    be ``harmless``, shots that smoothing doesn't help stay as they are.

    Raises:
        MediaError: a full disk, or frames that cannot be read.
    """
    choice = SmoothingChoice.of(smoother, loop=loop)
    source = open_source(run.frames.folder, fps=fps)
    num_frames = source.num_frames or 0
    smoother = smoother_of_run(run, smoother, num_frames)
    settings = _key(run, num_frames, fps, repr(smoother)) | ({"loop": True} if loop else {})
    if isinstance(smoother, MotionSmoother) and smoother.spared is not None:
        settings |= {"spared": smoother.spared.content}
    smoother = looped(smoother, source) if loop else smoother
    if guide is not None and isinstance(smoother, MotionSmoother):
        smoother = replace(smoother, guide=guide.clip)
        settings |= {"guide": guide.content}
    kept = run.smoothed(settings, choice.folder_name)
    notes = kept.open(settings)
    found = kept_reports(kept, num_frames) if notes.get("complete") else None
    strip = None if found is None else kept_strip(kept)
    if found is None:
        made = None if ahead is None else ahead.take(smoother, kept.folder, emit)
        if made is not None:
            kept = Stage(kept.folder)  # its files are others now
            kept.adopt(settings)
        found, strip = fill(kept, source, smoother, emit) if made is None else made
        kept.note(complete=True)
    else:
        with stage(emit, "smooth", num_frames, "frames", reused=True) as advance:
            advance(num_frames)
    left = None if harmless is None else harmless.left_alone(smoother, source, *found)
    if left is not None and left.smoother is None:
        same = Strip.of_middle(num_frames).drawn_from_pairs((frame, frame) for frame in source)
        return Smoothed(source, found[0], unchanged(found[0]), strip=same, left=left, stage=run.frames)
    if left is not None and left.smoother is not None:
        again = smooth_run(run, left.smoother, emit, fps=fps, loop=loop, guide=guide)
        return replace(again, left=left)
    frames = open_source(kept.folder, fps=fps)
    if strip is None:  # kept by a version that kept no strip, or damaged
        strip = Strip.of_middle(num_frames).drawn_from(source, frames)
        keep_strip(kept, strip)
    return Smoothed(frames, *found, strip=strip, stage=kept)


def smoother_of_run(run: RunFolder, smoother: Smoother, num_frames: int) -> Smoother:
    """Return ``smoother`` with what a run knows: keyframes, jumps, images that were given, what moves."""
    smoother = with_keyframe_hints(smoother, *keyframes_and_jumps(run.folder))
    smoother = sparing_region(smoother, kept_region(run.folder))
    asked = requested_settings(run.folder)
    first, last = (asked.get(name) is not None for name in ("init_image", "last_image"))
    return sparing_given_images(smoother, num_frames, first=first, last=last)


def can_keep(folder: Path) -> RunFolder | None:
    """Return the run folder ``folder`` if smoothed frames can be kept there, None where it is read-only."""
    run = RunFolder(folder)
    if not (folder / RECORD_FILE).is_file() or not os.access(folder, os.W_OK):
        return None
    frames, count = FrameFolder(run.frames), len(run.frames.results())
    known = count > 0 and all(frames.digest(index) for index in range(count))
    return run if known else None


def content_of_frames(stage: Stage, num_frames: int) -> str:
    """Return the SHA-256 (hex) of the checksums of a stage's frames."""
    frames = FrameFolder(stage)
    return hashlib.sha256("\n".join(map(frames.digest, range(num_frames))).encode()).hexdigest()


def _key(run: RunFolder, num_frames: int, fps: Fraction, described: str) -> dict[str, Any]:
    """Return everything that decides the smoothed frames and their metrics."""
    versions = package_versions()
    return {
        "frames": content_of_frames(run.frames, num_frames),
        "fps": str(fps),
        "smoother": described,
        "versions": {name: versions[name] for name in _DECIDING_PIXELS},
    }
