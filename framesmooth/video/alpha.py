"""Transparency: frames have none, so every picture is laid over one background.

The colours of transparent pixels are arbitrary (encoders put what compresses best there) and never shown.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.video.reading import BLACK, Color, color_name

_DECODERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""FFmpeg's own decoders of these codecs drop the alpha that WebM keeps beside each frame."""


def over_background(rgba: Frame, background: Color = BLACK) -> Frame:
    """Return an RGBA picture over a background: "over" for straight alpha (Porter and Duff, 1984).

    Args:
        rgba: (H, W, 4) uint8 or uint16, sRGB, colours not multiplied by alpha.
        background: what shows where alpha is 0.
    """
    most = int(np.iinfo(rgba.dtype).max)
    if (rgba[..., 3] == most).all():
        return np.ascontiguousarray(rgba[..., :3])
    alpha = rgba[..., 3:].astype(np.uint32 if most == 255 else np.uint64)
    under: NDArray[Any] = np.asarray(background, alpha.dtype) * (most // 255)
    mixed = (rgba[..., :3] * alpha + under * (most - alpha) + most // 2) // most
    return np.ascontiguousarray(mixed.astype(rgba.dtype))


def has_alpha(pixel_format: av.VideoFormat) -> bool:
    """Tell whether pictures of a format may be transparent; palettes hold alpha, too."""
    return pixel_format.has_palette or any(part.is_alpha for part in pixel_format.components)


def shows_background(picture: av.VideoFrame) -> bool:
    """Tell whether a picture has an alpha channel, or a palette with transparent colours in use."""
    if not picture.format.has_palette:
        return has_alpha(picture.format)
    return bool((picture.reformat(format="rgba").to_ndarray()[..., 3] < 255).any())


def is_unused(container: av.container.InputContainer, stream: av.VideoStream, first: av.VideoFrame) -> bool:
    """Tell whether alpha is only a pixel's unused fourth byte: AVI doesn't tell for uncompressed video.

    Programs that don't use it leave it 0 in every pixel, which would show nothing but the background.
    """
    if container.format.name != "avi" or stream.codec_context.name != "rawvideo":
        return False
    if has_alpha(first.format) and not first.format.has_palette:
        return not first.reformat(format="rgba").to_ndarray()[..., 3].any()
    return False


def alpha_notice(name: str, background: Color, count: int = 1) -> str:
    """Return the one line about a clip, or ``count`` pictures, with an alpha channel."""
    has, over = "has" if count == 1 else "have", color_name(background)
    return f"{name} {has} an alpha channel: transparent parts are laid over {over} (--background COLOR)"


def decoder_of(stream: av.VideoStream) -> Callable[[Any], Sequence[av.VideoFrame]]:
    """Return the function that decodes the packets of a stream, with their alpha; the last one is empty."""
    decoder = _separate_alpha_decoder(stream) or stream.codec_context

    def decode(packet: Any) -> Sequence[av.VideoFrame]:
        if packet.size == 0 and packet.dts is not None:
            return ()  # a repeated frame of AVI and Theora: decoders would take it for the end
        return decoder.decode(packet)

    return decode


def _separate_alpha_decoder(stream: av.VideoStream) -> av.VideoCodecContext | None:
    """Return a decoder for VP8 and VP9 with alpha in WebM and Matroska, None for any other stream."""
    tagged = stream.metadata.get("alpha_mode", stream.metadata.get("ALPHA_MODE"))
    name = _DECODERS.get(stream.codec_context.codec.name if tagged == "1" else "")
    if name is None or name not in av.codecs_available:
        return None
    decoder: Any = av.CodecContext.create(name, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.options = stream.codec_context.options
    return decoder
