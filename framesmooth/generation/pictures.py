"""Pictures on their way into and out of a model."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.generation.adapter import TextToImage


def encode_pictures(model: TextToImage, pictures: Sequence[Frame]) -> Tensor:
    """Return the latents, float32 (B, C, h, w) on the CPU, that decode to these pictures of equal size."""
    images = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
    return model.encode_images(images)


def crop(picture: Frame, size: tuple[int, int]) -> Frame:
    """Return the middle (height, width) of a picture."""
    top, left = (picture.shape[0] - size[0]) // 2, (picture.shape[1] - size[1]) // 2
    return np.ascontiguousarray(picture[top : top + size[0], left : left + size[1]])


def fitted(picture: Frame, size: tuple[int, int]) -> Frame:
    """Return a picture in ``size`` (height, width): scaled to fill it, and cropped around its centre."""
    scale = max(want / have for want, have in zip(size, picture.shape, strict=False))
    height, width = (max(want, round(have * scale)) for want, have in zip(size, picture.shape, strict=False))
    shrinks = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(picture, (width, height), interpolation=shrinks)
    return crop(np.asarray(resized, np.uint8), size)
