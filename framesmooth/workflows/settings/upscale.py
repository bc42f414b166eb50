"""The settings of ``upscale``."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval

from framesmooth.setting import Setting
from framesmooth.workflows.settings.conversion import ConvertSettings
from framesmooth.workflows.settings.pipes import PipeSettings
from framesmooth.workflows.settings.shared import Device, Flow, FlowWeights


@dataclass(frozen=True, kw_only=True)
class UpscaleSettings(ConvertSettings, PipeSettings):
    """How frames are enlarged; the options of ``framesmooth upscale``."""

    heading: ClassVar = "Upscaling"

    scale: Annotated[
        Annotated[float, Interval(ge=1, le=16)] | None,
        Setting(
            everyday=True, unset="2, unless there is a --size", help="How many times as wide and as high."
        ),
    ] = None
    size: Annotated[
        str | None,
        Setting(
            everyday=True,
            metavar="WxH",
            help="Width and height in pixels, such as 1920x1080, in place of --scale; frames of another "
            "shape are cropped in the middle.",
        ),
    ] = None
    model: Annotated[
        str,
        Setting(
            everyday=True,
            metavar="NAME",
            help="Upscaler: storybook-x2 (built in), lanczos, acnet, or the path of an ESRGAN .safetensors "
            "file, of a Swin2SR folder, or of a pipeline of diffusers that enlarges.",
        ),
    ] = "storybook-x2"
    steady: Annotated[
        Annotated[float, Interval(ge=0, le=0.95)],
        Setting(
            everyday=True,
            help="Share of the added detail that is taken along the motion from the frame before, so that it "
            "doesn't flicker; 0 enlarges each frame by itself.",
        ),
    ] = 0.5
    tile: Annotated[
        Annotated[int, Interval(ge=32)] | None,
        Setting(unit="pixels", unset="512", help="Side of the tiles that large frames are enlarged in."),
    ] = None
    device: Device = "auto"
    flow: Flow = "dis-medium"
    flow_weights: FlowWeights = None
