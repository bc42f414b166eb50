"""Flashes that can bring on seizures: WCAG 2.2, success criterion 2.3.1, and ITU-R BT.1702.

The picture is judged in a grid of 12 by 12 cells, each by its mean in linear light. A transition of a cell is

- general: a change of relative luminance by 0.1 or more of full white, the darker state below 0.8;
- red: to or from a saturated red, R / (R + G + B) >= 0.8, by more than 0.2 in the CIE 1976 u'v' diagram (WCAG
  2.2) or by more than 20 in 320 max(R - G - B, 0) (WCAG 2.0 and 2.1). Each rule is applied by itself, and the
  stricter one decides.

Two opposing transitions within a second are a flash, a bright or a dark one. A clip fails when, within any
second, more than three bright or more than three dark flashes end (so that steady flashing fails above 3 Hz,
BT.1702's limit) in cells that make up more than a quarter of any 10 degree field of view: a third of a full
screen's width and height (WCAG's estimate: 341 x 256 of 1024 x 768 pixels). That takes in all that fails by
BT.1702, whose limit is a quarter of the screen; the report tells them apart.

Extended flashing is judged apart, and fails nothing: two flashes or more in every second for more than 5 s,
in as much of a field of view. BT.1702 (annex 1) warns that a sequence of flashing images of more than 5 s
might be a risk even where it complies; the rate is that of EA's IRIS (github.com/electronicarts/IRIS), whose
"extended failure" is 2 to 3 flashes a second in 5 consecutive seconds.
"""

import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.metrics.flash_transitions import Cells, HueChanges, Swings

GRID: Final = 12
FIELD: Final = GRID // 3
"""Cells along a side of a 10 degree field of view."""
MOST_FLASHES: Final = 3
LARGEST_SHARE: Final = 0.25
EXTENDED_FLASHES: Final = 2
EXTENDED_SECONDS: Final = 5

_LUMINANCE_STEP, _DARKEST_BRIGHT = 0.1, 0.8
_RED_SHARE, _REDNESS_STEP = 0.8, math.nextafter(20 / 320, 1)  # more than 20 of 320
# IEC 61966-2-1: sRGB to linear light, and the columns of linear RGB to XYZ.
_STEPS = np.arange(256) / 255
_LINEAR: Final = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4).astype(
    np.float32
)
_TO_XYZ: Final = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], np.float32
)


@dataclass(frozen=True)
class Worst:
    """The worst second of a clip: where more than three flashes cover the largest share of a field of view.

    Attributes:
        share: of the field, 0 to 1; 0 when no cell flashes that often.
        start: of that second, in seconds from the start of the clip; None when no cell does.
        area: the largest share of the whole picture in any second.
    """

    share: float = 0.0
    start: float | None = None
    area: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether no more than a quarter of any field of view flashes (WCAG)."""
        return self.share <= LARGEST_SHARE

    @property
    def broadcast_passed(self) -> bool:
        """Whether no more than a quarter of the picture flashes (BT.1702)."""
        return self.area <= LARGEST_SHARE

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {"passed": self.passed, "share": self.share, "area": self.area, "worst_second": self.start}


@dataclass(frozen=True)
class Extended:
    """The largest share of a field of view that flashes for more than 5 s at two flashes a second or more.

    Attributes:
        share: of the field, 0 to 1.
        start: of that flashing, in seconds from the start of the clip; None where nothing flashes that long.
        seconds: how long it lasts; 0 where nothing flashes that long.
        area: the largest share of the whole picture that does so at once.
    """

    share: float = 0.0
    start: float | None = None
    seconds: float = 0.0
    area: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether no more than a quarter of any field of view flashes so long."""
        return self.share <= LARGEST_SHARE

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {
            "passed": self.passed,
            "share": self.share,
            "area": self.area,
            "start": self.start,
            "seconds": self.seconds,
        }


