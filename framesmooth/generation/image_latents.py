"""Pictures on their way into and out of a model."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.models.text_to_image import TextToImage


def encode_images(model: TextToImage, pictures: Sequence[Frame]) -> Tensor:
    """Return what the encoder makes of pictures of equal size: float32 (B, C, h, w) on the CPU."""
    return model.autoencoder.encode(_images(pictures)).cpu()


def invert_images(model: TextToImage, pictures: Sequence[Frame]) -> Tensor:
    """Return the latents, float32 (B, C, h, w) on the CPU, that decode to these pictures of equal size."""
    return model.autoencoder.invert(_images(pictures)).cpu()


def _images(pictures: Sequence[Frame]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 127.5 - 1
