"""Measuring a clip: the contract of metrics, and ``measure``, which feeds them all from one pass.

The flow of every pair of neighbouring frames is estimated once and handed to every metric. Nothing grows
with the length of the clip but the numbers per frame.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from framesmooth.errors import MediaError, UsageError
from framesmooth.flashes import FlashMeter, FlashReport
from framesmooth.flow import FlowEstimator, flow_name, load_flow
from framesmooth.followed import FlowOn, followed, paired
from framesmooth.frames import Frame, prefetch
from framesmooth.metrics.creation import create_metrics
from framesmooth.motion import PairMotion


@dataclass(frozen=True)
class Series:
    """What a metric found: one number per frame (None where it has none) and their summary.

    ``mean`` is None, and ``note`` says why, where the clip is too short or nothing could be measured.
    ``higher_is_better`` is None where neither direction is: such a number is there to be compared.
    ``coverage`` is the share of pixels that counted, 0 to 1, or None for metrics of whole frames.
    """

    per_frame: tuple[float | None, ...]
    mean: float | None
    p95: float | None
    coverage: float | None
    unit: str
    higher_is_better: bool | None
    note: str = ""

    def summary(self) -> dict[str, Any]:
        """Return everything but the numbers per frame, for JSON."""
        return {
            "mean": self.mean,
            "p95": self.p95,
            "coverage": self.coverage,
            "unit": self.unit,
            "higher_is_better": self.higher_is_better,
            "note": self.note,
        }


class Metric(Protocol):
    """Sufficient statistics in ``update``, the score in ``compute``; subclasses get the defaults below.

    A metric keeps what it needs of the frame before. ``by_default`` says whether it is measured when no
    metric is named. ``needs_reference`` metrics are left out when there is none, ``needs_clean_reference``
    ones also when the reference is only the input of a smoother; metrics with ``needs_motion`` make
    ``measure`` estimate flow; those that only mind ``cut`` need it too, since cuts are found by it.

    A metric is created without arguments, one that ``needs_weights`` with the folder of its model, or None
    where the user gave none. One that cannot work here raises MetricUnavailable then, with the reason: it is
    reported as skipped, without a number.
    """

    name: str
    unit: str
    higher_is_better: bool | None
    by_default: bool = True
    needs_reference: bool = False
    needs_clean_reference: bool = False
    needs_motion: bool = False
    needs_weights: bool = False

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8, its reference, and the motion from the frame before to it.

        ``cut`` says that a new shot begins here: nothing may be compared with the frame before.
        """
        ...

    def compute(self) -> Series:
        """Return the score of all frames so far."""
        ...


class Watcher(Protocol):
    """Sees what the metrics see, and the motion always; see :meth:`Metric.update`."""

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: PairMotion | None = None,
        *,
        cut: bool = False,
    ) -> None:
        """Take the next frame (H, W, 3) uint8."""
        ...


def summarize(
    per_frame: Sequence[float | None],
    *,
    unit: str,
    higher_is_better: bool | None,
    coverages: Sequence[float] | None = None,
    note: str = "nothing could be measured",
) -> Series:
    """Return the series with its mean, 95th percentile and mean coverage; ``note`` is used if it is empty.

    What is not finite becomes None: no number at all.
    """
    finite = [None if value is None or not isfinite(value) else value for value in per_frame]
    values = [value for value in finite if value is not None]
    return Series(
        per_frame=tuple(finite),
        mean=float(np.mean(values)) if values else None,
        p95=float(np.percentile(values, 95)) if values else None,
        coverage=float(np.mean(coverages)) if coverages else None,
        unit=unit,
        higher_is_better=higher_is_better,
        note="" if values else note,
    )


