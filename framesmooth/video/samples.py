"""The samples of a clip: bit depth, transfer curve and colour primaries."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import (
    EightBit,
    Frame,
    FrameList,
    FrameSlice,
    FrameSource,
    as_float,
    as_uint8,
    as_uint16,
    decode_light,
    eight_bits,
    encode_light,
)
from framesmooth.video.hdr import CURVES, light_of, signal_of

Depth = Literal["eight", "source", "sixteen"]
"""What frames of a file have: 8 bits whatever it has; what it has; or as much, but 16 bits at least."""

Curve = Literal["", "linear", "values", "PQ", "HLG"]
"""How stored samples encode light: as for an SDR display; not at all; as floats that are what they are, such
as depths; or as for an HDR display (ITU-R BT.2100)."""

BT709: Final = 1
UNSPECIFIED: Final = 2
BT2020: Final = 9  # primaries and matrix (ITU-T H.273, tables 2 and 4)
_BT2020_CONSTANT: Final = 10
_WIDE: Final = (BT2020, 11, 12)
"""BT.2020, DCI-P3, Display P3 (ITU-T H.273, table 2)."""


@dataclass(frozen=True, kw_only=True)
class ColorTags:
    """The colours of a video by the numbers of ITU-T H.273, and what an HDR one says of its display.

    Attributes:
        primaries: of table 2.
        transfer: of table 3.
        matrix: of table 4: 1 is BT.709's, 9 BT.2020's.
        mastering: the mastering display (SMPTE ST 2086) as FFmpeg's AVMasteringDisplayMetadata, if known.
        light_level: (MaxCLL, MaxFALL) in candelas per square metre, if they are known.
    """

    primaries: int = BT709
    transfer: int = BT709
    matrix: int = BT709
    mastering: bytes | None = field(default=None, repr=False)
    light_level: tuple[int, int] | None = None

    @property
    def is_wide(self) -> bool:
        """Whether the colours are not BT.709's, so that they have to be kept or lost."""
        return self.primaries in _WIDE or self.transfer in CURVES

    @property
    def as_written(self) -> "ColorTags":
        """The tags of a clip that is written from frames in these colours."""
        if not self.is_wide:
            return SDR
        matrix = BT2020 if self.matrix in (BT2020, _BT2020_CONSTANT, 0, UNSPECIFIED) else BT709
        known = UNSPECIFIED, 0
        return ColorTags(
            primaries=BT2020 if self.primaries in known else self.primaries,
            transfer=BT709 if self.transfer in known else self.transfer,
            matrix=matrix,
            mastering=self.mastering,
            light_level=self.light_level,
        )


SDR: Final = ColorTags()


@dataclass(frozen=True, kw_only=True)
class Samples:
    """The samples of a clip.

    Attributes:
        bits: of each, 8 to 16; of floats 16 or 32.
        is_float: whether they are floats.
        curve: how they encode light.
        grey: whether all channels are one.
        color: the colours they are in.
        profile: the ICC profile that frames were not converted from, if there is one.
    """

    bits: int = 8
    is_float: bool = False
    curve: Curve = ""
    grey: bool = False
    color: ColorTags = SDR
    profile: bytes | None = field(default=None, repr=False)

    @property
    def is_deep(self) -> bool:
        """Whether they hold more than 8 bits."""
        return self.is_float or self.bits > 8

    @property
    def is_hdr(self) -> bool:
        """Whether their curve is one of HDR: frames are light then."""
        return self.curve in ("PQ", "HLG")

    @property
    def words(self) -> str:
        """How deep they are, in words."""
        return f"{self.bits}-bit floats" if self.is_float else f"{self.bits} bits a channel"


EIGHT: Final = Samples()
_OF_DTYPE: Final[Mapping[np.dtype, Samples]] = {
    np.dtype(np.uint8): EIGHT,
    np.dtype(np.uint16): Samples(bits=16),
    np.dtype(np.float32): Samples(bits=32, is_float=True, curve="linear"),
}


def samples_of(source: FrameSource) -> Samples:
    """Return what the samples of a clip are; those of frames in memory by their type."""
    while isinstance(source, FrameSlice):
        source = source.source
    if isinstance(source, FrameList):
        return _OF_DTYPE[np.asarray(source.frames[0]).dtype]
    found: Samples = getattr(source, "samples", EIGHT)
    return found


def stored_eight(frame: Frame, curve: Curve = "") -> EightBit:
    """Return a frame in 8 bits; HDR as it looks on a display, light above white clipped."""
    if frame.dtype != np.float32 or curve in ("PQ", "HLG"):
        return eight_bits(frame)
    image = np.asarray(frame, np.float32)
    return as_uint8(image if curve == "values" else encode_light(image))


def stored_sixteen(frame: Frame, curve: Curve = "") -> NDArray[np.uint16]:
    """Return a frame in 16 bits by the curve of its clip, over the range of the type; light is clipped."""
    if frame.dtype == np.uint16:
        return np.asarray(frame, np.uint16)
    if frame.dtype == np.uint8:
        return np.asarray(frame, np.uint16) * np.uint16(257)
    image = np.asarray(frame, np.float32)
    if curve == "PQ" or curve == "HLG":
        return signal_of(image, curve)
    return as_uint16(image if curve == "values" else encode_light(image))


def stored_float(frame: Frame) -> NDArray[np.float32]:
    """Return a frame as light, 1 being white; floats as they are."""
    if frame.dtype == np.float32:
        return np.asarray(frame, np.float32)
    return decode_light(as_float(frame))


def light_from(signal: NDArray[np.uint16], curve: Curve) -> Frame:
    """Return 16-bit samples as a frame: light where they are HDR, else as they are."""
    return light_of(signal, curve) if curve == "PQ" or curve == "HLG" else signal
