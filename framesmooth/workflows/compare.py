"""Comparing versions of a clip: which one is steadier, and at what price."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesmooth.events import Listener, Notice
from framesmooth.metrics.report import Report
from framesmooth.metrics.verdict import Verdict
from framesmooth.motion.flow.base import choose_flow
from framesmooth.reports import HeatMeter
from framesmooth.workflows.compare_inputs import ClipsToCompare, open_clips_to_compare
from framesmooth.workflows.compare_video import check_layout, write_montage
from framesmooth.workflows.comparison import Comparison, compare_clips
from framesmooth.workflows.measured_files import write_clips_page, write_frames_csv
from framesmooth.workflows.outputs import check_files
from framesmooth.workflows.settings.compare import CompareSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow


@dataclass(frozen=True, kw_only=True)
class CompareResult:
    """What a comparison found.

    Attributes:
        comparison: reports and verdicts by the clips' names, with ranks.
        folder: the folder of clips that were compared, None where clips were given one by one.
        video: the clips as one video, if it was asked for.
        notices: what the user should know.
    """

    comparison: Comparison
    folder: str | None
    video: Path | None
    notices: tuple[Notice, ...]

    @property
    def reports(self) -> Mapping[str, Report]:
        """The report of every clip by its name."""
        return self.comparison.reports

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The verdict on every clip but the first by its name, best first."""
        return self.comparison.leaderboard

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON: clips (reports by name), before, verdicts (with ranks), best first."""
        return self.comparison.as_dict()


@workflow(CompareSettings)
def compare(settings: CompareSettings) -> CompareResult:
    """Measure a clip and other versions of it alike, and say of each version whether it is better.

    The arguments are those of :class:`CompareSettings`. A version is better only if warping error and luma
    flicker fall, at most 0.03 of the detail is lost, and the motion stays within 10 %.

    Raises:
        MediaError: a clip that cannot be read, or clips of different sizes.
        UsageError: nothing to compare with, or files that may not be written.

    Example:
        >>> import framesmooth as fs
        >>> found = fs.compare("flickering.webp", ["clean.webp"], reference="clean.webp")
        >>> found.verdicts["clean.webp"].better
        True
    """
    flow = settings.flow
    flow = choose_flow(flow, settings.flow_weights) if isinstance(flow, str) else flow
    heats: dict[str, HeatMeter] = {}

    def watchers_of(name: str) -> tuple[HeatMeter, ...]:
        return (heats.setdefault(name, HeatMeter()),) if settings.html_file is not None else ()

    emit = NoticeCollector(settings.on_event)
    options, after = settings.read_options, list(settings.after)
    opened = open_clips_to_compare(settings.before, after, settings.reference, settings.guide, emit, options)
    video = None if settings.video is None else os.fspath(settings.video)
    check_layout(video, settings.layout, len(opened.clips), overwrite=settings.overwrite)
    check_files(opened.paths, (*settings.files, video), overwrite=settings.overwrite)
    found = compare_clips(
        opened.clips,
        emit,
        reference=opened.reference,
        guide=opened.guide,
        flow=flow,
        watchers_of=watchers_of,
    )
    _write_files(settings, found, opened, heats, emit)
    return CompareResult(
        comparison=found,
        folder=opened.folder,
        video=None if video is None else Path(video),
        notices=emit.notices,
    )


def _write_files(
    settings: CompareSettings,
    found: Comparison,
    opened: ClipsToCompare,
    heats: Mapping[str, HeatMeter],
    emit: Listener,
) -> None:
    """Write what is asked for: the video of all clips, the figures of every frame, the page."""
    if settings.video is not None:
        video = os.fspath(settings.video)
        crf, overwrite = settings.crf, settings.overwrite
        write_montage(video, found, opened.clips, settings.layout, emit, crf=crf, overwrite=overwrite)
    write_frames_csv(settings, found.reports)
    title, leaderboard = _title(found, opened), found.leaderboard
    write_clips_page(settings, found.reports, opened.clips, heats, title=title, leaderboard=leaderboard)


def _title(found: Comparison, opened: ClipsToCompare) -> str:
    if opened.folder is None:
        return f"{found.before} and {', '.join(found.verdicts)}"
    return f"{found.before} and {len(found.verdicts)} clips of {Path(opened.folder).name}"
