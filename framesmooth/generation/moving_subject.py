"""A subject that moves through its scene: keyframes in two layers, and the frames composed of them.

A keyframe is a picture of the whole prompt. Its subject is cut out, and the scene behind it is drawn
(``subject_layers``). Each frame shows the subject where the words about its motion put it (``subject_path``).
Between keyframes, which differ in light or weather, both layers are cross-faded where they are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from framesmooth.events import Notice
from framesmooth.frames import Frame, GeneratedFrame
from framesmooth.generation.base import PREVIEW_KEYFRAMES, GenerationRequest, StepsDone
from framesmooth.generation.denoising import Noises, denoise_keyframes
from framesmooth.generation.fire_and_smoke import Gone
from framesmooth.generation.keyframe_pace import KeyframeTimes, evenly
from framesmooth.generation.keyframes import batches_of, diffuse_keyframes, keyframe_times, preview_cadence
from framesmooth.generation.latent_path import create_path
from framesmooth.generation.layered_keyframes import LayeredKeyframes
from framesmooth.generation.subject_layers import (
    Layers,
    subject_map,
)
from framesmooth.generation.subject_path import Pose, composed, poses
from framesmooth.generation.surroundings import SOUGHT_BY_WORD, Surroundings, surroundings
from framesmooth.generation.windmill import disc_of
from framesmooth.generation.word_maps import IMAGES_PER_MAP, Map
from framesmooth.generation.work import Tally, Work
from framesmooth.models.latents import slerp
from framesmooth.video.resize import crop

_LARGEST_CADENCE: Final = 8
_BATCH: Final = 16
_BYTES_OF_LATENTS: Final = 2 * 4


@dataclass(frozen=True, kw_only=True)
class MovingSubjectGenerator(LayeredKeyframes):
    """Frames of a timeline whose subject moves.

    Attributes:
        pacing: "linear", or "even" for light that changes as much from each frame to the next.
    """

    cadence: int = _LARGEST_CADENCE
    pacing: str = "linear"

    @classmethod
    def create(cls, request: GenerationRequest) -> "MovingSubjectGenerator":
        """Load the model and return the generator; ``request.plan`` is a MovingSubject."""
        spec, plan = request.sampling, request.plan
        path = create_path(request.load_model().restartable(), request.timeline, replace(spec, drift=0.0))
        return MovingSubjectGenerator(
            path=path,
            plan=plan,
            fps=spec.fps,
            cadence=plan.cadence or _LARGEST_CADENCE,
            pacing=spec.pacing,
            store={} if request.latents is None else request.latents,
        )

    @cached_property
    def keyframe_indices(self) -> tuple[int, ...]:
        """The keyframes: one where all prompts draw the same picture, else ``cadence`` frames apart."""
        keys = self.path.timeline.keyframes
        if len({(key.prompt, key.negative) for key in keys}) == 1:
            return (0,)
        timeline = replace(self.path.timeline, num_frames=self._planned)
        return keyframe_times(timeline, self.cadence, comes_back=timeline.loop)

    @property
    def _planned(self) -> int:
        """How many frames the motion is planned for; in those after them it goes on."""
        return self.plan.planned or self.num_frames

    @property
    def possible_keyframes(self) -> tuple[int, ...]:
        """The keyframes."""
        return self.keyframe_indices

    @property
    def shown_keyframes(self) -> tuple[int, ...]:
        """None: in every frame the subject is somewhere else."""
        return ()

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Draw the pictures and scenes that the store lacks; yield the frames of each batch once stored."""
        for batch in batches_of(self.keyframe_indices, self.path.sampling.batch_size):
            if not all(time in self.store for time in batch):
                drawn: dict[int, NDArray[np.float32]] = {}
                for _ in diffuse_keyframes(self.path, batch, drawn, on_step, growing=False):
                    pass
                pictures = {time: torch.from_numpy(pair[1]) for time, pair in drawn.items()}
                scenes = self.scenes(pictures, on_step)
                for time, scene in zip(batch, scenes, strict=True):
                    self.store[time] = np.stack([scene.numpy(), pictures[time].numpy()])
            yield batch

    def keyframe(self, time: int) -> GeneratedFrame:
        """Return a keyframe, which must be in the store."""
        (generated,) = self.path.model.decode_judged(torch.from_numpy(self.store[time][1])[None])
        return self._cropped(generated)

    @cached_property
    def poses(self) -> list[Pose]:
        """The subject's pose in each frame."""
        frames = range(self.num_frames)
        return poses(
            self.plan.motions,
            [self.path.at(time) for time in frames],
            self.layers(self.keyframe_indices[0]).alpha,
            fps=float(self.fps),
            speed=self.plan.speed,
            loop=self.path.timeline.loop,
            planned=self._planned,
        )

    @cached_property
    def batches(self) -> tuple[range, ...]:
        """The frames that are rendered together."""
        return tuple(range(at, min(at + _BATCH, self.num_frames)) for at in range(0, self.num_frames, _BATCH))

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the frames of one of ``batches``; the keyframes around it must be in the store."""
        return [self._cropped(self._frame(time)) for time in batch]

    @cached_property
    def _surroundings(self) -> Surroundings:
        """What moves by itself, as found in the first keyframe."""
        if not self.plan.around:
            return Surroundings()
        time, fps = self.keyframe_indices[0], float(self.fps)
        period = self.num_frames / fps if self.path.timeline.loop else None
        told, speed = self.plan.around, self.plan.speed
        rising = any(motion is not None and motion.way == "up" for motion in self.plan.motions)
        gone = Gone(self._moved, rising=rising)
        return surroundings(
            told, self.layers(time), self._likely, gone, speed=speed, period=period, rests=self._at_rest
        )

    def _likely(self, word: str) -> Map:
        """Return where the first keyframe's scene is drawn otherwise without a word."""
        time = self.keyframe_indices[0]
        index = self.path.at(time)[0]
        whole, without = self.scene_of(index), self.scene_of(index, word)
        latents = torch.from_numpy(self.store[time][0])
        return subject_map(self.path.model, latents, self.scene_noise(time), whole, without)

    def _moved(self, seconds: float) -> tuple[float, float]:
        """Return where the subject has gone at a time, which may be before the first frame."""
        frame, count = seconds * float(self.fps), self.num_frames
        if self.path.timeline.loop:
            pose = self.poses[round(frame) % count]
            return pose.across, pose.down
        first = self.poses[0]
        if frame >= 0 or count < 2:
            pose = self.poses[min(max(round(frame), 0), count - 1)]
            return pose.across, pose.down
        return first.across + frame * (self.poses[1].across - first.across), first.down

    @property
    def moving_region(self) -> Map | None:
        """The pixels that smoothing must spare. The first keyframe must be in the store."""
        found = [self._surroundings.region]
        if self.sails is not None:
            found.append(disc_of(self.sails, self.layers(self.keyframe_indices[0]).alpha.shape))
        regions = [region for region in found if region is not None]
        if not regions:
            return None
        region = np.max(regions, axis=0)
        return np.asarray(crop(region[..., None], self.size)[..., 0], np.float32)

    def remarks(self) -> Iterator[Notice]:
        """Yield what should move but wasn't found. The first keyframe must be in the store."""
        for missing in self._surroundings.missing:
            yield Notice(missing, warning=True)
        if self._turns and self.sails is None:
            yield Notice(
                "the windmill's sails weren't found in the picture: they stay still; try another --seed",
                warning=True,
            )

    def _composed(self, layers: Layers, time: int) -> Frame:
        """Return frame ``time`` made of the layers of a keyframe."""
        seconds, around = time / float(self.fps), self._surroundings
        moved = around.moved(layers, seconds)
        if layers.rotor is not None:
            moved = layers.rotor.turned(moved, self.poses[time].turn)
        if self._at_rest:  # the picture itself, and what changes in its scene
            change = (1 - moved.alpha[..., None]) * (moved.scene.astype(np.float32) - layers.scene)
            frame = np.asarray(np.clip(moved.subject + change + 0.5, 0, 255), np.uint8)
        else:
            frame = composed(moved, self.poses[time])
        return around.over(frame, seconds)

    @cached_property
    def _at_rest(self) -> bool:
        """Whether the subject stands where it was drawn in every frame."""
        return all(pose.rests for pose in self.poses)

    def _frame(self, time: int) -> GeneratedFrame:
        before, after, share = self._light.around(time)
        first = self._composed(self.layers(before), time)
        if share == 0:
            return GeneratedFrame(first, self._faults[before])
        last = self._composed(self.layers(after), time)
        frame = np.asarray((1 - share) * first + share * last + 0.5, np.uint8)
        return GeneratedFrame(frame, self._faults[before] or self._faults[after])

    @cached_property
    def _light(self) -> KeyframeTimes:
        """When each keyframe is shown; those of an even pace must be in the store."""
        times, timeline = self.keyframe_indices, self.path.timeline
        if self.pacing == "linear":
            return KeyframeTimes(times, self.num_frames, loop=timeline.loop)
        pictures = [self.store[time][1] for time in times]
        prompts = [key.time for key in timeline.keyframes]
        return evenly(times, pictures, prompts, self.num_frames, loop=timeline.loop)

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` composed of a picture from other noise."""
        path, (seed, fresh) = self.path, self._reroll_noise(time, attempt)
        key = self._light.around(time)[0]
        noises = Noises([slerp(path.noise(key), fresh, 0.5)], [seed])
        latents = denoise_keyframes(path, [key], noises=noises)[:, 1]
        other = replace(self, store={key: np.stack([self.scenes({key: latents[0]}, None)[0], latents[0]])})
        frame = self._composed(other.layers(key), time)
        return self._cropped(GeneratedFrame(frame, other._faults[key]))

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the latents: plain JSON types."""
        return super().facts() | {"batch_size": self.path.sampling.batch_size}

    @property
    def _words_sought(self) -> int:
        return sum(one.kind in SOUGHT_BY_WORD for one in self.plan.around)

    def work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count what is left to do. For each keyframe: the picture, the search for its subject, the scene."""
        sampling, scene = self.path.sampling, self.scene_steps
        chunks = [
            chunk
            for chunk in batches_of(self.keyframe_indices, sampling.batch_size)
            if not all(time in self.store for time in chunk)
        ]
        groups = [(first, len(chunk)) for chunk in chunks for first in (0, sampling.steps - scene)]
        guided, unguided = self._denoising(groups)
        drawn = {time for chunk in chunks for time in chunk}
        count = len(drawn)
        frames = sum(len(batch) for batch in self.batches if not all(map(is_rendered, batch)))
        shown = len(self.keyframe_indices) if frames else 0
        sought = {time for time in self.keyframe_indices if frames or time in drawn} - self._alphas.keys()
        searches = IMAGES_PER_MAP * (len(sought) + self._words_sought * (frames > 0))
        inverted = count * (1 + self.path.model.autoencoder.inversion)
        coded = inverted + 2 * shown
        return Work(
            keyframes=count,
            keyframe_steps=count * (self.path.steps_from(0) + scene),
            guided=guided,
            unguided=unguided + Tally(searches // 2, searches),
            coded=Tally(coded, coded),
            blended=frames,
            frames=frames,
            keyframe_bytes=_BYTES_OF_LATENTS
            * prod(self.path.model.latent_shape(sampling.height, sampling.width)),
        )

    def _blend(self, image: Frame) -> None:
        alpha = np.zeros(image.shape[:2], np.float32)
        alpha[len(alpha) // 3 : -(len(alpha) // 3 or 1)] = 1
        composed(Layers(image, alpha, image), Pose(1.5, 0.5, 1.0))

    def preview(
        self, *, steps: int, size: tuple[int, int] | None = None, keyframes: int = PREVIEW_KEYFRAMES
    ) -> "MovingSubjectGenerator":
        """Return a quicker generator of the same clip."""
        path = self.path.previewed(steps, size)
        cadence = preview_cadence(path.timeline, keyframes)
        return replace(self, path=path, cadence=max(cadence, self.cadence), store={}, crossfaded=set())
