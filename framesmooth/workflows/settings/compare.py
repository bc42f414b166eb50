"""The settings of ``compare``."""

import os
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from framesmooth import defaults
from framesmooth.setting import Setting
from framesmooth.workflows.encoding_settings import RateFactor
from framesmooth.workflows.settings.measure import MeasuringSettings

if TYPE_CHECKING:
    from framesmooth.workflows.inputs import ClipInput


@dataclass(frozen=True)
class CompareSettings(MeasuringSettings):
    """What is compared, and how it is shown; the options of ``framesmooth compare``."""

    heading: ClassVar = "Comparison"

    before: Annotated[
        "ClipInput",
        Setting(has_option=False, written=object, help="The clip that the others are judged against."),
    ]
    after: Annotated[
        "Sequence[ClipInput]",
        Setting(
            has_option=False,
            written=object,
            help="The others; a folder of clips as the only one stands for those in it.",
        ),
    ]
    _: KW_ONLY
    video: Annotated[
        str | os.PathLike[str] | None,
        Setting(
            everyday=True,
            metavar="OUT",
            written=str | None,
            help="Write a video of all clips with their running warping error.",
        ),
    ] = None
    layout: Annotated[
        Literal["side-by-side", "wipe"],
        Setting(everyday=True, help="How --video shows them; a wipe takes one AFTER."),
    ] = "side-by-side"
    crf: Annotated[
        RateFactor,
        Setting(
            everyday=True, help="Quality of --video: 0 is lossless, 17 looks lossless, 28 makes a small file."
        ),
    ] = defaults.CRF
