"""A reader of painted clips at the baselines' size: it names place, light, subject, colour and style.

It reads storybook's latents of 128×128 frames, so that what the autoencoder loses at that size is nobody's
fault, and was trained on the painter's clips alone.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from storybook.baseline_data import PaintedClips
from storybook.classifier import TABLES
from storybook.training import Session
from storybook.world import Scene
from torch import nn

HELD_BACK = 200  # clips, the last ones, that it doesn't learn from
LEAST = 0.02  # share of the frame that a subject covers where it is to be read


class LatentReader(nn.Module):
    """(n, 8, 16, 16) scaled latents → scores of every class, by attribute."""

    def __init__(self, width: int = 96) -> None:
        super().__init__()

        def layer(inside: int, outside: int, stride: int = 1) -> nn.Sequential:
            conv = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
            return nn.Sequential(conv, nn.BatchNorm2d(outside), nn.ReLU())

        self.body = nn.Sequential(
            layer(8, width), layer(width, width), layer(width, 2 * width, 2), layer(2 * width, 2 * width),
            layer(2 * width, 2 * width, 2), layer(2 * width, 2 * width),
        )  # fmt: skip
        self.heads = nn.ModuleDict({name: nn.Linear(4 * width, len(table)) for name, table in TABLES.items()})

    def features(self, z: torch.Tensor) -> torch.Tensor:
        """(n, 4 · width) before anything is named."""
        maps = self.body(z)
        return torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)

    def forward(self, z: torch.Tensor) -> dict[str, torch.Tensor]:
        """Scores of every class: attribute → (n, classes)."""
        pooled = self.features(z)
        return {name: head(pooled) for name, head in self.heads.items()}


def answers(scene: Scene, seen: bool = True) -> list[int]:
    """One class index per attribute; −100 where a frame doesn't tell it."""
    row = [
        table.index(value) if (value := getattr(scene, name)) in table else -100
        for name, table in TABLES.items()
    ]
    if scene.motion is not None and scene.motion.sky in ("sun sets", "day breaks"):
        row[1] = -100
    return row if seen else [row[0], row[1], -100, -100, row[4]]


def train_reader(folder: Path, clips: PaintedClips, minutes: float) -> LatentReader:
    """Trains on all clips but the last ``HELD_BACK``, mirrored half of the time, with a little noise."""
    torch.manual_seed(11)
    torch.set_flush_denormal(True)
    net = LatentReader()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    session = Session(folder, "reader", minutes, {"net": net, "optimizer": optimizer})
    rng = np.random.default_rng([session.step, 83])
    running = session.progress < 1
    while running:
        k, t = rng.integers(len(clips.numbers) - HELD_BACK, size=96), rng.integers(16, size=96)
        z = clips.scale * torch.from_numpy(clips.latents[k, t].astype(np.float32))
        z = torch.where(torch.rand(96, 1, 1, 1) < 0.5, z, z.flip(3))
        z = z + torch.rand(96, 1, 1, 1) * 0.3 * torch.randn_like(z)
        scores, y = net(z), torch.tensor([_labels(clips, i, j) for i, j in zip(k, t, strict=True)])
        loss = torch.stack(
            [nn.functional.cross_entropy(scores[name], y[:, i]) for i, name in enumerate(TABLES)]
        ).sum()
        for group in optimizer.param_groups:
            group["lr"] = session.rate(2e-3, warmup=50)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        running = session.tick(float(loss.detach()))
    return net.eval()


def accuracy(net: LatentReader, clips: PaintedClips) -> dict[str, float]:
    """Share of unseen clips' middle frames that are read right, by attribute."""
    last = range(len(clips.numbers) - HELD_BACK, len(clips.numbers))
    z = clips.scale * torch.from_numpy(clips.latents[last.start :, 8].astype(np.float32))
    y, seen = np.array([_labels(clips, k, 8) for k in last]), named(net, z)
    return {name: float((seen[:, i] == y[:, i])[y[:, i] >= 0].mean()) for i, name in enumerate(TABLES)}


@torch.no_grad()
def named(net: LatentReader, z: torch.Tensor) -> NDArray[np.int64]:
    """(n, 5) class indices that are read off scaled latents."""
    scores = net(z)
    return np.asarray(torch.stack([scores[name].argmax(dim=1) for name in TABLES], dim=1).numpy())


@torch.no_grad()
def latents_of(vae: Any, pictures: NDArray[np.uint8], scale: float) -> torch.Tensor:
    """Scaled latents of (n, 128, 128, 3) pictures."""
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    latents: torch.Tensor = scale * vae.encoder(x)
    return latents


def _labels(clips: PaintedClips, k: int, frame: int) -> list[int]:
    number = int(k)
    if number not in _SCENES:
        _SCENES[number] = clips.scene(number, mirrored=False)
    return answers(_SCENES[number], bool(clips.masks[k, frame].mean() > 255 * LEAST))


_SCENES: dict[int, Scene] = {}
