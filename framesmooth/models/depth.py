"""Monocular depth estimation by a trained network.

Networks of transformers for monocular depth, from a local folder: most give disparity up to an unknown scale
and offset (Ranftl et al. 2021, DPT; Yang et al. 2024, Depth Anything), some give distance.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import torch
from safetensors import SafetensorError

from framesmooth.errors import ModelError
from framesmooth.frames import Frame, as_float
from framesmooth.models.checkpoints import read_object
from framesmooth.models.depth_spec import check_depth_model
from framesmooth.motion.camera.depth_camera import Depth

_METRIC: Final = ("zoedepth", "glpn", "depth_pro")
"""Kinds of models that give distance, and not disparity."""
_RELIEF: Final = 1.2
"""Disparity from the nearest to the farthest part of an image; that of its median is 1."""
_NEAREST, _FARTHEST = 0.2, 5.0


@dataclass(frozen=True)
class DepthModel:
    """A depth network, and the folder that it was loaded from."""

    network: Any
    folder: Path

    def __call__(self, picture: Frame) -> Depth:
        """Return the depth (H, W) of an image (H, W, 3) uint8: its median is 1, within 0.2 to 5.

        Raises:
            ModelError: where the network's answer is no image of numbers.
        """
        height, width = picture.shape[:2]
        device = next(self.network.parameters()).device
        given = torch.from_numpy(self.prepare(picture)).to(device)
        try:
            with torch.inference_mode():
                answer = self.network(pixel_values=given).predicted_depth
        except (RuntimeError, ValueError, TypeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(
                f"{self.folder.name} cannot estimate depth ({reason}): use another model"
            ) from error
        estimate = answer.float().cpu().numpy().squeeze()
        if estimate.ndim != 2 or not np.isfinite(estimate).all():
            raise ModelError(
                f"{self.folder.name} gives an array of shape {estimate.shape} instead of a depth map: "
                "use another --depth-model"
            )
        grown = cv2.resize(estimate, (width, height), interpolation=cv2.INTER_LINEAR)
        return depth_of(np.asarray(grown, np.float32), is_distance=self._is_metric)

    @property
    def _is_metric(self) -> bool:
        config = self.network.config
        return config.model_type in _METRIC or getattr(config, "depth_estimation_type", "") == "metric"

    def prepare(self, picture: Frame) -> np.ndarray:
        """Return the image as the network takes it: float32 (1, 3, h, w), of its size and normalisation."""
        about, (height, width) = self._about, picture.shape[:2]
        size = about.get("size", {})
        shortest = size.get("shortest_edge", 384)
        wanted = size.get("height", shortest), size.get("width", shortest)
        if about.get("keep_aspect_ratio") or "shortest_edge" in size:
            scale = max(wanted[0] / height, wanted[1] / width)
            wanted = height * scale, width * scale
        multiple = about.get("ensure_multiple_of") or self._patch
        rows, columns = (max(1, round(side / multiple)) * multiple for side in wanted)
        image = cv2.resize(as_float(picture), (columns, rows), interpolation=cv2.INTER_CUBIC)
        mean, deviation = (
            np.array(about.get(name, [0.5] * 3), np.float32) for name in ("image_mean", "image_std")
        )
        return np.ascontiguousarray(((image - mean) / deviation).transpose(2, 0, 1)[None], np.float32)

    @cached_property
    def _about(self) -> dict[str, Any]:
        """How images are prepared, as the folder says."""
        path = self.folder / "preprocessor_config.json"
        return read_object(path) if path.is_file() else {}

    @property
    def _patch(self) -> int:
        config = self.network.config
        patch = getattr(getattr(config, "backbone_config", None) or config, "patch_size", 32)
        return int(patch) if isinstance(patch, int) else 32


def depth_of(estimate: np.ndarray, *, is_distance: bool) -> Depth:
    """Return depth (H, W), whose median is 1, from distance or disparity (H, W) of unknown scale.

    Disparity is stretched so that its 2nd and 98th percentile differ by 1.2 times that of its median: a flat
    image stays flat only if it is the same everywhere.
    """
    if is_distance:
        depth = estimate / max(float(np.median(estimate)), 1e-6)
    else:
        low, high = np.percentile(estimate, (2, 98))
        if high - low < 1e-6 * max(abs(high), abs(low), 1e-6):
            return np.ones(estimate.shape, np.float32)
        share = np.clip((estimate - low) / (high - low), 0, 1)
        disparity = 1 + _RELIEF * (share - np.median(share))
        depth = 1 / np.maximum(disparity, 1 / _FARTHEST)
    return np.asarray(np.clip(depth, _NEAREST, _FARTHEST), np.float32)


def load_depth(folder: Path, device: torch.device) -> DepthModel:
    """Load a network for depth from a folder of transformers: safetensors only, nothing from the network.

    Raises:
        ModelError: none that can be loaded.
    """
    import transformers

    check_depth_model(folder)
    try:
        network = transformers.AutoModelForDepthEstimation.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32
        )
    except (OSError, ValueError, TypeError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder.name} is no model of depth that transformers loads: {reason}") from error
    return DepthModel(network.to(device).eval(), folder)