@dataclass(frozen=True)
class FlashReport:
    """Flash safety of a clip: its worst second for general and red flashes, and extended flashing."""

    general: Worst
    red: Worst
    extended_general: Extended = Extended()
    extended_red: Extended = Extended()

    @property
    def passed(self) -> bool:
        """Whether neither kind fails by WCAG, which takes in BT.1702."""
        return not self.failures

    @property
    def broadcast_passed(self) -> bool:
        """Whether neither kind fails by BT.1702."""
        return self.general.broadcast_passed and self.red.broadcast_passed

    @property
    def failures(self) -> Mapping[str, Worst]:
        """What fails, by kind."""
        kinds = {"general": self.general, "red": self.red}
        return {kind: worst for kind, worst in kinds.items() if not worst.passed}

    @property
    def extended_passed(self) -> bool:
        """Whether neither kind flashes for more than 5 s."""
        return self.extended_general.passed and self.extended_red.passed

    @property
    def sentence(self) -> str:
        """The result on one line; extended flashing comes last."""
        kinds = {"general": self.extended_general, "red": self.extended_red}
        lasting = [
            f"; extended flashing (BT.1702's advice): {EXTENDED_FLASHES} {kind} flashes a second or more for "
            f"{found.seconds:.1f} s from {found.start:.1f} s on, over {found.share:.0%} of a field of view"
            for kind, found in kinds.items()
            if not found.passed
        ]
        return "".join([self._verdict, *lasting])

    @property
    def _verdict(self) -> str:
        if self.passed:
            return "flash safety: passed (WCAG 2.3.1, ITU-R BT.1702)"
        found = " and ".join(
            f"{kind} flashes over {worst.share:.0%} of a field of view, {worst.area:.0%} of the picture, "
            f"from {worst.start:.1f} s on"
            for kind, worst in self.failures.items()
        )
        standards = "WCAG 2.3.1" if self.broadcast_passed else "WCAG 2.3.1, ITU-R BT.1702"
        return f"flash safety: FAILED, more than {MOST_FLASHES} a second ({standards}): {found}"

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON; ``worst_second`` is its start in seconds, None if nothing flashes."""
        worst = max(self.general, self.red, key=lambda kind: kind.share)
        return {
            "passed": self.passed,
            "worst_second": worst.start,
            "wcag_2_3_1": self.passed,
            "itu_r_bt_1702": self.broadcast_passed,
            "general": self.general.as_dict(),
            "red": self.red.as_dict(),
            "extended": {
                "passed": self.extended_passed,
                "general": self.extended_general.as_dict(),
                "red": self.extended_red.as_dict(),
            },
        }


class FlashMeter:
    """Watches a clip for flashes in one pass; holds a second of 12 by 12 cells."""

    def __init__(self, fps: Fraction) -> None:
        self._luminance, self._redness = Swings(_LUMINANCE_STEP), Swings(_REDNESS_STEP)
        self._hue = HueChanges()
        self._general, *self._red = (_Seconds(fps) for _ in range(3))

    def update(self, frame: Frame) -> None:
        """Take the next frame (H, W, 3) uint8."""
        light = cell_means(frame)
        xyz = light @ _TO_XYZ.T
        luminance, total = xyz[..., 1], light.sum(axis=-1)
        # Only the darker state can be the one below 0.8 alone: "either state" is what is meant.
        self._general.add(self._luminance.update(luminance, luminance < _DARKEST_BRIGHT))
        red = light[..., 0] >= _RED_SHARE * np.maximum(total, 1e-6)
        redness = np.maximum(2 * light[..., 0] - total, 0)  # R - G - B
        by_hue, by_redness = self._red
        by_hue.add(self._hue.update(xyz, red))
        by_redness.add(self._redness.update(redness, red))

    def report(self) -> FlashReport:
        """Return what was seen so far."""
        return FlashReport(
            self._general.worst,
            max((each.worst for each in self._red), key=lambda worst: worst.share),
            self._general.extended,
            max((each.extended for each in self._red), key=lambda found: found.share),
        )


def cell_means(frame: Frame) -> NDArray[np.float32]:
    """Return the cells' mean linear light, (12, 12, 3) float32 in 0 to 1, of a (H, W, 3) uint8 frame."""
    linear = np.asarray(cv2.LUT(frame, _LINEAR), np.float32)
    return np.asarray(cv2.resize(linear, (GRID, GRID), interpolation=cv2.INTER_AREA), np.float32)


