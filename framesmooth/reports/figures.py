"""Pictures that a page carries within itself."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from framesmooth.frames import Frame

_JPEG_QUALITY: Final = 85


@dataclass(frozen=True)
class Figure:
    """A picture of a page with its caption; ``source`` is a data: address."""

    source: str
    caption: str


def jpeg_figure(picture: Frame, caption: str) -> Figure:
    """Return a (H, W, 3) uint8 picture as a figure: small, for photographs."""
    return _figure(picture, caption, ".jpg", "image/jpeg", [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])


def png_figure(picture: Frame, caption: str) -> Figure:
    """Return a (H, W, 3) uint8 picture as a lossless figure."""
    return _figure(picture, caption, ".png", "image/png", [])


def _figure(picture: Frame, caption: str, suffix: str, kind: str, options: list[int]) -> Figure:
    _, encoded = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    return Figure(data_address(encoded.tobytes(), kind), caption)


def data_address(content: bytes, kind: str) -> str:
    """Return the data: address of ``content`` of the media type ``kind``."""
    return f"data:{kind};base64,{b64encode(content).decode()}"


def thumbnail(picture: Frame, width: int) -> Frame:
    """Return the picture shrunk to ``width`` pixels; smaller ones stay as they are."""
    height, own = picture.shape[:2]
    if own <= width:
        return picture
    size = width, max(round(height * width / own), 1)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
