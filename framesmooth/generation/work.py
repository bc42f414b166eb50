"""Counts of the work that a generator has left, and what a unit of it costs on this machine; no torch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from framesmooth.frames import Frame

LEAST_SPREAD: Final = (0.75, 1.5)
"""Factors of what was measured that the truth is taken to lie between, at least: machines have other work."""

UNGUIDED_SHARE: Final = 0.5
"""What a step after the end of guidance costs, of a guided one, which takes a second network evaluation."""


@dataclass(frozen=True)
class Tally:
    """Calls of a network, and the images that went through in all of them."""

    calls: int = 0
    images: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        """Return both together."""
        return Tally(self.calls + other.calls, self.images + other.images)

    def __mul__(self, factor: int) -> "Tally":
        """Return ``factor`` times as many of both."""
        return Tally(self.calls * factor, self.images * factor)


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a generator has left to do. Bad frames that are generated once more come on top.

    Attributes:
        keyframes: keyframes to generate.
        keyframe_steps: how much ``keyframes`` will report to ``on_step`` in all.
        guided: denoising steps with the guidance asked for, where there is any.
        unguided: denoising steps after guidance has ended.
        coded: images to decode or to encode.
        blended: frames to make from the pixels of two keyframes.
        frames: frames that are not rendered yet.
        keyframe_bytes: of one stored keyframe; None for one that is stored as a PNG.
        at_most: whether keyframes are found on the way, so that all counts are upper bounds.
        segments: clips of a video pipeline to generate, 0 for other generators.
        batches: how many keyframes are denoised together, batch by batch, where processes may share them.
    """

    frames: int
    keyframes: int = 0
    keyframe_steps: int = 0
    guided: Tally = field(default_factory=Tally)
    unguided: Tally = field(default_factory=Tally)
    coded: Tally = field(default_factory=Tally)
    blended: int = 0
    keyframe_bytes: int | None = None
    at_most: bool = False
    segments: int = 0
    batches: tuple[int, ...] = ()

    def quicker(self, workers: int) -> float:
        """Return how many times as fast workers are who take the batches in turns, each when it is free."""
        busy = [0] * workers
        for images in self.batches:
            busy[busy.index(min(busy))] += images
        return sum(busy) / max(busy) if any(busy) else float(workers)

    def evaluations(self, per_guided_step: float) -> int:
        """Return network evaluations times batch size; ``per_guided_step`` is 2 with two-sided guidance."""
        return round(per_guided_step * (self.guided.images + UNGUIDED_SHARE * self.unguided.images))


@dataclass(frozen=True)
class Cost:
    """Seconds of a call: those of every call, and those of every image in it."""

    call: float
    image: float

    @classmethod
    def through(cls, measured: Sequence[tuple[int, float]]) -> "Cost":
        """Return what explains one or two measurements (images, seconds)."""
        (few, quick), (many, slow) = measured[0], measured[-1]
        if few == many:
            return cls(0.0, slow / many)
        slow = min(slow, quick * many / few)  # together is no slower than one by one
        image = min(max(0.0, slow - quick) / (many - few), slow / many)
        return cls(slow - many * image, image)

    def of(self, tally: Tally) -> float:
        """Return the seconds of so many calls and images."""
        return tally.calls * self.call + tally.images * self.image


@dataclass(frozen=True)
class Probe:
    """What a generator's units of work cost on this machine, measured.

    Attributes:
        step: of a denoising step with guidance.
        coded: of decoding.
        blended: seconds to blend two keyframes into one frame between them.
        evaluations: network evaluations per image in one such step.
        image: one that was generated, uint8 (H, W, 3), at least as large as the clip's frames.
        memory: bytes at most, of the device for CUDA, else of the process.
        free: bytes that there are for it, with those that are taken.
        device: whose memory it is.
        spread: how much less and more than measured it may be, as factors.
    """

    step: Cost
    coded: Cost
    blended: float
    evaluations: float
    image: Frame
    memory: int
    free: int
    device: str = "cpu"
    spread: tuple[float, float] = LEAST_SPREAD

    def seconds(self, work: Work) -> tuple[float, float]:
        """Return the seconds of ``work``: (denoising, decoding and blending)."""
        denoising = self.step.of(work.guided) + UNGUIDED_SHARE * self.step.of(work.unguided)
        return denoising, self.coded.of(work.coded) + self.blended * work.blended
