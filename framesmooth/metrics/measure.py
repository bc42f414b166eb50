"""Measuring a clip: all metrics in one pass over its frames."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from framesmooth.errors import MediaError, MetricUnavailable, UsageError
from framesmooth.frames import Frame, eight_bits
from framesmooth.metrics.base import Metric, Series, Watcher
from framesmooth.metrics.flash_safety import FlashMeter
from framesmooth.metrics.motion_stream import (
    FlowOn,
    Followed,
    followed,
    paired,
)
from framesmooth.metrics.report import Report, _finite
from framesmooth.motion.flow.base import FlowEstimator, flow_name, load_flow
from framesmooth.registry import load, names
from framesmooth.streams import prefetch


def measure(
    frames: Iterable[Frame],
    *,
    reference: Iterable[Frame] | None = None,
    metrics: Sequence[str] | None = None,
    flow: str | FlowEstimator = "dis-fine",
    flow_on: FlowOn | None = None,
    guide: Iterable[Frame] | None = None,
    is_clean: bool | None = None,
    fps: Fraction | None = None,
    watchers: Sequence[Watcher] = (),
    weights: Mapping[str, Path] | None = None,
    on_frame: Callable[[int], None] | None = None,
) -> Report:
    """Measure a clip in one pass and constant memory.

    Args:
        frames: (H, W, 3) RGB frames; deeper ones than uint8 are measured as they look in 8 bits.
        reference: as many frames of the same size: the clean clip if it is known, else the input.
        metrics: names; None is every metric measured by default that the arguments allow.
        flow: the flow estimator, or its name.
        flow_on: estimate motion on the measured clip ("self": the reference is the input, which flickers),
            on the reference, which is clean, or on the guide; None is the guide where there is one, else the
            reference where there is one.
        guide: as many frames of the same size, in which the motion is seen: what the clip was made from.
        is_clean: whether the reference is the clip without flicker; None is yes unless flow_on is "self".
        fps: frames per second, to judge flashes by; None leaves them out.
        weights: folder of the model by name of the metric, for those that need one.
        watchers: are handed all that the metrics are.
        on_frame: called with the number of frames done so far.

    Raises:
        UsageError: unknown name, weights for a metric that takes none, or a metric or flow that needs a
            reference or guide without one.
        MediaError: no frames, or a reference or guide of another length or size.
    """
    flow_on = flow_on or ("guide" if guide is not None else "self" if reference is None else "reference")
    if {"reference": reference, "guide": guide, "self": frames}[flow_on] is None:
        raise UsageError(f"flow_on={flow_on!r} needs a {flow_on} clip: give one, or use flow_on='self'")
    frames = map(eight_bits, frames)
    reference, guide = (clip if clip is None else map(eight_bits, clip) for clip in (reference, guide))
    clean = flow_on != "self" if is_clean is None else is_clean
    created = create_metrics(metrics, weights or {}, reference is not None, clean)
    active = [metric for metric in created.values() if not isinstance(metric, str)]
    needs_motion = bool(watchers) or any(metric.needs_motion for metric in active)
    estimator = load_flow(flow) if needs_motion else None
    own = flow_on != "self" and any(metric.own_motion for metric in active)
    meter = _Meter(active, watchers, None if fps is None else FlashMeter(fps))
    # The motion of the next pair is estimated while the metrics look at this one, and the next is read.
    shown = guide if flow_on == "guide" else None
    with (
        closing(prefetch(paired(frames, reference), 1)) as pairs,
        closing(prefetch(followed(pairs, shown, estimator, flow_on, own=own), 1)) as seen,
    ):
        for here in seen:
            meter.update(here)
            if on_frame is not None:
                on_frame(meter.count)
    if meter.count == 0:
        raise MediaError("there are no frames to measure: give at least one")
    settings = {"flow": flow_name(flow), "flow_on": flow_on, "reference": reference is not None}
    return meter.report(created, settings)


@dataclass
class _Meter:
    """Takes the frames of a clip, one after another, and what is seen of it as a whole."""

    metrics: Sequence[Metric]
    watchers: Sequence[Watcher]
    flashes: FlashMeter | None
    count: int = 0
    cuts: list[int] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    odd: dict[int, str] = field(default_factory=dict)

    def update(self, here: Followed) -> None:
        """Take the next frame."""
        if here.cut:
            self.cuts.append(self.count)
        if here.held:
            self.held.append(self.count)
        if here.odd:
            self.odd[self.count] = here.odd
        _show(here, self.metrics, self.watchers)
        if self.flashes is not None:
            self.flashes.update(here.frame)
        self.count += 1

    def report(self, created: Mapping[str, Metric | str], settings: Mapping[str, Any]) -> Report:
        """Return the report: in place of a metric that could not be created, the reason."""
        series = {
            name: _skipped(metric, self.count)
            if isinstance(metric, str)
            else _finite(_whole(metric, self.held, self.count))
            for name, metric in created.items()
        }
        return Report(
            series=series,
            num_frames=self.count,
            cuts=tuple(self.cuts),
            settings=settings,
            flashes=None if self.flashes is None else self.flashes.report(),
            held=tuple(self.held),
            odd=self.odd,
        )


def flicker_residual_removed(before: Report, after: Report) -> float | None:
    """Return the share of the flicker residual that smoothing removed: 1 - f(after) / f(before).

    Both reports must have been measured against the clean clip. None where either has no residual.
    """
    spoiled, smoothed = (report["flicker_residual"].mean for report in (before, after))
    return None if not spoiled or smoothed is None else 1 - smoothed / spoiled


def _skipped(reason: str, num_frames: int) -> Series:
    return Series((None,) * num_frames, None, None, None, "–", None, f"skipped: {reason}")


def _show(here: Followed, metrics: Iterable[Metric], watchers: Iterable[Watcher]) -> None:
    """Pass a frame to every metric and watcher that takes it."""
    motion, own = (None if here.cut else each for each in (here.motion, here.own_motion))
    for metric in metrics:
        if not (here.held and metric.skips_held):
            metric.update(here.frame, here.ideal, own if metric.own_motion else motion, cut=here.cut)
    for watcher in watchers:
        watcher.update(here.frame, here.ideal, motion, cut=here.cut)


def _whole(metric: Metric, held: Sequence[int], num_frames: int) -> Series:
    """Return the score with an entry for every frame, including those that the metric skips."""
    series = metric.compute()
    if not (held and metric.skips_held):
        return series
    shown, skipped = iter(series.per_frame), set(held)
    per_frame = tuple(None if index in skipped else next(shown, None) for index in range(num_frames))
    return replace(series, per_frame=per_frame)


def create_metrics(
    chosen: Sequence[str] | None, weights: Mapping[str, Path], has_reference: bool, is_clean: bool
) -> dict[str, Metric | str]:
    """Return the metrics by name; in place of one that cannot work here, the reason.

    Args:
        chosen: names; None is every metric measured by default that a reference, or none, allows.
        weights: folder of the model by name of the metric.
        has_reference: whether there is a reference.
        is_clean: whether it is the clean clip, not the input of a smoother.

    Raises:
        UsageError: unknown name, a metric that needs a reference without one, or weights for one that
            needs none.
    """
    kinds: dict[str, type[Metric]] = {
        name: load("metric", name) for name in (names("metric") if chosen is None else chosen)
    }
    if chosen is None:
        kinds = {name: kinds[name] for name in default_metrics(has_reference, is_clean)}
    for name, kind in kinds.items():
        if kind.needs_reference and not has_reference:
            raise UsageError(f"metric {name!r} needs a reference clip: give one, or leave it out")
    for name in weights:
        if name not in kinds or not kinds[name].needs_weights:
            raise UsageError(f"weights are given for {name!r}, which is not measured or needs none")
    if has_reference and not is_clean:
        kinds = {name: kind.against_input or kind for name, kind in kinds.items()}
    return {name: _create(kind, weights.get(name)) for name, kind in kinds.items()}


def default_metrics(has_reference: bool, is_clean: bool) -> list[str]:
    """Return the names of the metrics measured where none is named; see :func:`create_metrics`."""
    kinds: dict[str, type[Metric]] = {name: load("metric", name) for name in names("metric")}
    return [
        name
        for name, kind in kinds.items()
        if kind.by_default
        and (has_reference or not kind.needs_reference)
        and (is_clean or not kind.needs_clean_reference)
    ]


def _create(kind: Callable[..., Metric], weights: Path | None) -> Metric | str:
    try:
        return kind(weights) if cast("type[Metric]", kind).needs_weights else kind()
    except MetricUnavailable as reason:
        return str(reason)
