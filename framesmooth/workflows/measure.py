"""Measuring clips: one report for each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from framesmooth.errors import UsageError
from framesmooth.events import Notice
from framesmooth.frames import FrameSource
from framesmooth.metrics.report import Report
from framesmooth.motion.flow.base import choose_flow
from framesmooth.reports import HeatMeter
from framesmooth.workflows.clip_steps import measure_clip
from framesmooth.workflows.compare_inputs import clip_names, match_companions, unfolded
from framesmooth.workflows.inputs import InputClip, open_input
from framesmooth.workflows.measured_files import write_clips_page, write_frames_csv
from framesmooth.workflows.outputs import check_files
from framesmooth.workflows.settings.measure import MeasureClipsSettings, MeasureSettings, MetricSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow


@dataclass(frozen=True)
class Measurement(Report):
    """The report of one clip, and what the user should know about it."""

    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """Reports by the clips' names, and what the user should know."""

    reports: Mapping[str, Report]
    notices: tuple[Notice, ...]

    @property
    def only(self) -> Report | None:
        """The report where there is one clip."""
        return next(iter(self.reports.values())) if len(self.reports) == 1 else None

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON: the report of the only clip, or "clips" with that of each."""
        if self.only is not None:
            return self.only.as_dict()
        return {"clips": {name: report.as_dict() for name, report in self.reports.items()}}


@workflow(MeasureSettings)
def measure(settings: MeasureSettings) -> Measurement:
    """Measure a clip: how much it flickers, how sharp it is, how it moves. The result maps names to series.

    The arguments are those of :class:`MeasureSettings`. Clips are read once, in constant memory. Flash safety
    is judged where the rate is known: of a file, of a FrameSource, or given as ``fps``.

    Raises:
        UsageError: an unknown metric or flow, or a metric that needs a reference without one.
        MediaError: a clip that cannot be read, or a reference or guide of another length.

    Example:
        >>> import framesmooth as fs
        >>> report = fs.measure("flickering.webp", metrics=["warping_error", "coverage"])
        >>> sorted(report)
        ['coverage', 'warping_error']
        >>> report["warping_error"].unit
        '×10⁻³'
    """
    clip = open_input(settings.source, settings.read_options)
    emit = NoticeCollector(settings.on_event)
    heat = HeatMeter() if settings.html_file is not None else None
    watchers = settings.watchers if heat is None else (*settings.watchers, heat)
    check_files(
        (settings.source, settings.reference, settings.guide), settings.files, overwrite=settings.overwrite
    )
    companions = _companions(settings)
    matched = match_companions({clip.name: clip.frames}, companions, emit)
    report = measure_clip(
        clip.frames,
        emit,
        **_choices(settings, matched[clip.name]),
        flow_on=settings.flow_on,
        is_clean=settings.is_clean,
        watchers=watchers,
        judge_flashes=_rate_is_known(clip, settings),
    )
    _write_files(
        settings, {clip.name: report}, {clip.name: clip.frames}, {} if heat is None else {clip.name: heat}
    )
    found = {each.name: getattr(report, each.name) for each in fields(Report)}
    return Measurement(**found, notices=emit.notices)


@workflow(MeasureClipsSettings)
def measure_clips(settings: MeasureClipsSettings) -> Measurements:
    """Measure several clips alike, each against the same reference and guide.

    The arguments are those of :class:`MeasureClipsSettings`.

    Raises:
        UsageError: an unknown metric or flow, or files that may not be written.
        MediaError: a clip that cannot be read, or a reference or guide of another length.

    Example:
        >>> import framesmooth as fs
        >>> list(fs.measure_clips(["flickering.webp", "clean.webp"], metrics=["coverage"]).reports)
        ['flickering.webp', 'clean.webp']
    """
    emit = NoticeCollector(settings.on_event)
    paths, told = unfolded([os.fspath(path) for path in settings.sources])
    for line in told:
        emit(Notice(line, warning=True))
    if "-" in paths and settings.html_file is not None:
        raise UsageError("--html shows frames of its clips again, and stdin can be read once: name a file")
    if paths.count("-") > 1:
        raise UsageError("stdin can be read once: give - once")
    if settings.video_size is not None and "-" not in paths:
        raise UsageError("--video-size is for raw video on stdin: give - as IN")
    if not paths:
        raise UsageError("there is no clip to measure: give at least one")
    check_files((*paths, settings.reference, settings.guide), settings.files, overwrite=settings.overwrite)
    clips = {
        name: open_input(path, settings.read_options, stdin=settings if path == "-" else None).frames
        for name, path in zip(clip_names(paths), paths, strict=True)
    }
    companions = _companions(settings)
    heats = {} if settings.html_file is None else {name: HeatMeter() for name in clips}
    matched = match_companions(clips, companions, emit)
    reports = {
        name: measure_clip(
            clip,
            emit,
            **_choices(settings, matched[name]),
            watchers=(heats[name],) if heats else (),
            name="measure" if len(clips) == 1 else f"measure {name}",
        )
        for name, clip in clips.items()
    }
    _write_files(settings, reports, clips, heats)
    return Measurements(reports=reports, notices=emit.notices)


def _companions(settings: MetricSettings) -> dict[str, FrameSource]:
    """Return the reference and the guide, opened, by what they are called in messages."""
    given = (("the reference", settings.reference), ("the guide", settings.guide))
    return {
        label: open_input(clip, settings.read_options).frames for label, clip in given if clip is not None
    }


def _choices(settings: MetricSettings, companions: Mapping[str, FrameSource]) -> dict[str, Any]:
    """Return the arguments of ``measure_clip``; ``companions`` have the size of its clip."""
    return {
        "reference": companions.get("the reference"),
        "guide": companions.get("the guide"),
        "metrics": settings.metrics or None,
        "flow": settings.flow
        if not isinstance(settings.flow, str)
        else choose_flow(settings.flow, settings.flow_weights),
        "weights": dict(settings.weights),
    }


def _rate_is_known(clip: InputClip, settings: MeasureSettings) -> bool:
    return clip.path is not None or settings.fps is not None or isinstance(settings.source, FrameSource)


def _write_files(
    settings: MetricSettings,
    reports: Mapping[str, Report],
    clips: Mapping[str, FrameSource],
    heats: Mapping[str, HeatMeter],
) -> None:
    write_frames_csv(settings, reports)
    write_clips_page(settings, reports, clips, heats, title=f"Flicker of {', '.join(clips)}")
