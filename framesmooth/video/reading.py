"""Options for reading clips where files leave a choice."""

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, ClassVar, Final, Literal

from annotated_types import Interval

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_FPS
from framesmooth.setting import Setting, SettingGroup

Sort = Literal["natural", "time", "exif"]
Deinterlacing = Literal["auto", "on", "double", "off"]
Color = tuple[int, int, int]
"""Red, green and blue in 0-255, sRGB."""
BLACK: Final[Color] = (0, 0, 0)


def parse_color(text: str) -> Color:
    """Return a colour from a name or from #rrggbb, as in CSS.

    Raises:
        UsageError: when it is no colour, or a transparent one.
    """
    from PIL import ImageColor

    with suppress(ValueError):
        red, green, blue, *alpha = ImageColor.getrgb(text.strip())
        if not alpha:
            return red, green, blue
    raise UsageError(f"{text[:40]!r} is no opaque colour: write black, white or #rrggbb")


def parse_frame_range(text: str) -> tuple[int, int | None]:
    """Return (start, stop) of "10:20", "10:" or ":20"; ``stop`` is excluded, and None is the end.

    Raises:
        UsageError: anything else.
    """
    start, colon, stop = text.partition(":")
    with suppress(ValueError):
        if colon:
            return int(start or 0), int(stop) if stop else None
    raise UsageError(f"{text[:40]!r} is no range of frames: write 0:48, 10: or :48")


@dataclass(frozen=True, kw_only=True)
class Reading(SettingGroup):
    """The choices that files leave open."""

    heading: ClassVar = "Input"

    sort: Annotated[
        Sort,
        Setting(help="The order of a folder's images: by name, by when they were written, or taken."),
    ] = "natural"
    background: Annotated[
        Color,
        Setting(
            metavar="COLOR",
            parse=parse_color,
            unset="black",
            help="What shows where IN is transparent: a name such as white, or #rrggbb.",
        ),
    ] = BLACK
    deinterlace: Annotated[
        Deinterlacing,
        Setting(
            help="How interlaced video is read: auto deinterlaces what is flagged so, on all frames; double "
            "makes a frame of every field, at twice the rate; off leaves the fields woven.",
        ),
    ] = "auto"
    strict: Annotated[
        bool,
        Setting(help="Refuse what is damaged or incomplete, instead of taking what is undamaged."),
    ] = False


AS_USUAL: Final = Reading()


def color_name(color: Color) -> str:
    """Return a colour in words that ``parse_color`` reads."""
    return {BLACK: "black", (255, 255, 255): "white"}.get(color, "#{:02x}{:02x}{:02x}".format(*color))


def reading_words(reading: Reading) -> list[str]:
    """Return the choices that differ from the usual ones as words of a command line."""
    words = []
    if reading.sort != AS_USUAL.sort:
        words += ["--sort", reading.sort]
    if reading.strict:
        words += ["--strict"]
    if reading.background != AS_USUAL.background:
        words += ["--background", color_name(reading.background)]
    if reading.deinterlace != AS_USUAL.deinterlace:
        words += ["--deinterlace", reading.deinterlace]
    return words


@dataclass(frozen=True, kw_only=True)
class ReadOptions(SettingGroup):
    """Which part of a clip is read, and how; every workflow that reads one takes these."""

    heading: ClassVar = "Input"

    fps: Annotated[
        Annotated[Fraction, Interval(gt=0, le=MAX_FPS)] | None,
        Setting(
            metavar="RATE",
            unset="its own; 12 for a folder",
            help="Frame rate of a folder of frames; a video is resampled to it.",
        ),
    ] = None
    frame_range: Annotated[
        tuple[int, int | None] | None,
        Setting(
            metavar="A:B",
            parse=parse_frame_range,
            help="Only frames A to B, counted from 0, B excluded.",
        ),
    ] = None
    reading: Reading = AS_USUAL
