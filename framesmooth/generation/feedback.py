"""Feedback: every diffused frame starts from the one before, moved by the camera.

The chain of Deforum: warp the last diffused frame by the known motion, lay noise over it, and denoise the
last steps with the new frame's own prompt. How much is drawn anew is the strength. What keeps a chain from
going wrong: the noise moves along with the picture (``noise``), so that texture sticks to what it is on; the
colours of each frame are held against those of the first one (``lab``), so that they don't drift;
and what the camera reveals is mirrored first, and then drawn over.

The frames between two diffused ones are both of these, warped to where the camera is, one fading into the
other: this motion is exact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.camera import Camera, reflected, scaled, transform
from framesmooth.flow import FlowField
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.generation.devices import dtype_name
from framesmooth.generation.keyframes import Path, StepsDone, keyframe_times
from framesmooth.generation.noise import Move, MovingNoise
from framesmooth.generation.pictures import crop, encode_pictures, fitted
from framesmooth.generation.plan import Feedback
from framesmooth.generation.samplers import state_at
from framesmooth.generation.source import DiffusionSource
from framesmooth.interpolate import even_detail
from framesmooth.lab import Colors, recolored
from framesmooth.warp import backward_warp

_FEATHER: Final = 1 / 12
"""Share of the shorter side over which a warped frame fades in from its border."""


_MOST_ENLARGED: Final = 16.0
"""Times in area that the first frame is looked at for its colours."""


class PictureStore(Protocol):
    """Frame index -> a diffused picture, uint8 (H, W, 3). A dictionary is one."""

    def __contains__(self, time: object, /) -> bool: ...

    def __getitem__(self, time: int, /) -> Frame: ...

    def __setitem__(self, time: int, picture: Frame, /) -> None: ...


@dataclass(frozen=True, kw_only=True)
class FeedbackSource:
    """Frames of a timeline under a moving camera, as a FrameSource.

    Attributes:
        path: the model, the timeline and the sampling; its noise is that of the first keyframe's seed.
        camera: over pictures of the diffused size.
        strengths: for every frame the share of the steps that draw it anew from the diffused one before.
        pull: how far a frame's colours are drawn to those of the first frame there, 0 to 1.
        first: the first frame, uint8 of the diffused size; None is diffused.
        fps: frames per second.
        size: (height, width) of the frames; the diffused picture is cropped to it around its centre.
        cadence: at most this many frames from one diffused frame to the next.
        store: where the diffused pictures go.
        faded: for ``DiffusionSource``'s sake; stays empty, the motion is known.
    """

    path: Path
    camera: Camera
    strengths: Sequence[float]
    pull: float
    fps: Fraction
    size: tuple[int, int]
    cadence: int
    first: Frame | None = None
    store: PictureStore = field(default_factory=dict[int, Frame])
    faded: set[int] = field(default_factory=set[int])

    @property
    def num_frames(self) -> int:
        """How many frames the timeline has."""
        return self.path.timeline.num_frames

    @cached_property
    def diffused_times(self) -> tuple[int, ...]:
        """The frames that are diffused, and the first one even if it is given."""
        return keyframe_times(self.path.timeline, self.cadence)

    @property
    def total_steps(self) -> int:
        """How many denoising steps all diffused frames take."""
        first = self.path.sampling.steps if self.first is None else 0
        return first + sum(self._steps_of(time) for time in self.diffused_times[1:])

    @cached_property
    def batches(self) -> tuple[range, ...]:
        """The frames rendered together: from one diffused frame to the next."""
        ends = (*self.diffused_times[1:], self.num_frames)
        return tuple(range(start, end) for start, end in zip(self.diffused_times, ends, strict=True))

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the pictures: plain JSON types."""
        model, sampling = self.path.model, self.path.sampling
        return {
            "device": str(model.device),
            "dtype": dtype_name(model.dtype),
            "scheduler": type(model.scheduler).__name__,
            "size": list(self.size),
            "diffused_size": [sampling.height, sampling.width],
        }

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Diffuse the pictures that the store lacks, in order; yield each one's frame once it is stored.

        ``on_step`` is called after every denoising step with 1, the number of frames it advanced.
        """
        noise = MovingNoise(self.path.noise(0), self.path.seed(0))
        before: int | None = None
        for time in self.diffused_times:
            if before is not None:
                noise.move(self._latent_move(before, time))
            if time not in self.store:
                self.store[time] = self._picture(before, time, noise.latents, on_step)
            before = time
            yield [time]

    def _picture(self, before: int | None, time: int, noise: Tensor, on_step: StepsDone | None) -> Frame:
        if before is None:
            return self._drawn(time, noise, on_step) if self.first is None else self.first
        steps = self._steps_of(time)
        old = self.store[before]
        moved = as_uint8(self._warped(old, time, before)[0])
        if steps == 0:
            return moved
        target = self._colors_at(before, time, moved)
        return recolored(self._drawn(time, noise, on_step, recolored(moved, target), steps), target)

    def _steps_of(self, time: int) -> int:
        """Return how many steps a frame is denoised for; a strength above 0 is one at least."""
        strength, steps = self.strengths[time], self.path.sampling.steps
        return max(1, round(strength * steps)) if strength > 0 else 0

    def _drawn(
        self,
        time: int,
        noise: Tensor,
        on_step: StepsDone | None,
        start: Frame | None = None,
        steps: int | None = None,
    ) -> Frame:
        """Draw a frame with its own prompt, in the last ``steps`` from a picture or in all from noise."""
        model, sampling = self.path.model, self.path.sampling
        skipped = 0 if start is None or steps is None else sampling.steps - steps
        state = noise[None]
        if start is not None:
            latents = encode_pictures(model, [start])
            state = state_at(model.scheduler, latents, state, first_step=skipped, steps=sampling.steps)
        final = model.denoise(
            state,
            self.path.conditioning(time),
            [self.path.seed(time)],
            steps=sampling.steps,
            guidance_scale=sampling.guidance_scale,
            # The last steps alone decide a frame that is drawn over another: unguided, the prompt fades away.
            guided_steps=sampling.guided_steps if start is None else None,
            first_step=skipped,
            on_step=None if on_step is None else lambda _done, _latents: on_step(1),
        )
        return model.decode(final)[0]

    def _colors_at(self, before: int, time: int, moved: Frame) -> Colors:
        """Return a frame's colours: as moved, changed as the prompt's change, and pulled to the anchor's."""
        start, end = self._prompt_colors(before), self._prompt_colors(time)
        anchor = self._seen_of_first(time).moved(self._anchors[0], end)
        return Colors.of(moved).moved(start, end).mixed(anchor, self.pull)

    def _prompt_colors(self, time: int) -> Colors:
        start, end, mix = self.path.timeline.at(time)
        return self._anchors[start].mixed(self._anchors[end], mix)

    def _seen_of_first(self, time: int) -> Colors:
        """Return the colours of what the camera sees of the first frame, and its mirror image around it."""
        return Colors.of(as_uint8(self._warped(self.store[0], self._looks[time], 0)[0]))

    @cached_property
    def _looks(self) -> dict[int, int]:
        """Diffused frame -> the last one up to it at which the camera saw enough of the first frame."""
        found, last = {}, 0
        for time in self.diffused_times:
            enlarged = np.linalg.det(self.camera.between(0, time)[:2, :2])
            last = time if abs(float(enlarged)) <= _MOST_ENLARGED else last
            found[time] = last
        return found

    @cached_property
    def _anchors(self) -> list[Colors]:
        """The colours of each keyframe's prompt, in its own picture; the first is the clip's first frame."""
        keys = self.path.timeline.keyframes
        found = {(keys[0].prompt, keys[0].negative): Colors.of(self.store[0])}
        for key in keys:
            if (key.prompt, key.negative) not in found:
                picture = self._drawn(key.time, self.path.noise(0), None)
                found[key.prompt, key.negative] = Colors.of(picture)
        return [found[key.prompt, key.negative] for key in keys]

    def _latent_move(self, start: int, end: int) -> Move:
        factor = 1 / int(self.path.model.pipe.vae_scale_factor)
        matrix = scaled(self.camera.between(start, end), factor)
        return lambda points: transform(matrix, points)

    def render(self, batch: range) -> list[Frame]:
        """Return the frames of one of ``batches``; the pictures around it must be in the store."""
        first = self.store[batch.start]
        end = min(batch.stop, self.num_frames - 1)
        last = self.store[end]
        between = (self._between(first, last, batch.start, time, end) for time in batch[1:])
        return [crop(frame, self.size) for frame in (first, *between)]

    def _between(self, first: Frame, last: Frame, start: int, time: int, end: int) -> Frame:
        """Warp two diffused pictures to the time between them, and fade from one to the other."""
        mix = (time - start) / (end - start)
        (old, seen_old), (new, seen_new) = (
            self._warped(picture, time, at) for picture, at in ((first, start), (last, end))
        )
        weight_old, weight_new = (1 - mix) * (seen_old + 1e-3), mix * (seen_new + 1e-3)
        share = (weight_new / (weight_old + weight_new))[..., None]
        blended = np.asarray(old + share * (new - old), np.float32)
        return as_uint8(even_detail(blended, (old, new), mix))

    def _warped(self, picture: Frame, time: int, at: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the picture of frame ``at`` as seen at ``time``, and how surely (H, W) it is seen there.

        What it doesn't show is its mirror image.
        """
        flow, _ = reflected(self.camera.flow(time, at))
        warped = backward_warp(as_float(picture), flow, interpolation=cv2.INTER_CUBIC)
        return np.clip(warped, 0, 1), self._sight(self.camera.flow(time, at))

    def _sight(self, flow: FlowField) -> NDArray[np.float32]:
        """Return 1 where the target of a flow is well inside the picture, falling to 0 at its border."""
        height, width = flow.shape[:2]
        x = flow[..., 0] + np.arange(width)
        y = flow[..., 1] + np.arange(height)[:, None]
        # Half a pixel of leave, so that a camera that stands still sees the whole picture.
        distance = np.minimum.reduce([x, width - 1 - x, y, height - 1 - y]) + 0.5
        return np.asarray(np.clip(distance / (_FEATHER * min(height, width)), 0, 1), np.float32)

    def __iter__(self) -> Iterator[Frame]:
        for _ in self.diffuse():
            pass
        for batch in self.batches:
            yield from self.render(batch)


def feed_back(source: DiffusionSource, plan: Feedback, store: PictureStore) -> FeedbackSource:
    """Return the frames of ``source``'s timeline as ``plan`` says: each from the one before."""
    path, sampling = source.path, source.path.sampling
    size = sampling.height, sampling.width
    return FeedbackSource(
        path=path,
        camera=Camera(plan.moves, size),
        strengths=plan.strengths,
        pull=plan.color_anchor,
        fps=source.fps,
        size=source.size,
        cadence=source.cadence,
        first=None if plan.first is None else fitted(plan.first, size),
        store=store,
    )
