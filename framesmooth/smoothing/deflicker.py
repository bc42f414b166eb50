"""Exposure and colour correction only: no warping, and no frame is blended with another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from framesmooth.frames import Frame, as_deep_as
from framesmooth.motion.shots import Step
from framesmooth.smoothing.exposure import (
    BREATHING,
    FLICKER,
    TONE_RADIUS,
    GridStep,
    LowPass,
    grid_steps,
    tone_gains,
    toned,
)
from framesmooth.smoothing.motion_compensated import MotionSmoother


@dataclass(frozen=True, kw_only=True)
class DeflickerSmoother(MotionSmoother):
    """Puts the brightness and colour of whole frames on a smooth path (see ``smoothing.exposure``).

    Unlike ffmpeg's deflicker it follows the scene, not the frame's mean: an object that enters the frame
    does not change the exposure. ``strength`` is the share of the correction that is applied, whole from 0.5
    on as in ``trajectory``.
    """

    reach = TONE_RADIUS + 2  # the frames of the tone path, then one each for the last motion and its tone
    memory = TONE_RADIUS
    path: ClassVar[LowPass] = FLICKER
    divides = True

    def _kept(self, stream: Iterable[Step]) -> Iterator[GridStep]:
        return grid_steps(stream)

    def _smoothed(self, stream: Iterable[GridStep]) -> Iterator[Frame]:
        for step, gains in tone_gains(stream, self.path):
            share = np.float32(min(2 * self.strength_at(step.index), 1.0))
            yield as_deep_as(step.frame, toned(step.frame, gains**share))


@dataclass(frozen=True, kw_only=True)
class BreathingSmoother(DeflickerSmoother):
    """Evens out exposure and colour over 18 frames to either side: light that swells and fades slowly, too.

    An automatic exposure that hunts, and time lapses, breathe over up to some 20 frames; ``deflicker``
    follows that as if it were real. What changes from one frame to the next by 15 % and more, and by five
    times the usual, such as a lamp, lightning or a strobe, is left; so are straight fades.
    """

    reach = BREATHING.radius + 2
    memory = BREATHING.radius
    path = BREATHING
    divides = False
