"""The files that ``measure`` and ``compare`` write: a CSV of all frames, and a page."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from framesmooth import __version__
from framesmooth.frames import FrameSource
from framesmooth.metrics.report import Report
from framesmooth.metrics.verdict import Verdict
from framesmooth.reports import HeatMeter, Line, write_clips_html, write_csv
from framesmooth.reports.tables import share
from framesmooth.workflows.inputs import IN_MEMORY, ClipInput
from framesmooth.workflows.settings.measure import MeasuringSettings

_MOTION_OF: Final = {"self": "the clip itself", "reference": "the reference", "guide": "the guide"}


def write_frames_csv(settings: MeasuringSettings, reports: Mapping[str, Report]) -> None:
    """Write the CSV that is asked for: a column per metric, headed by the clip's name if several."""
    if settings.csv_file is not None:
        write_csv(settings.csv_file, reports if len(reports) > 1 else {"": next(iter(reports.values()))})


def write_clips_page(
    settings: MeasuringSettings,
    reports: Mapping[str, Report],
    clips: Mapping[str, FrameSource],
    heats: Mapping[str, HeatMeter],
    *,
    title: str,
    leaderboard: Mapping[str, Verdict] | None = None,
) -> None:
    """Write the page that is asked for; the verdicts of a ``leaderboard`` stand above the table."""
    if settings.html_file is None:
        return
    kinds = {True: "good", False: "bad", None: ""}
    verdicts: Sequence[Line] = [
        Line(kinds[verdict.better], verdict.label, name, _reasons(verdict))
        for name, verdict in (leaderboard or {}).items()
    ]
    measured_with = next(iter(reports.values())).settings
    facts = {
        **{name: _described(clip) for name, clip in clips.items()},
        "motion by": measured_with["flow"],
        "motion of": _MOTION_OF[measured_with["flow_on"]],
        **{name: value for name, value in _asked_for(settings).items() if value is not None},
        "framesmooth": __version__,
    }
    write_clips_html(settings.html_file, reports, clips, heats, title=title, facts=facts, verdicts=verdicts)


def _asked_for(settings: MeasuringSettings) -> dict[str, Any]:
    """Return the settings that a page names, files without their folders."""
    start, stop = settings.frame_range or (0, None)
    return {
        "reference": _file_name(settings.reference),
        "guide": _file_name(settings.guide),
        "frame range": None if settings.frame_range is None else f"{start}:{'' if stop is None else stop}",
    }


def _file_name(clip: ClipInput | None) -> str | None:
    if clip is None:
        return None
    return Path(clip).name if isinstance(clip, (str, os.PathLike)) else IN_MEMORY


def _reasons(verdict: Verdict) -> str:
    return f"flicker left: {share(verdict.flicker_left)}; {'; '.join(verdict.reasons)}"


def _described(clip: FrameSource) -> str:
    height, width = clip.size
    return f"{width}×{height}, {float(clip.fps):.6g} frames a second"
