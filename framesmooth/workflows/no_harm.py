"""Do no harm: what smoothing doesn't help is left as it was."""

from dataclasses import dataclass, replace

from framesmooth.events import listed
from framesmooth.frames import FrameSource
from framesmooth.metrics.benefit import Shot, judge_shots
from framesmooth.metrics.report import Report
from framesmooth.smoothing.base import Smoother
from framesmooth.smoothing.motion_compensated import MotionSmoother
from framesmooth.timeline.schedule import Schedule


@dataclass(frozen=True)
class LeftAlone:
    """What of a clip is left as it was.

    Attributes:
        sentence: one line that says so, and why.
        smoother: smooths the other shots; None where the whole clip is left.
    """

    sentence: str
    smoother: Smoother | None = None


@dataclass(frozen=True, kw_only=True)
class Harmless:
    """What smoothing must not make worse.

    With ``spare_clean`` it leaves clean clips alone as well. ``deep`` frames have more than the 8 bits in
    which flicker is measured: where they flicker by less than a level, figures don't tell if they are clean.
    """

    spare_clean: bool = False
    deep: bool = False

    def left_alone(
        self, smoother: Smoother, clip: FrameSource, before: Report, after: Report
    ) -> LeftAlone | None:
        """Return what of a smoothed clip is better left as it was, by its metrics; None for nothing.

        Single shots are left where the strength is a number, so that it can become a schedule. Nothing is
        left by these figures where the smoother takes out something else than flicker.
        """
        if isinstance(smoother, MotionSmoother) and not smoother.lowers_flicker:
            return None
        shots = judge_shots(before, after, spare_clean=self.spare_clean, deep=self.deep)
        left = [shot for shot in shots if shot.unhelpful is not None]
        if not left or smoother.strength == 0:
            return None
        if len(left) == len(shots):
            return LeftAlone(f"left as it was: {left[0].unhelpful}")
        if not isinstance(smoother, MotionSmoother) or isinstance(smoother.strength, Schedule):
            return None
        schedule = Schedule.parse(_schedule(shots, smoother.strength), after.num_frames, clip.fps)
        where = f"the shots from frame {listed(shot.start for shot in left)}"
        sentence = f"left as they were: {where}: {left[0].unhelpful}"
        return LeftAlone(sentence, replace(smoother, strength=schedule))


def _schedule(shots: list[Shot], strength: float) -> str:
    """Return the strength by frame: none in the shots that are left."""
    return ", ".join(f"{shot.start} hold:({0 if shot.unhelpful else strength:g})" for shot in shots)
