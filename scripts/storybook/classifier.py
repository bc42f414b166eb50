"""The judge: a small network that reads place, light, subject, colour and style off a picture."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from framesmooth.training.reader import Reader, as_input, scores_of, seen, varied

from . import world
from .training import Session, autocast

Tables = Mapping[str, tuple[str, ...]]

TABLES: Tables = {
    "place": world.PLACES,
    "light": world.LIGHTS,
    "subject": world.SUBJECTS[:-1],
    "color": tuple(world.COLORS),
    "style": world.STYLES,
}

shrink = seen


def classes(scene: world.Scene) -> list[int]:
    """One class index per attribute of a complete scene."""
    return [table.index(getattr(scene, name)) for name, table in TABLES.items()]


def untrained(tables: Tables = TABLES) -> Reader:
    """An untrained judge."""
    return Reader({name: len(table) for name, table in tables.items()})


def train_reader(
    folder: Path,
    pictures: NDArray[np.uint8],
    targets: NDArray[np.int64],
    minutes: float,
    device: torch.device,
    tables: Tables = TABLES,
    start: Mapping[str, torch.Tensor] | None = None,
) -> Reader:
    """Trains on (n, 128, 128, 3) uint8 renders and their classes, with flips and a little noise.

    From ``start``, weights of another judge, where it is given: those that fit.
    """
    torch.manual_seed(4)
    torch.set_flush_denormal(True)
    model = untrained(tables)
    if start is not None:
        model.load_state_dict(start, strict=False)
    model = model.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=5e-3, fused=True)
    session = Session(folder, "reader", minutes, {"model": model, "optimizer": optimizer})
    rng = np.random.default_rng([session.step, 17])
    running = session.progress < 1
    while running:
        k = rng.integers(0, len(pictures), 64)
        x = varied(as_input(pictures[k], device), session.generator)
        with autocast(device):
            scores = model(x.contiguous(memory_format=torch.channels_last))
        y = torch.from_numpy(targets[k]).to(device)
        losses = [nn.functional.cross_entropy(scores[name].float(), y[:, i]) for i, name in enumerate(tables)]
        loss = torch.stack(losses).sum()
        for group in optimizer.param_groups:
            group["lr"] = session.rate(2e-3)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        running = session.tick(float(loss.detach()))
    return model.eval()


def read(model: Reader, pictures: NDArray[np.uint8], device: torch.device) -> NDArray[np.int64]:
    """(n, attributes) class indices that the judge reads off (n, 128, 128, 3) uint8 pictures."""
    scores = scores_of(model, pictures, device)
    return np.stack([one.argmax(axis=1) for one in scores.values()], axis=1)
