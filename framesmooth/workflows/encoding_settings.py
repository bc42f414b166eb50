"""The settings of how a clip is written, which every command that writes one shares."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final, Literal

from annotated_types import Interval

from framesmooth import defaults
from framesmooth.setting import Setting, SettingGroup

RateFactor = Annotated[int, Interval(ge=0, le=63)]
"""Constant rate factor of a video codec: 0 is lossless."""

CLIP_FILE: Final = "A .mp4, .mov, .mkv, .webm, .gif or .webp file; any other name is a folder of PNG frames."
"""What is said of the name of a clip that is written."""

Overwrite = Annotated[bool, Setting(help="Replace the output if it exists.", everyday=True)]


@dataclass(frozen=True, kw_only=True)
class EncodingSettings(SettingGroup):
    """How a clip is encoded, and what goes into its file besides the frames; ``open_sink`` takes them all."""

    heading: ClassVar = "Encoding"

    crf: Annotated[
        RateFactor,
        Setting(
            help="Constant rate factor, the quality of a video: 0 is lossless, 17 looks lossless, 28 makes a "
            "small file."
        ),
    ] = defaults.CRF
    codec: Annotated[
        str | None,
        Setting(help="h264, h265, vp9, av1, prores or ffv1.", metavar="NAME", unset="h264; vp9 for .webm"),
    ] = None
    audio: Annotated[
        Path | None,
        Setting(help="Sound file to add from the first frame on; cut where the clip ends.", metavar="FILE"),
    ] = None
    odd: Annotated[
        Literal["error", "pad", "crop"],
        Setting(
            help="What to do with an odd width or height if the codec needs even ones.",
            options=("--odd-size",),
        ),
    ] = "error"
    no_metadata: Annotated[
        bool,
        Setting(help="Write no tags: neither how the clip was made nor that it is AI-generated."),
    ] = False
    sign: Annotated[
        Path | None,
        Setting(
            help="Sign the file with content credentials (C2PA): a .pem file with certificates and their "
            "private key.",
            metavar="PEM",
        ),
    ] = None
    overwrite: Overwrite = False
