"""Clips that break smoothers: cuts, fast motion, hardly any frames, nothing to do, and a long one."""

from collections.abc import Callable, Sequence
from statistics import fmean

import cv2
import numpy as np
from skimage.metrics import peak_signal_noise_ratio
from tables import markdown_table

from framesmooth import defaults
from framesmooth.frames import Frame
from framesmooth.registry import SMOOTHERS
from framesmooth.smoothing.base import create_smoother
from smoothing_bench.clips import Clip, scene
from smoothing_bench.figures import columns, decibels, select, share
from smoothing_bench.judging import Judge
from smoothing_bench.methods import METHODS
from smoothing_bench.plan import Plan, Row
from smoothing_bench.probe import measured_apart
from tests.scenes import add_flicker, moving_scene

LONG, SHORT = 1000, 100
Smooth = Callable[[Clip], Clip]


def run(plan: Plan) -> list[Row]:
    """Put every smoother of ours through every clip."""
    rows: list[Row] = []
    for name in SMOOTHERS:

        def smooth(frames: Clip, name: str = name) -> Clip:
            return list(create_smoother(name, defaults.STRENGTH)(frames))

        rows += [{"test": test, "method": name, "found": check(smooth)} for test, check in CHECKS.items()]
        if plan.long:
            rows.append(
                {
                    "test": f"memory, {SHORT} and {LONG:,} frames of 256 × 144",
                    "method": name,
                    "found": _memory(name),
                }
            )
    return rows


def _at_cut(smooth: Smooth) -> str:
    clean = [*scene("pan", 8), *scene("painting", 8)]
    spoiled = add_flicker(clean, seed=4)
    gain = fmean(
        _psnr(clean[t], frames[t]) * sign
        for t in (7, 8)
        for frames, sign in ((smooth(spoiled), 1), (spoiled, -1))
    )
    return f"{decibels(2 * gain)} dB"


def _fast(speed: float) -> Callable[[Smooth], str]:
    def check(smooth: Smooth) -> str:
        clean = moving_scene(frames=10, size=(192, 288), pan=(speed, 0.2 * speed), seed=8).frames
        spoiled = add_flicker(clean, seed=4)
        score = Judge(clean).score(spoiled, smooth(spoiled))
        return f"{share(score.removed)}, {decibels(score.gain)} dB"

    return check


def _one(smooth: Smooth) -> str:
    frames = add_flicker(scene("pan", 1), seed=4)
    return f"changed by {_largest_change(frames, smooth(frames))}"


def _two(smooth: Smooth) -> str:
    clean = scene("pan", 2)
    spoiled = add_flicker(clean, seed=4)
    score = Judge(clean).score(spoiled, smooth(spoiled))
    return f"{share(score.removed)}, {decibels(score.gain)} dB"


def _constant(smooth: Smooth) -> str:
    frames = [add_flicker(scene("painting", 1), seed=4)[0]] * 12
    return f"changed by {_largest_change(frames, smooth(frames))}"


def _letterbox(smooth: Smooth) -> str:
    frames = [frame.copy() for frame in add_flicker(scene("pan", 10), seed=4)]
    for frame in frames:
        frame[:24] = frame[-24:] = 0
    bars = [np.concatenate([frame[:23], frame[-23:]]) for frame in smooth(frames)]
    return f"bars reach {max(int(bar.max()) for bar in bars)}"


def _grey(smooth: Smooth) -> str:
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in add_flicker(scene("pan", 10), seed=4)]
    done = smooth([np.ascontiguousarray(np.repeat(frame[..., None], 3, axis=2)) for frame in grey])
    colour = max(int(np.ptp(frame.astype(np.int16), axis=2).max()) for frame in done)
    return f"channels differ by {colour}"


def _odd(smooth: Smooth) -> str:
    frames = add_flicker([np.ascontiguousarray(frame[:19, :31]) for frame in scene("pan", 10)], seed=4)
    return "works" if {frame.shape for frame in smooth(frames)} == {(19, 31, 3)} else "another size comes out"


CHECKS: dict[str, Callable[[Smooth], str]] = {
    "PSNR of the two frames beside a cut": _at_cut,
    "pan of 16 pixels a frame: removed, PSNR": _fast(16),
    "pan of 32 pixels a frame: removed, PSNR": _fast(32),
    "1 frame, levels": _one,
    "2 frames: removed, PSNR": _two,
    "12 times the same frame, levels": _constant,
    "letterbox of 0, levels": _letterbox,
    "grey clip, levels": _grey,
    "31 × 19 pixels": _odd,
}


def _psnr(clean: Frame, frame: Frame) -> float:
    return float(peak_signal_noise_ratio(clean, frame, data_range=255))


def _largest_change(before: Clip, after: Clip) -> int:
    pairs = zip(before, after, strict=True)
    return max(int(np.abs(one.astype(np.int16) - other).max()) for one, other in pairs)


def _memory(name: str) -> str:
    method = next(key for key in METHODS if f"`{name}`" in key)
    peaks = [measured_apart(method, height=144, width=256, frames=count)["peak"] for count in (SHORT, LONG)]
    return " and ".join(f"{peak:.0f} MB" for peak in peaks)


def tables(rows: Sequence[Row]) -> str:
    """Return a line for every test and a column for every smoother."""
    methods = columns(rows, "method")
    lines = [
        [test, *(select(rows, test=test, method=name)[0]["found"] for name in methods)]
        for test in columns(rows, "test")
    ]
    return markdown_table(["", *(f"`{name}`" for name in methods)], lines)
