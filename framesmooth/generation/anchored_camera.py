"""A moving camera over images that stay: what was seen is sampled again, only what is new is generated.

The frames of ``CameraFeedback`` come from each other, and every link of that chain warps, encodes and
denoises: walls melt, texture goes. Here the first image is the anchor. Each frame is composed from the
images that there are, each warped once by the whole known motion (``anchor_images``); ``anchor_plan`` says
when a new one is needed. What comes into sight is outpainted: at each denoising step the latents of what is
known take the place of the model's own (blended diffusion, Avrahami et al. 2022), near the border in the
first steps only, so that both join (differential diffusion, Levin and Fried 2023). It is drawn from the
prompt without its thing, where that names a place: beside a castle there are hills, and no second castle. An
image that is enlarged too much is denoised in the last steps, and only the fine detail of the result is used:
edges stay where they are, and what was plain stays plain. Under prompts that change each keyframe is denoised
from the view of the one before, as in the chain.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor

from framesmooth.frames import Frame, GeneratedFrame, as_float, as_uint8
from framesmooth.generation.anchor_images import AnchorImage, Composed, composed
from framesmooth.generation.anchor_plan import PlannedImage, plan_images
from framesmooth.generation.base import PREVIEW_KEYFRAMES, StepsDone
from framesmooth.generation.camera_feedback import CameraFeedback
from framesmooth.generation.color_transfer import Colors
from framesmooth.generation.image_latents import invert_images
from framesmooth.generation.image_to_image import denoise_image
from framesmooth.generation.keyframes import keyframe_times, preview_cadence
from framesmooth.generation.work import Tally, Work
from framesmooth.interpolation.detail_matching import detail_energy, detail_map, even_detail
from framesmooth.models.conditioning import Conditioning, interpolate_conditioning
from framesmooth.timeline.scene_words import scene_of

_BATCH: Final = 8
_COARSE: Final = 1 / 128
"""Sigma, as a share of the shorter side, of what a refined image keeps of the view that it comes from."""
_JOINED: Final = 3 / 16
"""Share of the shorter side over which what is known passes into what is generated beside it."""
_SURE: Final = (0.4, 0.75)
"""How surely a pixel is known where what is generated begins to show, and where it ends."""
_AS_SHARP: Final = 1.02
"""Factor up to which an image that is enlarged loses nothing."""
_KEPT_DETAIL: Final = 0.8
"""Share of the first frame's energy of fine detail that refined images, which show a part of it, and those of
a changed prompt have."""
_LARGEST_GAIN: Final = 1.5
"""Of the fine detail that a refined image gets: one drawn over an enlarged image is too soft."""


@dataclass(frozen=True, kw_only=True)
class AnchoredCamera(CameraFeedback):
    """Frames of a timeline under a moving camera, composed from few images; see ``CameraFeedback``."""

    _shown: dict[int, AnchorImage] = field(default_factory=dict[int, AnchorImage])
    """Images that were made ready to compose from, by key."""
    _energies: dict[int, float] = field(default_factory=dict[int, float])
    """Their energy of fine detail."""

    @cached_property
    def plan(self) -> tuple[PlannedImage, ...]:
        """The images, in the order in which they are generated."""
        changing = keyframe_times(self.path.timeline, self.cadence if isinstance(self.cadence, int) else 8)
        prompts = [self._prompt(time) for time in range(self.num_frames)]
        return plan_images(
            self.camera.size, lambda time: self.camera.between(0, time), prompts, changing, self.legs
        )

    @cached_property
    def keyframe_indices(self) -> tuple[int, ...]:
        """The frames under whose numbers images are kept."""
        return tuple(sorted(one.key for one in self.plan))

    @property
    def shown_keyframes(self) -> tuple[int, ...]:
        """The first frame is shown unchanged; the others are composed."""
        return (0,)

    @cached_property
    def batches(self) -> tuple[range, ...]:
        """The frames rendered together."""
        ends = range(0, self.num_frames, _BATCH)
        return tuple(range(start, min(start + _BATCH, self.num_frames)) for start in ends)

    def work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count the work that is left, with the images of other prompts that give their colours."""
        path = self.path
        left = [one for one in self.plan if one.key not in self.store]
        changing = any(one.kind == "change" for one in left)
        prompts = {(key.prompt, key.negative) for key in path.timeline.keyframes}
        first = sum(one.kind == "first" and self.first is None for one in left)
        whole = first + (len(prompts) - 1 if changing else 0)
        over = [self._steps(one) for one in left if one.kind != "first"]
        with_guidance, without = path.split_steps()
        guided, unguided = sum(over) + whole * with_guidance, whole * without
        coded = whole + (path.model.autoencoder.inversion + 1) * len(over)
        batches = [batch for batch in self.batches if not all(map(is_rendered, batch))]
        return Work(
            keyframes=len(left),
            keyframe_steps=sum(over) + first * path.steps_from(0),
            guided=self._with_anchor(Tally(guided, guided)),
            unguided=self._with_anchor(Tally(unguided, unguided)),
            coded=Tally(coded, coded),
            blended=sum(map(len, batches)),
            frames=sum(map(len, batches)),
        )

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Generate the images that the store lacks, in the plan's order; yield each one's key once stored."""
        for index, one in enumerate(self.plan):
            if one.key not in self.store:
                noise = self.path.noise(0) if index == 0 else self._other_noise(one.key, 0)
                before = None if index == 0 else self.plan[index - 1].key
                self.store[one.key] = self._sound_keyframe(before, one.key, noise, on_step)
            yield [one.key]

    def keyframe(self, time: int) -> GeneratedFrame:
        """Return a keyframe as its frame shows it, from the images in the store."""
        return self._cropped(replace(self.store[time], frame=self._frame(time)))

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the frames of one of ``batches``; all images must be in the store."""
        return [self._cropped(GeneratedFrame(self._frame(time))) for time in batch]

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` denoised with other noise; ``attempt`` is 1, 2..."""
        for _ in self.diffuse():
            pass
        frame, noise = self._frame(time), self._other_noise(time, attempt)
        steps = max(1, self.steps_of(time))
        return self._cropped(self._denoise(frame, Colors.of(frame), time, noise, steps))

    def _generate(
        self, before: int | None, time: int, noise: Tensor, on_step: StepsDone | None = None
    ) -> GeneratedFrame:
        one = next(one for one in self.plan if one.key == time)
        if before is None:
            return self._first_frame(noise, on_step)
        if self._steps(one) == 0:
            return GeneratedFrame(self._moved(before, time))
        make = {"extend": self._extended, "refine": self._refined, "change": self._changed}[one.kind]
        return make(one, noise, on_step)

    def _moved(self, before: int, time: int) -> Frame:
        """Return the planned image ``time``, composed of the images that exist."""
        del before
        return as_uint8(self._known(next(one for one in self.plan if one.key == time)).image)

    def _extended(self, one: PlannedImage, noise: Tensor, on_step: StepsDone | None) -> GeneratedFrame:
        """Outpaint a view: generate the places that no existing image shows."""
        known = self._known(one)
        start = as_uint8(known.image)
        path = self.path
        latents = invert_images(path.model, [start])
        size = latents.shape[-1], latents.shape[-2]
        held = torch.from_numpy(cv2.resize(known.known, size, interpolation=cv2.INTER_AREA))
        steps = path.sampling.steps

        def keep(done: int, state: Tensor) -> Tensor:
            at = (
                latents
                if done >= steps
                else path.model.state_at(latents, noise[None], first_step=done, steps=steps)
            )
            return torch.where((held * steps > done - 0.01 * steps).to(state.device), at[0].to(state), state)

        made = denoise_image(
            path,
            one.key,
            noise,
            on_step,
            start=start,
            seed=self._seed(one),
            change=keep,
            conditioning=self._scene(one.key),
        )
        share = np.clip((known.known - _SURE[0]) / (_SURE[1] - _SURE[0]), 0, 1)[..., None]
        return replace(made, frame=as_uint8(known.image * share + as_float(made.frame) * (1 - share)))

    def _refined(self, one: PlannedImage, noise: Tensor, on_step: StepsDone | None) -> GeneratedFrame:
        """Generate the fine detail of a view."""
        known = self._known(one).image
        made = denoise_image(
            self._image_path,
            one.key,
            noise,
            on_step,
            start=as_uint8(known),
            steps=self._steps(one),
            first=self._latents_of_first,
            seed=self._seed(one),
        )
        coarse, detail = self._coarse(known), as_float(made.frame) - self._coarse(as_float(made.frame))
        least = _KEPT_DETAIL * self._first_detail(one)
        lack = np.sqrt(least / max(detail_energy(coarse + detail), 1e-12))
        gain = np.float32(np.clip(lack, 1, _LARGEST_GAIN))
        return replace(made, frame=self._sharpened(coarse + gain * detail, least))

    def _changed(self, one: PlannedImage, noise: Tensor, on_step: StepsDone | None) -> GeneratedFrame:
        """Generate a view with the prompt of its frame."""
        index = self.plan.index(one)
        before, known = self.plan[index - 1], as_uint8(self._known(one).image)
        target = self._anchor.colors(before.full, one.key, known)
        made = self._denoise(known, target, one.key, noise, self._steps(one), on_step)
        least = _KEPT_DETAIL * detail_energy(as_float(self.store[0].frame))
        return replace(made, frame=self._sharpened(as_float(made.frame), least))

    def _scene(self, time: int) -> Conditioning:
        """Return what is beside the thing of a frame's prompt: batch size 1."""
        start, end, mix = self.path.at(time)
        return interpolate_conditioning(self._scene_of(start), self._scene_of(end), mix)

    def _scene_of(self, index: int) -> Conditioning:
        path, key = self.path, self.path.timeline.keyframes[index]
        guided = path.model.family.negates(path.sampling.guidance)
        text = scene_of(key.prompt) or key.prompt
        return path.inputs.conditioning(path.model, text, key.negative, guided=guided)

    def _first_detail(self, one: PlannedImage) -> float:
        """Return the energy of fine detail that the first frame has in what an image shows of it."""
        first = AnchorImage(detail_map(as_float(self.store[0].frame)), np.eye(3), np.ones(self.camera.size))
        seen = composed([first], [1.0], one.pose)
        weight = float(seen.known.sum())
        whole = float(first.image.mean(dtype=np.float64))
        return float((seen.image * seen.known[..., None]).mean(-1).sum()) / weight if weight > 1 else whole

    def _known(self, one: PlannedImage) -> Composed:
        """Return what the images before one show of it; one that extends them fades towards what is new."""
        before = self.plan[: self.plan.index(one)]
        images, opaque = [self._image(other) for other in before], [1.0] * len(before)
        view = composed(images, opaque, one.pose)
        if one.kind != "extend":
            return view
        seen = composed(images, opaque, one.pose, feather=0).known > 0.5
        distance = cv2.distanceTransform(seen.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        known = np.clip(distance / (_JOINED * min(self.camera.size)), 0, 1)
        return replace(view, known=np.asarray(known, np.float32))

    def _image(self, one: PlannedImage) -> AnchorImage:
        if one.key not in self._shown:
            known = self._known(one).known if one.kind == "extend" else np.zeros(self.camera.size, np.float32)
            own = np.asarray(np.clip((1 - known) / (1 - _SURE[1]), 0, 1), np.float32)
            self._shown[one.key] = AnchorImage.of(self.store[one.key].frame, one.pose, own)
        return self._shown[one.key]

    def _frame(self, time: int) -> Frame:
        """Compose a frame; of keyframes, from the images that are stored so far."""
        there = [one for one in self.plan if one.key in self.store and one.opacity(time) > 0]
        images = [self._image(one) for one in there]
        if time == 0:
            return self.store[0].frame
        view = composed(images, [one.opacity(time) for one in there], self.camera.between(0, time))
        if view.enlarged <= _AS_SHARP:
            return as_uint8(view.image)
        return as_uint8(np.clip(even_detail(view.image, self._energy(time)), 0, 1))

    def _energy(self, time: int) -> float:
        """Return how much fine detail a frame has: between those of the whole images around it."""
        known = [one for one in self.plan if one.kind != "extend" and one.key in self.store]
        times = [one.full for one in known]
        return float(np.interp(time, times, [self._energy_of(one) for one in known]))

    def _energy_of(self, one: PlannedImage) -> float:
        if one.key not in self._energies:
            self._energies[one.key] = detail_energy(self._image(one).image)
        return self._energies[one.key]

    def _coarse(self, image: np.ndarray) -> np.ndarray:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), _COARSE * min(self.camera.size)), np.float32)

    def _sharpened(self, image: np.ndarray, least: float) -> Frame:
        """Return an image with the energy ``least`` of fine detail, as far as it can be raised."""
        own = detail_energy(np.asarray(image, np.float32))
        return as_uint8(np.clip(image if own >= least else even_detail(image, least), 0, 1))

    def _steps(self, one: PlannedImage) -> int:
        """Return how many steps an image is denoised for."""
        return self.path.sampling.steps if one.kind == "extend" else self.steps_of(one.full)

    def _seed(self, one: PlannedImage) -> int:
        return (self.path.seed(one.key) + one.key) % 2**32

    def _prompt(self, time: int) -> object:
        start, end, mix = self.path.at(time)
        keys = self.path.timeline.keyframes
        first, last = ((key.prompt, key.negative) for key in (keys[start], keys[end]))
        return first if first == last or mix == 0 else last if mix == 1 else (first, last, mix)

    def _blend(self, image: Frame) -> None:
        known = AnchorImage.of(image, np.eye(3))
        composed([known], [1.0], self.camera.between(0, min(1, self.num_frames - 1)))

    def preview(
        self,
        *,
        steps: int,
        size: tuple[int, int] | None = None,
        keyframes: int = PREVIEW_KEYFRAMES,
    ) -> "AnchoredCamera":
        """Return a quicker generator of the same clip; its frames keep the size of the camera's."""
        cadence = preview_cadence(self.path.timeline, keyframes)
        path = self.path.with_steps(steps)
        return replace(self, path=path, cadence=cadence, store={}, crossfaded=set(), _shown={}, _energies={})
