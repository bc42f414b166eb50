"""Saying what flickers in a clip: which kinds, where, when, how strongly, and the command that helps."""

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from framesmooth.events import Notice
from framesmooth.frames import Frame, FrameSource
from framesmooth.metrics.report import Report
from framesmooth.tuning.diagnosis import BANDING, BREATHING, DUST, PUMPING, SMOOTH, Finding, findings_of
from framesmooth.tuning.light_meter import LightMeter
from framesmooth.tuning.segments import shrunk, shrunk_size
from framesmooth.workflows.clip_steps import measure_clip, tell_what_changes
from framesmooth.workflows.inputs import open_input
from framesmooth.workflows.settings.diagnose import DiagnoseSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow

_WIDEST: Final = 480
_FLOW: Final = "dis-medium"
_METRICS: Final = ("flicker_score", "luma_flicker", "luma_flicker_local", "sharpness_pumping", "coverage")


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What flickers in a clip.

    Attributes:
        findings: the kinds of flicker; none where the clip is steady.
        command: the command line to begin with; "" where there is nothing to do.
        report: the metrics of the clip, at a width of 480 pixels at most.
        notices: what the user should know.
    """

    findings: tuple[Finding, ...]
    command: str
    report: Report
    notices: tuple[Notice, ...]

    @property
    def sentences(self) -> list[str]:
        """Return a few sentences that say it all."""
        if self.findings:
            return [finding.sentence for finding in self.findings]
        if None in (self.report["coverage"].mean, self.report["luma_flicker"].mean):
            return [
                "Nothing can be said: no motion could be followed, or no shot has three frames, which "
                "flicker needs."
            ]
        return ["Nothing flickers: the clip is steady, and is best left as it is."]

    @property
    def kinds(self) -> list[str]:
        """Return the kinds that were found."""
        return [finding.kind for finding in self.findings]

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {
            "findings": [finding.as_dict() for finding in self.findings],
            "sentences": self.sentences,
            "command": self.command,
            "metrics": self.report.as_dict()["metrics"],
            "num_frames": self.report.num_frames,
        }


@workflow(DiagnoseSettings)
def diagnose(settings: DiagnoseSettings) -> Diagnosis:
    """Say which kinds of flicker a clip has, where, when and how strongly, and which command helps.

    The arguments are those of :class:`DiagnoseSettings`. The clip is read once, in constant memory, at most
    480 pixels wide; nothing is written.

    Raises:
        MediaError: a clip that cannot be read.
        UsageError: a frame range that holds no frame.

    Example:
        >>> import framesmooth as fs
        >>> found = fs.diagnose("flickering.webp")
        >>> "global" in found.kinds
        True
    """
    clip = open_input(settings.source, settings.read_options)
    emit = NoticeCollector(settings.on_event)
    tell_what_changes(clip.frames, emit)
    meter = LightMeter()
    report = measure_clip(
        _Shrunk(clip.frames), emit, name="diagnose", metrics=_METRICS, flow=_FLOW, watchers=(meter,)
    )
    findings = tuple(findings_of(meter, report, clip.frames.fps))
    name = os.fspath(settings.source) if isinstance(settings.source, (str, os.PathLike)) else "CLIP"
    command = _command(findings).format(clip=shlex.quote(name)) if findings else ""
    return Diagnosis(findings=findings, command=command, report=report, notices=emit.notices)


def _command(findings: tuple[Finding, ...]) -> str:
    """Return the command that helps most; several kinds of flicker take the one that removes all kinds."""
    commands = list(dict.fromkeys(each.command for each in findings if each.kind not in ("flash", "held")))
    if not commands:
        return findings[0].command
    if DUST in commands:  # first of all: motion is easier to follow without specks
        return DUST
    if commands[0] in (BANDING, BREATHING, PUMPING):  # the same of the strongest: no other takes it
        return commands[0]
    return commands[0] if len(commands) == 1 else SMOOTH


class _Shrunk:
    """A clip at a width of 480 pixels at most."""

    def __init__(self, source: FrameSource) -> None:
        self._source = source
        self.fps: Fraction = source.fps
        self.size = source.size if source.size[1] <= _WIDEST else shrunk_size(source.size, _WIDEST)
        self.num_frames = source.num_frames

    def __iter__(self) -> Iterator[Frame]:
        """Iterate from frame 0."""
        return (shrunk(frame, _WIDEST) for frame in self._source)
