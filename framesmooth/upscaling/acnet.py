"""``acnet``: the network for drawings of Anime4KCPP, by its package ``pyanime4k`` (MIT, weights included)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from framesmooth.errors import UsageError, require_packages
from framesmooth.frames import Frame


@dataclass(frozen=True)
class Acnet:
    """Doubles frames by ACNet.

    Attributes:
        processor: the package's processor.
    """

    processor: Any
    factor: int = 2
    reach: int = 16

    @classmethod
    def create(cls, folder: Path | None, device: str) -> "Acnet":
        """Return it on the CPU.

        Raises:
            UsageError: a model folder, which it doesn't take.
            ModelError: when pyanime4k isn't installed.
        """
        if folder is not None:
            raise UsageError("acnet brings its own weights: drop the folder")
        require_packages("acnet", ("pyanime4k",))
        from pyanime4k import pyac

        return cls(pyac.core.Processor("cpu", 0, "acnet-hdn0"))

    def __call__(self, frame: Frame) -> Frame:
        """Return a frame (H, W, 3) twice as wide and high."""
        return np.ascontiguousarray(self.processor(np.ascontiguousarray(frame), float(self.factor)))
