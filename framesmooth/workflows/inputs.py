"""What a workflow takes as a clip: a path, frames in memory, or any source of frames."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import numpy as np

from framesmooth.errors import UsageError
from framesmooth.frames import DEFAULT_FPS, Frame, FrameList, FrameSource, frame_slice
from framesmooth.runs.open_clip import open_clip
from framesmooth.video.probe import Uneven
from framesmooth.video.reading import ReadOptions
from framesmooth.video.samples import Depth
from framesmooth.video.storage import Storage
from framesmooth.workflows.pipes import STDIN_NAME, is_stdio, open_stdin
from framesmooth.workflows.settings.pipes import PipeInputSettings

ClipInput = str | os.PathLike[str] | FrameSource | Iterable[Frame]
"""A path of a video, an animation, a folder of frames or a run folder; a FrameSource; a list of (H, W, 3)
RGB frames, or one array (T, H, W, 3): uint8, uint16, or float32 for light (``framesmooth.frames.Frame``)."""

IN_MEMORY: Final = "frames in memory"
"""What a clip without a path is called."""


@dataclass(frozen=True)
class InputClip:
    """An opened clip, its path where it has one, and how its result is stored, where that is known."""

    frames: FrameSource
    path: Path | None
    storage: Storage | None = None
    label: str = IN_MEMORY

    @property
    def name(self) -> str:
        """What the clip is called in titles."""
        return self.label if self.path is None else self.path.name


def open_input(
    given: ClipInput,
    options: ReadOptions,
    *,
    uneven: Uneven = "auto",
    depth: Depth = "eight",
    stdin: PipeInputSettings | None = None,
) -> InputClip:
    """Open what a workflow was given as a clip.

    ``uneven`` says how a variable frame rate is read, and ``depth`` how many bits of each sample, as
    :func:`framesmooth.video.open_source` takes them; frames in memory are taken as they are.
    "-" is the clip on ``stdin`` of workflows that read their clip once and say so.

    Raises:
        MediaError: what cannot be read, or arrays that are no frames.
        UsageError: a frame range that holds no frame, a rate for a source that has its own, or stdin where
            one pass is not enough.
    """
    if is_stdio(given):
        if stdin is None:
            raise UsageError("this reads its clips more than once, and stdin can be read once: name a file")
        stream = open_stdin(options, stdin, depth)
        part = stream if options.frame_range is None else frame_slice(stream, *options.frame_range)
        return InputClip(part, None, label=STDIN_NAME)
    if stdin is not None and stdin.video_size is not None:
        raise UsageError("--video-size is for raw video on stdin: give - as IN")
    if isinstance(given, (str, os.PathLike)):
        path = Path(given)
        return InputClip(open_clip(path, options, uneven=uneven, depth=depth), path)
    if isinstance(given, FrameSource):
        if options.fps not in (None, given.fps):
            raise UsageError(f"the source has {given.fps} frames a second of its own: leave out fps")
        source = given
    else:
        frames = given if isinstance(given, np.ndarray) else list(given)
        source = FrameList(cast("list[Frame]", frames), options.fps or DEFAULT_FPS)
    return InputClip(
        source if options.frame_range is None else frame_slice(source, *options.frame_range), None
    )
