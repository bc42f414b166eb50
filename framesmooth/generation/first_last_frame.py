"""First- and last-frame conditioning: the frames between two images that are given.

The keyframes between are generated in rounds, each from the two around it (Wang and Golland 2023,
"Interpolating between Images with Diffusion Models"): the latents of both get noise, are interpolated along
the arc, and are denoised with the prompt of the new frame. The first round, in the middle, is the freest;
every later one stays closer to its neighbours, so the path gets finer and not wilder. In-betweens branch off
as anywhere else.

An image that goes through the autoencoder and the last steps comes out slightly changed. The frames beside
the given images are corrected by this difference, which fades with distance. Paced evenly, the path is
travelled at constant speed, this difference included, so that the clip neither starts nor ends with a cut.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import ClassVar, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.frames import Frame, GeneratedFrame, as_float, as_uint8
from framesmooth.generation.base import PREVIEW_KEYFRAMES, GenerationRequest, StepsDone
from framesmooth.generation.color_transfer import distance
from framesmooth.generation.given_images import held_share, with_holds
from framesmooth.generation.image_latents import invert_images
from framesmooth.generation.keyframes import auto_cadence, diffuse_keyframes, preview_cadence
from framesmooth.generation.latent_path import LatentPath, create_path
from framesmooth.generation.pacing import Pace
from framesmooth.generation.prompt_travel import PromptTravel, shrunk
from framesmooth.generation.specs import FirstLastImages
from framesmooth.generation.work import Tally, Work
from framesmooth.models.conditioning import stack
from framesmooth.models.latents import slerp
from framesmooth.video.resize import crop, fitted

_STRENGTH_PER_ROUND: Final = 0.8
"""Share of the strength of a round that the next one has."""
_CORRECTED_FRAMES: Final = 6
"""Frames over which the correction beside a given image fades, at least."""
_SLOWER: Final = 2.0
"""How many times slower than the rest of the way a correction fades."""
_WIDEST_CORRECTION: Final = 0.5
"""Share of the way."""
FIRST: Final = "--init-image"
LAST: Final = "--last-image"


@dataclass(frozen=True, kw_only=True)
class FirstLastFrame(PromptTravel):
    """Frames of a timeline that end, and may begin, with an image that is given.

    Attributes:
        ends: the images, of the denoised size, and the strengths.
    """

    divides: ClassVar[bool] = False

    ends: FirstLastImages

    @classmethod
    def create(cls, request: GenerationRequest) -> "FirstLastFrame":
        """Load the model and return the generator; ``request.plan`` is a FirstLastImages."""
        spec, ends = request.sampling, request.plan
        path = create_path(request.load_model(), request.timeline, spec)
        size = path.sampling.height, path.sampling.width
        first = None if ends.first is None else fitted(ends.first, size)
        return FirstLastFrame(
            path=path,
            fps=spec.fps,
            cadence=spec.cadence if isinstance(spec.cadence, int) else auto_cadence(request.timeline),
            inbetween=spec.inbetween,
            pacing=spec.pacing,
            store={} if request.latents is None else request.latents,
            ends=replace(ends, first=first, last=fitted(ends.last, size)),
        )

    @cached_property
    def _given(self) -> dict[int, Frame]:
        first = {} if self.ends.first is None else {0: self.ends.first}
        return first | {self.keyframe_indices[-1]: self.ends.last}

    @cached_property
    def _rounds(self) -> list[list[tuple[int, int, int]]]:
        """Per round the keyframes that are generated in it, each with the two that it is made from."""
        times = self.keyframe_indices
        spans, rounds = [(0, len(times) - 1)], []
        while spans := [(start, end) for start, end in spans if end - start > 1]:
            middles = [(start, (start + end) // 2, end) for start, end in spans]
            rounds.append([(times[middle], times[start], times[end]) for start, middle, end in middles])
            spans = [half for start, middle, end in middles for half in ((start, middle), (middle, end))]
        return rounds

    @property
    def _chunks(self) -> Sequence[tuple[list[int], int]]:
        """The keyframes that are denoised together, and the step that they begin at."""
        steps = self.path.sampling.steps
        denoised = [
            ([time for time, _, _ in batch], steps - self._steps_of(batch[0][0], depth))
            for depth, entries in enumerate(self._rounds)
            for batch in self._batched(entries, depth)
        ]
        return denoised if 0 in self._given else [([0], 0), *denoised]

    def work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count what is left to do. A given image is encoded, and denoised once more for its correction."""
        counted, sampling = super().work(is_rendered), self.path.sampling
        encoded = sum(time not in self.store for time in self._given) * self.path.model.autoencoder.inversion
        corrected = len(self._given) if counted.frames else 0
        again = corrected if self._branches else 0
        compared = len(self.possible_keyframes) if counted.frames and self._compares_keyframes else 0
        guided, unguided = self._denoising([(sampling.branch_step, 1)] * again)
        return replace(
            counted,
            guided=counted.guided + guided,
            unguided=counted.unguided + unguided,
            coded=counted.coded + Tally(encoded + corrected + compared, encoded + corrected + compared),
        )

    @property
    def _branches(self) -> bool:
        """Whether in-betweens are denoised for some steps of their own."""
        return self.inbetween == "latent" and self.path.sampling.branch_step < self.path.sampling.steps

    def _steps_of(self, time: int, depth: int) -> int:
        """Return how many steps denoise a frame in a round: as many as an in-between takes at least."""
        sampling = self.path.sampling
        wanted = round(self.ends.strengths[time] * _STRENGTH_PER_ROUND**depth * sampling.steps)
        return max(wanted, sampling.steps - sampling.branch_step, 1)

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Make the keyframes that the store lacks; yield the frames of each batch once it is stored."""
        for time, image in self._given.items():
            if time not in self.store:
                final = invert_images(self.path.model, [image])[0]
                branch = self._noised(final, time, self.path.sampling.branch_step)
                self.store[time] = np.stack([branch.numpy(), final.numpy()])
            yield [time]
        if 0 not in self._given:
            yield from diffuse_keyframes(self.path, [0], self.store, on_step)
        for depth, entries in enumerate(self._rounds):
            for batch in self._batched(entries, depth):
                if not all(time in self.store for time, _, _ in batch):
                    steps = self._steps_of(batch[0][0], depth)
                    for (time, _, _), pair in zip(batch, self._between(batch, steps, on_step), strict=True):
                        self.store[time] = pair
                yield [time for time, _, _ in batch]

    def _batched(
        self, entries: list[tuple[int, int, int]], depth: int
    ) -> Iterator[list[tuple[int, int, int]]]:
        """Cut a round into batches, at fixed places, of frames that take equally many steps."""
        batch: list[tuple[int, int, int]] = []
        for entry in entries:
            other = batch and self._steps_of(entry[0], depth) != self._steps_of(batch[0][0], depth)
            if other or len(batch) == self.path.sampling.batch_size:
                yield batch
                batch = []
            batch.append(entry)
        yield batch

    def _noised(self, latents: Tensor, time: int, step: int, noise: Tensor | None = None) -> Tensor:
        """Return the sampler's state before ``step`` for finished latents (C, h, w) of frame ``time``."""
        noise = self.path.noise(time) if noise is None else noise
        steps = self.path.sampling.steps
        if step == steps:
            return latents
        return self.path.model.state_at(latents[None], noise[None], first_step=step, steps=steps)[0]

    def _between(
        self,
        batch: list[tuple[int, int, int]],
        steps: int,
        on_step: StepsDone | None = None,
        noise: Tensor | None = None,
    ) -> list[NDArray[np.float32]]:
        """Denoise frames, each (time, before, after), from those around; return their store entries."""
        path, sampling = self.path, self.path.sampling
        skipped = sampling.steps - steps
        states = []
        for time, before, after in batch:
            start, end = (
                self._noised(torch.from_numpy(self.store[other][1]), other, skipped, noise)
                for other in (before, after)
            )
            states.append(slerp(start, end, self._share(before, time, after)))
        states_now = torch.stack(states)
        branches = states_now

        def step_done(done: int, latents: Tensor) -> None:
            nonlocal branches
            if done == sampling.branch_step:
                branches = latents.float().cpu()
            if on_step is not None:
                on_step(len(batch))

        finals = path.model.denoise(
            states_now,
            stack([path.conditioning(time) for time, _, _ in batch]),
            [path.seed(time) for time, _, _ in batch],
            steps=sampling.steps,
            guidance=sampling.guidance,
            guided_steps=sampling.guided_steps,
            first_step=skipped,
            on_step=step_done,
            anchor=path.anchor(self._noised(torch.from_numpy(self.store[0][1]), 0, skipped)),
        )
        return list(torch.stack([branches, finals], dim=1).numpy())

    def _share(self, before: int, time: int, after: int) -> float:
        start, here, end = (self.path.position(moment) for moment in (before, time, after))
        return (here - start) / (end - start) if end > start else 0.0

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the frames of one of ``batches``; the keyframes around it must be in the store."""
        rendered = super().render(batch)
        return [
            self._corrected(self.paced_path, time, generated)
            for time, generated in zip(batch, rendered, strict=True)
        ]

    def keyframe(self, time: int) -> GeneratedFrame:
        """Return a keyframe as the clip shows it; it must be in the store, and so must the given images."""
        return self._corrected(self.path, time, super().keyframe(time))

    def _given_frame(self, path: LatentPath, time: int) -> GeneratedFrame | None:
        given = self.ends.given(time)
        if given is None and self.pacing == "even":
            ends = {self.path.position(end): image for end, image in self._given.items()}
            given = ends.get(path.position(time))
        return None if given is None else GeneratedFrame(crop(given, self.size))

    def _corrected(self, path: LatentPath, time: int, generated: GeneratedFrame) -> GeneratedFrame:
        """Return a frame shifted towards the given images that it is near; these themselves are as given."""
        given = self._given_frame(path, time)
        if given is not None:
            return given
        if generated.fault:
            return generated
        shifted = as_float(generated.frame)
        for end in self._given:
            away = abs(path.position(time) - self.path.position(end))
            share = max(0.0, 1 - away / self._corrected_widths[end])
            if share > 0:
                shifted = shifted + np.float32(share) * self._corrections[end]
        return replace(generated, frame=as_uint8(shifted))

    @cached_property
    def _corrected_widths(self) -> dict[int, float]:
        """How far from each given image frames are corrected, in positions.

        Paced evenly, a large correction fades over so much of the way that it is no faster than the rest.
        """
        last = self.num_frames - 1
        whole = self.path.position(last)
        least = min(_CORRECTED_FRAMES / last, 1)
        if self.pacing != "even":
            return dict.fromkeys(self._given, whole * least)
        images = [shrunk(super(FirstLastFrame, self).keyframe(time).frame) for time in self.keyframe_indices]
        length = sum(distance(one, other) for one, other in pairwise(images)) or 1.0
        sizes = {end: self._size_of_correction(end) for end in self._given}
        return {
            end: whole * min(max(_SLOWER * size / length, least), _WIDEST_CORRECTION)
            for end, size in sizes.items()
        }

    def _size_of_correction(self, end: int) -> float:
        given = crop(self._given[end], self.size)
        own = as_uint8(as_float(given) - self._corrections[end])
        return distance(shrunk(given), shrunk(own))

    def thumbnail(self, time: int) -> Frame:
        """Return a small image of a keyframe as the clip shows it."""
        return shrunk(self.keyframe(time).frame)

    def measured_pace(self) -> Pace:
        """Return the pace of even change, which rests at images that the model cannot show."""
        keys, holds = self.path.timeline.keyframes, {}
        for option in self.foreign_images:
            start, end = keys[-2:] if option == LAST else keys[:2]
            at = -1 if option == LAST else 0
            holds[at] = held_share(end.time - start.time, float(self.fps))
        return with_holds(super().measured_pace(), holds)

    @property
    def given_images(self) -> dict[str, Frame]:
        """The images of the denoised size, by the options that gave them."""
        images = {FIRST: self.ends.first, LAST: self.ends.last}
        return {option: image for option, image in images.items() if image is not None}

    @cached_property
    def _corrections(self) -> dict[int, NDArray[np.float32]]:
        """What each given image has more than the model's version of it, (H, W, 3) in -1 to 1."""
        path, sampling = self.path, self.path.sampling
        corrections = {}
        for time, given in self._given.items():
            state, latents = (torch.from_numpy(one)[None] for one in self.store[time])
            if self._branches:
                latents = path.model.denoise(
                    state,
                    path.conditioning(time),
                    [path.seed(time)],
                    steps=sampling.steps,
                    guidance=sampling.guidance,
                    guided_steps=sampling.guided_steps,
                    first_step=sampling.branch_step,
                    anchor=path.anchor(torch.from_numpy(self.store[0][0])),
                )
            (own,) = self._decode(latents)
            given = crop(given, self.size)
            corrections[time] = as_float(given) - as_float(given if own.fault else own.frame)
        return corrections

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` denoised again from the keyframes around it, with other noise."""
        given = self._given_frame(self.paced_path, time)
        if given is not None:
            return given
        keys = self.keyframe_indices
        before = max(key for key in keys if key < time or key == 0)
        after = min(key for key in keys if key > time)
        _, noise = self._reroll_noise(time, attempt)
        (pair,) = self._between([(time, before, after)], self._steps_of(time, 0), noise=noise)
        (generated,) = self._decode(torch.from_numpy(pair[1])[None])
        return self._corrected(self.paced_path, time, generated)

    def preview(
        self,
        *,
        steps: int,
        size: tuple[int, int] | None = None,
        keyframes: int = PREVIEW_KEYFRAMES,
    ) -> "FirstLastFrame":
        """Return a quicker generator of the same clip; its frames keep the size of the given images."""
        cadence = preview_cadence(self.path.timeline, keyframes)
        path = self.path.with_steps(steps)
        return replace(self, path=path, cadence=cadence, pacing="linear", store={}, crossfaded=set())
