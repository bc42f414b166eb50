"""Time, memory and disk that a clip will take, from a few measured calls and the counts of the work."""

import math
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from framesmooth.workflows.generate.finish_cost import FinishingCost, finishing_cost
from framesmooth.workflows.generate.sharing import Shares, shares_of

if TYPE_CHECKING:
    from framesmooth.generation.base import FrameGenerator
    from framesmooth.generation.work import Probe, Work
    from framesmooth.workflows.generate.resolved_clip import ResolvedClip

LONG: Final = 60.0
"""Seconds from which on a run is announced."""
_SIDES: Final = (64, 128)
"""Pixels a side, at most, of the clips that smoothing is measured on."""
_FRAMES: Final = 6
_WORTH_IT: Final = 10
"""Smoothing is measured before a run where it is this many times what is measured."""
_SURELY: Final = 6e-6
"""Seconds that smoothing and measuring a pixel of a frame takes at most: two busy cores take a third."""
_TRIALS: Final = 20
"""A whole batch is tried before a run that takes this many times as long."""
LONGEST_TRIAL: Final = 3.0
"""Seconds that trying a whole batch may take."""
_USUAL: Final = 0.25
"""Where keyframes are found on the way: how many there usually are between the fewest and the most."""
_RARELY_MORE: Final = 0.6
"""Likewise: few clips need more."""
_UNTRACED: Final = 1.5
"""What smoothing holds, of what is traced of it: OpenCV's own memory and longer clips aren't."""


