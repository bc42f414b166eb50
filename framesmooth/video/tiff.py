"""TIFF by tifffile, and by OpenCV where tifffile lacks the compression: its pages and their samples."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from framesmooth.errors import FramesmoothError, MediaError
from framesmooth.video.safe_open import check_size

logging.getLogger("tifffile").addHandler(logging.NullHandler())  # errors say what is wrong with a picture
logging.getLogger("tifffile").propagate = False
_TIFF: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MOST_ABOVE_ONE: Final = 0.5
_PHOTOMETRICS: Final = (
    tifffile.PHOTOMETRIC.MINISBLACK,
    tifffile.PHOTOMETRIC.MINISWHITE,
    tifffile.PHOTOMETRIC.RGB,
)


def is_tiff(head: bytes) -> bool:
    """Tell by how a file begins whether it is a TIFF."""
    return head.startswith(_TIFF)


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


def orientation_of(page: Any) -> int:
    """Return the orientation of a TIFF's page (TIFF 6.0, section 8): 1 is upright, 5 to 8 swap the sides."""
    tag = page.tags.get("Orientation")
    return int(tag.value) if tag is not None else 1


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


def tiff_samples(path: Path, page: Any) -> NDArray[np.float32]:
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
