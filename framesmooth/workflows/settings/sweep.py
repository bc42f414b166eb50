"""The settings of ``sweep``."""

import math
import os
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final

from annotated_types import Interval

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.registry import names
from framesmooth.setting import Setting
from framesmooth.workflows.settings.shared import MOTION, MaxDetailLoss, smoother_names
from framesmooth.workflows.workflow import WorkflowSettings

STRENGTHS: Final = tuple(step / 10 for step in range(11))
"""0 to 1 in steps of 0.1."""

_MOST_STRENGTHS: Final = 200
_STEP: Final = 0.1
"""The step of a range that is written without one."""


def parse_strengths(text: str) -> tuple[float, ...]:
    """Return the strengths of FIRST:LAST:STEP, or of numbers with commas between them, sorted, each once.

    Raises:
        UsageError: no range, no strength in it, or more than 200 of them; strengths are 0 to 1.
    """
    try:
        numbers = [float(part) for part in text.replace(":", ",").split(",")]
    except ValueError as error:
        told = f"{text[:40]!r} is no range: write FIRST:LAST:STEP, as 0:1:0.1, or 0.2,0.5"
        raise UsageError(told) from error
    if ":" in text:
        numbers = _range(numbers, text)
    if not all(0 <= number <= 1 for number in numbers):
        raise UsageError(f"{text[:40]!r}: strengths are 0 to 1")
    return tuple(sorted({round(number, 6) for number in numbers}))


def _range(numbers: Sequence[float], text: str) -> list[float]:
    first, last, step = [*numbers, _STEP][:3] if len(numbers) in (2, 3) else (0.0, -1.0, 0.0)
    if not (step > 0 and first <= last and math.isfinite(first + last + step)):
        raise UsageError(f"{text[:40]!r} holds no strength: write FIRST:LAST:STEP, as 0:1:0.1")
    count = math.floor((last - first) / step + 1e-9) + 1
    if count > _MOST_STRENGTHS:
        raise UsageError(f"{text[:40]!r} are {count} strengths: take a larger step")
    return [first + step * k for k in range(count)]


@dataclass(frozen=True)
class SweepSettings(WorkflowSettings):
    """The grid; the options of ``framesmooth sweep``."""

    heading: ClassVar = "Grid"

    source: Annotated[
        str | os.PathLike[str], Setting(has_option=False, written=object, help="The path of the clip.")
    ]
    output: Annotated[
        Path | None,
        Setting(
            options=("-o", "--output"),
            everyday=True,
            metavar="DIR",
            place="folder",
            unset="beside IN, as IN.sweep",
            help="Folder of the sweep; an existing sweep is resumed.",
        ),
    ] = None
    _: KW_ONLY
    smooth_strength: Annotated[
        tuple[Annotated[float, Interval(ge=0, le=1)], ...],
        Setting(
            options=("-s", "--smooth-strength"),
            formerly=("--strength", "strengths"),
            everyday=True,
            parse=parse_strengths,
            reads_all=True,
            metavar="FIRST:LAST:STEP",
            unset="0:1:0.1",
            help="Range of strengths, or a list with commas.",
        ),
    ] = STRENGTHS
    smoother: Annotated[
        tuple[str, ...],
        Setting(
            formerly=("--method", "methods"),
            everyday=True,
            choices=smoother_names,
            separator=",",
            metavar="A,B",
            unset=defaults.SMOOTHER,
            help=f"Smoothers: {', '.join(names('smoother'))}.",
        ),
    ] = (defaults.SMOOTHER,)
    flow: Annotated[
        tuple[str, ...] | None,
        Setting(
            heading=MOTION,
            formerly=("flows",),
            choices=lambda: names("flow"),
            separator=",",
            metavar="A,B",
            unset="the smoother's own",
            help="Optical flow estimators, one or more with commas.",
        ),
    ] = None
    max_detail_loss: MaxDetailLoss = defaults.MAX_DETAIL_LOSS
    jobs: Annotated[
        Annotated[int, Interval(ge=1)],
        Setting(
            options=("-j", "--jobs"),
            heading="Other options",
            help="Number of processes; each one estimates the motion itself.",
        ),
    ] = 1
