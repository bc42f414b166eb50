"""What one strength does to a clip or to a sample of it, and what detail several keep."""

from collections.abc import Sequence
from dataclasses import dataclass

from framesmooth.metrics.detail_shared import kept_shares


@dataclass(frozen=True)
class Trial:
    """What one strength does to the sample.

    Attributes:
        warping_error: mean squared difference to the next frame along the motion, ×10⁻³, sRGB in [0, 1].
        luma_flicker: of the mean luma, levels.
        detail: fine detail that the frames have in common with their neighbours in the input, warped onto
            them, as a share of what the input has; see :func:`retention`.
        flicker: standard deviation of the flicker that is left, levels.
        harm: root mean square of what smoothing changed that was no flicker, levels.
    """

    strength: float
    warping_error: float
    luma_flicker: float
    detail: float
    flicker: float
    harm: float

    @property
    def error(self) -> float:
        """Squared error that is left and that is made, levels squared: what a search minimises."""
        return self.flicker**2 + self.harm**2

    def as_dict(self) -> dict[str, float]:
        """Return plain types for JSON, all but the detail."""
        return {
            "strength": self.strength,
            "warping_error": self.warping_error,
            "luma_flicker": self.luma_flicker,
            "flicker": self.flicker,
            "harm": self.harm,
        }


def retention(trials: Sequence[Trial]) -> list[float]:
    """Return for trials by rising strength the share of the detail that each keeps, at most 1."""
    return kept_shares([trial.detail for trial in trials])
