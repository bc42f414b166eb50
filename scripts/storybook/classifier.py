"""The judge: a small network that reads place, light, subject, colour and style off a picture."""

from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from . import world
from .training import Session, autocast

TABLES: dict[str, tuple[str, ...]] = {
    "place": world.PLACES,
    "light": world.LIGHTS,
    "subject": world.SUBJECTS[:-1],
    "color": tuple(world.COLORS),
    "style": world.STYLES,
}
SIZE = 128


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

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.conv(x) + self.skip(x))


class Reader(nn.Module):
    """(n, 3, 128, 128) pictures in −1 … 1 → one score vector per attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU())
        self.body = nn.Sequential(_Block(32, 64), _Block(64, 128), _Block(128, 192), _Block(192, 256))
        self.heads = nn.ModuleDict({name: nn.Linear(512, len(table)) for name, table in TABLES.items()})

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        """Scores of every class: attribute → (n, classes)."""
        y = self.body(self.stem(x))
        pooled = torch.cat([y.mean(dim=(2, 3)), y.amax(dim=(2, 3))], dim=1)
        return {name: head(pooled) for name, head in self.heads.items()}


def shrink(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture of any shape as the judge sees it: its middle square at 128²."""
    height, width = picture.shape[:2]
    left = (width - height) // 2
    square = picture[:, left : left + height]
    return np.asarray(cv2.resize(square, (SIZE, SIZE), interpolation=cv2.INTER_AREA), np.uint8)


def classes(scene: world.Scene) -> list[int]:
    """One class index per attribute of a complete scene."""
    return [table.index(getattr(scene, name)) for name, table in TABLES.items()]


def _input(pictures: NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    return torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).float().div(127.5).sub(1)


def train_reader(
    folder: Path,
    pictures: NDArray[np.uint8],
    targets: NDArray[np.int64],
    minutes: float,
    device: torch.device,
) -> Reader:
    """Trains on (n, 128, 128, 3) uint8 renders and their classes, with flips and a little noise."""
    torch.manual_seed(4)
    torch.set_flush_denormal(True)
    model = Reader().to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=5e-3, fused=True)
    session = Session(folder, "reader", minutes, {"model": model, "optimizer": optimizer})
    rng = np.random.default_rng([session.step, 17])
    running = session.progress < 1
    while running:
        k = rng.integers(0, len(pictures), 64)
        x = _input(pictures[k], device)
        x = torch.where(torch.rand(64, 1, 1, 1, device=device) < 0.5, x, x.flip(3)) + 0.03 * torch.randn_like(
            x
        )
        with autocast(device):
            scores = model(x.contiguous(memory_format=torch.channels_last))
        y = torch.from_numpy(targets[k]).to(device)
        losses = [nn.functional.cross_entropy(scores[name].float(), y[:, i]) for i, name in enumerate(TABLES)]
        loss = torch.stack(losses).sum()
        for group in optimizer.param_groups:
            group["lr"] = session.rate(2e-3)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        running = session.tick(float(loss.detach()))
    return model.eval()


@torch.no_grad()
def read(model: Reader, pictures: NDArray[np.uint8], device: torch.device) -> NDArray[np.int64]:
    """(n, 5) class indices that the judge reads off (n, 128, 128, 3) uint8 pictures."""
    rows = []
    for part in np.array_split(pictures, max(len(pictures) // 64, 1)):
        scores = model(_input(part, device))
        rows.append(torch.stack([scores[name].argmax(dim=1) for name in TABLES], dim=1).cpu().numpy())
    return np.concatenate(rows)
