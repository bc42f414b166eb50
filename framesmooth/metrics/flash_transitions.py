"""Changes of the cells of a picture that are large enough to be half of a flash."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Cells = NDArray[np.bool_]
Levels = NDArray[np.float32]

_CHROMATICITY_STEP: Final = 0.2
_WHITE_UV: Final = (0.1978, 0.4683)


class Swings:
    """Finds opposing changes of a level by ``step`` or more, however many frames each takes.

    A change counts where either of its states is marked. From one that counts on, the extremes are those
    since then, and only the opposite one counts.
    """

    def __init__(self, step: float) -> None:
        self._step = np.float32(step)
        self._began = False

    def update(self, level: Levels, marked: Cells) -> Cells:
        """Return in which cells (H, W) a change is completed by this frame's level."""
        if not self._began:
            self._began = True
            self._highest, self._lowest = level, level
            self._high_marked, self._low_marked = marked, marked
            self._may_rise, self._may_fall = np.ones((2, *level.shape), bool)
        higher, lower = level > self._highest, level < self._lowest
        self._extremes(higher, lower, level, marked)
        fell = self._may_fall & (self._highest - level >= self._step) & (self._high_marked | marked)
        rose = self._may_rise & (level - self._lowest >= self._step) & (self._low_marked | marked) & ~fell
        changed = fell | rose
        self._extremes(changed, changed, level, marked)
        self._may_fall = np.where(changed, rose, self._may_fall)
        self._may_rise = np.where(changed, fell, self._may_rise)
        return np.asarray(changed)

    def _extremes(self, higher: Cells, lower: Cells, level: Levels, marked: Cells) -> None:
        """Make this frame the highest or lowest state where it is said to be."""
        self._highest, self._lowest = (
            np.where(new, level, old) for new, old in ((higher, self._highest), (lower, self._lowest))
        )
        self._high_marked, self._low_marked = (
            np.where(new, marked, old)
            for new, old in ((higher, self._high_marked), (lower, self._low_marked))
        )


class HueChanges:
    """Finds changes to or from a saturated red by more than 0.2 in the CIE 1976 u'v' diagram."""

    def __init__(self) -> None:
        self._uv: Levels | None = None

    def update(self, xyz: Levels, red: Cells) -> Cells:
        """Return in which cells a change is completed by this frame's XYZ (H, W, 3), saturated in ``red``."""
        divisor = xyz @ np.array([1, 15, 3], np.float32)
        lit = divisor > 1e-4  # black has no colour: it counts as white does
        u, v = (
            np.where(lit, factor * xyz[..., axis] / np.maximum(divisor, 1e-4), white)
            for factor, axis, white in ((4, 0, _WHITE_UV[0]), (9, 1, _WHITE_UV[1]))
        )
        uv = np.stack([u, v], axis=-1).astype(np.float32)
        if self._uv is None:
            self._uv, self._red = uv, red
        far = np.linalg.norm(uv - self._uv, axis=-1) > _CHROMATICITY_STEP
        changed = far & (red != self._red)
        # States without saturated red are all alike; from red on, distance counts from where it was entered.
        moved = changed | ~(red | self._red)
        self._uv = np.where(moved[..., None], uv, self._uv)
        self._red = np.where(moved, red, self._red)
        return np.asarray(changed)
