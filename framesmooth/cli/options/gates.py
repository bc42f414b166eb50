"""Quality gates: limits on the mean of a metric that decide the exit code of ``measure``."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from framesmooth.errors import GateFailed, UsageError
from framesmooth.registry import load, names

if TYPE_CHECKING:
    from framesmooth.metrics.report import Report


@dataclass(frozen=True)
class Gate:
    """The mean of the metric ``name`` may not be above, or below, ``limit``; the limit itself passes."""

    name: str
    limit: float
    above: bool

    def failure(self, report: "Report") -> str | None:
        """Return one line that says why ``report`` doesn't pass, None if it does."""
        side = "above" if self.above else "below"
        series = report[self.name]
        if series.mean is None:
            return f"gate: {self.name} could not be measured: {report.reason(self.name)}"
        failed = series.mean > self.limit if self.above else series.mean < self.limit
        return f"gate: {self.name} is {series.mean:.6g}, {side} {self.limit:g}" if failed else None


class GateType(click.ParamType[Gate]):
    """A limit NAME=VALUE."""

    name = "name=value"

    def __init__(self, *, above: bool) -> None:
        self.above = above

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Gate:
        """Turn "warping_error=2.5" into a gate."""
        if isinstance(value, Gate):
            return value
        name, _, written = str(value).partition("=")
        if name not in names("metric"):
            self.fail(f"{name!r} is no metric: choose one of {', '.join(names('metric'))}", param, ctx)
        try:
            limit = float(written)
        except ValueError:
            limit = math.nan
        if not math.isfinite(limit):
            self.fail(f"{value!r} has no number: write NAME=VALUE, such as {name}=2.5", param, ctx)
        return Gate(name, limit, self.above)


def check_gates(gates: Sequence[Gate], metrics: Sequence[str], *, has_reference: bool) -> None:
    """Raise UsageError when a gate is on a metric that is not measured; empty ``metrics`` is the default."""
    for name in dict.fromkeys(gate.name for gate in gates):
        metric = load("metric", name)
        if name not in metrics if metrics else not metric.by_default:
            raise UsageError(f"a gate on {name} needs its figure: add --metric {name}")
        if metric.needs_reference and not has_reference:
            raise UsageError(f"a gate on {name} needs a clip to compare with: give --reference")


def apply_gates(gates: Sequence[Gate], reports: "Mapping[str, Report]") -> None:
    """Tell every gate that a report fails, one line each on stderr, with the name if there are several.

    Raises:
        GateFailed: with the last of these lines; the command line writes that one.
    """
    failures = [
        f"{name}: {line}" if len(reports) > 1 else line
        for name, report in reports.items()
        for gate in gates
        if (line := gate.failure(report)) is not None
    ]
    for line in failures[:-1]:
        click.echo(f"error: {line}", err=True)
    if failures:
        raise GateFailed(failures[-1])
