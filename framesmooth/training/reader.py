"""The reader: a small classifier of what an image shows, a judge of generated images."""

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from framesmooth.frames import Frame

SIZE: Final = 128
"""Side in pixels of what it sees."""
FEATURES: Final = 512
_BATCH: Final = 64


class _Block(nn.Module):
    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(inside, outside, 3, 2, 1, bias=False),
            nn.BatchNorm2d(outside),
            nn.ReLU(),
            nn.Conv2d(outside, outside, 3, 1, 1, bias=False),
            nn.BatchNorm2d(outside),
        )
        self.skip = nn.Sequential(
            nn.AvgPool2d(2), nn.Conv2d(inside, outside, 1, bias=False), nn.BatchNorm2d(outside)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.conv(x) + self.skip(x))


class Reader(nn.Module):
    """Pictures (B, 3, 128, 128) in -1 to 1 become one vector of scores per attribute.

    Attributes:
        heads: attribute -> its layer.
    """

    def __init__(self, classes: Mapping[str, int]) -> None:
        """Make an untrained one for attributes and how many classes each has."""
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU())
        self.body = nn.Sequential(_Block(32, 64), _Block(64, 128), _Block(128, 192), _Block(192, 256))
        self.heads = nn.ModuleDict({name: nn.Linear(FEATURES, count) for name, count in classes.items()})

    def features(self, x: Tensor) -> Tensor:
        """Return (B, 512) features: means and maxima over the picture."""
        y = self.body(self.stem(x))
        return torch.cat([y.mean(dim=(2, 3)), y.amax(dim=(2, 3))], dim=1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Return the scores of every class: attribute -> (B, classes)."""
        pooled = self.features(x)
        return {name: head(pooled) for name, head in self.heads.items()}


def seen(picture: Frame) -> Frame:
    """Return a picture of any shape as a reader sees it: its middle square, uint8 (128, 128, 3)."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = np.ascontiguousarray(picture[top : top + side, left : left + side])
    kernel = cv2.INTER_AREA if side >= SIZE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (SIZE, SIZE), interpolation=kernel), np.uint8)


def as_input(pictures: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Return pictures (B, 128, 128, 3) as a network takes them: (B, 3, 128, 128) in -1 to 1."""
    return (
        torch.from_numpy(np.ascontiguousarray(pictures))
        .to(device)
        .permute(0, 3, 1, 2)
        .float()
        .div(127.5)
        .sub(1)
    )


def varied(x: Tensor, chance: torch.Generator) -> Tensor:
    """Return pictures half of which are mirrored, with a little noise: they are learned from."""
    mirrored = torch.rand(len(x), 1, 1, 1, generator=chance).to(x.device) < 0.5
    noise = torch.randn(x.shape, generator=chance).to(x.device)
    return torch.where(mirrored, x, x.flip(3)) + 0.03 * noise


@torch.no_grad()
def scores_of(
    model: Reader, pictures: NDArray[np.uint8], device: torch.device
) -> dict[str, NDArray[np.float32]]:
    """Return the scores (B, classes) of each attribute, for uint8 (B, 128, 128, 3) pictures."""
    parts = [model(as_input(part, device)) for part in _parts(pictures)]
    return {name: torch.cat([part[name] for part in parts]).float().cpu().numpy() for name in model.heads}


@torch.no_grad()
def features_of(model: Reader, pictures: NDArray[np.uint8], device: torch.device) -> NDArray[np.float64]:
    """Return the features (B, 512) of uint8 (B, 128, 128, 3) pictures."""
    parts = [model.features(as_input(part, device)).double().cpu().numpy() for part in _parts(pictures)]
    return np.concatenate(parts)


def _parts(pictures: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    return [pictures[at : at + _BATCH] for at in range(0, len(pictures), _BATCH)]
