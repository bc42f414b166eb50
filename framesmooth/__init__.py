"""framesmooth: a prompt becomes a steady video clip, and any clip becomes steadier.

A tour, from the ground up. Imports only point down these floors.

- Values: ``errors``, ``frames`` (what a frame and a source of frames are), ``timeline`` (prompts in time),
  ``schedule`` (numbers in time), ``plugins`` (names of exchangeable parts).
- Pixels and motion: ``video`` (the only module that opens media), ``flow``, ``warp``, ``cuts``.
- Algorithms over streams of frames: ``interpolate``, ``smoother`` with ``smoothers/``, ``metric`` with
  ``metrics/``.
- Generation: ``generation/``, the only floor that imports torch and diffusers.
- Assembly: ``pipeline``, ``run`` (the run folder), ``report``, ``comparison`` (which clip is steadier).
- Front ends: ``cli/``.

Smoothing a clip from Python::

    import framesmooth as fs

    clip = fs.open_source("in.mp4")
    smoother = fs.create_smoother("trajectory", strength=0.6)
    with fs.open_sink("out.mp4", fps=clip.fps, size=clip.size) as sink:
        for frame in smoother(clip):
            sink.write(frame)

The public names below are imported on first use: ``import framesmooth`` loads neither torch nor OpenCV.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from framesmooth.errors import FramesmoothError as FramesmoothError
    from framesmooth.frames import Frame as Frame
    from framesmooth.frames import FrameList as FrameList
    from framesmooth.frames import FrameSource as FrameSource
    from framesmooth.metrics.measure import flicker_residual_removed as flicker_residual_removed
    from framesmooth.metrics.measure import measure as measure
    from framesmooth.smoothing.base import create_smoother as create_smoother
    from framesmooth.timeline.schedule import Schedule as Schedule
    from framesmooth.timeline.timeline import Timeline as Timeline
    from framesmooth.video import open_sink as open_sink
    from framesmooth.video import open_source as open_source
    from framesmooth.workflows.generate.settings import GenerateSettings as GenerateSettings

__version__ = "0.1.0"

_HOME: Final[dict[str, str]] = {
    "Frame": "frames",
    "FrameList": "frames",
    "FrameSource": "frames",
    "FramesmoothError": "errors",
    "GenerateSettings": "workflows.generate.settings",
    "Schedule": "schedule",
    "Timeline": "timeline",
    "create_smoother": "smoother",
    "flicker_residual_removed": "metric",
    "measure": "metric",
    "open_sink": "video",
    "open_source": "video",
}

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first use."""
    if name not in _HOME:
        raise AttributeError(f"module 'framesmooth' has no attribute {name!r}")
    return getattr(import_module(f"framesmooth.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
