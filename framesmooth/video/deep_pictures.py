"""Pictures with more than 8 bits or floating point, which Pillow reads wrongly or not at all.

TIFF (16 and 32 bits, float, planar) is read by tifffile, and by OpenCV where tifffile lacks the compression;
OpenEXR, DPX, Radiance HDR, PFM, PAM and deep JPEG 2000 by FFmpeg.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, as_uint8
from framesmooth.limits import MAX_PIXELS
from framesmooth.video.alpha import has_alpha, over_background
from framesmooth.video.atomic import media_errors
from framesmooth.video.color import to_rgb
from framesmooth.video.color_profile import to_srgb
from framesmooth.video.exr_layers import layer_notice, layered_channels, read_layer
from framesmooth.video.reading import BLACK, Color
from framesmooth.video.safe_open import check_size, file_url
from framesmooth.video.samples import EIGHT, Samples
from framesmooth.video.tiff import is_associated, is_tiff, open_tiff, orientation_of, tiff_samples

_JPEG2000: Final = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
_DEMUXERS: Final = {
    b"\x76\x2f\x31\x01": "exr_pipe", b"SDPX": "dpx_pipe", b"XPDS": "dpx_pipe", b"#?": "hdr_pipe",
    b"PF": "pfm_pipe", b"Pf": "pfm_pipe", b"PH": "phm_pipe", b"Ph": "phm_pipe", b"P7": "pam_pipe",
    b"\x01\xda": "sgi_pipe",
}  # fmt: skip
"""FFmpeg's readers by how files begin."""
_LINEAR: Final = ("exr_pipe", "hdr_pipe", "pfm_pipe", "phm_pipe")
"""Formats whose samples are proportional to light."""
_DPX_TRANSFER_AT: Final = 801  # SMPTE 268M, image element 0
_DPX_LOGARITHMIC: Final = (1, 3)
_HEAD: Final = 2**16  # room for an ICC profile before what is looked for
_ORIENTATION: Final = 0x0112  # Exif 2.32, table 4, and TIFF 6.0, section 8


@dataclass(frozen=True)
class DeepPicture:
    """What the header of a deep picture says.

    Attributes:
        size: (height, width) as shown.
        alpha: whether there is an alpha channel.
        bits: of each sample.
        curve: "linear" or "logarithmic" where samples aren't encoded as for a display, else "".
        profile: the ICC profile, if there is one.
        samples: what its samples are where it is read as deep as it is.
        note: one line about the channels that are taken, if there is a choice.
    """

    size: tuple[int, int]
    alpha: bool
    bits: int
    curve: str = ""
    profile: bytes | None = None
    samples: Samples = EIGHT
    note: str = ""


def head_of(path: Path) -> bytes:
    """Return how a file begins.

    Raises:
        MediaError: when it cannot be read.
    """
    with media_errors(path, "read"), path.open("rb") as file:
        return file.read(_HEAD)


def inspect_deep(path: Path) -> DeepPicture | None:
    """Return what a deep picture's header says, None for a picture that Pillow reads as it should.

    Raises:
        MediaError: when it is damaged.
    """
    head = head_of(path)
    if is_tiff(head):
        with open_tiff(path) as page:
            return _tiff_facts(page) if _is_deep(page) else None
    demuxer = demuxer_of(head)
    if demuxer is None:
        return None
    if layered := layered_channels(head):
        return _layer_facts(path, read_layer(path, head, layered), layered)
    with first_picture(path, demuxer) as picture:
        bits = max(part.bits for part in picture.format.components)
        size, alpha = (picture.height, picture.width), has_alpha(picture.format)
    logarithmic = demuxer == "dpx_pipe" and head[_DPX_TRANSFER_AT] in _DPX_LOGARITHMIC
    parts, kind = len(picture.format.components), picture.format.name
    grey = parts - alpha == 1
    samples = Samples(bits=min(bits, 16), grey=grey)
    if demuxer in _LINEAR:
        samples = Samples(bits=16 if "f16" in kind else 32, is_float=True, curve="linear", grey=grey)
    curve = "linear" if demuxer in _LINEAR else "logarithmic" if logarithmic else ""
    return DeepPicture(size, alpha, bits, curve, samples=samples)


def _layer_facts(path: Path, array: NDArray[Any], channels: tuple[str, ...]) -> DeepPicture:
    bits, grey = 8 * array.itemsize, array.shape[2] == 1
    samples = Samples(bits=bits, is_float=True, curve="values" if grey else "linear", grey=grey)
    size, note = (array.shape[0], array.shape[1]), layer_notice(path.name, channels)
    return DeepPicture(size, False, bits, "linear", samples=samples, note=note)


def read_deep(path: Path, background: Color = BLACK) -> Frame | None:
    """Return a deep picture as a frame, None for a picture that Pillow reads as it should.

    Floats of TIFF are display values in [0, 1]; those of OpenEXR, Radiance HDR and PFM are proportional to
    light and get sRGB's curve (IEC 61966-2-1). What is outside [0, 1] is clipped.

    Raises:
        MediaError: when it is damaged, or of a kind that nothing here reads.
    """
    head = head_of(path)
    if is_tiff(head):
        with open_tiff(path) as page:
            return _tiff_frame(path, page, background) if _is_deep(page) else None
    demuxer = demuxer_of(head)
    if demuxer is None:
        return None
    if layered := layered_channels(head):
        return _from_linear(read_layer(path, head, layered).astype(np.float32), background)
    with first_picture(path, demuxer) as picture:
        if demuxer in _LINEAR:
            return _from_linear(floats_of(picture), background)
        return to_rgb(picture, background)


