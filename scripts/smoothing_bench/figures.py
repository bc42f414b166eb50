"""How rows become the cells of tables."""

from collections.abc import Callable, Iterable, Sequence
from statistics import fmean
from typing import Any

from smoothing_bench.methods import METHODS, OURS, PEERS
from smoothing_bench.plan import Row

HIGHEST_LOSS = 0.03
"""Detail loss up to which smoothing is not blur."""


def select(rows: Iterable[Row], **wanted: Any) -> list[Row]:
    """Return the rows whose columns have the wanted values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def mean(rows: Sequence[Row], column: str) -> float:
    """Return a column's mean; a detail loss below 0, which is a gain, counts as 0."""
    return fmean(_counted(row, column) for row in rows)


def worst(rows: Sequence[Row], column: str) -> float:
    """Return a column's worst value: the highest detail loss, the lowest of all else."""
    return (max if column == "loss" else min)(_counted(row, column) for row in rows)


def _counted(row: Row, column: str) -> float:
    value = float(row[column])
    return max(value, 0.0) if column == "loss" else value


def share(value: float) -> str:
    """Return a share as whole per cent."""
    return f"{value:.0%}".replace("%", " %").replace("-", "−")


def detail(value: float) -> str:
    """Return a detail loss with its sign."""
    return f"{value:.3f}".replace("-", "−")


def decibels(value: float) -> str:
    """Return a gain with its sign."""
    return f"{value:+.1f}".replace("-", "−")


def named(method: str) -> str:
    """Return the method's name as it stands in a table: the default smoother in bold."""
    return f"**{method}**" if method == OURS else method


def methods_of(rows: Iterable[Row]) -> list[str]:
    """Return the methods that occur, in the order of METHODS."""
    present = {row["method"] for row in rows}
    return [name for name in METHODS if name in present]


def columns(rows: Iterable[Row], key: str) -> list[Any]:
    """Return the values that occur in a column, in the order of their first row."""
    return list(dict.fromkeys(row[key] for row in rows))


def best_peer(rows: Sequence[Row], peers: Sequence[str] = PEERS) -> tuple[str, float] | None:
    """Return the peer that removes most at equal detail, and what ours removes over what it removes.

    Equal detail: the peer's mean loss is at most 0.03, or at most ours where ours is more.
    """
    ours = select(rows, method=OURS)
    limit = max(HIGHEST_LOSS, mean(ours, "loss"))
    fair = [name for name in peers if _mean_of(rows, name, "loss", 1.0) <= limit]
    if not fair:
        return None
    best = max(fair, key=lambda name: _mean_of(rows, name, "removed", 0.0))
    removed = _mean_of(rows, best, "removed", 0.0)
    return best, mean(ours, "removed") / removed if removed > 0 else float("inf")


def _mean_of(rows: Sequence[Row], method: str, column: str, otherwise: float) -> float:
    chosen = select(rows, method=method)
    return mean(chosen, column) if chosen else otherwise


def grid(
    rows: Sequence[Row], across: Sequence[Any], key: str, cell: Callable[[Sequence[Row]], str]
) -> list[list[str]]:
    """Return a line for every method: its name, then a cell for each value of ``key``."""
    return [
        [named(name), *(cell(select(rows, method=name, **{key: value})) for value in across)]
        for name in methods_of(rows)
    ]
