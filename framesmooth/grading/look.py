"""The look of a clip, frame by frame: held, graded, darkened towards its corners, grainy, between bars."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, FrameSource
from framesmooth.grading.grades import grade_file
from framesmooth.grading.weather import Weather
from framesmooth.video.cube import Lut

_GRAIN_LEVELS: Final = 24.0
"""Standard deviation of the grain at 1, in levels of 255, where the picture is mid-grey."""
_GRAIN_SIZE: Final = 0.6
"""Of a grain, as the sigma of a Gaussian in pixels at 720 lines."""
_LUMA: Final = np.array([0.2126, 0.7152, 0.0722], np.float32)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What is done with the frames of a clip before they are written; the default leaves them as they are.

    Attributes:
        weather: what falls before the pictures, None for nothing.
        hold: how many frames each picture stays: 2 is animation on twos.
        grade: name of a grading that is built in, see ``grades``.
        lut: a .cube file, applied after the grading.
        vignette: how dark the corners become, 0 to 1.
        grain: how strong the grain is, 0 to 1.
        bars: width over height of what stays visible between black bars; None for all of it.
        seed: of the grain.
    """

    weather: Weather | None = None
    hold: int = 1
    grade: str | None = None
    lut: Path | None = None
    vignette: float = 0.0
    grain: float = 0.0
    bars: float | None = None
    seed: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether frames stay as they are."""
        return self == Look(seed=self.seed)

    def check(self) -> None:
        """Read the LUT files.

        Raises:
            MediaError: one that cannot be read.
            UsageError: one that is no 3D LUT.
        """
        _ = self._luts

    def apply(self, frame: Frame, index: int) -> Frame:
        """Return the frame, uint8 (H, W, 3), as it looks at ``index``, which decides the grain."""
        if self.weather is not None:
            frame = self.weather.apply(frame, index)
        for lut in self._luts:
            frame = lut.apply(frame)
        if self.vignette or self.grain:
            values = frame.astype(np.float32)
            if self.vignette:
                values *= _vignette((frame.shape[0], frame.shape[1]), self.vignette)
            if self.grain:
                values += self._grain_of(values, index)
            frame = np.clip(values + 0.5, 0, 255).astype(np.uint8)
        return frame if self.bars is None else barred(frame, self.bars)

    @cached_property
    def _luts(self) -> list[Lut]:
        files = [grade_file(self.grade)] if self.grade is not None else []
        return [Lut(path) for path in (*files, *([self.lut] if self.lut is not None else []))]

    def _grain_of(self, values: NDArray[np.float32], index: int) -> NDArray[np.float32]:
        """Return grain of unit size for (H, W, 3) values: strongest in mid-tones, as on film."""
        height, width = values.shape[:2]
        noise = np.random.default_rng((self.seed, index)).standard_normal((height, width), np.float32)
        sigma = _GRAIN_SIZE * height / 720
        if sigma > 0.3:
            noise = np.asarray(cv2.GaussianBlur(noise, (0, 0), sigma), np.float32)
        noise /= max(float(noise.std()), 1e-6)
        luma = np.clip(values @ _LUMA / 255, 0, 1)
        weight = 0.25 + 0.75 * 4 * luma * (1 - luma)
        return np.asarray((self.grain * _GRAIN_LEVELS * noise * weight)[..., None], np.float32)


def _vignette(size: tuple[int, int], strength: float) -> NDArray[np.float32]:
    """Return factors (H, W, 1): 1 in the middle, 1 - ``strength`` in the corners."""
    y, x = (np.linspace(-1, 1, side, dtype=np.float32) for side in size)
    distance = (x[None, :] ** 2 + y[:, None] ** 2) / 2
    return np.asarray(1 - strength * (distance**1.5)[..., None], np.float32)


def barred(frame: Frame, aspect: float) -> Frame:
    """Return the frame with black bars that leave ``aspect`` (width over height) visible in the middle."""
    height, width = frame.shape[:2]
    framed = np.zeros_like(frame)
    tall, wide = min(height, round(width / aspect)), min(width, round(height * aspect))
    top, left = (height - max(tall, 1)) // 2, (width - max(wide, 1)) // 2
    inner = np.s_[top : height - top, left : width - left]
    framed[inner] = frame[inner]
    return framed


@dataclass(frozen=True)
class LookedAt:
    """A clip with a look; a ``FrameSource`` of as many frames."""

    source: FrameSource
    look: Look

    @property
    def fps(self) -> Fraction:
        """Frames per second."""
        return self.source.fps

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        return self.source.size

    @property
    def num_frames(self) -> int | None:
        """How many frames there are."""
        return self.source.num_frames

    def __iter__(self) -> Iterator[Frame]:
        """Start again at frame 0."""
        held: Frame | None = None
        for index, frame in enumerate(self.source):
            held = frame if held is None or index % self.look.hold == 0 else held
            yield self.look.apply(held, index)
