"""Images embedded in a page."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from framesmooth.frames import Frame, eight_bits

_JPEG_QUALITY: Final = 85


@dataclass(frozen=True)
class Figure:
    """An image of a page with its caption; ``source`` is a data: address."""

    source: str
    caption: str


def jpeg_figure(image: Frame, caption: str) -> Figure:
    """Return a (H, W, 3) uint8 image as a figure: small, for photographs."""
    return _figure(image, caption, ".jpg", "image/jpeg", [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])


def png_figure(image: Frame, caption: str) -> Figure:
    """Return a (H, W, 3) uint8 image as a lossless figure."""
    return _figure(image, caption, ".png", "image/png", [])


def _figure(image: Frame, caption: str, suffix: str, kind: str, options: list[int]) -> Figure:
    _, encoded = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
    return Figure(data_address(encoded.tobytes(), kind), caption)


def data_address(content: bytes, kind: str) -> str:
    """Return the data: address of ``content`` of the media type ``kind``."""
    return f"data:{kind};base64,{b64encode(content).decode()}"


def thumbnail(image: Frame, width: int) -> Frame:
    """Return the image in 8 bits, shrunk to ``width`` pixels; smaller ones keep their size."""
    image = eight_bits(image)
    height, own = image.shape[:2]
    if own <= width:
        return image
    size = width, max(round(height * width / own), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
