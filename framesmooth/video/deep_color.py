"""Video of more than 8 bits to and from RGB of 16 bits.

FFmpeg scales chroma; the matrix (ITU-T H.273, 8.3) is applied here, in floats: FFmpeg's own reaches only
65208 of 65535 where white is due.
"""

import sys
from collections.abc import Mapping
from typing import Any, Final

import av
import cv2
import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from framesmooth.video.alpha import has_alpha, over_background
from framesmooth.video.color import ACCURATE, HD_HEIGHT, is_yuv
from framesmooth.video.hdr import CURVES
from framesmooth.video.reading import BLACK, Color
from framesmooth.video.samples import BT709, EIGHT, ColorTags, Curve, Depth, Samples

_WEIGHTS: Final[Mapping[int, tuple[float, float]]] = {
    1: (0.2126, 0.0722), 4: (0.30, 0.11), 5: (0.299, 0.114), 6: (0.299, 0.114), 7: (0.212, 0.087),
    9: (0.2627, 0.0593), 10: (0.2627, 0.0593),
}  # fmt: skip
"""What red and blue count in luma, by the number of the matrix (ITU-T H.273, table 4)."""
_SD: Final = 6
_FULL: Final = 2  # AVColorRange
_BLACK, _LUMA, _CHROMA, _ZERO = 16 << 8, 219 << 8, 224 << 8, 128 << 8  # of 16 bits, limited range
_PLANAR: Final = ("gbrp10le", "gbrp12le", "gbrp14le")
_YUV, _YUVA = "yuv444p16le", "yuva444p16le"


def video_samples(stream: av.VideoStream, first: av.VideoFrame, bits: int, depth: Depth) -> Samples:
    """Return what the frames of a video get; its ``first`` picture has so many ``bits`` a channel."""
    if depth == "eight" or (depth == "source" and bits <= 8):
        return EIGHT
    transfer = int(stream.codec_context.color_trc)
    tags = ColorTags(
        primaries=int(first.color_primaries),
        transfer=transfer,
        matrix=int(first.colorspace),
        mastering=_side_data(first, Type.MASTERING_DISPLAY_METADATA),
        light_level=_light_level(_side_data(first, Type.CONTENT_LIGHT_LEVEL)),
    )
    grey = len(first.format.components) == 1 and not first.format.has_palette
    curve: Curve = CURVES.get(transfer, "")
    return Samples(bits=min(bits, 16) if bits > 8 else 16, curve=curve, grey=grey, color=tags.as_written)


def _side_data(picture: av.VideoFrame, kind: Type) -> bytes | None:
    data: Any = picture.side_data
    return bytes(data[kind]) if kind in data else None


def _light_level(data: bytes | None) -> tuple[int, int] | None:
    """Return (MaxCLL, MaxFALL) from FFmpeg's AVContentLightMetadata."""
    if data is None or len(data) < 8:
        return None
    most, average = (int.from_bytes(data[at : at + 4], sys.byteorder) for at in (0, 4))
    return (most, average) if most or average else None


def to_rgb16(picture: av.VideoFrame, background: Color | None = BLACK) -> NDArray[np.uint16]:
    """Return a decoded picture as RGB (H, W, 3) uint16 by its own tags, over the background.

    The whole range of the type is used, the curve is the picture's. Where ``background`` is None, alpha is
    ignored.
    """
    transparent = background is not None and has_alpha(picture.format)
    if is_yuv(picture.format.name):
        samples = _from_yuv(picture, transparent=transparent)
    else:
        samples = _from_rgb(picture, transparent=transparent)
    if background is not None and transparent:
        return np.asarray(over_background(samples, background), np.uint16)
    return np.ascontiguousarray(samples[..., :3])


