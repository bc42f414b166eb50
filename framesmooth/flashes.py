"""Flashes that can bring on seizures: WCAG 2.2, success criterion 2.3.1, and ITU-R BT.1702.

The picture is judged in a grid of 12 by 12 cells, each by its mean in linear light. A transition of a cell is

- general: a change of relative luminance by 0.1 or more of full white, the darker state below 0.8;
- red: to or from a saturated red, R / (R + G + B) >= 0.8, by more than 0.2 in the CIE 1976 u'v' diagram (WCAG
  2.2) or by more than 20 in 320 max(R - G - B, 0) (WCAG 2.0 and 2.1). Each rule is applied by itself, and the
  stricter one decides.

Two transitions are a flash. A clip fails when, within any second, more than three flashes happen in cells
that make up more than a quarter of any 10 degree field of view: a third of a full screen's width and height
(WCAG's estimate: 341 x 256 of 1024 x 768 pixels). That includes all that covers a quarter of the screen,
which is BT.1702's limit.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from framesmooth.frames import Frame

GRID: Final = 12
FIELD: Final = GRID // 3
"""Cells along a side of a 10 degree field of view."""
MOST_FLASHES: Final = 3
LARGEST_SHARE: Final = 0.25

_LUMINANCE_STEP, _DARKEST_BRIGHT = 0.1, 0.8
_RED_SHARE, _CHROMATICITY_STEP, _RED_STEP = 0.8, 0.2, 20 / 320
# IEC 61966-2-1: sRGB to linear light, and the columns of linear RGB to XYZ.
_STEPS = np.arange(256) / 255
_LINEAR: Final = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)
_TO_XYZ: Final = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
)
_WHITE_UV: Final = (0.1978, 0.4683)

Cells = NDArray[np.bool_]


@dataclass(frozen=True)
class Worst:
    """The second of a clip in which the largest share of a field of view flashes more than three times.

    Attributes:
        share: of the field, 0 to 1; 0 when no cell does.
        start: seconds from the start of the clip.
    """

    share: float = 0.0
    start: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether no more than a quarter of the field flashes."""
        return self.share <= LARGEST_SHARE


@dataclass(frozen=True)
class FlashReport:
    """How safe a clip is: its worst second for general and for red flashes."""

    general: Worst
    red: Worst

    @property
    def passed(self) -> bool:
        """Whether neither kind fails."""
        return self.general.passed and self.red.passed

    @property
    def sentence(self) -> str:
        """What to tell the user, on one line."""
        if self.passed:
            return "flash safety: passed (WCAG 2.3.1, ITU-R BT.1702)"
        found = " and ".join(
            f"{kind} flashes over {worst.share:.0%} of a field of view from {worst.start:.1f} s on"
            for kind, worst in self.failures.items()
        )
        return f"flash safety: FAILED, more than {MOST_FLASHES} a second (WCAG 2.3.1): {found}"

    @property
    def failures(self) -> Mapping[str, Worst]:
        """What fails, by kind."""
        kinds = {"general": self.general, "red": self.red}
        return {kind: worst for kind, worst in kinds.items() if not worst.passed}

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON: passed, and per kind the share and the start of its worst second."""
        return {
            "passed": self.passed,
            **{
                kind: {"passed": worst.passed, "share": worst.share, "worst_second": worst.start}
                for kind, worst in (("general", self.general), ("red", self.red))
            },
        }


class FlashMeter:
    """Watches a clip for flashes in one pass; holds a second of 12 by 12 cells."""

    def __init__(self, fps: Fraction) -> None:
        self._luminance, self._hue, self._redness = _LuminanceSteps(), _HueSteps(), _RednessSteps()
        self._general, *self._red = (_Seconds(fps) for _ in range(3))

    def update(self, frame: Frame) -> None:
        """Take the next frame (H, W, 3) uint8."""
        light = cell_means(frame)
        xyz = light @ _TO_XYZ.T
        self._general.add(self._luminance.update(xyz[..., 1]))
        red = light[..., 0] >= _RED_SHARE * np.maximum(light.sum(axis=-1), 1e-6)
        for seconds, changed in zip(
            self._red, (self._hue.update(red, xyz), self._redness.update(red, light)), strict=True
        ):
            seconds.add(changed)

    def report(self) -> FlashReport:
        """Return what was seen so far."""
        return FlashReport(
            self._general.worst, max((each.worst for each in self._red), key=lambda worst: worst.share)
        )


def cell_means(frame: Frame) -> NDArray[np.float32]:
    """Return the cells' mean linear light, (12, 12, 3) float32 in 0 to 1, of a (H, W, 3) uint8 frame."""
    linear = np.asarray(cv2.LUT(frame, _LINEAR), np.float32)
    return np.asarray(cv2.resize(linear, (GRID, GRID), interpolation=cv2.INTER_AREA), np.float32)


