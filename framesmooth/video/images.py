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
from framesmooth.video.atomic import write_bytes
from framesmooth.video.listing import list_frames
from framesmooth.video.reading import AS_USUAL, Reading
from framesmooth.video.safe_open import open_picture

FRAME_NAME = "frame_{:06d}.png"
_PNG_EFFORT = {"compress_level": 1, "compress_type": zlib.Z_RLE}  # a fifth of the time of Pillow's own


def image_to_frame(image: Image.Image) -> Frame:
    """Return a Pillow picture of any mode as an RGB frame; transparency is laid over black."""
    if image.mode.startswith("I;16") or image.mode == "I":
        grey = (np.asarray(image, dtype=np.float64) / 257).round().clip(0, 255).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba)
    return np.array(image.convert("RGB"), dtype=np.uint8)


def read_image(path: str | os.PathLike[str]) -> Frame:
    """Read one picture, turned as its EXIF orientation says.

    Raises:
        MediaError: when the file is missing, damaged or no picture.
    """
    with open_picture(Path(path)) as image:
        return image_to_frame(ImageOps.exif_transpose(image))


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
        notices: one line for each thing that was decided about them.
    """

    images: tuple[Path, ...]
    fps: Fraction
    size: tuple[int, int]
    notices: tuple[str, ...] = ()

    @property
    def num_frames(self) -> int:
        """How many pictures there are."""
        return len(self.images)

    def __iter__(self) -> Iterator[Frame]:
        """Read the pictures one by one."""
        for path in self.images:
            frame = read_image(path)
            if frame.shape[:2] != self.size:
                raise MediaError(
                    _mixed_sizes(path, (frame.shape[1], frame.shape[0]), self.images[0], self.size)
                )
            yield frame


def open_folder(folder: Path, fps: Fraction, reading: Reading = AS_USUAL) -> ImageFolder:
    """Open a folder of pictures, or a pattern; all sizes are compared now, from the files' headers.

    Raises:
        MediaError: when it is empty, a picture is unreadable or sizes differ; if ``reading`` is strict also
            when numbered frames are missing.
    """
    listing = list_frames(folder, reading.sort, strict=reading.strict)
    images = listing.images
    size = read_image(images[0]).shape[:2]
    for path in images[1:]:
        shown = _displayed_size(path)
        if shown != (size[1], size[0]):
            raise MediaError(_mixed_sizes(path, shown, images[0], size))
    return ImageFolder(images, fps, size, listing.notices)


def _displayed_size(path: Path) -> tuple[int, int]:
    """Return (width, height) as shown, without decoding the picture."""
    with open_picture(path) as image:
        sideways = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # EXIF orientations that swap the sides
        return image.size[::-1] if sideways else image.size


def _mixed_sizes(path: Path, shown: tuple[int, int], first: Path, size: tuple[int, int]) -> str:
    return (
        f"{path} is {shown[0]}x{shown[1]} but {first.name} is {size[1]}x{size[0]}: "
        "all frames of a clip have one size, resize or remove the odd ones"
    )