def from_rgb16(
    frame: NDArray[np.uint16], pix_fmt: str, tags: ColorTags, *, full: bool = False
) -> av.VideoFrame:
    """Return RGB (H, W, 3) uint16 in ``pix_fmt``, a format of more than 8 bits.

    YUV is by the matrix of ``tags``, in limited range unless it is to be ``full``. Grey samples are those of
    red.
    """
    if not is_yuv(pix_fmt):
        bits = max(part.bits for part in av.VideoFormat(pix_fmt).components)
        if len(av.VideoFormat(pix_fmt).components) == 1:
            grey = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame[..., 0]), format="gray16le")
            return grey if bits == 16 else grey.reformat(format=pix_fmt)
        shorter = np.rint(frame * np.float32((2**bits - 1) / 65535)).astype(np.uint16)
        return av.VideoFrame.from_ndarray(shorter if bits < 16 else frame, format=pix_fmt)
    red, blue = _WEIGHTS[tags.matrix]
    luma = np.array([red, 1 - red - blue, blue])
    shift = 16 - max(part.bits for part in av.VideoFormat(pix_fmt).components)
    highest = (65535 >> shift) << shift
    start, most, chroma = (0, highest, highest) if full else (_BLACK, _LUMA, _CHROMA)
    rows = [luma * most]
    rows += [(np.eye(3)[at] - luma) / (2 - 2 * weight) * chroma for at, weight in ((2, blue), (0, red))]
    offsets = np.array([[start], [_ZERO], [_ZERO]])
    coding = np.hstack([np.array(rows) / 65535, offsets]).astype(np.float32)
    coded = np.clip(np.rint(cv2.transform(frame.astype(np.float32), coding)), 0, 65535).astype(np.uint16)
    picture = av.VideoFrame.from_ndarray(coded, format=_YUV)
    return _reformatted(picture, pix_fmt)


def matrix_of(number: int, height: int) -> int:
    """Return the matrix of samples: the one that is said, else what players assume at this height."""
    return number if number in _WEIGHTS else BT709 if height >= HD_HEIGHT else _SD


def _from_yuv(picture: av.VideoFrame, *, transparent: bool) -> NDArray[np.uint16]:
    full = picture.color_range == _FULL or picture.format.name.startswith("yuvj")
    shift = 16 - max(part.bits for part in picture.format.components)
    coded = _reformatted(picture, _YUVA if transparent else _YUV).to_ndarray()
    red, blue = _WEIGHTS[matrix_of(int(picture.colorspace), picture.height)]
    green = 1 - red - blue
    highest = float((65535 >> shift) << shift)
    start, luma, chroma = (0.0, highest, highest) if full else map(float, (_BLACK, _LUMA, _CHROMA))
    by_red, by_blue = 2 * (1 - red) / chroma, 2 * (1 - blue) / chroma
    rows = np.array(
        [
            [1 / luma, 0, by_red],
            [1 / luma, -blue / green * by_blue, -red / green * by_red],
            [1 / luma, by_blue, 0],
        ]
    )
    offsets = rows @ np.array([start, _ZERO, _ZERO])
    matrix = np.hstack([rows, -offsets[:, None]]) * 65535
    image = cv2.transform(coded[..., :3].astype(np.float32), matrix.astype(np.float32))
    samples = np.clip(np.rint(image), 0, 65535).astype(np.uint16)
    if transparent:
        opaque = np.minimum(coded[..., 3:] * np.float32(65535 / highest), 65535)
        samples = np.concatenate([samples, opaque.astype(np.uint16)], axis=2)
    return samples


def _from_rgb(picture: av.VideoFrame, *, transparent: bool) -> NDArray[np.uint16]:
    if len(picture.format.components) == 1 and not picture.format.has_palette:
        grey = np.asarray(picture.reformat(format="gray16le").to_ndarray(), np.uint16)
        return np.repeat(grey[..., None], 3, axis=2)
    if picture.format.name in _PLANAR:
        bits = picture.format.components[0].bits
        longer = np.rint(picture.to_ndarray() * np.float32(65535 / (2**bits - 1)))
        return np.asarray(longer, np.uint16)
    return np.asarray(
        picture.reformat(format="rgba64le" if transparent else "rgb48le").to_ndarray(), np.uint16
    )


def _reformatted(picture: av.VideoFrame, pix_fmt: str) -> av.VideoFrame:
    """Return a picture with its chroma scaled, and the values as they are: ranges are minded elsewhere."""
    same = int(ColorRange.MPEG)
    return picture.reformat(
        format=pix_fmt,
        src_color_range=same,
        dst_color_range=same,
        src_colorspace=BT709,
        dst_colorspace=BT709,
        interpolation=ACCURATE,
    )
