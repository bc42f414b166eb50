"""Prompt travel: keyframes of a timeline, denoised from noise, and the frames between them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby, pairwise
from math import ceil, prod
from typing import Any, ClassVar, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from framesmooth.frames import Frame, GeneratedFrame
from framesmooth.generation.adaptive_keyframes import LARGEST_GAP, Bisection, all_possible_times
from framesmooth.generation.base import PREVIEW_KEYFRAMES, GenerationRequest, LatentStore, StepsDone
from framesmooth.generation.batch_executor import BatchExecutor, Drawn, KeyframePlan
from framesmooth.generation.color_transfer import distance
from framesmooth.generation.denoising import Noises, denoise_keyframes
from framesmooth.generation.diffusion import DiffusionGenerator
from framesmooth.generation.keyframes import (
    Keys,
    auto_cadence,
    batches_of,
    diffuse_keyframes,
    drawn_keyframes,
    keyframe_times,
    preview_cadence,
)
from framesmooth.generation.latent_inbetweens import latent_frames
from framesmooth.generation.latent_path import LatentPath, create_path
from framesmooth.generation.pacing import Pace, even_pace
from framesmooth.generation.work import Tally, Work
from framesmooth.interpolation.frame_pair import mixed
from framesmooth.models.latents import slerp

_THUMBNAIL_SIDE: Final = 256
"""Pixels of the longer side of the images that keyframes are compared by."""

_THUMBNAILS_KEPT: Final = 100

_BYTES_OF_LATENTS: Final = 2 * 4
"""Two float32 states of every keyframe are stored."""


@dataclass(frozen=True, kw_only=True)
class PromptTravel(DiffusionGenerator):
    """Frames that travel from prompt to prompt.

    Attributes:
        cadence: at most this many frames from one keyframe to the next; "auto" finds keyframes by halving
            segments whose ends differ by more than motion.
        pacing: "linear", or "even" for frames that are equally far apart.
        inbetween: how the frames between keyframes are made, one of INBETWEENS.
        flow: name of the flow estimator for "flow".
        store: where the keyframes' latents go.
        executor: makes the keyframes; None for this process alone.
        known: what another process has found of this clip.
    """

    divides: ClassVar[bool] = True

    pacing: str = "linear"
    inbetween: str = "latent"
    flow: str = "dis-medium"
    store: LatentStore = field(default_factory=dict[int, NDArray[np.float32]])
    executor: BatchExecutor | None = field(default=None, repr=False, compare=False)
    known: KeyframePlan | None = field(default=None, repr=False, compare=False)
    _thumbnails: dict[int, Frame] = field(default_factory=dict[int, Frame], init=False, repr=False)

    @classmethod
    def create(cls, request: GenerationRequest) -> "PromptTravel":
        """Load the model and return the generator; raises what ``create_path`` does."""
        spec = request.sampling
        return PromptTravel(
            path=create_path(request.load_model(), request.timeline, spec),
            fps=spec.fps,
            cadence=auto_cadence(request.timeline) if spec.cadence is None else spec.cadence,
            pacing=spec.pacing,
            inbetween=spec.inbetween,
            store={} if request.latents is None else request.latents,
        )

    @cached_property
    def key_times(self) -> tuple[int, ...]:
        """The frames at which keyframes are; adaptive ones are generated now."""
        if self.known is not None:
            return self.known.key_times
        return self._bisection.times if self.cadence == "auto" else self._possible_times

    @property
    def _possible_times(self) -> tuple[int, ...]:
        timeline = self.path.timeline
        if self.cadence == "auto":
            return all_possible_times(timeline)
        return keyframe_times(timeline, self.cadence)

    @cached_property
    def _bisection(self) -> Bisection:
        return Bisection(path=self.path, store=self.store, thumbnail=self.thumbnail, executor=self.executor)

    @cached_property
    def keys(self) -> Keys:
        """The keyframes by position: frames at the same position share one."""
        return Keys.of(self.path, self.key_times)

    @property
    def keyframe_indices(self) -> tuple[int, ...]:
        """The keyframes that differ from all earlier ones."""
        return self.keys.diffused

    @cached_property
    def possible_keyframes(self) -> tuple[int, ...]:
        """The keyframes that there may be; generates nothing."""
        return self._possible_keys.diffused

    @cached_property
    def _possible_keys(self) -> Keys:
        return Keys.of(self.path, self._possible_times)

    @property
    def shown_keyframes(self) -> tuple[int, ...]:
        """The frames that show a keyframe: paced evenly, others than the keyframes' own."""
        if self.pacing == "linear":
            return self.keyframe_indices
        return tuple(time for time in range(self.num_frames) if self.neighbors(time)[2] == 0)

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Denoise the keyframes that the store lacks; yield the frames of each batch once it is stored."""
        if self.cadence == "auto":
            return self._bisection.diffuse(on_step)
        return diffuse_keyframes(
            self.path, self.keyframe_indices, self.store, on_step, executor=self.executor
        )

    def shared_by(self, executor: BatchExecutor) -> "PromptTravel":
        """Return the same generator, whose keyframes ``executor`` makes."""
        return replace(self, executor=executor)

    def draw(self, batch: Sequence[int], on_step: StepsDone | None = None) -> Drawn:
        """Return the keyframes of one batch; nothing is stored."""
        return drawn_keyframes(self.path, batch, on_step)

    def keyframe_plan(self) -> KeyframePlan:
        """Return what was found while keyframes were generated; known when they are all stored."""
        return KeyframePlan(self.key_times, self.paced_path.pace)

    def needed(self, batch: range) -> Drawn:
        """Return the keyframes that the frames of a batch are made from; all others attend to the first."""
        times = {0} if self.inbetween == "latent" else set()
        for time in batch:
            times.update(self.neighbors(time)[:2])
        return {time: self.store[time] for time in sorted(times)}

    def informed(self, keyframe_plan: KeyframePlan, latents: Drawn) -> "PromptTravel":
        """Return the same generator with what another process has found and stored."""
        return replace(self, known=keyframe_plan, store=dict(latents))

    def keyframe(self, time: int) -> GeneratedFrame:
        """Return a keyframe, which must be in the store."""
        (generated,) = self._decode(torch.from_numpy(self.store[time][1])[None])
        self._keep_thumbnail(time, generated.frame)
        return generated

    def thumbnail(self, time: int) -> Frame:
        """Return a small image of a keyframe, which must be in the store; the latest ones are kept."""
        if time not in self._thumbnails:
            return self._keep_thumbnail(time, self.keyframe(time).frame)
        return self._thumbnails[time]

    def _keep_thumbnail(self, time: int, frame: Frame) -> Frame:
        if time not in self._thumbnails:
            if len(self._thumbnails) == _THUMBNAILS_KEPT:
                self._thumbnails.pop(next(iter(self._thumbnails)))
            self._thumbnails[time] = shrunk(frame)
        return self._thumbnails[time]

    @cached_property
    def paced_path(self) -> LatentPath:
        """The path at the pace of the clip; an even pace is measured on the keyframes."""
        if self.known is not None:
            return self.path if self.known.pace is None else self.path.paced(self.known.pace)
        return self.path if self.pacing == "linear" else self.path.paced(self.measured_pace())

    def measured_pace(self) -> Pace:
        """Return the pace at which the image changes evenly; generates the keyframes that are missing."""
        for _ in self.diffuse():
            pass
        thumbnails = map(self.thumbnail, self.keys.times)
        distances = [distance(first, last) for first, last in pairwise(thumbnails)]
        return even_pace(self.keys.positions, distances)

    def neighbors(self, time: int) -> tuple[int, int, float]:
        """Return (keyframe before, keyframe after, share of the way between them) for a frame."""
        return self.keys.around(self.paced_path.position(time))

    @cached_property
    def batches(self) -> tuple[range, ...]:
        """The frames rendered together: fixed ranges, or keyframe to keyframe where pixels are blended."""
        return self._batches(self.neighbors)

    def _batches(self, neighbors: Callable[[int], tuple[int, int, float]]) -> tuple[range, ...]:
        if self.inbetween == "latent":
            size = self.path.sampling.batch_size
            return tuple(range(at, min(at + size, self.num_frames)) for at in range(0, self.num_frames, size))
        groups = groupby(range(self.num_frames), lambda time: neighbors(time)[:2])
        runs = [list(times) for _, times in groups]
        return tuple(range(times[0], times[-1] + 1) for times in runs)

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the frames of one of ``batches``; the keyframes around it must be in the store."""
        if self.inbetween == "latent":
            return self._decode(latent_frames(self.paced_path, batch, self.keys, self.store.__getitem__))
        ends = self.neighbors(batch.start)[:2]
        first, last = self._decode(torch.from_numpy(np.stack([self.store[time][1] for time in ends])))
        shares = [self.neighbors(time)[2] for time in batch]
        between = [share for share in shares if share > 0]
        frames, crossfaded = mixed(first.frame, last.frame, between, self.inbetween, self.flow)
        if crossfaded:
            self.crossfaded.add(batch.start)
        at_keyframe = [first] * (len(shares) - len(between))
        return [*at_keyframe, *(GeneratedFrame(frame, first.fault or last.fault) for frame in frames)]

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` denoised in all steps from another noise, half of it its own.

        Neighbouring frames get neighbouring noise, so a series of them holds together.
        """
        path = self.paced_path
        seed, fresh = self._reroll_noise(time, attempt)
        noises = Noises([slerp(path.noise(time), fresh, 0.5)], [seed])
        return self._decode(denoise_keyframes(path, [time], noises=noises)[:, 1])[0]

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the latents: plain JSON types."""
        sampling = self.path.sampling
        own = {"batch_size": sampling.batch_size, "branch_step": sampling.branch_step}
        return super().facts() | own

    def _decode(self, latents: torch.Tensor) -> list[GeneratedFrame]:
        return [self._cropped(generated) for generated in self.path.model.decode_judged(latents)]

    def work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count what is left to do, at most: how many keyframes there will be may not be known yet."""
        sampling = self.path.sampling
        chunks = [chunk for chunk in self._chunks if not all(time in self.store for time in chunk[0])]
        possible = self._batches(lambda time: self._possible_keys.around(self.path.position(time)))
        batches = [batch for batch in possible if not all(map(is_rendered, batch))]
        denoised = [(first, len(times)) for times, first in chunks]
        latent, shown = self.inbetween == "latent", self._certainly_shown
        between = [sum(time not in shown for time in batch) for batch in batches]
        if latent and sampling.branch_step < sampling.steps:
            denoised += [(sampling.branch_step, images) for images in between]
        guided, unguided = self._denoising(denoised)
        decoded = [len(batch) if latent else 2 for batch in batches]
        compared = len(self.possible_keyframes) if self._compares_keyframes else 0
        return Work(
            keyframes=sum(len(times) for times, _ in chunks),
            keyframe_steps=sum(len(times) * self.path.steps_from(first) for times, first in chunks),
            guided=guided,
            unguided=unguided,
            coded=Tally(sum(ceil(count / self._images_at_once) for count in decoded), sum(decoded))
            + Tally(compared, compared),
            blended=0 if latent else sum(between),
            frames=sum(map(len, batches)),
            keyframe_bytes=_BYTES_OF_LATENTS
            * prod(self.path.model.latent_shape(sampling.height, sampling.width)),
            at_most=self.cadence == "auto",
            batches=tuple(len(times) for times, _ in chunks),
        )

    def least_work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count what is left to do where no segment has to be halved."""
        if self.cadence != "auto":
            return self.work(is_rendered)
        return replace(self, cadence=LARGEST_GAP).work(is_rendered)

    @property
    def _chunks(self) -> Sequence[tuple[list[int], int]]:
        """The keyframes that are denoised together, and the step that they begin at."""
        return [(times, 0) for times in batches_of(self.possible_keyframes, self.path.sampling.batch_size)]

    @property
    def _certainly_shown(self) -> set[int]:
        """The frames that need no steps of their own beyond those of ``possible_keyframes``."""
        frames, path = range(self.num_frames), self.path
        if self.pacing == "linear":
            return {time for time in frames if self._possible_keys.around(path.position(time))[2] == 0}
        return {time for time in frames if path.at(time)[2] == 0}  # prompts keep their time at any pace

    @property
    def _compares_keyframes(self) -> bool:
        return self.cadence == "auto" or self.pacing != "linear"

    def _blend(self, image: Frame) -> None:
        if self.inbetween != "latent":
            mixed(image, image[::-1].copy(), [0.5], self.inbetween, self.flow)

    def preview(
        self, *, steps: int, size: tuple[int, int] | None = None, keyframes: int = PREVIEW_KEYFRAMES
    ) -> "PromptTravel":
        """Return a quicker generator of the same clip; under a control its frames keep their size."""
        path = self.path.previewed(steps, size)
        return replace(
            self,
            path=path,
            cadence=preview_cadence(path.timeline, keyframes),
            pacing="linear",
            store={},
            crossfaded=set(),
            executor=None,
        )


def shrunk(image: Frame) -> Frame:
    """Return a small copy of an image, of the size that keyframes are compared in."""
    scale = _THUMBNAIL_SIDE / max(image.shape)
    if scale >= 1:
        return image
    size = [max(8, round(side * scale)) for side in image.shape[1::-1]]
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
