"""Keyframes in two layers: the subject, cut out, and the scene that is drawn behind it."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.frames import Fault, Frame
from framesmooth.generation.base import LatentStore, StepsDone
from framesmooth.generation.diffusion import DiffusionGenerator
from framesmooth.generation.image_latents import invert_images
from framesmooth.generation.specs import MovingSubject
from framesmooth.generation.subject_layers import (
    Layers,
    cut_out,
    filled,
    hole_of,
    layers_of,
    subject_map,
)
from framesmooth.generation.windmill import Sails, find_sails, solid, taken_apart
from framesmooth.generation.word_maps import Map, without_word
from framesmooth.models.conditioning import Conditioning, interpolate_conditioning, stack

_SCENE_STRENGTH: Final = 0.7
"""Share of the steps that draw what is behind the subject."""
_OTHER_SEED: Final = 7_919


@dataclass(frozen=True, kw_only=True)
class LayeredKeyframes(DiffusionGenerator):
    """A generator whose keyframes are in two layers.

    The store holds, for each keyframe, the latents of its scene and those of the whole picture.

    Attributes:
        plan: what the prompts say of the motion.
        store: where the keyframes' latents go.
    """

    plan: MovingSubject
    store: LatentStore = field(default_factory=dict[int, NDArray[np.float32]])
    _layers: dict[int, Layers] = field(default_factory=dict[int, Layers], init=False, repr=False)
    _faults: dict[int, Fault] = field(default_factory=dict[int, Fault], init=False, repr=False)
    _alphas: dict[int, NDArray[np.uint8]] = field(
        default_factory=dict[int, NDArray[np.uint8]], init=False, repr=False
    )

    @property
    def scene_steps(self) -> int:
        """How many steps draw what is behind the subject."""
        return max(1, round(_SCENE_STRENGTH * self.path.sampling.steps))

    def scenes(self, pictures: dict[int, Tensor], on_step: StepsDone | None) -> Tensor:
        """Return the latents (B, C, h, w) of what is behind the subject of each picture."""
        path, sampling = self.path, self.path.sampling
        times, steps = list(pictures), self.scene_steps
        images = [path.model.decode_judged(pictures[time][None])[0].frame for time in times]
        alphas = [self._alpha(time, pictures[time], image) for time, image in zip(times, images, strict=True)]
        without = [filled(image, hole_of(alpha)) for image, alpha in zip(images, alphas, strict=True)]
        states = path.model.state_at(
            torch.cat([invert_images(path.model, [image]) for image in without]),
            torch.stack([self.scene_noise(time) for time in times]),
            first_step=sampling.steps - steps,
            steps=sampling.steps,
        )
        return path.model.denoise(
            states,
            stack([self._scene_conditioning(time) for time in times]),
            [path.seed(time) for time in times],
            steps=sampling.steps,
            guidance=sampling.guidance,
            guided_steps=sampling.guided_steps,
            first_step=sampling.steps - steps,
            on_step=None if on_step is None else lambda *_: on_step(len(times)),
        )

    def scene_noise(self, time: int) -> Tensor:
        """Return the noise of what is behind the subject of a keyframe: float32 (C, h, w)."""
        return self.path.other_noise((self.path.seed(time) + _OTHER_SEED) % 2**32)

    def _alpha(self, time: int, latents: Tensor, image: Frame) -> Map:
        """Return the outline (H, W) of a keyframe's subject; it is sought once."""
        if time not in self._alphas:
            whole, scene = self.path.conditioning(time), self._scene_conditioning(time)
            likely = subject_map(self.path.model, latents, self.scene_noise(time), whole, scene)
            self._alphas[time] = np.asarray(cut_out(image, likely) * 255 + 0.5, np.uint8)
        return np.asarray(self._alphas[time] / np.float32(255), np.float32)

    def _scene_conditioning(self, time: int) -> Conditioning:
        """Return the embeddings of a frame's prompt without its subject: batch size 1."""
        start, end, mix = self.path.at(time)
        return interpolate_conditioning(self.scene_of(start), self.scene_of(end), mix)

    def scene_of(self, index: int, without: str = "") -> Conditioning:
        """Return the embeddings of a prompt without its subject, and without a word."""
        path, key = self.path, self.path.timeline.keyframes[index]
        motion = self.plan.motions[index]
        text = key.prompt if motion is None else motion.scene
        text = without_word(text, without) if without else text
        guided = path.model.family.negates(path.sampling.guidance)
        return path.inputs.conditioning(path.model, text, key.negative, guided=guided)

    def layers(self, time: int) -> Layers:
        """Return the layers of a keyframe, which must be in the store."""
        if time not in self._layers:
            layers, sails = self._cut(time), self.sails
            self._layers[time] = layers if sails is None else taken_apart(layers, sails)
            if len(self._layers) > 3:  # frames are rendered in order
                self._layers.pop(next(iter(self._layers)))
        return self._layers[time]

    def _cut(self, time: int) -> Layers:
        scene, picture = (torch.from_numpy(one) for one in self.store[time])
        drawn, image = self.path.model.decode_judged(torch.stack([scene, picture]))
        self._faults[time] = image.fault or drawn.fault
        return layers_of(image.frame, self._alpha(time, picture, image.frame), drawn.frame)

    @cached_property
    def sails(self) -> Sails | None:
        """Where a windmill's sails are, as the first keyframe tells for all; None where none turn."""
        if not self._turns:
            return None
        return find_sails(solid(self._cut(self.keyframe_indices[0])))

    @property
    def _turns(self) -> bool:
        return any(motion is not None and motion.gait == "turn" for motion in self.plan.motions)
