"""The contract of everything that makes frames; no torch.

To add a way of generating frames, write one file with a ``FrameGenerator`` and add its row to ``GENERATORS``
in ``framesmooth.registry``. A clip finds it by name: from what it is asked to start from (``specs``), else
from the notes of its model (``"generator": "NAME"`` in the model's framesmooth.json).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import ModelError
from framesmooth.events import KeyframeDone, Notice
from framesmooth.frames import Frame, GeneratedFrame
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.generation.work import Probe, Work
from framesmooth.timeline.timeline import Timeline

if TYPE_CHECKING:
    from framesmooth.models.text_to_image import TextToImage
    from framesmooth.models.video_model import VideoModel

PREVIEW_KEYFRAMES: Final = 12

StepsDone = Callable[[int], None]
"""Is told after every denoising step how many keyframes it advanced."""


class LatentStore(Protocol):
    """Frame index -> float32 (2, C, h, w): the state where in-betweens branch off, and the final latents.

    A dictionary is one.
    """

    def __contains__(self, time: object, /) -> bool: ...

    def __getitem__(self, time: int, /) -> NDArray[np.float32]: ...

    def __setitem__(self, time: int, latents: NDArray[np.float32], /) -> None: ...


class ImageStore(Protocol):
    """Frame index -> a generated image to go on from; its fault is that of the image that it replaced.

    A dictionary is one.
    """

    def __contains__(self, time: object, /) -> bool: ...

    def __getitem__(self, time: int, /) -> GeneratedFrame: ...

    def __setitem__(self, time: int, image: GeneratedFrame, /) -> None: ...


def _no_video() -> "VideoModel":
    raise ModelError("this clip has no video pipeline: give --model one")


@dataclass(frozen=True, kw_only=True)
class GenerationRequest:
    """What a generator is made from.

    Attributes:
        timeline: the prompts, seeds and number of frames.
        load_model: loads the text-to-image model, or gives one that is loaded; a generator with networks of
            its own doesn't call it.
        load_video: likewise of the video pipeline, for the generator that is for one.
        sampling: how frames are sampled.
        plan: what the frames start from besides noise: one of ``specs``; None is nothing.
        latents: where keyframes are kept as latents; None keeps them in memory.
        images: where keyframes are kept as images; None keeps them in memory.
    """

    timeline: Timeline
    load_model: "Callable[[], TextToImage]"
    sampling: SamplingSpec
    load_video: "Callable[[], VideoModel]" = _no_video
    plan: Any = None
    latents: LatentStore | None = None
    images: ImageStore | None = None


class FrameGenerator(ABC):
    """The frames of a clip, generated. It is a FrameSource as well.

    Generation has two parts. ``keyframes`` generates what other frames are made from, in order, and keeps it
    in a store; whatever is in the store already is not generated again. ``render`` makes the frames of one
    of ``batches`` from that. A generator without keyframes does everything in ``render``.

    The same frame is the same whatever is in the store, however often a run was stopped. ``facts``, ``work``,
    ``probe`` and ``preview`` generate nothing that is kept.

    Attributes:
        fps: frames per second.
        size: (height, width) of the frames in pixels.
        num_frames: how many frames the clip has.
        cadence: at most this many frames from one keyframe to the next, "auto" where the content decides.
        crossfaded: keyframes after which no motion could be followed, so that frames were cross-faded; may
            grow while rendering.
    """

    replaces_faulty_keyframes: ClassVar[bool] = False
    """Whether a fault says what was wrong with an image that another one has replaced."""

    rerolls_frames: ClassVar[bool] = True
    """Whether a single frame can be generated again and still fits between its neighbours."""

    divides: ClassVar[bool] = False
    """Whether other processes can make its batches: it is a ``batch_executor.DivisibleGenerator`` as well."""

    fps: Fraction
    size: tuple[int, int]
    cadence: int | Literal["auto"]
    crossfaded: set[int]

    @classmethod
    @abstractmethod
    def create(cls, request: GenerationRequest) -> "FrameGenerator":
        """Return a generator of the frames that are asked for; loads what it needs.

        Raises:
            UsageError: something asked for that it cannot do.
            ModelError: a model that cannot be loaded.
        """

    @property
    @abstractmethod
    def num_frames(self) -> int: ...  # noqa: D102

    @property
    @abstractmethod
    def batches(self) -> Sequence[range]:
        """The frames that are rendered together: all frames, in order, each once.

        Known once ``keyframes`` is exhausted; where keyframes are found on the way, asking generates them.
        """

    @property
    def keyframe_indices(self) -> tuple[int, ...]:
        """The frames that are generated as keyframes, in order; known when ``batches`` is."""
        return ()

    @property
    def shown_keyframes(self) -> tuple[int, ...]:
        """The frames that show a keyframe unchanged; known when ``batches`` is."""
        return self.keyframe_indices

    def cuts(self, timeline: Timeline) -> Iterable[int]:
        """Return the frames that show another picture than the one before: where the prompt jumps."""
        return timeline.jumps

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the frames: plain JSON types.

        A run whose facts have changed starts again. "scheduler", where there is one, is written into frames.
        """

    @abstractmethod
    def work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count the work that is left; ``is_rendered`` tells whether a frame exists already."""

    def least_work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count the least work that is left; it differs where ``work`` is an upper bound."""
        return self.work(is_rendered)

    @abstractmethod
    def keyframes(self, on_step: StepsDone | None = None) -> Iterator[KeyframeDone]:
        """Generate the keyframes that the store lacks; yield each, also those that are there, once stored.

        ``on_step`` is called after every denoising step with the number of keyframes that it advanced.
        """

    @abstractmethod
    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the frames of one of ``batches``; the keyframes around it must be in the store.

        It is called from another thread than ``keyframes``, after it.
        """

    @abstractmethod
    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` generated from other noise, in place of a bad one; ``attempt`` is 1, 2..."""

    @abstractmethod
    def preview(
        self, *, steps: int, size: tuple[int, int] | None = None, keyframes: int = PREVIEW_KEYFRAMES
    ) -> "FrameGenerator":
        """Return a generator of the same clip, from the same seeds, that is quicker.

        Args:
            steps: denoising steps at most.
            size: (height, width) in pixels that its frames may shrink to, as far as layout survives that;
                None is the size that the model was trained for.
            keyframes: how many there are at most, unless there are more prompts.
        """

    def notices(self, model_name: str) -> Iterator[Notice]:
        """Yield where the model called ``model_name`` was asked for something that it doesn't do."""
        return iter(())

    @property
    def moving_region(self) -> NDArray[np.float32] | None:
        """Pixels that smoothing must spare, (H, W), 0 to 1: water, sky, flames and sails move by themselves.

        None where nothing does. Ask only when the keyframes are in the store.
        """
        return None

    def remarks(self) -> Iterator[Notice]:
        """Yield what the clip lacks of what was asked for. Call it when the keyframes are in the store."""
        return iter(())

    def probe(self, is_worth_it: Callable[[Probe, float], bool]) -> Probe:
        """Measure what units of work cost on this machine.

        One image is measured, and then a whole batch if ``is_worth_it`` says so; it is told the first result
        and the seconds that the batch would take.

        Raises:
            ModelError: when that cannot be measured; a run then begins without an estimate.
        """
        raise ModelError(f"{type(self).__name__} has no estimate of its cost: run it without --dry-run")

    def __iter__(self) -> Iterator[Frame]:
        """Generate all frames from the first one.

        Raises:
            ModelError: for a frame that isn't made of numbers.
        """
        for _ in self.keyframes():
            pass
        for batch in self.batches:
            for generated in self.render(batch):
                if generated.fault == "nan" and not self.replaces_faulty_keyframes:
                    raise ModelError(self.nan_advice)
                yield generated.frame

    @property
    def nan_advice(self) -> str:
        """What to tell the user whose frames are not made of numbers."""
        return "the model answered with NaN: use --dtype float32"


def keyframes_done(
    batches: Iterator[list[int]],
    total: int,
    decode: Callable[[int], GeneratedFrame],
    *,
    at_most: bool = False,
) -> Iterator[KeyframeDone]:
    """Yield the keyframes of each finished batch, one by one.

    Args:
        batches: frame indices, each batch given once its keyframes are stored.
        total: how many there are, an upper bound if ``at_most``.
        decode: gives the image of a stored keyframe.
        at_most: whether there may be fewer.
    """
    done = 0
    for batch in batches:
        for time in batch:
            done += 1
            yield KeyframeDone(
                frame=time, done=done, total=total, at_most=at_most, decode=_decoded(decode, time)
            )


def _decoded(decode: Callable[[int], GeneratedFrame], time: int) -> Callable[[], GeneratedFrame]:
    return lambda: decode(time)
