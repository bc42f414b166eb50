"""A generator in NumPy, without a model, latents or keyframes: what a GAN looks like to the rest."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np

from framesmooth.events import KeyframeDone
from framesmooth.frames import GeneratedFrame
from framesmooth.generation.base import PREVIEW_KEYFRAMES, FrameGenerator, GenerationRequest, StepsDone
from framesmooth.generation.work import Work
from framesmooth.timeline.timeline import Timeline


@dataclass(frozen=True, kw_only=True)
class Gradients(FrameGenerator):
    """A gradient whose colour comes from the seed and whose phase moves with time."""

    timeline: Timeline
    fps: Fraction
    size: tuple[int, int]
    cadence: int = 1
    crossfaded: set[int] = field(default_factory=set[int])

    @classmethod
    def create(cls, request: GenerationRequest) -> "Gradients":
        """Return the generator; no model is loaded."""
        spec = request.sampling
        size = spec.height or 24, spec.width or 32
        return cls(timeline=request.timeline, fps=spec.fps, size=size)

    @property
    def num_frames(self) -> int:
        """How many frames the timeline has."""
        return self.timeline.num_frames

    @property
    def batches(self) -> Sequence[range]:
        """Four frames each."""
        return [range(at, min(at + 4, self.num_frames)) for at in range(0, self.num_frames, 4)]

    def facts(self) -> dict[str, Any]:
        """Return its size."""
        return {"size": list(self.size)}

    def work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count the frames of the batches that are not rendered."""
        left = [batch for batch in self.batches if not all(map(is_rendered, batch))]
        return Work(frames=sum(map(len, left)))

    def keyframes(self, on_step: StepsDone | None = None) -> Iterator[KeyframeDone]:
        """Yield nothing: every frame stands alone."""
        return iter(())

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the frames of a batch."""
        return [self._frame(time, self.timeline.keyframes[0].seed) for time in batch]

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return the frame in another colour."""
        return self._frame(time, self.timeline.keyframes[0].seed + attempt)

    def _frame(self, time: int, seed: int) -> GeneratedFrame:
        height, width = self.size
        color = np.random.default_rng(seed).uniform(0.5, 1, 3)
        phase = (np.arange(width) / width + np.arange(height)[:, None] / height) * np.pi + time / 8
        return GeneratedFrame(np.asarray(127 + 100 * np.sin(phase)[..., None] * color, np.uint8))

    def preview(
        self, *, steps: int, size: tuple[int, int] | None = None, keyframes: int = PREVIEW_KEYFRAMES
    ) -> "Gradients":
        """Return a generator of the wanted size."""
        return self if size is None else replace(self, size=size)
