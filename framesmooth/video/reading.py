"""How clips are read where files leave a choice."""

from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, get_args

from PIL import ImageColor

from framesmooth.errors import UsageError

Sort = Literal["natural", "time", "exif"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)
Deinterlacing = Literal["auto", "on", "double", "off"]
DEINTERLACING: Final[tuple[Deinterlacing, ...]] = get_args(Deinterlacing)
Color = tuple[int, int, int]
"""Red, green and blue in 0-255, sRGB."""
BLACK: Final[Color] = (0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The choices.

    Attributes:
        sort: the order of a folder's pictures: "natural" by name, "time" by when the files were written,
            "exif" by when they were taken.
        strict: refuse what is damaged or incomplete, numbered pictures with gaps among it.
        background: the colour that shows where a picture is transparent.
        deinterlace: "auto" deinterlaces frames that are flagged as interlaced; "on" all frames; "double"
            makes a frame of each field, at twice the rate; "off" leaves the two fields in one frame.
    """

    sort: Sort = "natural"
    strict: bool = False
    background: Color = BLACK
    deinterlace: Deinterlacing = "auto"


AS_USUAL: Final = Reading()


def parse_color(text: str) -> Color:
    """Return a colour from a name or from #rrggbb, as in CSS.

    Raises:
        UsageError: when it is no colour, or a transparent one.
    """
    with suppress(ValueError):
        red, green, blue, *alpha = ImageColor.getrgb(text.strip())
        if not alpha:
            return red, green, blue
    raise UsageError(f"{text!r} is no opaque colour: write black, white or #rrggbb")


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
class ReadOptions:
    """Which part of a clip is read, and how; every workflow that reads one takes these.

    Attributes:
        fps: the rate of a folder's frames, or one to which a video is resampled; None is the clip's own,
            and 12 for a folder and for frames in memory.
        frame_range: (start, stop) of the frames that are taken, counted from 0; ``stop`` is excluded, and
            None is the end.
        reading: how its files are read.
    """

    fps: Fraction | None = None
    frame_range: tuple[int, int | None] | None = None
    reading: Reading = AS_USUAL