def is_read_by_ffmpeg(path: Path) -> bool:
    """Tell whether a picture's size is only known when it is decoded.

    Raises:
        MediaError: when the file cannot be read.
    """
    return demuxer_of(head_of(path)) is not None


def demuxer_of(head: bytes) -> str | None:
    """Return FFmpeg's reader of a file that begins so, None for a picture that Pillow reads."""
    if head.startswith(_JPEG2000):
        return "j2k_pipe" if _jpeg2000_bits(head) > 8 else None
    return next((name for start, name in _DEMUXERS.items() if head.startswith(start)), None)


def _jpeg2000_bits(head: bytes) -> int:
    """Return the bits of a sample by the header of the codestream (ISO/IEC 15444-1, A.5.1)."""
    at = head.find(_JPEG2000[1])
    return (head[at + 42] & 0x7F) + 1 if 0 <= at < len(head) - 42 else 8


@contextmanager
def first_picture(path: Path, demuxer: str) -> Iterator[av.VideoFrame]:
    """Give the picture in a file that FFmpeg reads."""
    options = {"protocol_whitelist": "file"}
    with media_errors(path, "read"), av.open(file_url(path), format=demuxer, options=options) as container:
        stream = container.streams.video[0]
        check_size(path, stream.width, stream.height)
        stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        picture = next(container.decode(stream), None)
        if picture is None or picture.is_corrupt:
            raise MediaError(f"cannot read {path}: it is damaged, make it again")
        check_size(path, picture.width, picture.height)
        yield picture


def floats_of(picture: av.VideoFrame) -> NDArray[np.float32]:
    """Return (H, W, channels) floats: grey, RGB or RGBA."""
    if len(picture.format.components) == 1:
        return np.asarray(picture.reformat(format="grayf32le").to_ndarray(), np.float32)[..., None]
    target = "gbrapf32le" if has_alpha(picture.format) else "gbrpf32le"
    return np.asarray(picture.reformat(format=target).to_ndarray(), np.float32)


def _from_linear(samples: NDArray[np.float32], background: Color) -> Frame:
    """Return light as a frame; colours of OpenEXR come multiplied by alpha (its "Technical Introduction")."""
    samples = np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=0.0)
    colors = samples[..., : 1 if samples.shape[2] < 3 else 3]
    if samples.shape[2] in (2, 4):
        under = np.asarray(background, np.float32) / 255
        light = np.where(under <= 0.04045, under / 12.92, ((under + 0.055) / 1.055) ** 2.4)
        colors = colors + light.astype(np.float32) * (1 - samples[..., -1:])
    colors = np.clip(colors, 0, 1)
    curved = np.where(colors <= 0.0031308, 12.92 * colors, 1.055 * colors ** (1 / 2.4) - 0.055)
    return as_uint8(np.broadcast_to(curved, (*curved.shape[:2], 3)))


def _is_deep(page: Any) -> bool:
    """Tell whether samples have more than 8 bits, or anything else but whole numbers."""
    return int(page.bitspersample) > 8


def _tiff_facts(page: Any) -> DeepPicture:
    profile = page.tags.get("InterColorProfile")
    sideways = orientation_of(page) >= 5
    bits, is_float = int(page.bitspersample), page.sampleformat == tifffile.SAMPLEFORMAT.IEEEFP
    grey = page.samplesperpixel - len(page.extrasamples) == 1
    samples = Samples(
        bits=(16 if bits == 16 else 32) if is_float else min(bits, 16),
        is_float=is_float,
        curve="values" if is_float else "",
        grey=grey,
        profile=None if profile is None else bytes(profile.value),
    )
    size = int(page.imagelength), int(page.imagewidth)
    return DeepPicture(
        size=size[::-1] if sideways else size,
        alpha=bool(page.extrasamples),
        bits=bits,
        profile=samples.profile,
        samples=samples,
    )


def _tiff_frame(path: Path, page: Any, background: Color) -> Frame:
    samples = tiff_samples(path, page)
    if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
        samples = 1 - samples
    frame = as_uint8(samples)
    height, width, channels = frame.shape
    colors = np.broadcast_to(frame[..., : 1 if channels < 3 else 3], (height, width, 3))
    image = Image.fromarray(np.ascontiguousarray(colors))
    profile = _tiff_facts(page).profile
    if profile is not None:
        image.info["icc_profile"] = profile
    colors = np.asarray(to_srgb(image))
    if channels in (2, 4):
        alpha = frame[..., -1:]
        if is_associated(page):
            colors = as_uint8(colors / np.maximum(alpha, 1, dtype=np.float32))
        colors = over_background(np.concatenate([colors, alpha], axis=2), background)
    return _turned(colors, orientation_of(page))


def _turned(frame: Frame, orientation: int) -> Frame:
    image = Image.fromarray(frame)
    image.getexif()[_ORIENTATION] = orientation
    return np.array(ImageOps.exif_transpose(image))
