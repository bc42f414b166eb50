"""Frames as numbered pictures in a folder."""

import re
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

from framesmooth.frames import Frame
from framesmooth.video.atomic import media_errors
from framesmooth.video.deep_writing import encode_deep
from framesmooth.video.images import FRAME_NAME, save_png
from framesmooth.video.samples import stored_eight
from framesmooth.video.storage import Storage

EIGHT_BIT_PNG: Final = Storage()
_UNDER_WAY: Final = 2
"""Pictures that are compressed while the next frame is made."""


class FolderEncoder:
    """Writes numbered pictures, PNG unless ``storage`` says otherwise, into a folder; tags into the first."""

    def __init__(self, folder: Path, tags: Mapping[str, str], storage: Storage = EIGHT_BIT_PNG) -> None:
        self._folder, self._tags, self._count, self._storage = folder, tags, 0, storage
        self._writers = ThreadPoolExecutor(_UNDER_WAY, thread_name_prefix="png")
        self._under_way: deque[Future[None]] = deque()

    def write(self, frame: Frame) -> None:
        """Write the next frame; what went wrong with one before is raised here or by ``close``."""
        while len(self._under_way) >= _UNDER_WAY:
            self._under_way.popleft().result()
        tags = self._tags if self._count == 0 else None
        path = (self._folder / FRAME_NAME.format(self._count)).with_suffix(f".{self._storage.pictures}")
        self._under_way.append(self._writers.submit(self._save, path, frame.copy(), tags))
        self._count += 1

    def _save(self, path: Path, frame: Frame, tags: Mapping[str, str] | None) -> None:
        if self._storage == EIGHT_BIT_PNG:
            save_png(path, stored_eight(frame), tags)
        else:
            path.write_bytes(encode_deep(frame, self._storage, tags))

    def close(self) -> None:
        """Wait until all images are written."""
        try:
            while self._under_way:
                self._under_way.popleft().result()
        finally:
            self._writers.shutdown()

    def abort(self) -> None:
        """Begin no more pictures; the folder is removed with its temporary name."""
        self._writers.shutdown(cancel_futures=True)


def is_frame(path: Path) -> bool:
    """Tell whether a file is named as the frames of such a folder are."""
    return re.fullmatch(r"frame_\d{6}\.(png|tiff|exr)", path.name) is not None


def replace_frames(folder: Path, fresh: Path) -> None:
    """Exchange the frames in a folder that is there already, touching no other file in it."""
    with media_errors(folder, "write"):
        names = {new.name for new in fresh.iterdir()}
        for new in sorted(fresh.iterdir()):
            new.replace(folder / new.name)
        for old in folder.iterdir():
            if is_frame(old) and old.name not in names:
                old.unlink()
