"""What the workflow of generate returns."""

from dataclasses import dataclass
from pathlib import Path

from framesmooth.events import Notice
from framesmooth.frames import FrameSource
from framesmooth.metrics.report import Report
from framesmooth.video import open_source


@dataclass(frozen=True)
class GeneratedClip:
    """The clip is written; ``before`` and ``after`` are its metrics without and with smoothing."""

    clip: Path
    run_folder: Path
    before: Report
    after: Report
    seconds: float
    notices: tuple[Notice, ...] = ()

    @property
    def frames(self) -> FrameSource:
        """The frames of the clip, decoded when they are read."""
        return open_source(self.clip)
