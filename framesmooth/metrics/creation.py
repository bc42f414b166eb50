"""Which metrics are measured."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from framesmooth.errors import MetricUnavailable, UsageError
from framesmooth.plugins import load, names

if TYPE_CHECKING:
    from framesmooth.metric import Metric


def create_metrics(
    chosen: Sequence[str] | None, weights: Mapping[str, Path], has_reference: bool, is_clean: bool
) -> dict[str, "Metric | str"]:
    """Return the metrics by name; in place of one that cannot work here, why.

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
        kinds = {
            name: kind
            for name, kind in kinds.items()
            if kind.by_default
            and (has_reference or not kind.needs_reference)
            and (is_clean or not kind.needs_clean_reference)
        }
    for name, kind in kinds.items():
        if kind.needs_reference and not has_reference:
            raise UsageError(f"metric {name!r} needs a reference clip: give one, or leave it out")
    for name in weights:
        if name not in kinds or not kinds[name].needs_weights:
            raise UsageError(f"weights are given for {name!r}, which is not measured or needs none")
    return {name: _create(kind, weights.get(name)) for name, kind in kinds.items()}


def _create(kind: Callable[..., "Metric"], weights: Path | None) -> "Metric | str":
    try:
        return kind(weights) if cast("type[Metric]", kind).needs_weights else kind()
    except MetricUnavailable as reason:
        return str(reason)
