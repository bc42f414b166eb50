"""How clips are read where files leave a choice."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, get_args

from PIL import ImageColor

from framesmooth.errors import UsageError

Deinterlacing = Literal["auto", "on", "double", "off"]
DEINTERLACING: Final[tuple[Deinterlacing, ...]] = get_args(Deinterlacing)
Color = tuple[int, int, int]
"""Red, green and blue in 0-255, sRGB."""
BLACK: Final[Color] = (0, 0, 0)


@dataclass(frozen=True)
class Reading:
    """The choices.

    Attributes:
        background: the colour that shows where a picture is transparent.
        deinterlace: "auto" deinterlaces frames that are flagged as interlaced; "on" all frames; "double"
            makes a frame of each field, at twice the rate; "off" leaves the two fields in one frame.
    """

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
