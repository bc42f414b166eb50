"""Feedback: every diffused frame starts from the one before, moved by the camera.

The chain of Deforum: warp the last diffused frame by the known motion, lay noise over it, and denoise the
last steps with the new frame's own prompt. How much is drawn anew is the strength. What keeps a chain from
going wrong: each frame gets new noise, for what one noise paints grows with every frame (with less
``noise_renewal`` it moves along with the picture, and texture sticks to what it is on); frames are guided
less than the first one where the model asks for that, for guidance adds up as well; the colours of each frame
are held against those of the first one (``lab``), so that they don't drift; and what the camera reveals is
mirrored first, and then drawn over.

The frames between two diffused ones are both of these, warped to where the camera is, one fading into the
other: this motion is exact.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from torch import Tensor

from framesmooth.errors import ModelError
from framesmooth.frames import Frame, as_uint8
from framesmooth.generation.base import ATTEMPTS, ImageStore, ImageToImageGenerator
from framesmooth.generation.color_anchor import ColorAnchor
from framesmooth.generation.color_transfer import Colors, recolored
from framesmooth.generation.image_to_image import draw, latents_of_first
from framesmooth.generation.keyframes import keyframe_times
from framesmooth.generation.latent_path import LatentPath, StepsDone
from framesmooth.generation.loop_closure import LoopClosure, closing_moves
from framesmooth.generation.noise_warping import Move, MovingNoise
from framesmooth.generation.prompt_travel import REROLL_STRIDE, PromptTravel, facts_of
from framesmooth.generation.specs import Feedback
from framesmooth.interpolation.blending import fade
from framesmooth.models.depth import load_depth
from framesmooth.models.families.base import Guidance
from framesmooth.models.text_to_image import GeneratedFrame
from framesmooth.motion.camera.depth_camera import DepthCamera
from framesmooth.motion.camera.homography import FEATHER, Camera
from framesmooth.video.resize import crop, fitted


@dataclass(frozen=True, kw_only=True)
class CameraFeedback(ImageToImageGenerator):
    """Frames of a timeline under a moving camera, as a FrameSource.

    Attributes:
        camera: over pictures of the diffused size.
        guidance: of the frames that are drawn over others.
        pull: how far a frame's colours are drawn to those of the first frame there, 0 to 1.
        noise_renewal: share of the noise that is new from one diffused frame to the next.
        first: the first frame, uint8 of the diffused size; None is diffused.
    """

    camera: Camera
    guidance: Guidance
    pull: float
    noise_renewal: float
    first: Frame | None = None

    @cached_property
    def diffused_times(self) -> tuple[int, ...]:
        """The frames that are diffused, and the first one even if it is given."""
        timeline = self.path.timeline
        return keyframe_times(timeline, self.cadence, comes_back=timeline.loop)

    @property
    def total_steps(self) -> int:
        """How many denoising steps all diffused frames take."""
        first = self.path.sampling.steps if self.first is None else 0
        return first + sum(self.steps_of(time) for time in self.diffused_times[1:])

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the pictures: plain JSON types."""
        return facts_of(self.path, self.size)

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Diffuse the pictures that the store lacks, in order; yield each one's frame once it is stored.

        ``on_step`` is called after every denoising step with 1, the number of frames it advanced.
        """
        noise = MovingNoise(self.path.noise(0), self.path.seed(0), renewal=self.noise_renewal)
        before: int | None = None
        for time in self.diffused_times:
            if before is not None:
                noise.move(self._latent_move(before, time) if self.noise_renewal < 1 else None)
            if time not in self.store:
                home = self._home if before is not None else None
                joins = home is not None and self.noise_renewal == 0
                latents = home.joined_noise(noise.latents, time) if home and joins else noise.latents
                self.store[time] = self._picture(before, time, latents, on_step)
            before = time
            yield [time]

    def _picture(
        self, before: int | None, time: int, noise: Tensor, on_step: StepsDone | None
    ) -> GeneratedFrame:
        """Return a diffused picture to go on from; a fault is told, but not in what it shows.

        A chain that went on from a bad picture would stay bad: another noise takes its place, else the
        picture before, moved.
        """
        made = self._made(before, time, noise, on_step)
        if not made.fault:
            return made
        for attempt in range(1, ATTEMPTS + 1):
            again = self._made(before, time, self._other_noise(time, attempt))
            if not again.fault:
                return replace(again, fault=made.fault)
        if before is None:
            raise ModelError(self._hopeless(made.fault))
        return GeneratedFrame(self._moved(before, time), made.fault)

    def _made(
        self, before: int | None, time: int, noise: Tensor, on_step: StepsDone | None = None
    ) -> GeneratedFrame:
        if before is None:
            return draw(self.path, time, noise, on_step) if self.first is None else GeneratedFrame(self.first)
        moved, steps = self._moved(before, time), self.steps_of(time)
        if steps == 0:
            return GeneratedFrame(moved)
        return self._drawn_over(moved, self._anchor.colors(before, time, moved), time, noise, steps, on_step)

    def _moved(self, before: int, time: int) -> Frame:
        picture = self.store[before].frame
        moved = as_uint8(self.camera.view(picture, time, before)[0])
        home = self._home
        return moved if home is None else home.joined(moved, picture, before, time)

    def _drawn_over(
        self,
        picture: Frame,
        target: Colors,
        time: int,
        noise: Tensor,
        steps: int,
        on_step: StepsDone | None = None,
    ) -> GeneratedFrame:
        start = recolored(picture, target)
        seed = (self.path.seed(time) + (time if self.noise_renewal > 0 else 0)) % 2**32
        drawn = draw(
            self._over, time, noise, on_step, start=start, steps=steps, first=self._latents, seed=seed
        )
        return replace(drawn, frame=recolored(drawn.frame, target))

    @cached_property
    def _over(self) -> LatentPath:
        """The path of the frames that are drawn over others."""
        return self.path.guided(self.guidance)

    @cached_property
    def _latents(self) -> Tensor | None:
        return latents_of_first(self.path, self.store[0].frame)

    def _other_noise(self, time: int, attempt: int) -> Tensor:
        sampling = self.path.sampling
        seed = (self.path.seed(time) + REROLL_STRIDE * attempt + time) % 2**32
        return self.path.model.noise(seed, sampling.height, sampling.width)

    def _hopeless(self, fault: str) -> str:
        if fault == "nan":
            return self.path.model.nan_advice
        return f"the first frame came out {fault}, with {ATTEMPTS} other seeds too: use another prompt"

    @cached_property
    def _anchor(self) -> ColorAnchor:
        return ColorAnchor(
            timeline=self.path.timeline,
            camera=self.camera,
            pull=self.pull,
            times=self.diffused_times,
            first=self.store[0].frame,
            drawn=lambda time: draw(self.path, time, self.path.noise(0)),
        )

    @cached_property
    def _home(self) -> LoopClosure | None:
        timeline = self.path.timeline
        if not timeline.loop:
            return None
        return LoopClosure(
            camera=self.camera,
            first=self.store[0].frame,
            num_frames=self.num_frames,
            length=closing_moves(timeline, self.fps),
            noise=self.path.noise(0),
            seed=self.path.seed(0),
        )

    def _latent_move(self, start: int, end: int) -> Move:
        factor = 1 / self.path.model.family.factor
        return self.camera.mover(self.store[start].frame, start, end, factor)

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the pictures of one of ``batches``; the diffused ones around it must be in the store."""
        first, last = self._ends(batch.start, batch.stop)
        between = (GeneratedFrame(self.between(first.frame, last.frame, time)) for time in batch[1:])
        return [replace(one, frame=crop(one.frame, self.size)) for one in (first, *between)]

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` drawn over with another noise; ``attempt`` is 1, 2...

        For a diffused frame these are the attempts that were made before the chain went on from it.
        """
        if any(diffused not in self.store for diffused in self.diffused_times):
            for _ in self.diffuse():
                pass
        noise = self._other_noise(time, attempt)
        if time in self.diffused_times:
            before = max((other for other in self.diffused_times if other < time), default=None)
            made = self._made(before, time, noise)
        else:
            first, last = self._ends(*self._around(time))
            between = self.between(first.frame, last.frame, time)
            made = self._drawn_over(between, Colors.of(between), time, noise, max(1, self.steps_of(time)))
        return replace(made, frame=crop(made.frame, self.size))

    def _around(self, time: int) -> tuple[int, int]:
        ends = (*self.diffused_times, self.num_frames)
        place = bisect_right(ends, time)
        return ends[place - 1], ends[place]

    def _ends(self, start: int, end: int) -> tuple[GeneratedFrame, GeneratedFrame]:
        """Return the pictures that a batch leads from and to: after its last frame a loop shows the first."""
        after = 0 if self.path.timeline.loop else self.num_frames - 1
        return self.store[start], self.store[end if end < self.num_frames else after]

    def between(self, first: Frame, last: Frame, time: int) -> Frame:
        """Warp the two diffused pictures around ``time`` to it, and fade from one to the other."""
        start, end = self._around(time)
        mix = (time - start) / (end - start)
        views = (
            self.camera.view(first, time, start, feather=mix * FEATHER),
            self.camera.view(last, time, end, feather=(1 - mix) * FEATHER),
        )
        return fade((first, last), views, mix)

    def __iter__(self) -> Iterator[Frame]:
        for _ in self.diffuse():
            pass
        for batch in self.batches:
            for picture in self.render(batch):
                yield picture.frame


def camera_feedback(source: PromptTravel, plan: Feedback, store: ImageStore) -> CameraFeedback:
    """Return the frames of ``source``'s timeline as ``plan`` says: each from the one before."""
    path, sampling = source.path, source.path.sampling
    size = sampling.height, sampling.width
    moves = plan.moves
    if path.timeline.loop:  # after the last frame comes the first, by the move of that frame
        moves = {name: [*values, values[0]] for name, values in moves.items()}
    camera = Camera(moves, size)
    if plan.depth_model is not None:
        camera = DepthCamera(moves, size, load_depth(plan.depth_model, path.model.device))
    guidance = sampling.guidance
    scale = guidance.scale if plan.guidance_scale is None else plan.guidance_scale
    return CameraFeedback(
        path=path,
        guidance=replace(guidance, scale=scale),
        noise_renewal=plan.noise_renewal,
        camera=camera,
        strengths=plan.strengths,
        pull=plan.color_anchor,
        fps=source.fps,
        size=source.size,
        cadence=source.cadence,
        first=None if plan.first is None else fitted(plan.first, size),
        store=store,
    )
