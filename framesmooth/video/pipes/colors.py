"""The colour tags and the samples of a stream, so that it is written as it was read."""

from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from av.video.reformatter import ColorRange, Interpolation
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.video.deep_color import from_rgb16, matrix_of
from framesmooth.video.samples import ColorTags as DeepTags
from framesmooth.video.samples import Samples

UNSPECIFIED: Final = 2
"""Of matrix, primaries and transfer (ITU-T H.273); a range that isn't specified is 0."""
BT601, BT709, _RGB = 5, 1, 0
_HD_HEIGHT: Final = 720
_ACCURATE: Final = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
_MATRICES: Final = {1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 9: "bt2020nc"}
_PRIMARIES: Final = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020", 11: "smpte431", 12: "smpte432"}
_TRANSFERS: Final = {
    1: "bt709", 4: "gamma22", 5: "gamma28", 6: "smpte170m", 8: "linear", 13: "iec61966-2-1", 14: "bt2020-10",
    15: "bt2020-12", 16: "smpte2084", 18: "arib-std-b67",
}  # fmt: skip
_RANGES: Final = {1: "tv", 2: "pc"}


@dataclass(frozen=True, kw_only=True)
class ColorTags:
    """What a stream says about its colours, in numbers of ITU-T H.273.

    Attributes:
        matrix: how luma and chroma are made of RGB.
        range: 1 is limited, 2 full, 0 not said.
        primaries: of its RGB.
        transfer: from its values to light.
    """

    matrix: int = UNSPECIFIED
    range: int = 0
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED

    @classmethod
    def of(cls, picture: av.VideoFrame, stream: av.VideoStream) -> "ColorTags":
        """Return those of a decoded picture; what it doesn't say is what its stream says."""
        context = stream.codec_context
        pairs = {
            "matrix": (picture.colorspace, context.colorspace),
            "primaries": (picture.color_primaries, context.color_primaries),
            "transfer": (picture.color_trc, context.color_trc),
        }
        found = {
            name: int(own) if int(own) not in (UNSPECIFIED, _RGB) else int(stored)
            for name, (own, stored) in pairs.items()
        }
        full = picture.format.name.startswith("yuvj")
        return cls(range=2 if full else int(picture.color_range) or int(context.color_range), **found)

    def matrix_for(self, height: int) -> int:
        """Return the matrix of YUV samples; where none is said the one that players assume at this height."""
        if self.matrix in (UNSPECIFIED, _RGB):
            return BT709 if height >= _HD_HEIGHT else BT601
        return self.matrix

    def write_to(self, context: av.VideoCodecContext) -> None:
        """Tag what is encoded."""
        context.color_range, context.colorspace = self.range, self.matrix
        context.color_primaries, context.color_trc = self.primaries, self.transfer

    def words(self, *, with_range: bool) -> str:
        """Return the tags as options of ffmpeg, "" where nothing is said."""
        named = {
            "colorspace": _MATRICES.get(self.matrix),
            "color_primaries": _PRIMARIES.get(self.primaries),
            "color_trc": _TRANSFERS.get(self.transfer),
            "color_range": _RANGES.get(self.range) if with_range else None,
        }
        return " ".join(f"-{option} {name}" for option, name in named.items() if name)


@dataclass(frozen=True, kw_only=True)
class Look:
    """How the samples of a stream are stored.

    Attributes:
        pixel_format: FFmpeg's name of their format.
        tags: what is said about their colours.
        field_order: FFmpeg's number: 0 and 1 are progressive, from 2 on fields are woven together.
    """

    pixel_format: str = "yuv444p"
    tags: ColorTags = ColorTags(matrix=BT709, range=1, primaries=BT709, transfer=BT709)
    field_order: int = 1


def encoded(frame: Frame, pixel_format: str, tags: ColorTags) -> av.VideoFrame:
    """Return a frame in ``pixel_format``, by the matrix and the range of the tags."""
    picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
    if is_rgb(pixel_format):
        return picture.reformat(format=pixel_format)
    made = picture.reformat(
        format=pixel_format,
        dst_colorspace=tags.matrix_for(frame.shape[0]),
        dst_color_range=tags.range or int(ColorRange.MPEG),
        interpolation=_ACCURATE,
    )
    made.color_range = tags.range
    return made


def encoded_deep(signal: NDArray[np.uint16], pixel_format: str, tags: ColorTags) -> av.VideoFrame:
    """Return RGB (H, W, 3) of 16 bits in a ``pixel_format`` of more than 8, by the tags as above."""
    if is_rgb(pixel_format) and not pixel_format.startswith("gbrp"):
        return av.VideoFrame.from_ndarray(signal, format="rgb48le").reformat(format=pixel_format)
    known = DeepTags(matrix=matrix_of(tags.matrix, signal.shape[0]))
    full = tags.range == int(ColorRange.JPEG)
    picture = from_rgb16(np.ascontiguousarray(signal), pixel_format, known, full=full)
    if not is_rgb(pixel_format):
        picture.color_range = tags.range
    return picture


def is_rgb(pixel_format: str) -> bool:
    """Tell whether the samples are red, green and blue."""
    return av.VideoFormat(pixel_format).is_rgb


def look_of(samples: Samples) -> Look:
    """Return how frames of more than 8 bits are stored that come from a file."""
    color, bits = samples.color, f"{samples.bits if samples.bits in (10, 12) else 16}le"
    tags = ColorTags(matrix=color.matrix, range=1, primaries=color.primaries, transfer=color.transfer)
    return Look(pixel_format=("gray" if samples.grey else "yuv444p") + bits, tags=tags)


def in_eight_bits(pixel_format: str) -> str:
    """Return a format whose samples have 8 bits: this one, or the nearest."""
    return pixel_format if bits_of(pixel_format) <= 8 else eight_bits(pixel_format)


def bits_of(pixel_format: str) -> int:
    """Return how many bits a sample has at most."""
    return max(part.bits for part in av.VideoFormat(pixel_format).components)


def eight_bits(pixel_format: str) -> str:
    """Return the planar format of 8 bits that holds as much colour as this one, without alpha."""
    if is_rgb(pixel_format):
        return "rgb24"
    known = av.VideoFormat(pixel_format)
    if len(known.components) < 3:
        return "gray"
    width, height = known.chroma_width(16), known.chroma_height(16)
    return {(8, 8): "yuv420p", (8, 16): "yuv422p", (4, 16): "yuv411p"}.get((width, height), "yuv444p")
