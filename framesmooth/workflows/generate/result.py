"""What the workflow of generate returns."""

from dataclasses import dataclass
from pathlib import Path

from framesmooth.metrics.report import Report


@dataclass(frozen=True)
class GeneratedClip:
    """The clip is written; ``before`` and ``after`` are its metrics without and with smoothing."""

    clip: Path
    run_folder: Path
    before: Report
    after: Report
    seconds: float
