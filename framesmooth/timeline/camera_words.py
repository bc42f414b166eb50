"""Camera moves in the words of film: ``slow dolly in, pan left``, as schedules of the camera.

Commas and ``and`` join moves that happen at once; ``then`` parts moves that follow each other, in equal
shares of the clip. Every move eases in and out. Speeds are shares of the picture's width a second: slow 5 %,
normal 12 %, fast 25 %, or a number such as ``pan left 8%``. They are what the picture does on average:

========================  ========================================================  ==================
words                     the camera                                                the stated speed is
========================  ========================================================  ==================
pan left, right           turns about its upright axis                              of the middle
tilt up, down             turns about its level axis                                of the middle
truck left, right         moves sideways, looking ahead: the picture slides         of the picture
crane up, down            rises or sinks, looking ahead                             of the picture
dolly in, out             approaches or draws back; with depth, near things more    growth of the width
zoom in, out              changes its focal length: all depths alike                growth of the width
roll left, right          turns about its line of sight                             of the left edge
orbit left, right         moves sideways and turns back to what it looks at         of the move
handheld                  trembles                                                  mean (RMS) tremor
static                    stands still
========================  ========================================================  ==================
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from framesmooth.defaults import FIELD_OF_VIEW
from framesmooth.timeline.camera_grammar import CameraMove, read_camera_words

EASE_SECONDS: Final = 0.6
"""Seconds in which a move gets up to speed, and comes to rest."""


def camera_schedules(
    text: str,
    *,
    num_frames: int,
    fps: Fraction,
    size: tuple[int, int],
    start: int = 0,
    end: int | None = None,
) -> dict[str, str]:
    """Return the schedules of the camera moves that ``text`` names; {} for a camera that stands still.

    Args:
        text: such as "slow dolly in, pan left then handheld".
        num_frames: of the clip.
        fps: its frame rate.
        size: (height, width) of the frames that the camera moves over, in pixels.
        start: the frame at which the moves start.
        end: the frame after their last one; None is the end of the clip.

    Returns:
        Name of a field of ``motion.camera.moves.Moves`` -> schedule, per frame and in its unit.

    Raises:
        UsageError: words that name no move; the message says which are known.
    """
    stop = num_frames if end is None else end
    steps = read_camera_words(text)
    terms: dict[str, list[str]] = {}
    for index, moves in enumerate(steps):
        first = start + (stop - start) * index // len(steps)
        last = start + (stop - start) * (index + 1) // len(steps)
        if last - first < 2:
            continue
        span = _Span(first, last, num_frames, fps)
        for move in moves:
            for name, term in _terms(move, span, size).items():
                terms.setdefault(name, []).append(term)
    return {name: _sum(name, parts) for name, parts in terms.items()}


@dataclass(frozen=True)
class _Span:
    """The frames ``start`` to ``stop`` - 1 of a clip, in which a move starts and ends at rest."""

    start: int
    stop: int
    num_frames: int
    fps: Fraction

    @property
    def ramp(self) -> float:
        """Frames in which a move gets up to speed."""
        return min(float(EASE_SECONDS * self.fps), (self.stop - self.start) / 3)

    @property
    def profile(self) -> str:
        """The speed over time as an expression: 0 outside the span, 1 in the middle."""
        since = "t" if self.start == 0 else f"(t-{self.start})"
        ramp = f"{self.ramp:.4g}"
        rise = f"min(1, {since}/{ramp}, ({self.stop}-t)/{ramp})"
        if self.start == 0 and self.stop == self.num_frames:
            return f"sin(pi/2*{rise})**2"
        return f"sin(pi/2*max(0, {rise}))**2"

    def peak(self, mean: float) -> float:
        """Return the value of the middle for which the moves of the span have this mean a frame."""
        moves = range(self.start + 1, self.stop)
        shares = (min(1.0, (t - self.start) / self.ramp, (self.stop - t) / self.ramp) for t in moves)
        return mean * len(moves) / sum(math.sin(math.pi / 2 * share) ** 2 for share in shares)

    @property
    def window(self) -> str:
        """A factor that is 1 in the span and 0 outside; "" where it is the whole clip."""
        if self.start == 0 and self.stop == self.num_frames:
            return ""
        return f"*where({self.start} <= t, where(t < {self.stop}, 1, 0), 0)"


def _terms(move: CameraMove, span: _Span, size: tuple[int, int]) -> dict[str, str]:
    """Return what one move adds to each schedule."""
    height, width = size
    if move.name == "handheld":
        return _tremor(move.speed, span, width)
    focal = max(height, width) / 2 / math.tan(math.radians(FIELD_OF_VIEW / 2))
    peak = span.peak(move.speed / float(span.fps))  # share of the width in one frame
    pixels, turn = peak * width, math.degrees(math.atan(peak * width / focal))
    growth = (1 + peak) if move.sign > 0 else 1 / (1 + peak)
    values: dict[str, float] = {
        "pan": {"rotate_3d_y": move.sign * turn},
        "tilt": {"rotate_3d_x": move.sign * turn},
        "truck": {"pan_x": -move.sign * pixels},  # the picture slides against the camera
        "crane": {"pan_y": move.sign * pixels},
        "dolly": {"translate_z": 100 * (1 - 1 / growth)},
        "zoom": {"zoom": growth - 1},
        "roll": {"roll": move.sign * math.degrees(2 * peak)},
        "orbit": {"pan_x": -move.sign * pixels, "rotate_3d_y": -move.sign * turn},
    }[move.name]
    return {name: f"{value:.6g}*{span.profile}" for name, value in values.items()}


def _tremor(speed: float, span: _Span, width: int) -> dict[str, str]:
    """Return three sums of sines that have no common beat; their speed has the RMS that is asked for."""
    waves = {
        "pan_x": (0.75, ((1.0, 0.83, 0.4), (0.6, 1.71, 2.1), (0.3, 2.93, 4.4))),
        "pan_y": (0.66, ((1.0, 0.97, 1.3), (0.5, 2.03, 3.7), (0.3, 3.11, 0.2))),
        "roll": (0.35, ((1.0, 0.71, 5.1), (0.4, 1.57, 0.9))),
    }
    rate, found = float(span.fps), {}
    for name, (share, sines) in waves.items():
        times = range(span.start, span.stop)
        shape = [sum(a * math.sin(2 * math.pi * f * t / rate + p) for a, f, p in sines) for t in times]
        rms = math.sqrt(sum(value * value for value in shape) / len(shape)) or 1.0
        step = speed / rate / rms  # share of the width in one frame
        scale = share * step * (math.degrees(2) if name == "roll" else width)
        sine = " + ".join(f"{a:g}*sin({2 * math.pi * f:.4g}*t/fps + {p:g})" for a, f, p in sines)
        found[name] = f"{scale:.6g}*({sine}){span.window}"
    return found


def _sum(name: str, terms: Sequence[str]) -> str:
    """Return the schedule of all that moves in one way; no zoom is 1."""
    joined = " + ".join(terms).replace("+ -", "- ")
    return f"1 + {joined}".replace("+ -", "- ") if name == "zoom" else joined
