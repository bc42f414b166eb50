"""Clips with known flicker, and what the metrics say of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from smoothing_bench.clips import SEGMENTS, read_segment
from storybook.painter import paint
from storybook.world import Scene as Painting

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.base import Metric
from framesmooth.metrics.measure import measure
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.motion.warping import backward_warp, inside_frame
from framesmooth.registry import load
from tests.scenes import Scene, moving_scene

Clip = Sequence[Frame]

SIZE = (112, 160)
KINDS = {"G": "global", "L": "local", "T": "texture", "W": "wobble", "GLTW": "all"}
STRENGTHS = (0.25, 0.5, 1.0, 2.0)
METRICS = (
    "flicker_score",
    "warping_error",
    "warping_error_long",
    "luma_flicker_local",
    "luma_flicker",
    "sharpness_pumping",
    "vbench_temporal_flickering",
)
NEIGHBOURS = "neighbour difference"
TRUE_FLOW = ("flicker_score", "warping_error")
BLUR = 1.2


@dataclass(frozen=True)
class Row:
    """One clip: what was put into it, and what every metric says (higher is more flicker)."""

    scene: str
    moves: bool
    kind: str
    truth: float
    trap: str
    found: dict[str, float] = field(default_factory=dict)


def scenes(num_frames: int, size: tuple[int, int] = SIZE) -> dict[str, Scene]:
    """Return the clean clips by name; all but those called "still" move."""
    motions: dict[str, dict[str, Any]] = {
        "pan": {"pan": (1.5, 0.75), "seed": 1},
        "fast pan": {"pan": (4.0, 1.0), "seed": 3},
        "zoom": {"pan": (0.3, 0.2), "zoom": 1.01, "seed": 5},
        "turn": {"pan": (1.0, 0.0), "rotation": 0.6, "occluder": True, "seed": 7},
        "slow pan": {"pan": (0.4, 0.3), "occluder": True, "seed": 9},
        "painting": {"pan": (1.7, 0.0), "plane": _painting("hills", 3, size)},
        "still": {"pan": (0.0, 0.0), "seed": 11},
        "still painting": {"pan": (0.0, 0.0), "plane": _painting("sea", 5, size)},
    }
    return {name: moving_scene(frames=num_frames, size=size, **motion) for name, motion in motions.items()}


def _painting(place: str, seed: int, size: tuple[int, int]) -> Any:
    scene = Painting(place, "noon", "windmill", "red", "oil", frozenset(), seed)
    return as_float(paint(scene, size[0] + 128, size[1] + 128))


def real_scenes(folder: Path, num_frames: int, width: int = 240) -> dict[str, Scene]:
    """Return clean segments of real clips; the flow of the clean clip passes for the true one."""
    estimator = load_flow("dis-fine")
    found = {}
    for name, start in SEGMENTS:
        frames = read_segment(folder / name, start, num_frames, width)
        motions = [estimate_bidirectional_flow(estimator, *pair) for pair in pairwise(frames)]
        flows = [motion.forward for motion in motions], [motion.backward for motion in motions]
        found[f"{name} from {start}"] = Scene(frames, *flows, [motion.valid for motion in motions])
    return found


def injected(scene: Scene, spoiled: Clip) -> float:
    """Return the flicker put in, in levels: the deviation of what R = O - V changes along the true motion."""
    residual = [as_float(frame) - as_float(ideal) for frame, ideal in zip(spoiled, scene.frames, strict=True)]
    changes = []
    for t, (flow, visible) in enumerate(zip(scene.flows, scene.visible, strict=True)):
        change = residual[t] - backward_warp(residual[t + 1], flow)
        changes.append(float(np.mean(np.square(change[visible & inside_frame(flow)]))))
    return 255 * float(np.sqrt(np.mean(changes) / 2))  # a difference has twice the variance


def judged(frames: Clip, motions: Iterable[BidirectionalFlow], names: Sequence[str]) -> dict[str, float]:
    """Return the metrics' means, given the motion of every pair; VBench's is turned round."""
    metrics: list[Metric] = [load("metric", name)() for name in names]
    for metric in metrics:
        metric.update(frames[0])
    for frame, motion in zip(frames[1:], motions, strict=True):
        for metric in metrics:
            metric.update(frame, None, motion)
    means = {name: metric.compute().mean or 0.0 for name, metric in zip(names, metrics, strict=True)}
    if "vbench_temporal_flickering" in means:
        means["vbench_temporal_flickering"] = 1 - means["vbench_temporal_flickering"]
    return means


def row(name: str, scene: Scene, kind: str, frames: Clip, truth: float, trap: str = "") -> Row:
    """Measure one clip with its own flow, and with the true one where that is asked for."""
    estimator = load_flow("dis-fine")
    found = judged(
        frames, (estimate_bidirectional_flow(estimator, *pair) for pair in pairwise(frames)), METRICS
    )
    differences = [float(np.mean(np.square(as_float(a) - as_float(b)))) for a, b in pairwise(frames)]
    found[NEIGHBOURS] = float(np.mean(differences))
    if not trap:
        known = [BidirectionalFlow(*flows) for flows in zip(scene.flows, scene.backward_flows, strict=True)]
        exact = judged(frames, known, TRUE_FLOW)
        found |= {f"{metric}, true flow": mean for metric, mean in exact.items()}
    return Row(name, not name.startswith("still"), kind, truth, trap, found)


def floor(clean: Mapping[str, Scene]) -> str:
    """Return what ``flicker_score`` says of the clean clips, from the lowest to the highest."""
    found = [
        measure(scene.frames, metrics=["flicker_score"])["flicker_score"].mean for scene in clean.values()
    ]
    levels = [level for level in found if level is not None]
    return f"{min(levels):.1f} to {max(levels):.1f}"


def trapped(frames: Clip) -> dict[str, Clip]:
    """Return the clip blurred and frozen: both lower flicker without removing any."""
    blurred = [np.asarray(cv2.GaussianBlur(frame, (0, 0), BLUR), np.uint8) for frame in frames]
    return {"blur": blurred, "freeze": [frames[0]] * len(frames)}


def gives_itself_away(before: Clip, after: Clip) -> bool:
    """Return whether detail fell by more than 0.03 or motion changed by more than 10 %."""
    kept = measure(after, reference=before, flow_on="self", metrics=["detail_retention", "dynamic_degree"])
    moved, moves = (
        measure(before, metrics=["dynamic_degree"])["dynamic_degree"].mean,
        kept["dynamic_degree"].mean,
    )
    assert moved is not None
    assert moves is not None
    return (kept["detail_retention"].mean or 0) < 0.97 or abs(moves / moved - 1) > 0.1
