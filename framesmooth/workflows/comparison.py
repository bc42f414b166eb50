"""Several clips measured alike, and the verdict on each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Final

from framesmooth.events import Listener, frame_stage
from framesmooth.frames import FrameSource
from framesmooth.metrics.base import Watcher
from framesmooth.metrics.measure import default_metrics, measure
from framesmooth.metrics.motion_stream import FlowOn
from framesmooth.metrics.report import Report
from framesmooth.metrics.verdict import Verdict, judge, ranked
from framesmooth.motion.flow.base import FlowEstimator
from framesmooth.reports.tables import share
from framesmooth.streams import broadcast
from framesmooth.workflows.clip_steps import measure_clip, tell_what_changes

OWN_FLOW: Final = "warping_error_own_flow"
"""The warping error along the clip's own motion, where that of a reference or guide counts."""

STEADY_FLOW: Final = "dis-robust"
"""Tells how much moves: flicker passes for motion with the flow of the other metrics, much less with this."""

WatcherOf = Callable[[str], Sequence[Watcher]]


@dataclass(frozen=True)
class Comparison:
    """Reports and verdicts by the clips' names; the first clip is the one before."""

    reports: Mapping[str, Report]
    verdicts: Mapping[str, Verdict]

    @property
    def before(self) -> str:
        """The name of the clip that the others are judged against."""
        return next(iter(self.reports))

    @cached_property
    def ranks(self) -> Mapping[str, str]:
        """The rank of every clip but the first, "2=" where shared, best first."""
        return {name: rank for rank, name in ranked(self.verdicts, share)}

    @property
    def leaderboard(self) -> Mapping[str, Verdict]:
        """The verdicts, best first."""
        return {name: self.verdicts[name] for name in self.ranks}

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON: clips (reports by name), before, verdicts (with ranks), best first."""
        return {
            "clips": {name: report.as_dict() for name, report in self.reports.items()},
            "before": self.before,
            "verdicts": {
                name: {"rank": rank, **self.verdicts[name].as_dict()} for name, rank in self.ranks.items()
            },
        }


def compare_clips(
    clips: Mapping[str, FrameSource],
    emit: Listener,
    *,
    reference: FrameSource | None = None,
    guide: FrameSource | None = None,
    flow: str | FlowEstimator = "dis-fine",
    watchers_of: WatcherOf = lambda name: (),
) -> Comparison:
    """Measure clips of one length and size, and judge all but the first against the first.

    Each is measured on its own flow; given a guide or a reference, all are on its flow, and on their own only
    for OWN_FLOW and the dynamic degree (a frozen clip must not borrow the motion of another), which is that
    of STEADY_FLOW. Detail is compared with the reference, else with the first clip.

    Raises:
        MediaError: unreadable frames, or clips that differ in length or size.
        UsageError: an unknown flow.
    """
    names = list(clips)
    reports = {
        name: _measure_one(
            name,
            clips[name],
            emit,
            ideal=reference or (None if name == names[0] else clips[names[0]]),
            clean=reference,
            guide=guide,
            flow=flow,
            watchers=watchers_of(name),
        )
        for name in names
    }
    clean = guide or reference
    truth = None
    if clean is not None:
        moves = measure_clip(clean, emit, name="motion", flow=STEADY_FLOW, metrics=("dynamic_degree",))
        truth = moves["dynamic_degree"].mean
    verdicts = {name: judge(reports[names[0]], reports[name], true_motion=truth) for name in names[1:]}
    return Comparison(reports, verdicts)


def _measure_one(
    name: str,
    clip: FrameSource,
    emit: Listener,
    *,
    ideal: FrameSource | None,
    clean: FrameSource | None,
    guide: FrameSource | None,
    flow: str | FlowEstimator,
    watchers: Sequence[Watcher],
) -> Report:
    shared: FlowOn = "guide" if guide is not None else "self" if clean is None else "reference"
    names = default_metrics(ideal is not None, clean is not None)
    tell_what_changes(clip, emit)
    with frame_stage(emit, f"measure {name}", clip.num_frames) as count:
        measured: list[Report] = broadcast(  # the clip is decoded once
            clip,
            partial(measure, flow=STEADY_FLOW, metrics=("dynamic_degree",)),
            partial(measure, flow=flow, metrics=() if shared == "self" else ("warping_error",)),
            partial(
                measure,
                metrics=[each for each in names if each != "dynamic_degree"],  # that has a flow of its own
                reference=ideal,
                guide=guide,
                flow=flow,
                flow_on=shared,
                is_clean=clean is not None,
                fps=clip.fps,
                watchers=watchers,
                on_frame=count,
            ),
        )
    moves, own, report = measured
    series = {each: moves[each] if each == "dynamic_degree" else report[each] for each in names}
    if shared != "self":
        series[OWN_FLOW] = own["warping_error"]
    settings = {**report.settings, "dynamic_degree_on": "self", "dynamic_degree_flow": STEADY_FLOW}
    return replace(report, series=series, settings=settings)
