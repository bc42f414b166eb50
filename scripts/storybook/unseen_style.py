"""A sixth style, which no network of storybook is trained on: what a LoRA has to learn from few pictures."""

from dataclasses import replace

import cv2
import numpy as np

from .brush import Picture
from .painter import paint
from .world import Scene

NAME = "glass"
WORDS = "stained glass"
CELLS = 17  # panes across the height
LEAD = np.array([24, 22, 30], np.float32)


def stained_glass(picture: Picture, rng: np.random.Generator) -> Picture:
    """Panes of one saturated colour each, which follow the edges of what is shown, between lines of lead."""
    height, width = picture.shape[:2]
    step = height / CELLS
    lab = cv2.cvtColor(cv2.medianBlur(picture, 5), cv2.COLOR_RGB2LAB).astype(np.float32)
    columns = round(width / step)
    grid = np.stack(np.meshgrid(np.arange(CELLS), np.arange(columns), indexing="ij"), -1).reshape(-1, 2)
    seeds = (grid + 0.5 + rng.uniform(-0.38, 0.38, grid.shape)) * step
    y, x = np.mgrid[0:height, 0:width]
    nearest = np.full((height, width), np.inf)
    pane = np.zeros((height, width), np.int32)
    reach = int(2.2 * step)
    for index, (row, column) in enumerate(seeds):  # SLIC's distance: where it is, and what colour
        top, left = max(int(row) - reach, 0), max(int(column) - reach, 0)
        part = np.s_[top : int(row) + reach, left : int(column) + reach]
        at = min(int(row), height - 1), min(int(column), width - 1)
        far = ((y[part] - row) ** 2 + (x[part] - column) ** 2) / step**2
        far = far + 0.0025 * np.square(lab[part] - lab[at]).sum(axis=-1)
        closer = far < nearest[part]
        nearest[part][closer] = far[closer]
        pane[part][closer] = index
    count = np.maximum(np.bincount(pane.ravel(), minlength=len(seeds)), 1)[:, None]
    sums = [np.bincount(pane.ravel(), picture[..., k].ravel().astype(float), len(seeds)) for k in range(3)]
    means = np.stack(sums, -1) / count
    gray = means.mean(axis=-1, keepdims=True)
    means = gray + 1.3 * (means - gray) + rng.normal(0, 9, (len(seeds), 1))
    glass = means[pane].clip(0, 255).astype(np.float32)
    numbered = pane.astype(np.float32)
    edge = (cv2.dilate(numbered, np.ones((2, 2))) != cv2.erode(numbered, np.ones((2, 2)))).astype(np.uint8)
    wide = max(round(height / 128), 1)
    line = cv2.dilate(edge, np.ones((wide, wide), np.uint8)).astype(np.float32)
    lead = cv2.GaussianBlur(line, (0, 0), 0.5)[..., None]
    return np.clip(glass + (LEAD - glass) * lead, 0, 255).astype(np.uint8)


def paint_unseen(scene: Scene, height: int, width: int) -> Picture:
    """Paint a scene in the sixth style, (height, width, 3) uint8, the same for the same arguments."""
    plain = paint(replace(scene, style="flat"), height, width)
    return stained_glass(plain, np.random.default_rng([scene.seed, 6]))
