"""Video to video: every diffused frame is drawn over the frame of a video.

The video's motion leads. A diffused frame begins at the video's own frame under noise (Meng et al. 2022,
SDEdit), so what it shows and where is decided there, and nothing drifts. All frames share one noise, and it
stays where it is: what the model makes of a picture depends on the noise under every pixel, and noise that is
moved along the motion, even if it stays white, is another noise at every latent pixel. The frames between two
diffused ones are both of these, warped along the motion of the video and faded into each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from torch import Tensor

from framesmooth.errors import ModelError
from framesmooth.frames import Frame, as_float
from framesmooth.generation.base import ATTEMPTS, ImageStore, ImageToImageGenerator
from framesmooth.generation.image_to_image import draw_all, latents_of_first
from framesmooth.generation.keyframes import keyframe_times
from framesmooth.generation.latent_path import StepsDone
from framesmooth.generation.prompt_travel import REROLL_STRIDE, PromptTravel, facts_of
from framesmooth.generation.specs import Restyle
from framesmooth.interpolation.blending import View, fade
from framesmooth.metrics.outliers import frame_statistics
from framesmooth.models.text_to_image import GeneratedFrame
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import FlowEstimator
from framesmooth.motion.flow.dis import DIS_FINE
from framesmooth.motion.warping import backward_warp
from framesmooth.video.resize import FrameWindow, ResizedSource, crop

_LONGEST_CADENCE = 3
_COLOUR_TOLERANCE, _SOFTNESS = 0.05, 1.5


@dataclass(frozen=True, kw_only=True)
class VideoToVideo(ImageToImageGenerator):
    """Frames of a video in the style of a timeline's prompts, as a FrameSource.

    Attributes:
        video: as many frames as the timeline has, of the diffused size.
        flow: estimates the motion of the video.
    """

    video: ResizedSource
    flow: FlowEstimator = DIS_FINE

    @cached_property
    def diffused_times(self) -> tuple[int, ...]:
        """The frames that are diffused."""
        return keyframe_times(self.path.timeline, self.cadence)

    @property
    def total_steps(self) -> int:
        """How many denoising steps all diffused frames take."""
        return sum(map(self.steps_of, self.diffused_times))

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the pictures: plain JSON types."""
        return facts_of(self.path, self.size) | {"batch_size": self.path.sampling.batch_size}

    @cached_property
    def groups(self) -> list[list[int]]:
        """The frames that are diffused together: neighbours that take equally many steps."""
        groups: list[list[int]] = []
        for time in self.diffused_times:
            alike = groups and self.steps_of(groups[-1][0]) == self.steps_of(time)
            if alike and len(groups[-1]) < self.path.sampling.batch_size:
                groups[-1].append(time)
            else:
                groups.append([time])
        return groups

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Diffuse the pictures that the store lacks; yield the frames of each batch once it is stored.

        ``on_step`` is called after every denoising step with the number of frames it advanced.
        """
        video = FrameWindow(self.video)
        for times in self.groups:
            if not all(time in self.store for time in times):
                frames = video.frames(times[0], times[-1])
                for time, picture in zip(times, self._pictures(times, frames, on_step), strict=True):
                    self.store[time] = picture
            yield times

    def _pictures(
        self, times: list[int], frames: dict[int, Frame], on_step: StepsDone | None
    ) -> Iterator[GeneratedFrame]:
        """Yield diffused pictures for the frames beside them to be warped from.

        A bad one would spoil those: another noise takes its place, else the video's own frame. The fault is
        told, but not in what it shows.
        """
        made = self._drawn(times, [frames[time] for time in times], on_step=on_step)
        for time, picture in zip(times, made, strict=True):
            if not picture.fault:
                yield picture
                continue
            if picture.fault == "black" and frame_statistics(frames[time]).black:
                yield GeneratedFrame(picture.frame)
                continue
            again = (self._again(time, frames[time], attempt) for attempt in range(1, ATTEMPTS + 1))
            other = next((one for one in again if not one.fault), GeneratedFrame(frames[time]))
            yield replace(other, fault=picture.fault)

    def _drawn(
        self, times: list[int], starts: list[Frame], attempt: int = 0, on_step: StepsDone | None = None
    ) -> list[GeneratedFrame]:
        steps = self.steps_of(times[0])
        if steps == 0:
            return [GeneratedFrame(start) for start in starts]
        noise = self.path.noise(0)
        if attempt:
            sampling = self.path.sampling
            seed = (self.path.seed(0) + REROLL_STRIDE * attempt) % 2**32
            noise = self.path.model.noise(seed, sampling.height, sampling.width)
        return draw_all(
            self.path, times, [noise] * len(times), on_step, starts=starts, steps=steps, first=self._first
        )

    @cached_property
    def _first(self) -> Tensor | None:
        return latents_of_first(self.path, next(iter(self.video)))

    def _again(self, time: int, frame: Frame, attempt: int) -> GeneratedFrame:
        return self._drawn([time], [frame], attempt)[0]

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the pictures of one of ``batches``; the diffused ones around it must be in the store."""
        last = min(batch.stop, self.num_frames - 1)
        frames = self._window.frames(batch.start, last)
        ends = {time: self.store[time] for time in {batch.start, last}}
        between = (GeneratedFrame(self.between(ends, frames, time)) for time in batch[1:])
        return [replace(one, frame=crop(one.frame, self.size)) for one in (ends[batch.start], *between)]

    @cached_property
    def _window(self) -> FrameWindow:
        return FrameWindow(self.video)

    def between(self, ends: dict[int, GeneratedFrame], frames: dict[int, Frame], time: int) -> Frame:
        """Warp the two diffused pictures around ``time`` to it, and fade from one to the other."""
        start, stop = min(ends), max(ends)
        mix = (time - start) / (stop - start)
        first, last = (self._view(ends[end].frame, frames[time], frames[end]) for end in (start, stop))
        return fade((ends[start].frame, ends[stop].frame), (first, last), mix)

    def _view(self, picture: Frame, here: Frame, there: Frame) -> View:
        """Return ``picture``, of the video's frame ``there``, as it looks at the frame ``here``."""
        motion = estimate_bidirectional_flow(self.flow, here, there)
        warped = backward_warp(as_float(picture), motion.forward, interpolation=cv2.INTER_CUBIC)
        error = np.abs(backward_warp(as_float(there), motion.forward) - as_float(here)).mean(axis=-1)
        seen = motion.consistent * np.exp(-error / _COLOUR_TOLERANCE)
        soft = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), _SOFTNESS)
        return np.asarray(np.clip(warped, 0, 1), np.float32), np.asarray(soft, np.float32)

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` drawn over the video's with another noise; ``attempt`` is 1, 2..."""
        made = self._again(time, self._window.frames(time, time)[time], attempt)
        return replace(made, frame=crop(made.frame, self.size))

    def __iter__(self) -> Iterator[Frame]:
        for _ in self.diffuse():
            pass
        for batch in self.batches:
            for picture in self.render(batch):
                if picture.fault == "nan":
                    raise ModelError(self.path.model.nan_advice)
                yield picture.frame


def restyle(source: PromptTravel, plan: Restyle, store: ImageStore) -> VideoToVideo:
    """Return the frames of ``source``'s timeline as ``plan`` says: each over that of a video."""
    path, sampling = source.path, source.path.sampling
    filled = sampling.height, sampling.width
    return VideoToVideo(
        path=path,
        video=plan.frames(filled, filled),
        strengths=plan.strengths,
        fps=source.fps,
        size=source.size,
        cadence=plan.cadence or min(source.cadence, _LONGEST_CADENCE),
        store=store,
    )
