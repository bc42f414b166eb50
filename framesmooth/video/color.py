"""RGB to and from the colour formats of video.

Files are written as BT.709 in limited range and tagged so (ITU-R BT.709-6, tables 3 and 4): converting
without tagging, or tagging without converting, shifts saturated colours by up to 16 levels.
"""

from typing import Final

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from framesmooth.frames import Frame
from framesmooth.video.alpha import has_alpha, over_background
from framesmooth.video.reading import BLACK, Color
from framesmooth.video.samples import SDR, ColorTags

ACCURATE: Final = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND
_UNSPECIFIED: Final = 2  # ITU-T H.273, matrix coefficients
_RGB_MATRIX: Final = 0
HD_HEIGHT: Final = 720


def to_rgb(picture: av.VideoFrame, background: Color | None = BLACK) -> Frame:
    """Return a decoded picture as RGB, by its own tags; what is transparent shows the background.

    Where ``background`` is None, alpha is ignored.

    Untagged video is BT.709 from 720 lines up and BT.601 below, as players assume.
    """
    matrix = picture.colorspace
    if matrix in (_UNSPECIFIED, _RGB_MATRIX):
        matrix = Colorspace.ITU709 if picture.height >= HD_HEIGHT else Colorspace.ITU601
    transparent = background is not None and has_alpha(picture.format)
    target = "rgba" if transparent else "rgb24"
    converted = picture.reformat(format=target, src_colorspace=int(matrix), interpolation=ACCURATE)
    if background is not None and transparent:
        return over_background(np.asarray(converted.to_ndarray(), np.uint8), background)
    return np.ascontiguousarray(converted.to_ndarray(), dtype=np.uint8)


def from_rgb(frame: Frame, pix_fmt: str) -> av.VideoFrame:
    """Return a frame in ``pix_fmt``, in BT.709 limited range where that is a YUV format."""
    picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
    if not is_yuv(pix_fmt):
        return picture.reformat(format=pix_fmt)
    return picture.reformat(
        format=pix_fmt,
        dst_colorspace=int(Colorspace.ITU709),
        dst_color_range=int(ColorRange.MPEG),
        interpolation=ACCURATE,
    )


def is_yuv(pix_fmt: str) -> bool:
    """Tell whether the samples are luma and chroma."""
    return pix_fmt.startswith(("yuv", "nv", "p0"))


def tag_colors(stream: av.VideoStream, tags: ColorTags = SDR, *, rgb: bool = False) -> None:
    """Write into the stream what its samples are: as ``tags`` say, in limited range unless RGB."""
    context = stream.codec_context
    context.color_range = int(ColorRange.JPEG if rgb else ColorRange.MPEG)
    context.colorspace = _RGB_MATRIX if rgb else tags.matrix
    context.color_primaries = tags.primaries
    context.color_trc = tags.transfer


def tag_picture(picture: av.VideoFrame, tags: ColorTags) -> None:
    """Write into a picture what its samples are: ProRes takes it from there."""
    picture.color_primaries, picture.color_trc = tags.primaries, tags.transfer
    if is_yuv(picture.format.name):
        picture.colorspace, picture.color_range = tags.matrix, int(ColorRange.MPEG)
