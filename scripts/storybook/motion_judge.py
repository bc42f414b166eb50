"""The judge of motion: direction and speed of a clip, read off its optical flow.

The same reading is made of the painter's own clip of the same scene, so that what the judge itself gets wrong
counts for nobody.
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from .world import Scene

TO = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
MOVING = 0.4  # pixels a frame at 256 rows: less is flicker
TEXTURED = 12.0  # grey levels a pixel: flow is blind on smooth ground


@dataclass(frozen=True)
class Reading:
    """What the flow says of a clip, in pixels a frame at 256 rows.

    Attributes:
        across: Of what moves, to the right.
        down: Of what moves, downwards.
        outwards: How fast the picture grows from its middle, as a share of its size a frame.
        degree: Mean length of all flow.
    """

    across: float
    down: float
    outwards: float
    degree: float


def read_motion(frames: NDArray[np.uint8]) -> Reading:
    """Reads (n, height, width, 3) uint8 frames."""
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    gray = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    height, width = gray[0].shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    rows, weights, outwards, degree = [], [], [], []
    for first, second in pairwise(gray):
        flow = engine.calc(first, second, np.zeros((height, width, 2), np.float32)) * (256 / height)
        edges = np.hypot(cv2.Sobel(first, cv2.CV_32F, 1, 0), cv2.Sobel(first, cv2.CV_32F, 0, 1)) > TEXTURED
        edges = cv2.dilate(edges.astype(np.uint8), np.ones((5, 5))).astype(bool)
        length = np.linalg.norm(flow, axis=2)
        degree.append(float(length.mean()))
        seen = edges & (length > MOVING)
        rows.append(flow[seen])
        weights.append(length[seen])
        radius = np.maximum(x**2 + y**2, 1)[seen]
        growth = (flow[..., 0] * x + flow[..., 1] * y)[seen] * (height / 256) / radius
        outwards.append(float(np.median(growth)) if len(growth) else 0.0)
    moved, weight = np.concatenate(rows), np.concatenate(weights)
    if len(moved) < 30:
        return Reading(0.0, 0.0, float(np.mean(outwards)), float(np.mean(degree)))
    across, down = (_middle(moved[:, k], weight) for k in (0, 1))
    return Reading(across, down, float(np.mean(outwards)), float(np.mean(degree)))


def _middle(values: NDArray[np.float32], weights: NDArray[np.float32]) -> float:
    """The weighted median."""
    order = np.argsort(values)
    heap = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(heap, heap[-1] / 2)])


def asked(scene: Scene) -> tuple[float, float] | None:
    """The direction in the picture, (across, down), that a scene's one motion has; None if it has none."""
    motion = scene.motion
    if motion is None:
        return None
    if motion.action == "travel":
        return TO[motion.direction]
    kind, _, way = motion.camera.partition(" ")
    if kind in ("pan", "tilt"):
        return -TO[way][0], -TO[way][1]
    return None


def right_way(reading: Reading, scene: Scene) -> bool:
    """True where what moves goes within 45° of where it was asked to, or the picture grows as asked."""
    way = asked(scene)
    if way is None:
        zoom = {"zoom in": 1, "zoom out": -1}[scene.motion.camera if scene.motion else ""]
        return reading.outwards * zoom > 0.002
    along = reading.across * way[0] + reading.down * way[1]
    beside = abs(reading.across * way[1]) + abs(reading.down * way[0])
    return along > max(beside, 0.25)


def speed(reading: Reading, scene: Scene) -> float:
    """How fast, in the direction asked for."""
    way = asked(scene)
    return abs(reading.outwards) if way is None else reading.across * way[0] + reading.down * way[1]


def warping_error(frames: NDArray[np.uint8]) -> float:
    """Mean absolute difference, 0 … 1, of frames and their predecessors warped onto them by optical flow."""
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    height, width = frames.shape[1:3]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    errors = []
    for first, second in pairwise(frames):
        before, after = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in (first, second))
        back = engine.calc(after, before, np.zeros((height, width, 2), np.float32))
        warped = cv2.remap(
            first, x + back[..., 0], y + back[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        errors.append(float(np.abs(warped.astype(np.float32) - second).mean()) / 255)
    return float(np.mean(errors))
