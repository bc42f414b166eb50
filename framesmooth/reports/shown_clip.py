"""The clip on the page of its report: by a path relative to the page, and a picture should it not play."""

import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final
from urllib.parse import quote

from framesmooth.frames import FrameSource
from framesmooth.reports.figures import Figure, jpeg_figure, thumbnail
from framesmooth.reports.plain_words import WrongFrame

_WIDTH: Final = 960
_WIDTH_OF_WRONG: Final = 320
_IMAGES: Final = (".gif", ".webp", ".png", ".apng", ".avif")
"""Animations that a browser shows as it shows a picture."""


@dataclass(frozen=True)
class ShownClip:
    """A clip that a page shows.

    Attributes:
        path: where it is, or will be when the page is looked at.
        frames: its frames.
    """

    path: Path
    frames: FrameSource

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return self.frames.fps

    def on_page(self, folder: Path) -> "ClipOnPage":
        """Return what a page in ``folder`` needs to show it."""
        first = thumbnail(next(iter(self.frames)), _WIDTH)
        relative = Path(os.path.relpath(self.path.absolute(), folder.absolute())).as_posix()
        suffix = self.path.suffix.lower()
        kind = "folder" if self.path.is_dir() or not suffix else "image" if suffix in _IMAGES else "video"
        height, width = self.frames.size
        return ClipOnPage(
            quote(relative), self.path.name, kind, jpeg_figure(first, "First frame"), width, height
        )

    def wrong_figures(self, wrong: list[WrongFrame], most: int) -> list[Figure]:
        """Return thumbnails of frames that stand out, with the reason."""
        wanted = {frame.index: frame for frame in wrong[:most]}
        figures: list[Figure] = []
        if not wanted:
            return figures
        for index, frame in enumerate(self.frames):
            if index in wanted:
                found = wanted[index]
                caption = f"{found.at(self.fps)}: {found.why}"
                figures.append(jpeg_figure(thumbnail(frame, _WIDTH_OF_WRONG), caption))
            if index >= max(wanted):
                break
        return figures


@dataclass(frozen=True)
class ClipOnPage:
    """How a page shows a clip: a "video", an "image" or a "folder", and a picture of it meanwhile."""

    source: str
    name: str
    kind: str
    poster: Figure
    width: int
    height: int
