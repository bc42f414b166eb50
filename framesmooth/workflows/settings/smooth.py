"""The settings of ``smooth``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth import defaults
from framesmooth.setting import Setting
from framesmooth.workflows.settings.conversion import ConvertSettings
from framesmooth.workflows.settings.pipes import PipeSettings
from framesmooth.workflows.settings.shared import (
    MOTION,
    REPORTS,
    FlowWeights,
    Guide,
    flow_names,
    smoother_names,
)


@dataclass(frozen=True, kw_only=True)
class SmoothSettings(ConvertSettings, PipeSettings):
    """How a clip is smoothed; the options of ``framesmooth smooth``."""

    heading: ClassVar = "Smoothing"

    smooth_strength: Annotated[
        float | str | None,
        Setting(
            options=("-s", "--smooth-strength"),
            formerly=("--strength",),
            everyday=True,
            written=str | None,
            metavar="STRENGTH",
            unset=f"{defaults.STRENGTH}; of a run its own",
            help="How much flicker is removed, 0 to 1; 0 changes nothing. Or a schedule: "
            "'0:(0.3), 48:(0.9)'.",
        ),
    ] = None
    smoother: Annotated[
        str | None,
        Setting(
            formerly=("--method",),
            everyday=True,
            choices=smoother_names,
            unset=f"{defaults.SMOOTHER}; of a run its own",
            help="Method that removes flicker. trajectory removes most for the detail it costs; ema is "
            "faster and softer; poisson keeps fine structure; deflicker only evens out exposure and colour; "
            "breathing also what swells over 20 frames; banding evens out rows under mains-powered lamps; "
            "pumping spreads the jumps at a codec's key frames; dust takes specks and hairs off.",
        ),
    ] = None
    flow: Annotated[
        str | None,
        Setting(
            heading=MOTION,
            choices=flow_names,
            unset="the smoother's own",
            help="Optical flow estimator for smoothing.",
        ),
    ] = None
    flow_weights: FlowWeights = None
    guide: Guide = None
    loop: Annotated[
        bool | None,
        Setting(
            unset="as the run was made; no for other clips",
            help="IN is a loop: smooth from its last frame on to its first, too.",
        ),
    ] = None
    workers: Annotated[
        Annotated[int, Interval(ge=1, le=256)],
        Setting(
            help="How many processes smooth the clip, each a part of it at a time; the result is the same to "
            "the last bit. With trajectory and deflicker."
        ),
    ] = 1
    measure: Annotated[
        bool,
        Setting(
            heading=REPORTS,
            formerly=("measured",),
            help="Measure the flicker before and after, and print the table.",
        ),
    ] = True
    report: Annotated[
        Path | None,
        Setting(
            heading=REPORTS,
            metavar="DIR",
            place="folder",
            help="Write report.html, metrics.json, .csv and .png, and a strip of frames before and after "
            "into DIR.",
        ),
    ] = None
