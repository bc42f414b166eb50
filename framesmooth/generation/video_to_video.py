"""Video to video: every keyframe is generated from the frame of a video.

The video's motion leads. A keyframe starts from the video's own frame with noise (Meng et al. 2022, SDEdit),
so the video decides what it shows and where, and nothing drifts. All frames share one noise, which stays
where it is: what the model makes of an image depends on the noise at every pixel, and noise that is moved
along the motion, even if it stays white, is another noise at every latent pixel. The frames between two
keyframes are both of these, warped along the motion of the video and cross-faded.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from torch import Tensor

from framesmooth.frames import Frame, GeneratedFrame, as_float
from framesmooth.generation.base import PREVIEW_KEYFRAMES, GenerationRequest, StepsDone
from framesmooth.generation.diffusion import ATTEMPTS, REROLL_STRIDE
from framesmooth.generation.image_to_image import ImageToImageGenerator, denoise_images, latents_of_first
from framesmooth.generation.keyframes import auto_cadence, keyframe_times, preview_cadence
from framesmooth.generation.latent_path import create_path
from framesmooth.generation.work import Tally, Work
from framesmooth.interpolation.blending import View, fade
from framesmooth.metrics.outliers import frame_statistics
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowEstimator
from framesmooth.motion.flow.dis import DIS_FINE
from framesmooth.motion.warping import backward_warp
from framesmooth.video.resize import FrameWindow, ResizedSource

_LARGEST_CADENCE = 3
_COLOUR_TOLERANCE, _SOFTNESS = 0.05, 1.5


@dataclass(frozen=True, kw_only=True)
class VideoToVideo(ImageToImageGenerator):
    """Frames of a video in the style of a timeline's prompts.

    Attributes:
        video: as many frames as the timeline has, of the denoised size.
        flow: estimates the motion of the video.
    """

    video: ResizedSource
    flow: FlowEstimator = DIS_FINE

    @classmethod
    def create(cls, request: GenerationRequest) -> "VideoToVideo":
        """Load the model and return the generator; ``request.plan`` is a Restyle."""
        spec, plan, timeline = request.sampling, request.plan, request.timeline
        path = create_path(request.load_model(), timeline, spec)
        filled = path.sampling.height, path.sampling.width
        cadence = spec.cadence if isinstance(spec.cadence, int) else auto_cadence(timeline)
        return VideoToVideo(
            path=path,
            video=plan.frames(filled, filled),
            strengths=plan.strengths,
            fps=spec.fps,
            cadence=plan.cadence or min(cadence, _LARGEST_CADENCE),
            store={} if request.images is None else request.images,
        )

    @cached_property
    def keyframe_indices(self) -> tuple[int, ...]:
        """The keyframes."""
        return keyframe_times(self.path.timeline, self.cadence)

    def work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count what is left to do: every keyframe's video frame is encoded, denoised and decoded."""
        batches = [batch for batch in self.batches if not all(map(is_rendered, batch))]
        groups = [group for group in self.groups if not all(time in self.store for time in group)]
        denoised = [group for group in groups if self.steps_of(group[0])]
        inversion = self.path.model.autoencoder.inversion
        guided, coded = Tally(), Tally()
        for group in denoised:
            calls = 1 if not self.path.model.low_vram else len(group)
            guided += self._with_anchor(Tally(calls, len(group))) * self.steps_of(group[0])
            coded += Tally(calls, len(group)) * (inversion + 1)
        if denoised and self.path.cross_frame:
            coded += Tally(inversion, inversion)
        return Work(
            keyframes=sum(map(len, groups)),
            keyframe_steps=sum(self.steps_of(group[0]) * len(group) for group in denoised),
            guided=guided,
            coded=coded,
            blended=sum(len(batch) - 1 for batch in batches),
            frames=sum(map(len, batches)),
        )

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the images: plain JSON types."""
        return super().facts() | {"batch_size": self.path.sampling.batch_size}

    @cached_property
    def groups(self) -> list[list[int]]:
        """The keyframes that are denoised together: neighbours that take equally many steps.

        The first ones are few, so that something is soon stored.
        """
        groups: list[list[int]] = []
        for time in self.keyframe_indices:
            alike = groups and self.steps_of(groups[-1][0]) == self.steps_of(time)
            most = min(self.path.sampling.batch_size, 4 ** (len(groups) - 1)) if groups else 0
            if alike and len(groups[-1]) < most:
                groups[-1].append(time)
            else:
                groups.append([time])
        return groups

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Generate the keyframes that the store lacks; yield the frames of each batch once it is stored."""
        video = FrameWindow(self.video)
        for times in self.groups:
            if not all(time in self.store for time in times):
                frames = video.frames(times[0], times[-1])
                for time, image in zip(times, self._sound_keyframes(times, frames, on_step), strict=True):
                    self.store[time] = image
            yield times

    def _sound_keyframes(
        self, times: list[int], frames: dict[int, Frame], on_step: StepsDone | None
    ) -> Iterator[GeneratedFrame]:
        """Yield keyframes that the frames beside them can be warped from.

        A bad one would spoil those: one from other noise takes its place, else the video's own frame, and
        carries its fault.
        """
        generated = self._generate(times, [frames[time] for time in times], on_step=on_step)
        for time, image in zip(times, generated, strict=True):
            if not image.fault:
                yield image
                continue
            if image.fault == "black" and frame_statistics(frames[time]).black:
                yield GeneratedFrame(image.frame)
                continue
            again = (self._again(time, frames[time], attempt) for attempt in range(1, ATTEMPTS + 1))
            other = next((one for one in again if not one.fault), GeneratedFrame(frames[time]))
            yield replace(other, fault=image.fault)

    def _generate(
        self, times: list[int], starts: list[Frame], attempt: int = 0, on_step: StepsDone | None = None
    ) -> list[GeneratedFrame]:
        steps = self.steps_of(times[0])
        if steps == 0:
            return [GeneratedFrame(start) for start in starts]
        noise = self.path.noise(0)
        if attempt:
            noise = self.path.other_noise((self.path.seed(0) + REROLL_STRIDE * attempt) % 2**32)
        noises, first = [noise] * len(times), self._latents_of_first
        return denoise_images(self.path, times, noises, on_step, starts=starts, steps=steps, first=first)

    @cached_property
    def _latents_of_first(self) -> Tensor | None:
        return latents_of_first(self.path, next(iter(self.video)))

    def _again(self, time: int, frame: Frame, attempt: int) -> GeneratedFrame:
        return self._generate([time], [frame], attempt)[0]

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the frames of one of ``batches``; the keyframes around it must be in the store."""
        last = min(batch.stop, self.num_frames - 1)
        frames = self._window.frames(batch.start, last)
        ends = {time: self.store[time] for time in {batch.start, last}}
        between = (GeneratedFrame(self.between(ends, frames, time)) for time in batch[1:])
        return [self._cropped(one) for one in (ends[batch.start], *between)]

    @cached_property
    def _window(self) -> FrameWindow:
        return FrameWindow(self.video)

    def between(self, ends: dict[int, GeneratedFrame], frames: dict[int, Frame], time: int) -> Frame:
        """Warp the two keyframes around ``time`` to it, and cross-fade them."""
        start, stop = min(ends), max(ends)
        mix = (time - start) / (stop - start)
        first, last = (self._view(ends[end].frame, frames[time], frames[end]) for end in (start, stop))
        return fade((ends[start].frame, ends[stop].frame), (first, last), mix)

    def _view(self, image: Frame, here: Frame, there: Frame) -> View:
        """Return ``image``, made from the video's frame ``there``, warped to the frame ``here``."""
        motion = estimate_bidirectional_flow(self.flow, here, there)
        warped = backward_warp(as_float(image), motion.forward, interpolation=cv2.INTER_CUBIC)
        error = np.abs(backward_warp(as_float(there), motion.forward) - as_float(here)).mean(axis=-1)
        seen = motion.consistent * np.exp(-error / _COLOUR_TOLERANCE)
        soft = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), _SOFTNESS)
        return np.asarray(np.clip(warped, 0, 1), np.float32), np.asarray(soft, np.float32)

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` generated from the video's with other noise; ``attempt`` is 1, 2..."""
        return self._cropped(self._again(time, self._window.frames(time, time)[time], attempt))

    def _blend(self, image: Frame) -> None:
        batch = max(self.batches, key=len)
        if len(batch) > 1:
            ends = {batch.start: GeneratedFrame(image), batch.stop: GeneratedFrame(image)}
            self.between(ends, dict.fromkeys((batch.start, batch[1], batch.stop), image), batch[1])

    def preview(
        self,
        *,
        steps: int,
        size: tuple[int, int] | None = None,
        keyframes: int = PREVIEW_KEYFRAMES,
    ) -> "VideoToVideo":
        """Return a quicker generator of the same clip; its frames keep the size of the video's."""
        cadence = preview_cadence(self.path.timeline, keyframes)
        return replace(self, path=self.path.with_steps(steps), cadence=cadence, store={}, crossfaded=set())
