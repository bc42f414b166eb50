"""Writing a clip as a folder of PNG frames."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from framesmooth.frames import Frame
from framesmooth.video.files import atomic_path, media_errors, remove_leftovers, temporary_path
from framesmooth.video.frame_sink import FrameSink, completed
from framesmooth.video.images import FRAME_NAME, save_png


class _FolderEncoder:
    def __init__(self, folder: Path, tags: Mapping[str, str]) -> None:
        self._folder, self._tags, self._count = folder, tags, 0

    def write(self, frame: Frame) -> None:
        tags = self._tags if self._count == 0 else None
        save_png(self._folder / FRAME_NAME.format(self._count), frame, tags)
        self._count += 1

    def close(self) -> None:
        """Nothing is buffered."""

    def abort(self) -> None:
        """The folder is removed with its temporary name."""


@contextmanager
def folder_sink(
    target: Path,
    size: tuple[int, int],
    tags: Mapping[str, str],
    on_complete: Callable[[Path], None] | None,
) -> Iterator[FrameSink]:
    """Give a sink for frames of ``size`` (height, width); see ``open_sink``."""
    inside = target.is_dir() and not all(map(_is_frame, target.iterdir()))
    place = temporary_path(target / "frames", folder=True) if inside else atomic_path(target, folder=True)
    if inside:
        remove_leftovers(target / "frames")
    with place as temporary:
        with completed(_FolderEncoder(temporary, tags), target, size, None) as sink:
            yield sink
        if on_complete is not None:
            on_complete(temporary)
        if inside:
            _replace_frames(target, temporary)


def _is_frame(path: Path) -> bool:
    return re.fullmatch(r"frame_\d{6}\.png", path.name) is not None


def _replace_frames(folder: Path, fresh: Path) -> None:
    """Exchange the frames in a folder that is there already, touching no other file in it."""
    with media_errors(folder, "write"):
        names = {new.name for new in fresh.iterdir()}
        for new in sorted(fresh.iterdir()):
            new.replace(folder / new.name)
        for old in folder.iterdir():
            if _is_frame(old) and old.name not in names:
                old.unlink()
