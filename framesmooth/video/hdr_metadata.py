"""What an HDR clip says of its mastering display (SMPTE ST 2086) and its light (CTA-861.3), in words."""

import struct
from typing import Final

_RATIONALS: Final = 10
_SIZE: Final = 8 * _RATIONALS + 8
_CHROMATICITY, _LUMINANCE = 50_000, 10_000
"""x265 counts chromaticities in 1/50000 and luminance in 1/10000 candela per square metre."""


def mastering_words(data: bytes, *, whole: bool) -> str:
    """Return FFmpeg's AVMasteringDisplayMetadata as encoders take it; "" where it is incomplete.

    With ``whole`` as x265 counts, else in decimals, as SVT-AV1 does.
    """
    if len(data) < _SIZE:
        return ""
    numbers = struct.unpack(f"={2 * _RATIONALS + 2}i", data[:_SIZE])
    if not all(numbers[-2:]) or not all(numbers[1 : 2 * _RATIONALS : 2]):
        return ""
    values = [numbers[2 * at] / numbers[2 * at + 1] for at in range(_RATIONALS)]
    red, green, blue, white = (values[2 * at : 2 * at + 2] for at in range(4))
    darkest, brightest = values[8:]

    def pair(values: list[float], unit: int) -> str:
        return "({},{})".format(*(round(one * unit) if whole else f"{one:.5f}" for one in values))

    points = {"G": green, "B": blue, "R": red, "WP": white}
    places = "".join(f"{name}{pair(point, _CHROMATICITY)}" for name, point in points.items())
    return f"{places}L{pair([brightest, darkest], _LUMINANCE)}"


def light_words(level: tuple[int, int]) -> str:
    """Return (MaxCLL, MaxFALL) as encoders take them."""
    return f"{level[0]},{level[1]}"