class _Seconds:
    """Counts flashes in every window of one second, and keeps the worst one."""

    def __init__(self, fps: Fraction) -> None:
        self._fps = fps
        # Frames tell times no finer than this: 3 Hz never ends a fourth flash within so many.
        self._length = max(math.floor(fps), 1)
        self._window: deque[Cells] = deque(maxlen=self._length)
        self._counts = np.zeros((GRID, GRID), np.int64)
        self._since = np.full((GRID, GRID), self._length, np.int64)  # frames, from the last transition on
        self._seen = 0
        self._sequences = _Sequences(fps)
        self.worst = Worst()

    @property
    def extended(self) -> Extended:
        return self._sequences.worst

    def add(self, changed: Cells) -> None:
        if len(self._window) == self._length:
            self._counts -= self._window[0]
        ended = changed & (self._since < self._length)
        self._sequences.add(ended, self._since)
        self._since = np.where(changed, 1, self._since + 1)
        self._window.append(ended)
        self._counts += ended
        self._seen += 1
        # Bright and dark flashes end in turns.
        unsafe = (self._counts > 2 * MOST_FLASHES).astype(np.float32)
        share = _share_of_field(unsafe)
        worst, area = self.worst, max(self.worst.area, float(unsafe.mean()))
        start = float((self._seen - len(self._window)) / self._fps)
        self.worst = Worst(share, start, area) if share > worst.share else replace(worst, area=area)


class _Sequences:
    """Follows how long every cell has been flashing at two flashes a second or more."""

    def __init__(self, fps: Fraction) -> None:
        self._fps = fps
        self._longest = math.floor(EXTENDED_SECONDS * fps)  # frames that are not too many yet
        # A window of less than a second would miss transitions of a steady 2 Hz.
        self._window: deque[Cells] = deque(maxlen=max(math.ceil(fps), 1))
        self._counts = np.zeros((GRID, GRID), np.int64)
        self._began = np.full((GRID, GRID), -1, np.int64)  # frame of the transition that begins the sequence
        self._opened: deque[NDArray[np.int64]] = deque(maxlen=self._window.maxlen)
        self._seen = 0
        self.worst = Extended()

    def add(self, ended: Cells, since: NDArray[np.int64]) -> None:
        """Take where a flash ends in this frame, and how many frames ago the transition before it was."""
        if len(self._window) == self._window.maxlen:
            self._counts -= self._window[0]
        self._window.append(ended)
        self._opened.append(self._seen - since)
        self._counts += ended
        goes_on = self._counts >= 2 * EXTENDED_FLASHES  # bright and dark flashes end in turns
        self._began = np.where(goes_on, self._began, -1)
        begins = goes_on & (self._began < 0)
        if begins.any():
            first = np.argmax(np.stack(self._window), axis=0)[None]
            opened = np.take_along_axis(np.stack(self._opened), first, axis=0)[0]
            self._began = np.where(begins, opened, self._began)
        lasting = goes_on & ended & (self._seen - self._began > self._longest)
        self._seen += 1
        if lasting.any():
            self._judge(goes_on & (self._seen - 1 - self._began > self._longest))

    def _judge(self, lasting: Cells) -> None:
        share, area = _share_of_field(lasting.astype(np.float32)), float(lasting.mean())
        began = int(self._began[lasting].min())
        if share >= self.worst.share:
            start, seconds = float(began / self._fps), float((self._seen - 1 - began) / self._fps)
            self.worst = Extended(share, start, seconds, max(area, self.worst.area))
        else:
            self.worst = replace(self.worst, area=max(area, self.worst.area))


def _share_of_field(marked: NDArray[np.float32]) -> float:
    """Return the largest share of any field of view that the marked cells (1, others 0) make up."""
    return float(sliding_window_view(marked, (FIELD, FIELD)).mean(axis=(-2, -1)).max())
