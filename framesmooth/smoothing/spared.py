"""A region of a clip that smoothing leaves as it is: what moves there by itself would pass for flicker."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame


@dataclass(frozen=True)
class Spared:
    """A region of every frame of a clip.

    Attributes:
        share: how far each pixel stays as it is, uint8 (H, W), 255 for wholly.
        content: the SHA-256 (hex) of its pixels.
    """

    share: NDArray[np.uint8] = field(repr=False, compare=False)
    content: str = ""

    @classmethod
    def of(cls, share: NDArray[np.uint8]) -> "Spared":
        """Return the region of ``share``, uint8 (H, W)."""
        return cls(share, hashlib.sha256(np.ascontiguousarray(share).tobytes()).hexdigest())

    @cached_property
    def covers(self) -> float:
        """How much of a frame it is, 0 to 1."""
        return float(self.share.mean() / 255)

    @property
    def sentence(self) -> str:
        """One line for the user."""
        return f"what moves by itself, {self.covers:.0%} of the picture, isn't smoothed"

    @cached_property
    def _there(self) -> NDArray[np.bool_]:
        return self.share > 0

    def keep(self, smoothed: Frame, original: Frame) -> None:
        """Copy the region from the ``original`` frame (H, W, 3); its soft edges are mixed.

        Frames of another size than the region stay as they are.
        """
        if smoothed.shape[:2] != self.share.shape:
            return
        there = self._there
        share = self.share[there][:, None].astype(np.float32) / 255
        mixed = smoothed[there] * (1 - share) + original[there] * share
        smoothed[there] = mixed if smoothed.dtype.kind == "f" else np.rint(mixed).astype(smoothed.dtype)
