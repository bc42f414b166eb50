"""Who makes the batches of a clip: this process alone, or others beside it.

Keyframes and frames are made in batches that are cut at fixed places, so the result doesn't depend on which
process makes which. A generator that ``divides`` hands its batches to its ``executor``, and takes the results
in order.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import GeneratedFrame
from framesmooth.generation.base import FrameGenerator, StepsDone
from framesmooth.generation.pacing import Pace

Drawn = Mapping[int, NDArray[np.float32]]
"""Frame index -> its entry of the latent store, for the frames of a batch."""


class BatchExecutor(Protocol):
    """Makes batches of keyframes and frames: in this process, or in others too."""

    def draw(
        self,
        batches: Sequence[Sequence[int]],
        here: Callable[[Sequence[int], StepsDone | None], Drawn],
        keep: Callable[[Drawn], None],
        on_step: StepsDone | None,
    ) -> Iterator[None]:
        """Make batches of keyframes; yield after each, in order, once it is kept.

        Args:
            batches: of frames.
            here: makes a batch in this process.
            keep: puts what was made into the store; batches come in any order.
            on_step: is told after denoising steps how many keyframes they advanced.
        """

    def render(self, generator: FrameGenerator, batches: Sequence[range]) -> Iterator[list[GeneratedFrame]]:
        """Yield the frames of ``batches``, in order; the keyframes around them must be in the store."""


class LocalExecutor:
    """This process makes all batches."""

    def draw(
        self,
        batches: Sequence[Sequence[int]],
        here: Callable[[Sequence[int], StepsDone | None], Drawn],
        keep: Callable[[Drawn], None],
        on_step: StepsDone | None,
    ) -> Iterator[None]:
        """Make batches of keyframes, one after another."""
        for batch in batches:
            keep(here(batch, on_step))
            yield

    def render(self, generator: FrameGenerator, batches: Sequence[range]) -> Iterator[list[GeneratedFrame]]:
        """Yield the frames of batches, one after another."""
        return map(generator.render, batches)


@dataclass(frozen=True)
class KeyframePlan:
    """What generating the keyframes has found out, and the frames depend on.

    Attributes:
        key_times: the keyframes, in order.
        pace: of the clip, None where it is that of its timeline.
    """

    key_times: tuple[int, ...]
    pace: Pace | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it in plain types, as ``keyframe_plan_of`` reads them."""
        pace = None if self.pace is None else [list(self.pace.at), list(self.pace.to)]
        return {"key_times": list(self.key_times), "pace": pace}


def keyframe_plan_of(plain: Mapping[str, Any]) -> KeyframePlan:
    """Return the plan that ``as_dict`` made plain."""
    pace = plain["pace"]
    known = None if pace is None else Pace(tuple(pace[0]), tuple(pace[1]))
    return KeyframePlan(tuple(plain["key_times"]), known)


class DivisibleGenerator(Protocol):
    """A generator whose batches other processes can make, each with a generator of the same clip.

    Attributes:
        crossfaded: as of every generator; those of a batch are known when it is rendered.
    """

    crossfaded: set[int]

    def shared_by(self, executor: BatchExecutor) -> "DivisibleGenerator":
        """Return the same generator, whose keyframes ``executor`` makes."""

    def draw(self, batch: Sequence[int], on_step: StepsDone | None = None) -> Drawn:
        """Return the keyframes of one batch; nothing is stored."""

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the frames of a batch; the keyframes around it must be in the store."""

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the frames."""

    def keyframe_plan(self) -> KeyframePlan:
        """Return what was found while keyframes were generated; known when they are all stored."""

    def needed(self, batch: range) -> Drawn:
        """Return the keyframes that the frames of a batch are made from."""

    def informed(self, keyframe_plan: KeyframePlan, latents: Drawn) -> "DivisibleGenerator":
        """Return the same generator with what another process has found and stored."""