@dataclass(frozen=True)
class Span:
    """Seconds that something takes: the expected ones, and between which two they will be."""

    expected: float
    low: float
    high: float

    def __add__(self, other: "Span") -> "Span":
        """Return what both take together."""
        return Span(self.expected + other.expected, self.low + other.low, self.high + other.high)

    def __mul__(self, factor: float) -> "Span":
        """Return what ``factor`` times as much takes."""
        return Span(self.expected * factor, self.low * factor, self.high * factor)

    @property
    def words(self) -> str:
        """Such as "about 2 min (80 s to 4 min)"."""
        low, high = duration(self.low), duration(self.high)
        return f"about {duration(self.expected)}" + ("" if low == high else f" ({low} to {high})")


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What is left of a clip to make.

    Attributes:
        width: pixels of a frame.
        height: pixels of a frame.
        frames: of the clip.
        keyframes: keyframes to generate; an upper bound if ``is_most``.
        evaluations: network evaluations times batch size; likewise.
        keyframe_steps: denoising steps of keyframes that are expected.
        keyframe_seconds: seconds of those.
        diffusing: seconds of all denoising that is expected.
        decoding: seconds of decoding and encoding images, and of blending those between.
        smoothing: seconds of smoothing and measuring, before and after.
        interpolating: seconds of putting frames between.
        enlarging: seconds of enlarging frames.
        writing: seconds of writing the frames of all stages.
        memory: bytes at most.
        free: bytes that there are for that.
        disk: bytes of the run folder.
        device: whose memory it is.
        time: seconds of everything, and between which two they will be.
        is_most: whether keyframes are found on the way, so that there may be fewer.
        segments: clips of a video pipeline to generate, 0 for other models.
        finished: what the clip has where more and larger frames follow, as "95 of 1024x576"; "" elsewhere.
    """

    width: int
    height: int
    frames: int
    keyframes: int
    evaluations: int
    keyframe_steps: float
    keyframe_seconds: float
    diffusing: float
    decoding: float
    smoothing: float
    writing: float
    memory: int
    free: int
    disk: int
    device: str
    time: Span
    is_most: bool = False
    segments: int = 0
    interpolating: float = 0.0
    enlarging: float = 0.0
    finished: str = ""

    @property
    def seconds(self) -> float:
        """All of it, as expected."""
        return self.time.expected

    @property
    def afterwards(self) -> float:
        """Seconds of what follows the keyframes, as expected."""
        return self.seconds - self.keyframe_seconds

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        stages = ("diffusing", "decoding", "smoothing", "interpolating", "enlarging", "writing")
        rounded = {name: round(getattr(self, name), 1) for name in stages}
        bounds = {f"seconds_{name}": round(getattr(self.time, name), 1) for name in ("low", "high")}
        plain = {name: value for name, value in asdict(self).items() if name != "time"}
        return plain | rounded | {"seconds": round(self.seconds, 1)} | bounds

    @property
    def _limit(self) -> str:
        return "at most " if self.is_most else ""

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The rows of a table: what, how much."""
        return [
            *([("finished frames", self.finished)] if self.finished else []),
            ("size", f"{self.width}x{self.height}"),
            ("frames", str(self.frames)),
            self._diffused,
            ("network evaluations", self._limit + str(self.evaluations)),
            ("diffusing", f"about {duration(self.diffusing)}"),
            ("decoding", f"about {duration(self.decoding)}"),
            ("smoothing and measuring", f"about {duration(self.smoothing)}"),
            *(
                (name, f"about {duration(seconds)}")
                for name, seconds in (("interpolating", self.interpolating), ("enlarging", self.enlarging))
                if seconds
            ),
            ("writing", f"about {duration(self.writing)}"),
            ("all of it", self.time.words),
            (f"peak memory ({self.device})", f"{size(self.memory)} of {size(self.free)}"),
            ("disk", size(self.disk)),
        ]

    @property
    def _diffused(self) -> tuple[str, str]:
        if self.segments:
            return "clips to diffuse", f"{self.segments} of {self.keyframes} frames in all"
        return "keyframes to diffuse", self._limit + str(self.keyframes)

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
    def _made(self) -> str:
        if self.segments:
            return f"{self.keyframes} frames in {self.segments} clip{'s' if self.segments > 1 else ''}"
        return f"{self._limit}{self.keyframes} keyframe{'s' if self.keyframes != 1 else ''}"

    @property
    def sentence(self) -> str:
        """What a user should know before a long run."""
        return (
            f"{self.time.words} to go: {self._made} in {self.evaluations} network "
            f"evaluations, {size(self.memory)} of memory, {size(self.disk)} on disk"
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
    work, least_work = generator.work(is_rendered), generator.least_work(is_rendered)
    shares = shares_of(clip)

    def worked_out(found: "Probe", smoothing: _Smoothing, finishing: FinishingCost | None = None) -> Estimate:
        return _worked_out(
            generator, (work, least_work), found, smoothing, finishing or FinishingCost(), shares
        )

    def is_worth_it(first: "Probe", trial: float) -> bool:
        seconds = worked_out(first, _Smoothing()).seconds
        return trial <= LONGEST_TRIAL and (least == 0 or seconds >= max(least, _TRIALS * trial))

    with _threads(shares):
        found = generator.probe(is_worth_it)
    spare = least - worked_out(found, _Smoothing()).seconds
    finishing = finishing_cost(
        clip.cascade,
        generator.num_frames,
        generator.size,
        _small_clip(found.image, generator, _SIDES[1]) * 2,
        clip.settings.compute.device,
    )
    return worked_out(found, _smoothing(clip, generator, found.image, spare, shares), finishing)


@contextmanager
def _threads(shares: Shares) -> Iterator[None]:
    """Compute with as many threads as one of several processes has while the block runs."""
    from framesmooth.models.devices import limited_threads

    before = cv2.getNumThreads()
    with limited_threads(shares.threads):
        cv2.setNumThreads(min(before, shares.threads or before))
        try:
            yield
        finally:
            cv2.setNumThreads(before)


def _worked_out(
    generator: "FrameGenerator",
    works: tuple["Work", "Work"],
    found: "Probe",
    smoothing: "_Smoothing",
    finishing: FinishingCost,
    shared: Shares,
) -> Estimate:
    work, least_work = works
    height, width = generator.size
    png, writing = _png(found.image[:height, :width])
    finished = finishing.pixels / (height * width)  # in frames of this size
    frames = work.frames + generator.num_frames + finished  # before smoothing, after it, and what follows
    least, most = least_work.keyframe_steps, work.keyframe_steps
    shares = [least + share * (most - least) for share in (_USUAL, 0.0, _RARELY_MORE)]
    quicker = work.quicker(shared.drawing)
    keyframes = [_keyframe_seconds(found, work, least_work, steps) / quicker for steps in shares]
    between = [_seconds(found, which)[1] / shared.drawing for which in (work, least_work)]
    decoding = found.seconds(work)[1] / shared.drawing
    following = finishing.interpolating + finishing.enlarging
    other = decoding + smoothing.seconds + following + writing * frames
    quick, slow = found.spread
    expected = keyframes[0] + max(between) + other
    keyframe_bytes = png if work.keyframe_bytes is None else work.keyframe_bytes
    return Estimate(
        width=width,
        height=height,
        frames=generator.num_frames,
        is_most=work.at_most,
        segments=work.segments,
        keyframes=work.keyframes,
        evaluations=work.evaluations(found.evaluations),
        keyframe_steps=shares[0],
        keyframe_seconds=keyframes[0],
        diffusing=keyframes[0] + max(between),
        decoding=decoding,
        smoothing=smoothing.seconds,
        memory=found.memory * (shared.beside if shared.drawing > 1 else 1)
        + (0 if found.device.startswith("cuda") else smoothing.memory),
        free=found.free,
        interpolating=finishing.interpolating,
        enlarging=finishing.enlarging,
        finished=_finished(finishing),
        writing=writing * frames,
        disk=work.keyframes * keyframe_bytes + round(frames * png),
        device=found.device,
        time=Span(
            expected,
            quick * (keyframes[1] + min(between) + other),
            slow * (keyframes[2] + max(between) + other),
        ),
    )


def _finished(finishing: FinishingCost) -> str:
    if finishing.size is None:
        return ""
    return f"{finishing.frames} of {finishing.size[1]}x{finishing.size[0]}"


def _seconds(found: "Probe", work: "Work") -> tuple[float, float]:
    """Return the seconds of denoising keyframes, and those of denoising frames between them."""
    denoising, images = found.seconds(work)[0], work.guided.images + work.unguided.images
    share = min(1.0, work.keyframe_steps / images) if images else 0.0
    return denoising * share, denoising * (1 - share)


def _keyframe_seconds(found: "Probe", work: "Work", least_work: "Work", steps: float) -> float:
    """Return the seconds of so many steps of keyframes, between the least and the most that there may be."""
    low, high = (_seconds(found, which)[0] for which in (least_work, work))
    least, most = least_work.keyframe_steps, work.keyframe_steps
    return high if most <= least else low + (high - low) * (steps - least) / (most - least)


@dataclass(frozen=True)
class _Smoothing:
    """What smoothing a clip and measuring it twice takes: seconds, and bytes of the process."""

    seconds: float = 0.0
    memory: int = 0


def _smoothing(
    clip: "ResolvedClip", generator: "FrameGenerator", image: Frame, spare: float, shares: Shares
) -> _Smoothing:
    """Smooth and measure small clips that move, of two sizes, and follow their line to the clip's size.

    So the time that every frame takes, however small, isn't multiplied by the number of pixels. Where it
    would be less than ``spare`` seconds even if it were, the smallest size is enough.
    """
    num_frames, pixels = generator.num_frames, math.prod(generator.size)
    smallest, small = (_small_clip(image, generator, side) for side in _SIDES)
    areas = [math.prod(frames[0].shape[:2]) for frames in (smallest, small)]
    if spare > 0 and pixels * num_frames < max(_WORTH_IT * areas[1] * len(small), spare / _SURELY):
        return _Smoothing()
    strength = clip.settings.smoothing.smooth_strength
    smoother = create_smoother(clip.settings.smoothing.smoother, 0.5 if strength == "auto" else strength)
    traced, held = _traced(
        lambda: _seconds_of_smoothing(smallest, smoother, clip.settings.timeline.rate, shares)
    )
    memory = round(held * pixels / areas[0] * _UNTRACED) * shares.smoothing
    most = traced / len(smallest) * max(pixels / areas[0], 1) * num_frames
    if most < spare:
        return _Smoothing(most, memory)
    low, high = (
        _seconds_of_smoothing(frames, smoother, clip.settings.timeline.rate, shares) / len(frames)
        for frames in (smallest, small)  # warm, and not traced
    )
    per_pixel = max(high - low, 0.0) / (areas[1] - areas[0]) if areas[1] > areas[0] else 0.0
    per_frame = high + per_pixel * (pixels - areas[1])
    return _Smoothing(per_frame * num_frames, memory)


def _traced(measured: Callable[[], float]) -> tuple[float, int]:
    """Return what ``measured`` returns, and the most bytes held meanwhile. A caller's own tracing goes on."""
    if tracing := tracemalloc.is_tracing():
        tracemalloc.reset_peak()
    else:
        tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    try:
        result = measured()
        return result, tracemalloc.get_traced_memory()[1] - before
    finally:
        if not tracing:
            tracemalloc.stop()


def _seconds_of_smoothing(frames: list[Frame], smoother: Smoother, fps: Fraction, shares: Shares) -> float:
    """Return the seconds of smoothing frames, a share of which each process has, and measuring them here."""
    started = time.perf_counter()
    measure(frames, fps=fps)
    if shares.smoothing == 1:
        measure(smoother(frames), reference=frames, flow_on="self", fps=fps)
        return time.perf_counter() - started
    with _threads(shares):
        begun = time.perf_counter()
        smoothed = list(smoother(frames))
        taken = time.perf_counter() - begun
    measure(smoothed, reference=frames, flow_on="self", fps=fps)
    return time.perf_counter() - started - taken * (1 - 1 / shares.smoothing)


def _small_clip(image: Frame, generator: "FrameGenerator", most: int) -> list[Frame]:
    """Return a clip of an image that moves on by a pixel a frame, at most ``most`` pixels a side."""
    height, width = (min(side, most) for side in generator.size)
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
