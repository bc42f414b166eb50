"""Every method of the benchmark by name: peers first, then ours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from framesmooth import defaults
from framesmooth.frames import Frame
from framesmooth.smoothing.base import create_smoother
from smoothing_bench.ffmpeg import FilterMissing, Transform, ffmpeg_filter
from smoothing_bench.peers import warped_ema, warped_window_mean, window_mean

FLOW = "dis-robust"


@dataclass(frozen=True)
class Method:
    """A way to smooth; ``make`` takes the name of the flow and returns the transform of frames."""

    make: Callable[[str], Transform]
    is_ours: bool = False


def _filter(name: str, options: str, pixels: str, delay: int = 0) -> Method:
    return Method(lambda flow: ffmpeg_filter(name, options, pixels=pixels, delay=delay))


def _along(transform: Callable[..., Iterator[Frame]]) -> Method:
    return Method(lambda flow: partial(transform, flow=flow))


def _ours(name: str, strength: float, *, is_ours: bool = True) -> Method:
    return Method(lambda flow: create_smoother(name, strength, flow=flow), is_ours)


_ADAPTIVE = ":".join(f"{plane}a=0.19:{plane}b=0.38" for plane in range(3)) + ":s=5"

# At its defaults each filter is what most people get. The two denoisers then take flicker of this size for
# motion and leave it, so they stand there a second time with the settings that remove most from the clips of
# SEGMENTS at a mean detail loss of 0.03.
METHODS = {
    "ffmpeg deflicker": _filter("deflicker", "size=5:mode=am", "yuv444p"),
    "ffmpeg tmix 5": _filter("tmix", "frames=5", "gbrp", 2),
    "ffmpeg atadenoise": _filter("atadenoise", "", "gbrp"),
    "ffmpeg atadenoise, tuned": _filter("atadenoise", _ADAPTIVE, "gbrp"),
    "ffmpeg hqdn3d": _filter("hqdn3d", "4:3:6:4.5", "yuv444p"),
    "ffmpeg hqdn3d, tuned": _filter("hqdn3d", "0.1:0.1:32:32", "yuv444p"),
    "window mean 5": Method(lambda flow: window_mean),
    "warped window mean r = 4": _along(warped_window_mean),
    "warped EMA 0.8": _along(warped_ema),
    "Bonneel (`poisson`)": _ours("poisson", 1.0, is_ours=False),
    "`deflicker`": _ours("deflicker", defaults.STRENGTH),
    "`ema`": _ours("ema", defaults.STRENGTH),
    "`trajectory`": _ours("trajectory", defaults.STRENGTH),
}
OURS = "`trajectory`"
TUNED = ("ffmpeg atadenoise, tuned", "ffmpeg hqdn3d, tuned")
PEERS = tuple(name for name, method in METHODS.items() if not method.is_ours)


def available() -> dict[str, str]:
    """Return, by name, why a method cannot run here; nothing for those that can."""
    missing = {}
    for name, method in METHODS.items():
        try:
            method.make(FLOW)
        except FilterMissing as error:
            missing[name] = str(error)
    return missing
