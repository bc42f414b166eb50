"""The contract of a metric, its series of values, and their summary."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

import numpy as np

from framesmooth.frames import Frame
from framesmooth.motion.bidirectional import BidirectionalFlow


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

    Metrics with ``skips_held`` are not shown frames that repeat the one before: for them the clip is the
    shorter one of its pictures. Metrics with ``own_motion`` get the motion of the measured clip even where
    the others get that of a reference or guide.

    ``against_input`` is what is measured in its place where the reference is the input of a smoother.

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
    skips_held: bool = False
    own_motion: bool = False
    against_input: "type[Metric] | None" = None

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: BidirectionalFlow | None = None,
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
    """Sees all frames, and the motion always, none at held frames; see :meth:`Metric.update`."""

    def update(
        self,
        frame: Frame,
        reference: Frame | None = None,
        motion: BidirectionalFlow | None = None,
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
