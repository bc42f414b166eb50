"""The settings of ``tune``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth import defaults
from framesmooth.registry import names
from framesmooth.setting import Setting
from framesmooth.workflows.settings.conversion import ConvertSettings
from framesmooth.workflows.settings.shared import MOTION, REPORTS, MaxDetailLoss, smoother_names


@dataclass(frozen=True, kw_only=True)
class TuneSettings(ConvertSettings):
    """How a strength is searched for; the options of ``framesmooth tune``."""

    heading: ClassVar = "Search"

    max_detail_loss: MaxDetailLoss = defaults.MAX_DETAIL_LOSS
    target: Annotated[
        str | None,
        Setting(
            everyday=True,
            metavar="NAME=VALUE",
            help="Take the gentlest strength that brings warping_error, luma_flicker or flicker down to "
            "VALUE.",
        ),
    ] = None
    smoother: Annotated[
        str,
        Setting(formerly=("--method",), choices=smoother_names, help="The smoother whose strength is found."),
    ] = defaults.SMOOTHER
    flow: Annotated[
        str | None,
        Setting(
            heading=MOTION,
            choices=lambda: names("flow"),
            unset="the smoother's own",
            help="Optical flow estimator for smoothing.",
        ),
    ] = None
    deep: Annotated[
        bool, Setting(help="Try other methods and flows as well; the search takes about ten times as long.")
    ] = False
    per_segment: Annotated[bool, Setting(help="Give every shot between two cuts a strength of its own.")] = (
        False
    )
    budget: Annotated[
        Annotated[float, Interval(ge=0)] | None,
        Setting(
            unit="seconds",
            unset="no limit",
            help="Stop the search after so many seconds and take the best so far.",
        ),
    ] = None
    report: Annotated[
        Path | None,
        Setting(
            heading=REPORTS,
            metavar="DIR",
            place="folder",
            unset="beside OUT, as OUT.tuning",
            help="Where report.html, pareto.png and the figures go.",
        ),
    ] = None
