"""Putting frames, and sound, together into a clip, or taking a clip apart into frames."""

from dataclasses import dataclass
from pathlib import Path

from framesmooth.events import Notice
from framesmooth.frames import FrameSource
from framesmooth.workflows.clip_steps import copy_clip
from framesmooth.workflows.outputs import ClipWriter, open_to_convert
from framesmooth.workflows.settings.assemble import AssembleSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow


@dataclass(frozen=True, kw_only=True)
class AssembleResult:
    """A clip that was put together: its frames, its file if it has one, and what the user should know."""

    frames: FrameSource
    output: Path | None
    notices: tuple[Notice, ...]


@workflow(AssembleSettings)
def assemble(settings: AssembleSettings) -> AssembleResult:
    """Write the frames of a clip as they are, with its sound and tags: frames to a clip, a clip to frames.

    The arguments are those of :class:`AssembleSettings`.

    Raises:
        MediaError: a source that cannot be read, or a full disk.
        UsageError: settings that don't fit the output, or an output that is there already.

    Example:
        >>> import framesmooth as fs
        >>> from fractions import Fraction
        >>> made = fs.assemble("flickering.webp", "frames/")
        >>> fs.assemble("frames/", "clip.webp", fps=Fraction(24)).frames.fps
        Fraction(24, 1)
    """
    clip = open_to_convert(settings)
    emit = NoticeCollector(settings.on_event)
    with ClipWriter(settings, clip, emit).sink() as (sink, written):
        copy_clip(clip.frames, sink, emit)
    return AssembleResult(frames=written.frames, output=written.output, notices=emit.notices)
