"""Pictures with more than 8 bits or floating point, which Pillow reads wrongly or not at all.

TIFF (16 and 32 bits, float, planar) is read by tifffile, and by OpenCV where tifffile lacks the compression;
OpenEXR, DPX, Radiance HDR, PFM, PAM and deep JPEG 2000 by FFmpeg.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps

from framesmooth.errors import FramesmoothError, MediaError
from framesmooth.frames import Frame, as_uint8
from framesmooth.limits import MAX_PIXELS
from framesmooth.video.alpha import has_alpha, over_background
from framesmooth.video.atomic import media_errors
from framesmooth.video.color import to_rgb
from framesmooth.video.color_profile import to_srgb
from framesmooth.video.reading import BLACK, Color
from framesmooth.video.safe_open import check_size, file_url
from framesmooth.video.samples import EIGHT, Samples

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # errors say what is wrong with a picture
logging.getLogger("tifffile").propagate = False
_TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
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
_MOST_ABOVE_ONE: Final = 0.5
_HEAD: Final = 2**16  # room for an ICC profile before what is looked for
_PHOTOMETRICS: Final = (
    tifffile.PHOTOMETRIC.MINISBLACK,
    tifffile.PHOTOMETRIC.MINISWHITE,
    tifffile.PHOTOMETRIC.RGB,
)
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
    """

    size: tuple[int, int]
    alpha: bool
    bits: int
    curve: str = ""
    profile: bytes | None = None
    samples: Samples = EIGHT


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
    if head.startswith(_TIFF):
        with open_tiff(path) as page:
            return _tiff_facts(page) if _is_deep(page) else None
    demuxer = demuxer_of(head)
    if demuxer is None:
        return None
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


def read_deep(path: Path, background: Color = BLACK) -> Frame | None:
    """Return a deep picture as a frame, None for a picture that Pillow reads as it should.

    Floats of TIFF are display values in [0, 1]; those of OpenEXR, Radiance HDR and PFM are proportional to
    light and get sRGB's curve (IEC 61966-2-1). What is outside [0, 1] is clipped.

    Raises:
        MediaError: when it is damaged, or of a kind that nothing here reads.
    """
    head = head_of(path)
    if head.startswith(_TIFF):
        with open_tiff(path) as page:
            return _tiff_frame(path, page, background) if _is_deep(page) else None
    demuxer = demuxer_of(head)
    if demuxer is None:
        return None
    with first_picture(path, demuxer) as picture:
        if demuxer in _LINEAR:
            return _from_linear(floats_of(picture), background)
        return to_rgb(picture, background)


def is_tiff(head: bytes) -> bool:
    """Tell by how a file begins whether it is a TIFF."""
    return head.startswith(_TIFF)


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


@contextmanager
def open_tiff(path: Path) -> Iterator[Any]:
    """Give the first page of a TIFF; damaged files meet tifffile with errors of any type."""
    try:
        with path.open("rb") as file, tifffile.TiffFile(file) as whole:
            page: Any = whole.pages[0]
            check_size(path, int(page.imagewidth), int(page.imagelength))
            yield page
    except (FramesmoothError, MemoryError):
        raise
    except Exception as error:
        raise MediaError(
            f"cannot read {path} as TIFF: it is damaged or something else, make it again"
        ) from error


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


def orientation_of(page: Any) -> int:
    """Return the orientation of a TIFF's page (TIFF 6.0, section 8): 1 is upright, 5 to 8 swap the sides."""
    tag = page.tags.get("Orientation")
    return int(tag.value) if tag is not None else 1


def _tiff_frame(path: Path, page: Any, background: Color) -> Frame:
    samples = _tiff_samples(path, page)
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


def is_associated(page: Any) -> bool:
    """Tell whether the colours of a TIFF's page are multiplied by its alpha."""
    return bool(page.extrasamples) and page.extrasamples[0] == tifffile.EXTRASAMPLE.ASSOCALPHA


def deep_tiff_samples(path: Path, page: Any) -> NDArray[Any]:
    """Return (H, W, 1 to 4) samples as deep as they are: uint16, or float32 with the values that they have.

    Raises:
        MediaError: a kind of TIFF that cannot be read.
    """
    array = _known_array(path, page)
    inverted = page.photometric == tifffile.PHOTOMETRIC.MINISWHITE
    if array.dtype.kind == "f":
        samples = array.astype(np.float32)
        return 1 - samples if inverted else samples
    bits = int(page.bitspersample)
    whole = array if bits == 16 else np.rint(array * (65535 / (2.0**bits - 1)))
    return (65535 - whole if inverted else whole).astype(np.uint16)


def _tiff_samples(path: Path, page: Any) -> NDArray[np.float32]:
    """Return (H, W, 1 to 4) samples as they are shown, 0 to 1."""
    array = _known_array(path, page)
    if array.dtype.kind == "u":
        most = np.float64(2 ** int(page.bitspersample) - 1)
        return (array / most).astype(np.float32)
    samples = np.nan_to_num(array.astype(np.float32), nan=0.0)
    if (samples > 1).mean() > _MOST_ABOVE_ONE:
        raise MediaError(
            f"{path} holds floats up to {samples.max():.6g}, of which most are above 1: scale them to 0-1"
        )
    return np.clip(samples, 0, 1)


def _known_array(path: Path, page: Any) -> NDArray[Any]:
    """Return the (H, W, 1 to 4) array of a page: unsigned whole numbers or floats."""
    kind = f"{page.photometric.name}, {page.samplesperpixel} samples of {page.bitspersample} bits"
    usual = page.photometric in _PHOTOMETRICS and page.samplesperpixel <= 4
    array = _tiff_array(path, page) if usual else None
    if array is None or array.size == 0 or array.dtype.kind not in "uf":
        raise MediaError(f"{path} is a TIFF that cannot be read ({kind}): convert it to PNG")
    return array


def _tiff_array(path: Path, page: Any) -> NDArray[Any] | None:
    """Return the (H, W, channels) array of a page in the order RGB, None where nothing reads it."""
    try:
        array = page.asarray()
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and array.ndim == 3:
            array = np.moveaxis(array, 0, 2)
    except ValueError:  # a compression for which tifffile needs another package
        data = np.fromfile(path, np.uint8)
        with _quiet_opencv():
            array = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        if array is None:
            return None
        if array.ndim == 3 and array.shape[2] >= 3:
            array = array[..., [2, 1, 0, 3][: array.shape[2]]]
    return np.asarray(array[..., None] if array.ndim == 2 else array)


@contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Keep OpenCV from writing about damaged files to stderr: the error about them says it."""
    log: Any = cv2.utils.logging
    before = log.setLogLevel(log.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        log.setLogLevel(before)


def _turned(frame: Frame, orientation: int) -> Frame:
    image = Image.fromarray(frame)
    image.getexif()[_ORIENTATION] = orientation
    return np.array(ImageOps.exif_transpose(image))
