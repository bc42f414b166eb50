"""Time, memory and disk that a clip will take, from a few measured calls and the counts of the work."""

import math
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from fractions import Fraction
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.measure import measure
from framesmooth.smoothing.base import Smoother, create_smoother
from framesmooth.video.images import save_png

if TYPE_CHECKING:
    from framesmooth.generation.base import FrameGenerator
    from framesmooth.generation.work import Probe, Work
    from framesmooth.workflows.generate.resolve import ResolvedClip

LONG: Final = 60.0
"""Seconds from which on a run is announced."""
_SMALL: Final = 128
"""Pixels a side, at most, of the clip that smoothing is measured on: its time goes with their number."""
_FRAMES: Final = 10
_WORTH_IT: Final = 10
"""Smoothing is measured before a run where it is this many times what is measured."""
_TRIALS: Final = 20
"""A whole batch is tried before a run that takes this many times as long."""
_UNTRACED: Final = 1.5
"""What smoothing holds, of what is traced of it: OpenCV's own memory and longer clips aren't."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What is left of a clip to make.

    Attributes:
        width: pixels of a frame.
        height: pixels of a frame.
        frames: of the clip.
        keyframes: keyframes to generate.
        evaluations: network evaluations times batch size.
        diffusing: seconds of denoising.
        decoding: seconds of decoding and encoding images, and of blending those between.
        smoothing: seconds of smoothing and measuring, before and after.
        writing: seconds of writing frames before and after smoothing.
        memory: bytes at most.
        free: bytes that there are for that.
        disk: bytes of the run folder.
        device: whose memory it is.
        is_most: whether keyframes are found on the way, so that this is an upper bound.
    """

    width: int
    height: int
    frames: int
    keyframes: int
    evaluations: int
    diffusing: float
    decoding: float
    smoothing: float
    writing: float
    memory: int
    free: int
    disk: int
    device: str
    is_most: bool = False

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.diffusing + self.decoding + self.smoothing + self.writing

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        rounded = {
            name: round(getattr(self, name), 1) for name in ("diffusing", "decoding", "smoothing", "writing")
        }
        return asdict(self) | rounded | {"seconds": round(self.seconds, 1)}

    @property
    def _limit(self) -> str:
        return "at most " if self.is_most else ""

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The rows of a table: what, how much."""
        return [
            ("size", f"{self.width}x{self.height}"),
            ("frames", str(self.frames)),
            ("keyframes to diffuse", self._limit + str(self.keyframes)),
            ("network evaluations", self._limit + str(self.evaluations)),
            ("diffusing", self._limit + duration(self.diffusing)),
            ("decoding", duration(self.decoding)),
            ("smoothing and measuring", duration(self.smoothing)),
            ("writing", duration(self.writing)),
            ("all of it", self._limit + duration(self.seconds)),
            (f"peak memory ({self.device})", f"{size(self.memory)} of {size(self.free)}"),
            ("disk", size(self.disk)),
        ]

    @property
    def warning(self) -> str | None:
        """What a user should know who has too little memory."""
        if self.memory <= self.free:
            return None
        return (
            f"this takes up to {size(self.memory)} of memory, and {size(self.free)} are free: "
            "add --low-vram, or lower -W and -H"
        )

    @property
    def sentence(self) -> str:
        """What a user should know before a long run."""
        time = f"{self._limit or 'about '}{duration(self.seconds)}"
        return (
            f"{time} to go: {self.keyframes} keyframes in {self.evaluations} network evaluations, at most "
            f"{size(self.memory)} of memory, {size(self.disk)} on disk"
        )


def estimate(
    clip: "ResolvedClip",
    generator: "FrameGenerator",
    is_rendered: Callable[[int], bool],
    *,
    least: float = 0.0,
) -> Estimate:
    """Measure the generator and the smoother, and work out what the rest of ``clip`` takes.

    Args:
        clip: what is made.
        generator: of its frames; keyframes that are stored are done.
        is_rendered: says which frames are there already.
        least: seconds below which one image is measured and no whole batch; 0 measures all.

    Raises:
        ModelError: a model that cannot be measured.
    """
    work = generator.work(is_rendered)

    def worked_out(found: "Probe", smoothing: _Smoothing) -> Estimate:
        return _worked_out(generator, work, found, smoothing)

    def is_worth_it(first: "Probe", trial: float) -> bool:
        seconds = worked_out(first, _Smoothing()).seconds
        return least == 0 or seconds >= max(least, _TRIALS * trial)

    found = generator.probe(is_worth_it)
    return worked_out(found, _smoothing(clip, generator, found.image, always=least == 0))


def _worked_out(
    generator: "FrameGenerator", work: "Work", found: "Probe", smoothing: "_Smoothing"
) -> Estimate:
    height, width = generator.size
    frames = work.frames + generator.num_frames  # before smoothing and after
    png, seconds = _png(found.image[:height, :width])
    diffusing, decoding = found.seconds(work)
    keyframe_bytes = png if work.keyframe_bytes is None else work.keyframe_bytes
    return Estimate(
        width=width,
        height=height,
        frames=generator.num_frames,
        is_most=work.at_most,
        keyframes=work.keyframes,
        evaluations=work.evaluations(found.evaluations),
        diffusing=diffusing,
        decoding=decoding,
        smoothing=smoothing.seconds,
        memory=found.memory + (0 if found.device.startswith("cuda") else smoothing.memory),
        free=found.free,
        writing=seconds * frames,
        disk=work.keyframes * keyframe_bytes + frames * png,
        device=found.device,
    )


@dataclass(frozen=True)
class _Smoothing:
    """What smoothing a clip and measuring it twice takes: seconds, and bytes of the process."""

    seconds: float = 0.0
    memory: int = 0


def _smoothing(
    clip: "ResolvedClip", generator: "FrameGenerator", image: Frame, *, always: bool
) -> _Smoothing:
    """Smooth and measure a small clip that moves, and scale what that takes with the number of pixels."""
    frames = _small_clip(image, generator)
    larger = math.prod(generator.size) / math.prod(frames[0].shape[:2])
    times_more = larger * generator.num_frames / len(frames)
    if times_more < _WORTH_IT and not always:
        return _Smoothing()
    strength = clip.settings.smoothing.smooth_strength
    smoother = create_smoother(clip.settings.smoothing.smoother, 0.5 if strength == "auto" else strength)
    tracemalloc.start()
    _seconds_of_smoothing(frames, smoother, clip.settings.timeline.fps)
    _, held = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    seconds = _seconds_of_smoothing(frames, smoother, clip.settings.timeline.fps)  # warm, and not traced
    return _Smoothing(seconds * times_more, round(held * larger * _UNTRACED))


def _seconds_of_smoothing(frames: list[Frame], smoother: Smoother, fps: Fraction) -> float:
    started = time.perf_counter()
    measure(frames, fps=fps)
    measure(smoother(frames), reference=frames, flow_on="self", fps=fps)
    return time.perf_counter() - started


def _small_clip(image: Frame, generator: "FrameGenerator") -> list[Frame]:
    """Return a clip of an image that moves on by a pixel a frame."""
    height, width = (min(side, _SMALL) for side in generator.size)
    count = min(generator.num_frames, _FRAMES)
    small = cv2.resize(image, (width + count, height), interpolation=cv2.INTER_AREA)
    return [np.ascontiguousarray(small[:, at : at + width], np.uint8) for at in range(count)]


def _png(picture: Frame) -> tuple[int, float]:
    """Return the bytes of a picture as PNG, and the seconds to make them."""
    file, started = BytesIO(), time.perf_counter()
    save_png(file, picture)
    return file.tell(), time.perf_counter() - started


def duration(seconds: float) -> str:
    """Return a time in words: 8 s, 5 min, 2 h 10 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def size(number: float) -> str:
    """Return a number of bytes in words."""
    for unit in ("B", "KB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"
