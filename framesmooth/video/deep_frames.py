"""Pictures read as deep as they are: 16 bits or floats, beside ``images``, which reads all as 8 bits."""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, decode_light
from framesmooth.video.alpha import over_background
from framesmooth.video.deep_color import to_rgb16
from framesmooth.video.deep_pictures import demuxer_of, first_picture, head_of
from framesmooth.video.exr_layers import layered_channels, read_layer
from framesmooth.video.reading import BLACK, Color
from framesmooth.video.safe_open import open_picture
from framesmooth.video.samples import EIGHT, Samples, light_from
from framesmooth.video.tiff import deep_tiff_samples, is_associated, is_tiff, open_tiff, orientation_of

_HIGHEST_HALF: Final = 65504.0
_FLOATS: Final = ("f16le", "f32le")
_ORIENTATION: Final = 0x0112
_DEMUXERS: Final = {
    b"\x89PNG": "png_pipe", b"P3": "ppm_pipe", b"P6": "ppm_pipe", b"P2": "pgm_pipe", b"P5": "pgm_pipe",
}  # fmt: skip
"""FFmpeg's readers of 16-bit pictures that Pillow reads as 8 bits."""


def common_samples(found: Collection[Samples]) -> Samples:
    """Return what the frames of a clip are whose pictures are as ``found``: as deep as the deepest.

    Raises:
        MediaError: HDR and other pictures in one clip.
    """
    deepest = max(found, key=lambda one: (one.is_float, one.bits))
    if not deepest.is_deep:
        return EIGHT
    if len({one.curve for one in found if one.is_float == deepest.is_float}) > 1:
        raise MediaError("HDR and SDR pictures make no clip together: put them in folders of their own")
    return Samples(
        bits=deepest.bits,
        is_float=deepest.is_float,
        curve=deepest.curve,
        grey=all(one.grey for one in found),
        color=deepest.color,
        profile=deepest.profile,
    )


def read_deep_frame(path: Path, samples: Samples, background: Color = BLACK) -> Frame | None:
    """Return a picture as a frame of a clip with ``samples``; None where it has 8 bits and is read as such.

    Raises:
        MediaError: when it is damaged.
    """
    head = head_of(path)
    if is_tiff(head):
        return _tiff(path, samples, background)
    demuxer = demuxer_of(head) or next(
        (name for start, name in _DEMUXERS.items() if head.startswith(start)), None
    )
    if demuxer is None:
        return None
    if layered := layered_channels(head):
        return _light(read_layer(path, head, layered).astype(np.float32), background, associated=True)
    with first_picture(path, demuxer) as picture:
        if samples.is_float and picture.format.name.endswith(_FLOATS):
            return _light(_float_planes(picture), background, associated=True)
        if max(part.bits for part in picture.format.components) <= 8:
            return None
        signal = to_rgb16(picture, background)
    if demuxer == "png_pipe":
        signal = turned(signal, _exif_orientation(path))
    return light_from(signal, samples.curve) if samples.is_hdr else signal


def turned(frame: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return a frame (H, W, C) upright that is stored by an orientation of Exif 2.32, table 4."""
    if orientation in (5, 6, 7, 8):
        frame = frame.transpose(1, 0, 2)
    mirrored, upside_down = orientation in (2, 3, 6, 7), orientation in (3, 4, 7, 8)
    return np.ascontiguousarray(frame[:: -1 if upside_down else 1, :: -1 if mirrored else 1])


def _tiff(path: Path, samples: Samples, background: Color) -> Frame | None:
    with open_tiff(path) as page:
        if int(page.bitspersample) <= 8:
            return None
        array, associated = deep_tiff_samples(path, page), is_associated(page)
        orientation = orientation_of(page)
    if samples.is_float and array.dtype == np.float32:
        frame = _light(array, background, associated=associated)
    else:
        frame = _sixteen(array, background, associated=associated)
    return turned(frame, orientation)


def _sixteen(array: NDArray[np.uint16], background: Color, *, associated: bool) -> Frame:
    channels = array.shape[2]
    colors = _three(array[..., : 1 if channels < 3 else 3])
    if channels not in (2, 4):
        return colors
    alpha = array[..., -1:]
    if associated:
        colors = np.minimum(colors / np.maximum(alpha, 1) * np.float32(65535), 65535).astype(np.uint16)
    return over_background(np.concatenate([colors, alpha], axis=2), background)


def _float_planes(picture: av.VideoFrame) -> NDArray[np.float32]:
    """Return the channels (H, W, C) of floats in planes, as they are: FFmpeg would clip half floats."""
    kind = np.dtype("<f2" if picture.format.name.endswith("f16le") else "<f4")
    planes = [
        np.frombuffer(bytes(plane), kind).reshape(plane.height, -1)[:, : plane.width]
        for plane in picture.planes
    ]
    if len(planes) >= 3:
        planes[:3] = planes[2], planes[0], planes[1]  # from green, blue, red
    return np.stack(planes, axis=2).astype(np.float32)


def _light(array: NDArray[np.float32], background: Color, *, associated: bool) -> Frame:
    """Return floats over the background; no numbers become 0, infinite ones the highest of half floats."""
    array = np.nan_to_num(array, nan=0.0, posinf=_HIGHEST_HALF, neginf=-_HIGHEST_HALF)
    channels = array.shape[2]
    colors = _three(array[..., : 1 if channels < 3 else 3])
    if channels in (2, 4):
        alpha = array[..., -1:]
        under = decode_light(np.asarray(background, np.float32) / np.float32(255))
        colors = (colors if associated else colors * alpha) + under * (1 - alpha)
    return np.ascontiguousarray(colors, np.float32)


def _three(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.broadcast_to(array, (*array.shape[:2], 3)))


def _exif_orientation(path: Path) -> int:
    head = head_of(path)
    if b"eXIf" not in head:
        return 1
    with open_picture(path) as image:
        return int(image.getexif().get(_ORIENTATION, 1))
