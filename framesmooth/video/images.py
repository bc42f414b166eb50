"""Single pictures and folders of pictures."""

import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, check_frame
from framesmooth.video.alpha import over_background
from framesmooth.video.atomic import write_bytes
from framesmooth.video.color_profile import to_srgb
from framesmooth.video.deep_frames import common_samples, read_deep_frame
from framesmooth.video.deep_pictures import is_read_by_ffmpeg, read_deep
from framesmooth.video.listing import check_readable, list_frames
from framesmooth.video.picture_facts import (
    PictureFacts,
    inspect_picture,
    picture_notices,
    without_unused_alpha,
)
from framesmooth.video.reading import AS_USUAL, BLACK, Color, Reading
from framesmooth.video.safe_open import open_picture
from framesmooth.video.samples import EIGHT, Depth, Samples, stored_float, stored_sixteen

FRAME_NAME = "frame_{:06d}.png"
_PNG_EFFORT = {"compress_level": 1, "compress_type": zlib.Z_RLE}  # a fifth of the time of Pillow's own


def image_to_frame(image: Image.Image, background: Color = BLACK) -> Frame:
    """Return a Pillow picture of any mode as an sRGB frame; what is transparent shows the background."""
    if image.mode.startswith("I;16") or image.mode == "I":
        grey = (np.asarray(image, dtype=np.float64) / 257).round().clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    converted = to_srgb(image)
    if converted.mode == "RGBA":
        return over_background(np.asarray(converted), background)
    return np.array(converted, dtype=np.uint8)


def read_image(path: str | os.PathLike[str], *, background: Color = BLACK) -> Frame:
    """Read one picture, turned as its EXIF orientation says, its colours converted to sRGB.

    ``background`` shows where it is transparent.

    Raises:
        MediaError: when the file is missing, damaged, no picture or of a kind that cannot be read.
    """
    file = Path(path)
    check_readable(file)
    deep = read_deep(file, background)
    if deep is not None:
        return deep
    with open_picture(file) as image:
        return image_to_frame(ImageOps.exif_transpose(without_unused_alpha(file, image)), background)


def read_deep_image(path: Path, samples: Samples, *, background: Color = BLACK) -> Frame:
    """Read one picture as a frame of a clip with these ``samples``.

    Those of 16 bits keep their colours, whatever their profile; those of 8 bits are read by ``read_image``.

    Raises:
        MediaError: when the file is missing, damaged, no picture or of a kind that cannot be read.
    """
    check_readable(path)
    deep = read_deep_frame(path, samples, background)
    if deep is None:
        deep = read_image(path, background=background)
    return stored_float(deep) if samples.is_float else deep if samples.is_hdr else stored_sixteen(deep)


def image_notices(path: Path) -> tuple[str, ...]:
    """Return one line for each thing that ``read_image`` changes or loses.

    Raises:
        MediaError: when the file is missing, damaged or no picture.
    """
    return picture_notices({path.name: inspect_picture(path)}, BLACK)


def write_png(path: str | os.PathLike[str], frame: Frame, metadata: Mapping[str, str] | None = None) -> None:
    """Write ``frame`` losslessly, with ``metadata`` as text chunks, atomically.

    Raises:
        MediaError: when the frame is no frame or the disk refuses.
    """
    write_bytes(path, encode_png(frame, metadata))


def encode_png(frame: Frame, metadata: Mapping[str, str] | None = None) -> bytes:
    """Return ``frame`` as a PNG file, with ``metadata`` as text chunks.

    Raises:
        MediaError: when the frame is no frame.
    """
    content = BytesIO()
    save_png(content, frame, metadata)
    return content.getvalue()


def save_png(path: Path | BinaryIO, frame: Frame, metadata: Mapping[str, str] | None = None) -> None:
    """Write ``frame`` to ``path`` as it is named, or open; the caller minds atomicity and errors."""
    info = PngInfo()
    for name, value in (metadata or {}).items():
        info.add_itxt(name, value)
    Image.fromarray(check_frame(frame)).save(path, "PNG", pnginfo=info, **_PNG_EFFORT)


@dataclass(frozen=True)
class ImageFolder:
    """A FrameSource over the pictures of a folder, in natural order of their names.

    Iterating raises a MediaError that names the file when one is damaged or has another size.

    Attributes:
        background: what shows where they are transparent.
        notices: one line for each thing that was decided about them, or that reading changes or loses.
        samples: as how deep they are read.
    """

    images: tuple[Path, ...]
    fps: Fraction
    size: tuple[int, int]
    background: Color = BLACK
    notices: tuple[str, ...] = ()
    samples: Samples = EIGHT

    @property
    def num_frames(self) -> int:
        """How many pictures there are."""
        return len(self.images)

    def __iter__(self) -> Iterator[Frame]:
        """Read the pictures one by one."""
        for path in self.images:
            frame = self._read(path)
            if frame.shape[:2] != self.size:
                raise MediaError(
                    _mixed_sizes(path, (frame.shape[1], frame.shape[0]), self.images[0], self.size)
                )
            yield frame

    def _read(self, path: Path) -> Frame:
        if self.samples.is_deep:
            return read_deep_image(path, self.samples, background=self.background)
        return read_image(path, background=self.background)


def open_folder(
    folder: Path, fps: Fraction, reading: Reading = AS_USUAL, depth: Depth = "eight"
) -> ImageFolder:
    """Open a folder of pictures, or a pattern; sizes are compared now where headers tell them.

    ``depth`` is that of :func:`framesmooth.video.open_source`.

    Raises:
        MediaError: when it is empty, a picture is unreadable or sizes differ; if ``reading`` is strict also
            when numbered frames are missing.
    """
    listing = list_frames(folder, reading.sort, strict=reading.strict)
    images = listing.images
    if depth == "eight":
        size = read_image(images[0], background=reading.background).shape[:2]
    else:
        size = inspect_picture(images[0]).size
    facts: dict[str, PictureFacts] = {}
    for path in images:
        if facts and is_read_by_ffmpeg(path):
            continue  # sizes are compared when it is read: decoding all of a folder twice takes long
        facts[path.name] = inspect_picture(path)
        height, width = facts[path.name].size
        if (height, width) != size:
            raise MediaError(_mixed_sizes(path, (width, height), images[0], size))
    samples = EIGHT if depth == "eight" else common_samples([each.samples for each in facts.values()])
    if depth == "sixteen" and not samples.is_deep:
        samples = Samples(bits=16)
    notices = listing.notices + picture_notices(facts, reading.background, deep=depth != "eight")
    return ImageFolder(images, fps, size, reading.background, notices, samples)


def _mixed_sizes(path: Path, shown: tuple[int, int], first: Path, size: tuple[int, int]) -> str:
    return (
        f"{path} is {shown[0]}x{shown[1]} but {first.name} is {size[1]}x{size[0]}: "
        "all frames of a clip have one size, resize or remove the odd ones"
    )
