"""ComfyUI's IMAGE as a source of frames, and frames as an IMAGE.

An IMAGE is a tensor (frames, height, width, 3) of floats in [0, 1] on any device. It takes 24 MB a frame at
1080p, so that one frame at a time is converted.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
import torch

from framesmooth import Frame, FrameList, FramesmoothError, FrameSource
from framesmooth.errors import MediaError
from framesmooth.frames import as_float, as_uint8

_GONE: Final = np.empty((0, 0, 3), np.uint8)


@dataclass(frozen=True, eq=False)
class TensorClip:
    """A FrameSource over an IMAGE; frames are rounded to 8 bits when they are read.

    Raises:
        MediaError: a tensor of another shape, without a frame, or with values that are not numbers.
    """

    images: torch.Tensor
    fps: Fraction

    def __post_init__(self) -> None:
        """Check the shape."""
        shape = tuple(self.images.shape)
        if len(shape) != 4 or 0 in shape:
            raise MediaError(f"an IMAGE has shape (frames, height, width, 3), not {shape}")
        if shape[3] != 3:
            raise MediaError(f"the images have {shape[3]} channels: split off their alpha before this node")

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return int(self.images.shape[1]), int(self.images.shape[2])

    @property
    def num_frames(self) -> int:
        """How many frames there are."""
        return int(self.images.shape[0])

    def __iter__(self) -> Iterator[Frame]:
        """Convert one frame after the other."""
        for index in range(self.num_frames):
            image = self.images[index].detach().to("cpu", torch.float32).numpy()
            if not np.isfinite(image).all():
                raise MediaError(f"image {index} has values that are not numbers: look at the node before")
            yield as_uint8(image)


def rate(fps: float) -> Fraction:
    """Return a widget's number of frames a second as a fraction: 29.97 is 2997/100."""
    return Fraction(str(fps)).limit_denominator(1001)


def to_images(frames: FrameSource) -> torch.Tensor:
    """Return frames as an IMAGE.

    Frames in memory are let go of one by one, so that no more is held than the IMAGE itself: the pages of
    an empty tensor are not there before they are written.
    """
    count = frames.num_frames
    if count is None:
        raise FramesmoothError("the number of frames is unknown")
    images = torch.empty((count, *frames.size, 3), dtype=torch.float32)
    kept = frames.frames if isinstance(frames, FrameList) and isinstance(frames.frames, list) else None
    for index, frame in enumerate(frames):
        images[index] = torch.from_numpy(as_float(frame))
        if kept is not None:
            kept[index] = _GONE
    return images


def picture(png: bytes) -> torch.Tensor:
    """Return a PNG as an IMAGE of one frame."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        return to_images(FrameList([np.asarray(image.convert("RGB"))]))
