"""Videos on disk: what a node may read, and where it writes. Both stay inside ComfyUI's own folders.

A workflow can come from anybody who reaches the server, so that no name in it may lead elsewhere.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import folder_paths
from comfy_api.latest import Input, io, ui

from framesmooth.errors import UsageError


@contextmanager
def opened(video: Input.Video | None, path: str) -> Iterator[str]:
    """Give the path of a node's clip: of the VIDEO where one is connected, else of the name in the widget.

    A VIDEO that is a whole file is read where it lies. One that was trimmed, cropped or made of images is
    saved for as long as the block lasts.

    Raises:
        UsageError: neither is given, or both, or the name leads out of ComfyUI's folders.
    """
    if (video is None) == (not path.strip()):
        raise UsageError("connect a video, or write the path of one, and not both")
    if video is None:
        yield _inside(path.strip())
        return
    source = video.get_stream_source()
    trimmed = any(video.get_active_trim_window()) or video.has_pending_frame_edits()
    if isinstance(source, str) and not trimmed:
        yield source
        return
    with TemporaryDirectory(dir=_made(folder_paths.get_temp_directory())) as folder:
        saved = os.path.join(folder, "video.mp4")
        video.save_to(saved, crf=0)  # lossless: the node encodes it once more
        yield saved


def _inside(name: str) -> str:
    """Return the path of a file or folder, given as "clip.mp4", "clip.mp4 [output]", or absolute."""
    path: str = os.path.abspath(folder_paths.get_annotated_filepath(name))
    allowed = [
        os.path.abspath(folder)
        for folder in (
            folder_paths.get_input_directory(),
            folder_paths.get_output_directory(),
            folder_paths.get_temp_directory(),
        )
    ]
    if not any(Path(path).is_relative_to(folder) for folder in allowed):
        raise UsageError(f"{name} is outside ComfyUI's input, output and temp folders: move it there")
    if not os.path.exists(path):
        raise UsageError(f"{name} is not there: give the name of a video in ComfyUI's input folder")
    return path


def _made(folder: str) -> str:
    os.makedirs(folder, exist_ok=True)
    return folder


@dataclass(frozen=True)
class Output:
    """A file to be written in ComfyUI's output folder."""

    path: str
    shown: ui.SavedResult

    @classmethod
    def numbered(cls, prefix: str, suffix: str) -> "Output":
        """Return the next name that is free: "smooth" and "mp4" are smooth_00001_.mp4 at first."""
        folder, name, counter, subfolder, _ = folder_paths.get_save_image_path(
            prefix, folder_paths.get_output_directory()
        )
        while os.path.exists(os.path.join(folder, file := f"{name}_{counter:05}_.{suffix}")):
            counter += 1
        return cls(os.path.join(folder, file), ui.SavedResult(file, subfolder, io.FolderType.output))
