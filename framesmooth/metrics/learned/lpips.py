"""LPIPS (Zhang et al. 2018) by the ``lpips`` package, where the user has installed it."""

from pathlib import Path
from typing import Any, Final, cast

from framesmooth.errors import MetricUnavailable, missing_packages
from framesmooth.frames import Frame
from framesmooth.metrics.per_frame import FrameMetric
from framesmooth.motion.bidirectional import BidirectionalFlow

BACKBONE: Final = "alexnet-owt-7be5be79.pth"
"""The file in torch's cache that torchvision fetches when the backbone is first used."""


class LpipsDistance(FrameMetric):
    """mean_t LPIPS(O_t, R_t) with AlexNet, version 0.1: perceptual distance to the reference, 0 is equal.

    Needs the packages lpips and torchvision and AlexNet's weights in torch's cache; nothing is downloaded.
    """

    name = "lpips"
    unit = "distance"
    higher_is_better = False
    by_default = False
    needs_reference = True
    needs_clean_reference = True

    def __init__(self) -> None:
        super().__init__()
        if missing := missing_packages(("lpips", "torchvision", "torch")):
            raise MetricUnavailable(f"the package {missing[0]} is not installed")
        import lpips
        import torch

        cache = Path(torch.hub.get_dir()) / "checkpoints" / BACKBONE
        if not cache.is_file():
            raise MetricUnavailable(
                f"torch's cache has no {BACKBONE}: run `python -c 'import lpips; lpips.LPIPS()'`"
            )
        self._distance: Any = lpips.LPIPS(net="alex", version="0.1", verbose=False).eval()

    def _value(
        self, frame: Frame, reference: Frame | None, motion: BidirectionalFlow | None, *, cut: bool
    ) -> float | None:
        import torch

        pair = [
            torch.from_numpy(image.copy()).permute(2, 0, 1)[None] / 127.5 - 1
            for image in (frame, cast(Frame, reference))
        ]
        with torch.inference_mode():
            return float(self._distance(*pair))
