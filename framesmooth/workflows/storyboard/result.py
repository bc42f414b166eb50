"""What the workflow of a storyboard returns."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from framesmooth.errors import MediaError
from framesmooth.events import Notice
from framesmooth.frames import FrameSource
from framesmooth.metrics.flash_safety import FlashReport
from framesmooth.video import open_source


@dataclass(frozen=True, kw_only=True)
class ShotResult:
    """A shot of a film.

    Attributes:
        number: from 1.
        clip: its own file, with its handles.
        start: its first frame in the film.
        length: its frames from cut to cut.
        reused: whether it was there from an earlier run.
    """

    number: int
    clip: Path
    start: int
    length: int
    reused: bool


@dataclass(frozen=True, kw_only=True)
class Film:
    """A film that was made.

    Attributes:
        output: the film; None where only single shots were made.
        run_folder: of the film, with those of its shots.
        shots: in order; only those that were asked for where single shots were.
        num_frames: of the film.
        fps: frames per second.
        size: (height, width) in pixels.
        seconds: how long it took.
        flashes: flash safety of the film, None where it was not written.
        notices: what the user should know.
    """

    output: Path | None
    run_folder: Path
    shots: tuple[ShotResult, ...]
    num_frames: int
    fps: Fraction
    size: tuple[int, int]
    seconds: float
    flashes: FlashReport | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def frames(self) -> FrameSource:
        """The frames of the film, decoded when they are read.

        Raises:
            MediaError: the film is not written yet.
        """
        if self.output is None:
            raise MediaError("the film is not written: make the shots that are missing first")
        return open_source(self.output)

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {
            "film": None if self.output is None else str(self.output),
            "run_folder": str(self.run_folder),
            "frames": self.num_frames,
            "fps": str(self.fps),
            "width": self.size[1],
            "height": self.size[0],
            "shots": [
                {
                    "number": shot.number,
                    "clip": str(shot.clip),
                    "start": shot.start,
                    "frames": shot.length,
                    "reused": shot.reused,
                }
                for shot in self.shots
            ],
            "flash_safety": None if self.flashes is None else self.flashes.passed,
        }
