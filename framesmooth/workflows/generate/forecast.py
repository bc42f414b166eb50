"""The time a run still takes: announced before it, and corrected while its keyframes are generated."""

import time
from collections.abc import Callable
from typing import Final

from framesmooth.workflows.generate.estimate import Estimate, Span, duration

_SOON: Final = 10.0
"""Seconds of generating after which it is known how quick this machine is."""
_APART: Final = 30.0
"""Seconds between two corrections."""
_NARROW: Final = Span(1.0, 0.8, 1.4)
"""How far off what is measured in the run itself may be."""


class Forecast:
    """The time that is left, corrected when what was announced turns out to be wrong.

    ``clock`` gives seconds, and the forecast begins when it is made.
    """

    def __init__(self, cost: Estimate, clock: Callable[[], float] = time.perf_counter) -> None:
        self._cost, self._clock, self._begun = cost, clock, clock()
        self._announced, self._corrected, self._done = cost.time, -_APART, 0

    def advance(self, steps: int) -> str | None:
        """Count denoising steps of keyframes; return a sentence where the announcement needs correction."""
        self._done += steps
        elapsed, cost = self._clock() - self._begun, self._cost
        if elapsed < max(_SOON, self._corrected + _APART) or cost.keyframe_steps < 1:
            return None
        expected = max(cost.keyframe_steps, self._done)
        to_do = elapsed / self._done * (expected - self._done)
        return self._correction(elapsed, to_do + cost.afterwards * self._slowdown(elapsed))

    def keyframes_done(self) -> str | None:
        """Return a sentence on what is left after the keyframes, where that isn't as announced."""
        elapsed = self._clock() - self._begun
        if self._done == 0 or elapsed < _SOON:
            return None
        return self._correction(elapsed, self._cost.afterwards * self._slowdown(elapsed))

    def _slowdown(self, elapsed: float) -> float:
        """Return how much slower a step is than it was when it was tried."""
        tried = self._cost.keyframe_seconds / max(self._cost.keyframe_steps, 1)
        return elapsed / self._done / tried if tried > 0 else 1.0

    def _correction(self, elapsed: float, left: float) -> str | None:
        if self._announced.low <= elapsed + left <= self._announced.high:
            return None
        now = _NARROW * left
        self._announced = Span(*(elapsed + seconds for seconds in (now.expected, now.low, now.high)))
        self._corrected = elapsed
        return f"{now.words} to go now" if left >= _SOON else f"about {duration(left)} to go now"
