"""Pictures of more than 8 bits as files: PNG by OpenCV, TIFF by tifffile, OpenEXR by FFmpeg."""

import struct
import zlib
from collections.abc import Mapping
from fractions import Fraction
from io import BytesIO
from typing import Final

import av
import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL.PngImagePlugin import PngInfo

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.video.samples import SDR, Samples, stored_eight, stored_float, stored_sixteen
from framesmooth.video.storage import Storage

_HEADER_END: Final = 33
"""Bytes of a PNG up to the end of IHDR: 8 of the signature, 25 of the chunk."""
_HIGHEST_HALF: Final = 65504.0


def encode_deep(frame: Frame, storage: Storage, tags: Mapping[str, str] | None = None) -> bytes:
    """Return a frame (H, W, 3) as a picture file, as ``storage`` says.

    ``tags`` are texts of PNG, and the description of a TIFF; OpenEXR holds none.

    Raises:
        MediaError: when it cannot be encoded.
    """
    if storage.pictures == "exr":
        return _exr(stored_float(frame), storage.samples)
    if storage.pictures == "tiff":
        return _tiff(frame, storage.samples, tags or {})
    return _png(stored_sixteen(frame, storage.samples.curve), storage.samples, tags or {})


def _png(signal: NDArray[np.uint16], samples: Samples, tags: Mapping[str, str]) -> bytes:
    channels = signal[..., 0] if samples.grey else signal[..., ::-1]
    done, data = cv2.imencode(".png", np.ascontiguousarray(channels), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    if not done:
        raise MediaError("cannot make a PNG of a frame: OpenCV refuses it")
    content = data.tobytes()
    return content[:_HEADER_END] + b"".join(_chunks(samples, tags)) + content[_HEADER_END:]


def _chunks(samples: Samples, tags: Mapping[str, str]) -> list[bytes]:
    """Return the chunks of a PNG (third edition, 11.3) with its colours, significant bits and tags."""
    chunks = []
    if samples.color != SDR:
        chunks.append(_chunk(b"cICP", bytes((samples.color.primaries, samples.color.transfer, 0, 1))))
    if samples.profile is not None:
        chunks.append(_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(samples.profile)))
    if samples.bits < 16:
        chunks.append(_chunk(b"sBIT", bytes([samples.bits] * (1 if samples.grey else 3))))
    info = PngInfo()
    for name, value in tags.items():
        info.add_itxt(name, value)
    return chunks + [_chunk(kind, data) for kind, data, *_ in info.chunks]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _tiff(frame: Frame, samples: Samples, tags: Mapping[str, str]) -> bytes:
    if samples.is_float:
        pixels: Frame = stored_float(frame)
    elif samples.is_deep:
        pixels = stored_sixteen(frame, samples.curve)
    else:
        pixels = stored_eight(frame)
    content = BytesIO()
    described = "; ".join(value for name, value in tags.items() if name in ("title", "comment"))
    tifffile.imwrite(
        content,
        np.ascontiguousarray(pixels[..., 0]) if samples.grey else pixels,
        photometric="minisblack" if samples.grey else "rgb",
        compression="zlib",
        predictor=not samples.is_float,
        description=described.encode("ascii", "replace").decode() or None,
        iccprofile=samples.profile,
        metadata=None,
    )
    return content.getvalue()


def _exr(light: NDArray[np.float32], samples: Samples) -> bytes:
    half = samples.bits == 16
    if half:
        light = np.clip(light, -_HIGHEST_HALF, _HIGHEST_HALF)
    pixels, pix_fmt = (light[..., 0], "grayf32le") if samples.grey else (light, "gbrpf32le")
    context = av.CodecContext.create("exr", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.height, context.width, context.pix_fmt = light.shape[0], light.shape[1], pix_fmt
    context.time_base = Fraction(1, 24)
    context.options = {"format": "half" if half else "float", "compression": "zip16"}
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=pix_fmt)
    return b"".join(bytes(packet) for packet in (*context.encode(picture), *context.encode(None)))
