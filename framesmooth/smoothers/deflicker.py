"""Global gain and colour only: every pixel stays where it is, and no frame is mixed with another."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from framesmooth import defaults
from framesmooth.cuts import steps
from framesmooth.flow import load_flow
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.smoother import check_strength
from framesmooth.smoothers.tone import TONE_RADIUS, apply_gains, tone_gains


@dataclass(frozen=True, kw_only=True)
class DeflickerSmoother:
    """Puts the brightness and colour of whole frames on a smooth path (``smoothers.tone``).

    Unlike ffmpeg's deflicker it follows the scene, not the frame's mean: what walks into the picture does not
    change the exposure. ``strength`` is the share of the correction that is applied, whole from 0.5 on as in
    ``window``; ``guide`` is another version of the clip to take the motion from.
    """

    strength: float = defaults.STRENGTH
    flow: str = "dis-robust"
    guide: Iterable[Frame] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Check the strength."""
        check_strength(self.strength)

    @property
    def lookahead(self) -> int:
        """Frames of the tone path, then one each for the last motion and its tone."""
        return TONE_RADIUS + 2 if self.strength else 0

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Yield the corrected (H, W, 3) uint8 frames; holds about 2 lookahead + 1 of them."""
        if self.strength == 0:
            yield from (frame.copy() for frame in frames)
            return
        share = np.float32(min(2 * self.strength, 1.0))
        for step, gains in tone_gains(steps(frames, load_flow(self.flow), self.guide)):
            yield as_uint8(apply_gains(as_float(step.frame), gains**share))
