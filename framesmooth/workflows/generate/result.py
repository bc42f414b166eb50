"""What the workflow of generate returns."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from framesmooth.events import Notice
from framesmooth.frames import FrameSource
from framesmooth.metrics.report import Report
from framesmooth.smoothing.choice import SmoothingChoice
from framesmooth.video import open_source


@dataclass(frozen=True)
class GeneratedClip:
    """The clip is written.

    Attributes:
        clip: the file, or the folder of frames.
        run_folder: what it was made from, and its report.
        before: metrics without smoothing.
        after: metrics with smoothing.
        smoothing: method and strength.
        size: (height, width) in pixels.
        fps: frames per second.
        seconds: how long it took.
        notices: what the user should know.
        num_frames: how many frames it has.
        drawn_fps: rate of the frames that were drawn and measured, before others came between.
        left: what was left as it was because smoothing didn't help, and why; None where nothing was.
    """

    clip: Path
    run_folder: Path
    before: Report
    after: Report
    smoothing: SmoothingChoice
    size: tuple[int, int]
    fps: Fraction
    seconds: float
    num_frames: int
    drawn_fps: Fraction
    notices: tuple[Notice, ...] = ()
    left: str | None = None

    @property
    def frames(self) -> FrameSource:
        """The frames of the clip, decoded when they are read."""
        return open_source(self.clip)
