"""Frames as numbered pictures in a folder."""

import re
from collections.abc import Mapping
from pathlib import Path

from framesmooth.frames import Frame
from framesmooth.video.files import media_errors
from framesmooth.video.images import FRAME_NAME, save_png


class FolderEncoder:
    """Writes numbered PNG files into a folder, the tags into the first one."""

    def __init__(self, folder: Path, tags: Mapping[str, str]) -> None:
        self._folder, self._tags, self._count = folder, tags, 0

    def write(self, frame: Frame) -> None:
        """Write the next frame."""
        tags = self._tags if self._count == 0 else None
        save_png(self._folder / FRAME_NAME.format(self._count), frame, tags)
        self._count += 1

    def close(self) -> None:
        """Nothing is buffered."""

    def abort(self) -> None:
        """The folder is removed with its temporary name."""


def is_frame(path: Path) -> bool:
    """Tell whether a file is named as the frames of such a folder are."""
    return re.fullmatch(r"frame_\d{6}\.png", path.name) is not None


def replace_frames(folder: Path, fresh: Path) -> None:
    """Exchange the frames in a folder that is there already, touching no other file in it."""
    with media_errors(folder, "write"):
        names = {new.name for new in fresh.iterdir()}
        for new in sorted(fresh.iterdir()):
            new.replace(folder / new.name)
        for old in folder.iterdir():
            if is_frame(old) and old.name not in names:
                old.unlink()
