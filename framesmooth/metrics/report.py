"""The measured metrics of one clip."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any

from framesmooth.metrics.base import Series
from framesmooth.metrics.flash_safety import FlashReport


@dataclass(frozen=True)
class Report(Mapping[str, Series]):
    """Every metric's series by name, with what was measured and how; flashes only where the rate is known.

    ``held`` frames repeat the one before. ``odd`` ones interrupt frames that are alike: what each of
    them shows, "black", "white", "one colour" or "another picture", by its index.
    """

    series: Mapping[str, Series]
    num_frames: int
    cuts: tuple[int, ...]
    settings: Mapping[str, Any]
    flashes: FlashReport | None = None
    held: tuple[int, ...] = ()
    odd: Mapping[int, str] = field(default_factory=dict)

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
            "held_frames": {"share": len(self.held) / self.num_frames, "frames": list(self.held)},
            "odd_frames": {str(index): shown for index, shown in self.odd.items()},
            "settings": dict(self.settings),
        }


def _finite(series: Series) -> Series:
    """Return the series with None in place of non-finite numbers."""

    def known(value: float | None) -> float | None:
        return value if value is None or isfinite(value) else None

    mean = known(series.mean)
    return replace(
        series,
        per_frame=tuple(map(known, series.per_frame)),
        mean=mean,
        p95=known(series.p95),
        coverage=known(series.coverage),
        note=series.note or ("" if mean is not None else "the value was not finite"),
    )
