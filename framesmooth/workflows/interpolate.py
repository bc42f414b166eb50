"""Putting frames between those of a clip, along the motion."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from framesmooth.errors import UsageError
from framesmooth.events import Notice
from framesmooth.frames import FrameSource
from framesmooth.interpolation.upsampler import Upsampler
from framesmooth.motion.flow.base import load_flow
from framesmooth.workflows.clip_steps import upsample_clip
from framesmooth.workflows.outputs import ClipWriter, open_to_convert
from framesmooth.workflows.settings.interpolate import InterpolateSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow


@dataclass(frozen=True, kw_only=True)
class InterpolateResult:
    """An interpolated clip.

    Attributes:
        frames: of the result; those of a file are decoded when they are read.
        output: the file or folder, None where the frames are in memory.
        coverages: by the index of the first frame of each pair: the share of pixels, 0 to 1, whose motion was
            confirmed.
        cross_faded: frames of the source after which motion could not be followed.
        cuts_kept: frames of the source after which a cut was kept.
        figures: the same in plain types.
        notices: what the user should know.
    """

    frames: FrameSource
    output: Path | None
    coverages: dict[int, float]
    cross_faded: tuple[int, ...]
    cuts_kept: tuple[int, ...]
    figures: dict[str, Any]
    notices: tuple[Notice, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return how the in-betweens were made, in plain types for JSON."""
        return ({} if self.output is None else {"output": self.output.name}) | self.figures


@workflow(InterpolateSettings)
def interpolate(settings: InterpolateSettings) -> InterpolateResult:
    """Put frames between those of a clip, along the motion.

    The arguments are those of :class:`InterpolateSettings`. The frames of the source stay as they are
    wherever one is due: a cadence of K makes (n - 1) K + 1 frames out of n, and n K of a loop. With a rate,
    and beside sound, the clip lasts as long as before: the last frame is held.

    Raises:
        MediaError: a source that cannot be read, or a full disk.
        UsageError: settings that contradict each other, or an output that is there already.

    Example:
        >>> import framesmooth as fs
        >>> made = fs.interpolate("flickering.webp", cadence=4)
        >>> made.frames.num_frames
        21
        >>> made.frames.fps
        Fraction(48, 1)
    """
    if (settings.cadence is None) == (settings.to_fps is None):
        raise UsageError("give either --cadence N or --to-fps RATE")
    estimator = load_flow(settings.flow, settings.flow_weights)
    clip = open_to_convert(settings)
    emit = NoticeCollector(settings.on_event)
    rate = Fraction(settings.to_fps or clip.frames.fps * (settings.cadence or 1))
    at_cuts = settings.at_cuts or ("hold" if settings.cadence is None else "fade")
    writer = ClipWriter(settings, clip, emit)
    hold_last = settings.to_fps is not None or writer.audio is not None
    upsampler = Upsampler(estimator, clip.frames.fps / rate, at_cuts, settings.loop, hold_last=hold_last)
    note = f"frames interpolated by framesmooth: {clip.frames.fps} to {rate} fps"
    with writer.sink(note, fps=rate) as (sink, written):
        upsample_clip(clip.frames, sink, emit, upsampler, settings.drop_repeats)
    return InterpolateResult(
        frames=written.frames,
        output=written.output,
        coverages=dict(upsampler.coverages),
        cross_faded=tuple(upsampler.faded),
        cuts_kept=tuple(upsampler.held),
        figures=upsampler.as_dict(),
        notices=emit.notices,
    )
