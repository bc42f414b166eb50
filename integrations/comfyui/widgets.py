"""Inputs that several nodes share; ranges and defaults are framesmooth's own."""

from typing import Final

from comfy_api.latest import io

import framesmooth
from framesmooth import defaults
from framesmooth.registry import SMOOTHERS

CATEGORY: Final = "framesmooth"


def smoothing() -> list[io.Input]:
    """Return how frames are smoothed."""
    return [
        io.Boolean.Input(
            "automatic",
            default=True,
            tooltip=f"Strength {defaults.STRENGTH}; shots that are clean, or that smoothing doesn't help, "
            "stay as they are. Off: the strength below, everywhere.",
        ),
        io.Float.Input(
            "strength",
            default=defaults.STRENGTH,
            min=0.0,
            max=1.0,
            step=0.05,
            tooltip="How much flicker is removed where automatic is off; 0 changes nothing.",
        ),
        io.Combo.Input(
            "smoother",
            options=list(SMOOTHERS),
            default=defaults.SMOOTHER,
            tooltip="trajectory removes most for the detail it costs; ema is faster and softer; poisson "
            "keeps fine structure; deflicker only evens out exposure and colour; breathing also what swells "
            "slowly; banding evens out rows under mains-powered lamps; dust takes specks and hairs off.",
        ),
        io.Boolean.Input(
            "loop", default=False, tooltip="The clip is a loop: smooth from its last frame on to its first."
        ),
    ]


def interpolation() -> list[io.Input]:
    """Return how frames are interpolated."""
    return [
        io.Int.Input(
            "cadence",
            default=2,
            min=2,
            max=32,
            tooltip="N: N - 1 new frames between two, so that n frames become (n - 1) N + 1.",
        ),
        io.Combo.Input(
            "at_cuts",
            options=["hold", "fade"],
            default="hold",
            tooltip="Between two scenes: cut, or dissolve.",
        ),
        io.Boolean.Input(
            "loop", default=False, tooltip="The clip is a loop: also between its last frame and its first."
        ),
    ]


def rate() -> io.Input:
    """Return the frame rate of images, which have none of their own."""
    return io.Float.Input(
        "fps",
        default=24.0,
        min=1.0,
        max=240.0,
        step=0.001,
        tooltip="Frames a second, for the test on flashes that are unsafe to watch.",
    )


def about(text: str) -> str:
    """Return a node's description with the version that it runs."""
    return f"{text} framesmooth {framesmooth.__version__}."
