"""The settings of clips on stdin and stdout."""

import re
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from framesmooth.errors import UsageError
from framesmooth.setting import Setting, SettingGroup


@dataclass(frozen=True, kw_only=True)
class PipeInputSettings(SettingGroup):
    """What raw video on stdin is."""

    heading: ClassVar = "Pipes"

    video_size: Annotated[
        str | None,
        Setting(
            metavar="WxH",
            help="IN is raw video on stdin of this width and height, such as 1920x1080; needs --fps, too.",
        ),
    ] = None
    pixel_format: Annotated[
        str | None,
        Setting(
            metavar="NAME",
            unset="rgb24; of what has a container its own",
            help="Samples of raw video on stdin, and of a clip on stdout, by FFmpeg's names: rgb24, yuv420p.",
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class PipeSettings(PipeInputSettings):
    """How a clip is written to stdout."""

    heading: ClassVar = "Pipes"

    format: Annotated[
        Literal["y4m", "mkv", "rawvideo"] | None,
        Setting(
            metavar="NAME",
            unset="that of stdin, else mkv",
            help="What -o - writes to stdout: y4m, mkv (lossless, keeps the colour tags) or rawvideo.",
        ),
    ] = None


def parse_size(text: str, option: str = "--size") -> tuple[int, int]:
    """Return the (height, width) in pixels of a text such as "1920x1080".

    Raises:
        UsageError: anything else.
    """
    match = re.fullmatch(r"\s*(\d{1,5})\s*[x×*]\s*(\d{1,5})\s*", text)
    if match is None or "0" in (match[1].lstrip("0") or "0", match[2].lstrip("0") or "0"):
        raise UsageError(f"{option} {text!r} is no width and height in pixels: write 1920x1080")
    return int(match[2]), int(match[1])
