"""What is measured of clips: what a reader sees in them, how they move, how they flicker, how they differ."""

from itertools import combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from storybook.classifier import TABLES, classes, shrink
from storybook.motion_judge import read_motion, right_way
from storybook.world import Scene

from framesmooth.metrics.measure import measure

from .reader import LatentReader, latents_of, named

METRICS = ("dynamic_degree", "flicker_score", "warping_error")
ATTRIBUTES = tuple(TABLES)
SEEN = (0, 5, 10, 15)  # frames that the reader reads


class Judge:
    """The reader of painted clips.

    Args:
        reader: It.
        vae: Storybook's autoencoder, which encodes frames for it.
    """

    def __init__(self, reader: LatentReader, vae: Any) -> None:
        self.reader, self.vae = reader.eval(), vae.eval()

    def agreement(self, frames: NDArray[np.uint8], scene: Scene) -> dict[str, float]:
        """Share of some frames of a clip whose attributes are read as asked, by attribute."""
        seen = named(self.reader, self._latents(frames[list(SEEN)]))
        right = (seen == np.array(classes(scene))).mean(axis=0)
        return dict(zip(ATTRIBUTES, right.tolist(), strict=True))

    @torch.no_grad()
    def features(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the reader makes of the middle frame of a clip, before it names anything."""
        features = self.reader.features(self._latents(frames[len(frames) // 2 :][:1]))[0]
        return np.asarray(features.numpy(), np.float32)

    def _latents(self, frames: NDArray[np.uint8]) -> torch.Tensor:
        small = np.stack([shrink(frame) for frame in frames])
        return latents_of(self.vae, small, self.vae.config.scaling_factor)


def diversity(features: list[NDArray[np.float32]]) -> float:
    """Mean distance of the features of clips of one prompt, two by two."""
    return float(np.mean([np.linalg.norm(a - b) for a, b in combinations(features, 2)]))


def movement(frames: NDArray[np.uint8], scene: Scene) -> dict[str, float]:
    """Motion and flicker of a clip, seen at 128×128, and whether it goes where it was asked to."""
    small = [shrink(frame) for frame in frames]
    report = measure(small, metrics=METRICS)
    figures = {name: float(report[name].mean or 0.0) for name in METRICS}
    return figures | {"direction": float(right_way(read_motion(np.stack(small)), scene))}
