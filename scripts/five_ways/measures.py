"""What is measured of clips: what a reader sees in them, how they move, how they flicker, how they differ."""

from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from storybook.classifier import TABLES, Reader, _input, classes, read, shrink
from storybook.motion_judge import read_motion, right_way
from storybook.world import Scene

from framesmooth.metrics.measure import measure

METRICS = ("dynamic_degree", "flicker_score", "warping_error")
ATTRIBUTES = tuple(TABLES)
SEEN = (0, 5, 10, 15)  # frames that the reader reads


class Judge:
    """The reader of painted scenes.

    Args:
        weights: Its state, as ``evaluate_storybook.py`` trains it.
    """

    def __init__(self, weights: Path) -> None:
        self.reader = Reader()
        self.reader.load_state_dict(torch.load(weights, weights_only=True))
        self.reader.eval()

    def agreement(self, frames: NDArray[np.uint8], scene: Scene) -> dict[str, float]:
        """Share of some frames of a clip whose attributes are read as asked, by attribute."""
        seen = read(self.reader, np.stack([shrink(frames[k]) for k in SEEN]), torch.device("cpu"))
        right = (seen == np.array(classes(scene))).mean(axis=0)
        return dict(zip(ATTRIBUTES, right.tolist(), strict=True))

    @torch.no_grad()
    def features(self, frames: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What the reader makes of the middle frame of a clip, before it names anything."""
        picture = _input(shrink(frames[len(frames) // 2])[None], torch.device("cpu"))
        maps = self.reader.body(self.reader.stem(picture))
        features = torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)[0]
        return np.asarray(features.numpy(), np.float32)


def diversity(features: list[NDArray[np.float32]]) -> float:
    """Mean distance of the features of clips of one prompt, two by two."""
    return float(np.mean([np.linalg.norm(a - b) for a, b in combinations(features, 2)]))


def movement(frames: NDArray[np.uint8], scene: Scene) -> dict[str, float]:
    """Motion and flicker of a clip, seen at 128×128, and whether it goes where it was asked to."""
    small = [shrink(frame) for frame in frames]
    report = measure(small, metrics=METRICS)
    figures = {name: float(report[name].mean or 0.0) for name in METRICS}
    return figures | {"direction": float(right_way(read_motion(np.stack(small)), scene))}
