"""The settings of ``interpolate``."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from annotated_types import Interval

from framesmooth.limits import MAX_FPS
from framesmooth.setting import Setting
from framesmooth.workflows.settings.conversion import ConvertSettings
from framesmooth.workflows.settings.pipes import PipeSettings
from framesmooth.workflows.settings.shared import Flow, FlowWeights

if TYPE_CHECKING:
    from framesmooth.video.probe import Uneven

DropRepeats = Literal["auto", "on", "off"]


@dataclass(frozen=True, kw_only=True)
class InterpolateSettings(ConvertSettings, PipeSettings):
    """How frames are interpolated; the options of ``framesmooth interpolate``."""

    heading: ClassVar = "Interpolation"

    cadence: Annotated[
        Annotated[int, Interval(ge=1)] | None,
        Setting(
            everyday=True,
            help="IN holds every N-th frame: N - 1 new ones are inserted between two of them.",
        ),
    ] = None
    to_fps: Annotated[
        Annotated[Fraction, Interval(gt=0, le=MAX_FPS)] | None,
        Setting(everyday=True, help="Frames per second of the result, instead of --cadence."),
    ] = None
    at_cuts: Annotated[
        Literal["fade", "hold"] | None,
        Setting(
            everyday=True,
            unset="fade with --cadence, hold with --to-fps",
            help="Between two scenes: dissolve, or keep the cut.",
        ),
    ] = None
    drop_repeats: Annotated[
        DropRepeats,
        Setting(
            everyday=True,
            help="Leave out frames that repeat the one before, so that motion is even; auto: where they "
            "recur.",
        ),
    ] = "auto"
    loop: Annotated[
        bool,
        Setting(
            everyday=True,
            help="IN is a loop: frames are also inserted between its last and its first.",
        ),
    ] = False
    flow: Flow = "dis-fine"
    flow_weights: FlowWeights = None

    @property
    def uneven(self) -> "Uneven":
        """How a variable frame rate is read: for another rate every frame at its own time."""
        return "stored" if self.to_fps is not None else super().uneven
