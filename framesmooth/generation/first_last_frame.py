"""From a picture to a picture: the frames between two that are given.

The keyframes between are drawn in rounds, each over the two around it (Wang and Golland 2023, "Interpolating
between Images with Diffusion Models"): the latents of both go under noise, are mixed there along the arc, and
are denoised with the prompt of the new frame. The first round, in the middle, is the freest; every later one
stays closer to its neighbours, so the way becomes finer and not wilder. In-betweens branch off as
anywhere else.

What a model makes even of the picture itself is not quite the picture: the frames beside the ends are shifted
by this difference, which fades.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.generation.image_latents import invert_images
from framesmooth.generation.keyframes import diffuse_keyframes
from framesmooth.generation.latent_path import StepsDone
from framesmooth.generation.prompt_travel import REROLL_STRIDE, PromptTravel
from framesmooth.generation.specs import FirstLastImages
from framesmooth.models.conditioning import stack
from framesmooth.models.latents import slerp
from framesmooth.models.text_to_image import GeneratedFrame
from framesmooth.video.resize import crop, fitted

_CLOSER: Final = 0.8
"""Share of the strength of a round that the next one has."""
_FADE: Final = 6
"""Frames over which the model's own look takes over."""


@dataclass(frozen=True, kw_only=True)
class FirstLastFrame(PromptTravel):
    """Frames of a timeline that end, and may begin, with a picture that is given.

    Attributes:
        ends: the pictures, of the diffused size, and the strengths.
    """

    ends: FirstLastImages

    @cached_property
    def _given(self) -> dict[int, Frame]:
        first = {} if self.ends.first is None else {0: self.ends.first}
        return first | {self.diffused_times[-1]: self.ends.last}

    @cached_property
    def _rounds(self) -> list[list[tuple[int, int, int]]]:
        """Per round the keyframes that are drawn in it, each with the two that it is drawn over."""
        times = self.diffused_times
        spans, rounds = [(0, len(times) - 1)], []
        while spans := [(start, end) for start, end in spans if end - start > 1]:
            middles = [(start, (start + end) // 2, end) for start, end in spans]
            rounds.append([(times[middle], times[start], times[end]) for start, middle, end in middles])
            spans = [half for start, middle, end in middles for half in ((start, middle), (middle, end))]
        return rounds

    @property
    def chunks(self) -> list[tuple[list[int], int]]:
        """The keyframes that are denoised together, and the step that they begin at."""
        steps = self.path.sampling.steps
        drawn = [
            ([time for time, _, _ in batch], steps - self._steps_of(batch[0][0], depth))
            for depth, entries in enumerate(self._rounds)
            for batch in self._batched(entries, depth)
        ]
        return drawn if 0 in self._given else [([0], 0), *drawn]

    @property
    def total_steps(self) -> int:
        """How many denoising steps the keyframes take together."""
        return sum(len(times) * (self.path.sampling.steps - first) for times, first in self.chunks)

    def _steps_of(self, time: int, depth: int) -> int:
        """Return how many steps draw a frame in a round: as many as an in-between takes at least."""
        sampling = self.path.sampling
        wanted = round(self.ends.strengths[time] * _CLOSER**depth * sampling.steps)
        return max(wanted, sampling.steps - sampling.branch_step, 1)

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Make the keyframes that the store lacks; yield the frames of each batch once it is stored.

        ``on_step`` is called after every denoising step with the number of frames it advanced.
        """
        for time, picture in self._given.items():
            if time not in self.store:
                final = invert_images(self.path.model, [picture])[0]
                self.store[time] = np.stack([self._noised(final, time, self._branch).numpy(), final.numpy()])
            yield [time]
        if 0 not in self._given:
            yield from diffuse_keyframes(self.path, [0], self.store, on_step)
        for depth, entries in enumerate(self._rounds):
            for batch in self._batched(entries, depth):
                if not all(time in self.store for time, _, _ in batch):
                    steps = self._steps_of(batch[0][0], depth)
                    for (time, _, _), pair in zip(batch, self._drawn(batch, steps, on_step), strict=True):
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

    @property
    def _branch(self) -> int:
        return self.path.sampling.branch_step

    def _noised(self, latents: Tensor, time: int, step: int, noise: Tensor | None = None) -> Tensor:
        """Return the sampler's state before ``step`` for finished latents (C, h, w) of frame ``time``."""
        noise = self.path.noise(time) if noise is None else noise
        steps = self.path.sampling.steps
        if step == steps:
            return latents
        return self.path.model.state_at(latents[None], noise[None], first_step=step, steps=steps)[0]

    def _drawn(
        self,
        batch: list[tuple[int, int, int]],
        steps: int,
        on_step: StepsDone | None = None,
        noise: Tensor | None = None,
    ) -> list[NDArray[np.float32]]:
        """Draw frames over those around them, each as (time, before, after); give their store's entries."""
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
        """Return the pictures of one of ``batches``; the keyframes around it must be in the store."""
        made = super().render(batch)
        return [self._corrected(time, picture) for time, picture in zip(batch, made, strict=True)]

    def _corrected(self, time: int, picture: GeneratedFrame) -> GeneratedFrame:
        """Return a picture shifted towards the ends that it is near; the ends themselves are as given."""
        given = self.ends.given(time)
        if given is not None:
            return GeneratedFrame(crop(given, self.size))
        if picture.fault:
            return picture
        shifted = as_float(picture.frame)
        for end in self._given:
            share = self._nearness(time, end)
            if share > 0:
                shifted = shifted + np.float32(share) * self._lacks[end]
        return replace(picture, frame=as_uint8(shifted))

    def _nearness(self, time: int, end: int) -> float:
        """Return 1 where a frame is as far on the way as the end, falling to 0 some frames from it."""
        here, there = self.path.position(time), self.path.position(end)
        last = self.num_frames - 1
        faded = self.path.position(last) * min(_FADE / last, 1)
        return max(0.0, 1 - abs(here - there) / faded)

    @cached_property
    def _lacks(self) -> dict[int, NDArray[np.float32]]:
        """What is missing in the model's picture of each end, (H, W, 3) in -1 to 1."""
        path, sampling = self.path, self.path.sampling
        lacks = {}
        for time, given in self._given.items():
            state, latents = (torch.from_numpy(one)[None] for one in self.store[time])
            if self.inbetween == "latent" and sampling.branch_step < sampling.steps:
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
            lacks[time] = as_float(given) - as_float(given if own.fault else own.frame)
        return lacks

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` drawn anew over the keyframes around it; ``attempt`` is 1, 2..."""
        given = self.ends.given(time)
        if given is not None:
            return GeneratedFrame(crop(given, self.size))
        keys = self.diffused_times
        before = max(key for key in keys if key < time or key == 0)
        after = min(key for key in keys if key > time)
        sampling = self.path.sampling
        seed = (self.path.seed(time) + REROLL_STRIDE * attempt) % 2**32
        noise = self.path.model.noise(seed, sampling.height, sampling.width)
        (pair,) = self._drawn([(time, before, after)], self._steps_of(time, 0), noise=noise)
        (picture,) = self._decode(torch.from_numpy(pair[1])[None])
        return self._corrected(time, picture)


def first_last_frame(source: PromptTravel, ends: FirstLastImages) -> FirstLastFrame:
    """Return the frames of ``source``'s timeline as ``ends`` say."""
    size = source.path.sampling.height, source.path.sampling.width
    first = None if ends.first is None else fitted(ends.first, size)
    shared = {field.name: getattr(source, field.name) for field in fields(source) if field.init}
    return FirstLastFrame(**shared, ends=replace(ends, first=first, last=fitted(ends.last, size)))