class _LuminanceSteps:
    """Finds opposing changes of luminance, however many frames each takes."""

    def __init__(self) -> None:
        self._highest: NDArray[np.float32] | None = None
        self._lowest: NDArray[np.float32] | None = None
        self._rises = np.ones((GRID, GRID), bool)  # what the next transition may be
        self._falls = np.ones((GRID, GRID), bool)

    def update(self, luminance: NDArray[np.float32]) -> Cells:
        """Return where a transition is completed by this frame's luminance (12, 12)."""
        if self._highest is None or self._lowest is None:
            self._highest, self._lowest = luminance.copy(), luminance.copy()
        highest, lowest = np.maximum(self._highest, luminance), np.minimum(self._lowest, luminance)
        fell = self._falls & (luminance <= highest - _LUMINANCE_STEP) & (luminance < _DARKEST_BRIGHT)
        rose = self._rises & (luminance >= lowest + _LUMINANCE_STEP) & (lowest < _DARKEST_BRIGHT) & ~fell
        changed = fell | rose
        # From a transition on, the extremes are those since then, and only the opposite one counts.
        self._highest = np.where(changed, luminance, highest)
        self._lowest = np.where(changed, luminance, lowest)
        self._falls = np.where(changed, rose, self._falls)
        self._rises = np.where(changed, fell, self._rises)
        return changed


class _RednessSteps:
    """Finds changes of R - G - B that begin or end in a saturated red, however many frames each takes."""

    def __init__(self) -> None:
        self._highest, self._lowest = (np.full((GRID, GRID), level, np.float32) for level in (-1, 2))
        self._high_red, self._low_red = (np.zeros((GRID, GRID), bool) for _ in range(2))
        self._rises, self._falls = (np.ones((GRID, GRID), bool) for _ in range(2))

    def update(self, red: Cells, light: NDArray[np.float32]) -> Cells:
        """Return where a transition is completed by this frame's linear RGB (12, 12, 3)."""
        level = np.maximum(2 * light[..., 0] - light.sum(axis=-1), 0)
        higher, lower = level > self._highest, level < self._lowest
        self._highest, self._high_red = (
            np.maximum(level, self._highest),
            np.where(higher, red, self._high_red),
        )
        self._lowest, self._low_red = np.minimum(level, self._lowest), np.where(lower, red, self._low_red)
        fell = self._falls & (self._highest - level > _RED_STEP) & (self._high_red | red)
        rose = self._rises & (level - self._lowest > _RED_STEP) & (self._low_red | red) & ~fell
        changed = fell | rose
        self._highest, self._lowest = (
            np.where(changed, level, extreme) for extreme in (self._highest, self._lowest)
        )
        self._high_red, self._low_red = (
            np.where(changed, red, before) for before in (self._high_red, self._low_red)
        )
        self._falls, self._rises = np.where(changed, rose, self._falls), np.where(changed, fell, self._rises)
        return np.asarray(changed)


class _HueSteps:
    """Finds changes of chromaticity to or from a saturated red."""

    def __init__(self) -> None:
        self._uv: NDArray[np.float32] | None = None
        self._red = np.zeros((GRID, GRID), bool)

    def update(self, red: Cells, xyz: NDArray[np.float32]) -> Cells:
        """Return where a transition is completed by this frame's XYZ (12, 12, 3)."""
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


class _Seconds:
    """Counts transitions in every window of one second, and keeps the worst one."""

    def __init__(self, fps: Fraction) -> None:
        self._fps = fps
        self._length = max(round(fps), 1)
        self._window: deque[Cells] = deque(maxlen=self._length)
        self._seen = 0
        self.worst = Worst()

    def add(self, changed: Cells) -> None:
        self._window.append(changed)
        self._seen += 1
        flashes = np.sum(self._window, axis=0) // 2
        unsafe = (flashes > MOST_FLASHES).astype(np.float32)
        share = float(sliding_window_view(unsafe, (FIELD, FIELD)).mean(axis=(-2, -1)).max())
        if share > self.worst.share:
            self.worst = Worst(share, float((self._seen - len(self._window)) / self._fps))