@dataclass(frozen=True)
class Report(Mapping[str, Series]):
    """Every metric's series by name, with what was measured and how; flashes only where the rate is known."""

    series: Mapping[str, Series]
    num_frames: int
    cuts: tuple[int, ...]
    settings: Mapping[str, Any]
    flashes: FlashReport | None = None

    def __getitem__(self, name: str) -> Series:
        """Return the series called ``name``."""
        return self.series[name]

    def __iter__(self) -> Any:
        """Iterate over the metrics' names."""
        return iter(self.series)

    def __len__(self) -> int:
        """Return how many metrics there are."""
        return len(self.series)

    def reason(self, name: str) -> str:
        """Return in plain words why a metric has no mean; nothing where it has one."""
        series = self.series[name]
        if series.mean is not None:
            return ""
        if series.coverage == 0:
            return "no motion could be followed"
        short = self.num_frames <= 2 and series.note.startswith("needs")
        return f"too short: {series.note}" if short else series.note

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON: metrics (summaries), per_frame, flash_safety and what was measured."""
        safety = {} if self.flashes is None else {"flash_safety": self.flashes.as_dict()}
        return {
            "metrics": {name: series.summary() for name, series in self.series.items()},
            "per_frame": {name: list(series.per_frame) for name, series in self.series.items()},
            **safety,
            "num_frames": self.num_frames,
            "cuts": list(self.cuts),
            "settings": dict(self.settings),
        }


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
        frames: (H, W, 3) uint8 RGB frames.
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
    clean = flow_on != "self" if is_clean is None else is_clean
    created = create_metrics(metrics, weights or {}, reference is not None, clean)
    active = [metric for metric in created.values() if not isinstance(metric, str)]
    needs_motion = bool(watchers) or any(metric.needs_motion for metric in active)
    estimator = load_flow(flow) if needs_motion else None
    flashes = None if fps is None else FlashMeter(fps)
    cuts: list[int] = []
    count = 0
    # The motion of the next pair is estimated while the metrics look at this one, and the next is read.
    shown = guide if flow_on == "guide" else None
    with (
        closing(prefetch(paired(frames, reference), 1)) as pairs,
        closing(prefetch(followed(pairs, shown, estimator, flow_on), 1)) as seen,
    ):
        for frame, ideal, motion, cut in seen:
            if cut:
                cuts.append(count)
            for observer in (*active, *watchers):
                observer.update(frame, ideal, None if cut else motion, cut=cut)
            if flashes is not None:
                flashes.update(frame)
            count += 1
            if on_frame is not None:
                on_frame(count)
    if count == 0:
        raise MediaError("there are no frames to measure: give at least one")
    series = {
        name: _skipped(metric, count) if isinstance(metric, str) else _finite(metric.compute())
        for name, metric in created.items()
    }
    settings = {"flow": flow_name(flow), "flow_on": flow_on, "reference": reference is not None}
    return Report(
        series=series,
        num_frames=count,
        cuts=tuple(cuts),
        settings=settings,
        flashes=None if flashes is None else flashes.report(),
    )


def flicker_residual_removed(before: Report, after: Report) -> float | None:
    """Return the share of the flicker residual that smoothing removed: 1 - f(after) / f(before).

    Both reports must have been measured against the clean clip. None where either has no residual.
    """
    spoiled, smoothed = (report["flicker_residual"].mean for report in (before, after))
    return None if not spoiled or smoothed is None else 1 - smoothed / spoiled


def _skipped(reason: str, num_frames: int) -> Series:
    return Series((None,) * num_frames, None, None, None, "–", None, f"skipped: {reason}")


def _finite(series: Series) -> Series:
    """Return the series with None in place of numbers that are none, so that no table has to mind them."""

    def known(value: float | None) -> float | None:
        return value if value is None or isfinite(value) else None

    mean = known(series.mean)
    return replace(
        series,
        per_frame=tuple(map(known, series.per_frame)),
        mean=mean,
        p95=known(series.p95),
        coverage=known(series.coverage),
        note=series.note or ("" if mean is not None else "no finite number came out"),
    )
