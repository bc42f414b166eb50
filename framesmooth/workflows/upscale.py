"""Enlarging a clip."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from framesmooth.events import Notice, frame_stage
from framesmooth.frames import FrameSource
from framesmooth.motion.flow.base import load_flow
from framesmooth.streams import prefetch
from framesmooth.upscaling.base import DEFAULT_TILE, Enlarging, create_upscaler, size_of
from framesmooth.upscaling.steady import steadily
from framesmooth.workflows.clip_steps import tell_what_changes
from framesmooth.workflows.outputs import ClipWriter, open_to_convert
from framesmooth.workflows.settings.pipes import parse_size
from framesmooth.workflows.settings.upscale import UpscaleSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow

DEFAULT_SCALE: Final = 2.0


@dataclass(frozen=True, kw_only=True)
class UpscaleResult:
    """An enlarged clip.

    Attributes:
        frames: of the result; those of a file are decoded when they are read.
        output: the file or folder, None where the frames are in memory.
        size: (height, width) in pixels.
        notices: what the user should know.
    """

    frames: FrameSource
    output: Path | None
    size: tuple[int, int]
    notices: tuple[Notice, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types for JSON."""
        named = {} if self.output is None else {"output": self.output.name}
        return named | {"width": self.size[1], "height": self.size[0]}


@workflow(UpscaleSettings)
def upscale(settings: UpscaleSettings) -> UpscaleResult:
    """Enlarge a clip.

    The arguments are those of :class:`UpscaleSettings`. Frames are read, enlarged and written one by one;
    sound and metadata are kept.

    Raises:
        MediaError: a source that cannot be read, or a full disk.
        UsageError: settings that contradict each other, or an output that is there already.
        ModelError: an upscaler that cannot be loaded.

    Example:
        >>> import framesmooth as fs
        >>> fs.upscale("flickering.webp", scale=2, model="lanczos").size
        (192, 256)
    """
    clip = open_to_convert(settings, deep=settings.model == "lanczos")
    emit = NoticeCollector(settings.on_event)
    source = clip.frames
    asked = None if settings.size is None else parse_size(settings.size)
    scale = settings.scale if settings.scale or asked else DEFAULT_SCALE
    size = size_of(source.size, scale, asked)
    enlarging = Enlarging(
        create_upscaler(settings.model, settings.device), size, settings.tile or DEFAULT_TILE
    )
    estimator = load_flow(settings.flow, settings.flow_weights)
    tell_what_changes(source, emit)
    writer = ClipWriter(settings, clip, emit)
    note = (
        f"enlarged by framesmooth: {settings.model}, {source.size[1]}x{source.size[0]} to {size[1]}x{size[0]}"
    )
    with (
        writer.sink(note, size=size) as (sink, written),
        frame_stage(emit, "upscale", source.num_frames) as count,
        closing(prefetch(source)) as frames,
    ):
        for index, frame in enumerate(steadily(frames, enlarging, estimator, settings.steady), start=1):
            sink.write(frame)
            count(index)
    return UpscaleResult(frames=written.frames, output=written.output, size=size, notices=emit.notices)
