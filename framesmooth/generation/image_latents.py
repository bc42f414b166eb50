"""Images encoded to latents."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.models.text_to_image import TextToImage


def encode_images(model: TextToImage, images: Sequence[Frame]) -> Tensor:
    """Return what the encoder makes of images of equal size: float32 (B, C, h, w) on the CPU."""
    return model.autoencoder.encode(_tensor(images)).cpu()


def invert_images(model: TextToImage, images: Sequence[Frame]) -> Tensor:
    """Return the latents, float32 (B, C, h, w) on the CPU, that decode to these images of equal size."""
    return model.autoencoder.invert(_tensor(images)).cpu()


def _tensor(images: Sequence[Frame]) -> Tensor:
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
