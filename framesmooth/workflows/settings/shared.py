"""Settings that several verbs share, each defined once."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from annotated_types import Interval

from framesmooth.events import Listener
from framesmooth.registry import names
from framesmooth.setting import Setting

if TYPE_CHECKING:
    from framesmooth.motion.flow.base import FlowEstimator
    from framesmooth.workflows.inputs import ClipInput

MOTION: Final = "Motion"
REPORTS: Final = "Reports"


def flow_names() -> tuple[str, ...]:
    """Return the names of all flow estimators, those that need trained weights among them."""
    return (*names("flow"), *names("learned_flow"))


def smoother_names() -> tuple[str, ...]:
    """Return the names of the smoothers."""
    return tuple(names("smoother"))


Source = Annotated[
    "ClipInput",
    Setting(
        has_option=False,
        written=object,
        help="The clip: a path, a FrameSource, a list of (H, W, 3) uint8 RGB frames, or one array "
        "(T, H, W, 3).",
    ),
]

Device = Annotated[str, Setting(metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps.")]

Told = Annotated[
    Listener,
    Setting(
        has_option=False,
        written=object,
        unset="events are dropped",
        help="Called with every event: stages, progress, notices.",
    ),
]

Flow = Annotated[
    "str | FlowEstimator",
    Setting(
        heading=MOTION,
        choices=flow_names,
        written=str,
        help="Optical flow estimator.",
    ),
]

FlowWeights = Annotated[
    Path | None,
    Setting(heading=MOTION, metavar="FILE", help="The trained network of --flow raft: a .safetensors file."),
]

Guide = Annotated[
    "ClipInput | None",
    Setting(
        heading=MOTION,
        metavar="CLIP",
        written=str | None,
        help="Estimate the motion on this clip of the same length: the footage that a stylised clip was made "
        "from.",
    ),
]

MaxDetailLoss = Annotated[
    Annotated[float, Interval(ge=0, le=1)],
    Setting(
        everyday=True,
        help="Share of the fine detail that smoothing may cost; what flickered doesn't count as detail.",
    ),
]
