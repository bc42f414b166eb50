"""Camera feedback: every keyframe is generated from the one before, moved by the camera.

The chain of Deforum: warp the last keyframe by the known motion, add noise, and denoise the last steps with
the new frame's own prompt. ``strength`` is the share of steps. What keeps such a chain stable: each keyframe
gets fresh noise, because what one noise adds grows with every frame (with less ``noise_renewal`` the noise
moves along with the image, and texture sticks to surfaces); keyframes have less guidance than the first one
where the model asks for that, because guidance accumulates as well; the colours of each keyframe are pulled
to those of the first one in CIELAB, so that they don't drift; and what the camera reveals is mirrored first,
and then denoised.

The frames between two keyframes are both of these, warped to where the camera is and cross-faded: this motion
is exact.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from framesmooth.errors import ModelError
from framesmooth.frames import Frame, GeneratedFrame, as_uint8
from framesmooth.generation.base import PREVIEW_KEYFRAMES, GenerationRequest, StepsDone
from framesmooth.generation.color_anchor import ColorAnchor
from framesmooth.generation.color_transfer import Colors, recolored
from framesmooth.generation.diffusion import ATTEMPTS, REROLL_STRIDE
from framesmooth.generation.image_to_image import ImageToImageGenerator, denoise_image, latents_of_first
from framesmooth.generation.keyframes import auto_cadence, keyframe_times, preview_cadence
from framesmooth.generation.latent_path import LatentPath, create_path
from framesmooth.generation.loop_closure import LoopClosure, closing_moves
from framesmooth.generation.noise_warping import Move, MovingNoise
from framesmooth.generation.work import Tally, Work
from framesmooth.interpolation.blending import fade
from framesmooth.models.depth import load_depth
from framesmooth.models.families.base import Guidance
from framesmooth.motion.camera.depth_camera import DepthCamera
from framesmooth.motion.camera.homography import FEATHER, Camera
from framesmooth.video.resize import fitted


@dataclass(frozen=True, kw_only=True)
class CameraFeedback(ImageToImageGenerator):
    """Frames of a timeline under a moving camera.

    Attributes:
        camera: over images of the denoised size.
        guidance: of all keyframes but the first.
        color_pull: how far a frame's colours are pulled to those of the first frame there, 0 to 1.
        noise_renewal: share of the noise that is new from one keyframe to the next.
        first: the first frame, uint8 of the denoised size; None is generated.
        legs: of a clip that was extended, how many frames it had each time.
    """

    camera: Camera
    guidance: Guidance
    color_pull: float
    noise_renewal: float
    first: Frame | None = None
    legs: tuple[int, ...] = ()

    @classmethod
    def create(cls, request: GenerationRequest) -> "CameraFeedback":
        """Load the models and return the generator; ``request.plan`` is a Feedback."""
        spec, plan, timeline = request.sampling, request.plan, request.timeline
        path = create_path(request.load_model(), timeline, spec)
        sampling = path.sampling
        size = sampling.height, sampling.width
        moves = plan.moves
        if timeline.loop:  # after the last frame comes the first, by the move of that frame
            moves = {name: [*values, values[0]] for name, values in moves.items()}
        camera = Camera(moves, size)
        if plan.depth_model is not None:
            camera = DepthCamera(moves, size, load_depth(plan.depth_model, path.model.device))
        scale = sampling.guidance.scale if plan.guidance_scale is None else plan.guidance_scale
        return cls(
            path=path,
            guidance=replace(sampling.guidance, scale=scale),
            noise_renewal=plan.noise_renewal,
            camera=camera,
            strengths=plan.strengths,
            color_pull=plan.color_anchor,
            fps=spec.fps,
            cadence=spec.cadence if isinstance(spec.cadence, int) else auto_cadence(timeline),
            first=None if plan.first is None else fitted(plan.first, size),
            legs=plan.legs,
            store={} if request.images is None else request.images,
        )

    @cached_property
    def keyframe_indices(self) -> tuple[int, ...]:
        """The keyframes, and the first frame even if it is given."""
        timeline = self.path.timeline
        return keyframe_times(timeline, self.cadence, comes_back=timeline.loop)

    def work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count the work that is left, with the keyframes of other prompts that give their colours."""
        path = self.path
        batches = [batch for batch in self.batches if not all(map(is_rendered, batch))]
        left = [time for time in self.keyframe_indices if time not in self.store]
        over = [steps for time in left if time > 0 and (steps := self.steps_of(time))]
        first = int(0 in left and self.first is None)
        prompts = {(key.prompt, key.negative) for key in path.timeline.keyframes}
        from_noise = first + (len(prompts) - 1 if over else 0)
        with_guidance, without = path.split_steps()
        guided, unguided = sum(over) + from_noise * with_guidance, from_noise * without
        coded = from_noise + (path.model.autoencoder.inversion + 1) * len(over)
        if over and path.cross_frame:
            coded += path.model.autoencoder.inversion
        return Work(
            keyframes=len(left),
            keyframe_steps=sum(over) + first * path.steps_from(0),
            guided=self._with_anchor(Tally(guided, guided)),
            unguided=self._with_anchor(Tally(unguided, unguided)),
            coded=Tally(coded, coded),
            blended=sum(len(batch) - 1 for batch in batches),
            frames=sum(map(len, batches)),
        )

    @property
    def _images_at_once(self) -> int:
        return 1

    @property
    def given_images(self) -> dict[str, Frame]:
        """The first frame, if it is given."""
        return {} if self.first is None else {"--init-image": self.first}

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Generate the keyframes that the store lacks, in order; yield each one's frame once it is stored."""
        noise = MovingNoise(self.path.noise(0), self.path.seed(0), renewal=self.noise_renewal)
        before: int | None = None
        for time in self.keyframe_indices:
            if before is not None:
                noise.move(self._latent_move(before, time) if self.noise_renewal < 1 else None)
            if time not in self.store:
                closure = self._loop_closure if before is not None else None
                joins = closure is not None and self.noise_renewal == 0
                latents = closure.joined_noise(noise.latents, time) if closure and joins else noise.latents
                self.store[time] = self._sound_keyframe(before, time, latents, on_step)
            before = time
            yield [time]

    def _sound_keyframe(
        self, before: int | None, time: int, noise: Tensor, on_step: StepsDone | None
    ) -> GeneratedFrame:
        """Return a keyframe to go on from; it carries the fault of the one that it replaces, if any.

        A chain that went on from a bad image would stay bad: one from other noise takes its place, else the
        image before, moved.
        """
        made = self._generate(before, time, noise, on_step)
        if not made.fault:
            return made
        for attempt in range(1, ATTEMPTS + 1):
            again = self._generate(before, time, self._other_noise(time, attempt))
            if not again.fault:
                return replace(again, fault=made.fault)
        if before is None:
            raise ModelError(self._first_frame_advice(made.fault))
        return GeneratedFrame(self._moved(before, time), made.fault)

    def _generate(
        self, before: int | None, time: int, noise: Tensor, on_step: StepsDone | None = None
    ) -> GeneratedFrame:
        if before is None:
            return self._first_frame(noise, on_step)
        moved, steps = self._moved(before, time), self.steps_of(time)
        if steps == 0:
            return GeneratedFrame(moved)
        return self._denoise(moved, self._anchor.colors(before, time, moved), time, noise, steps, on_step)

    def _first_frame(self, noise: Tensor, on_step: StepsDone | None) -> GeneratedFrame:
        if self.first is not None:
            return GeneratedFrame(self.first)
        return denoise_image(self.path, 0, noise, on_step)

    def _moved(self, before: int, time: int) -> Frame:
        image = self.store[before].frame
        moved = as_uint8(self.camera.view(image, time, before)[0])
        closure = self._loop_closure
        return moved if closure is None else closure.joined(moved, image, before, time)

    def _denoise(
        self,
        image: Frame,
        target: Colors,
        time: int,
        noise: Tensor,
        steps: int,
        on_step: StepsDone | None = None,
    ) -> GeneratedFrame:
        start = recolored(image, target)
        seed = (self.path.seed(time) + (time if self.noise_renewal > 0 else 0)) % 2**32
        denoised = denoise_image(
            self._image_path,
            time,
            noise,
            on_step,
            start=start,
            steps=steps,
            first=self._latents_of_first,
            seed=seed,
        )
        return replace(denoised, frame=recolored(denoised.frame, target))

    @cached_property
    def _image_path(self) -> LatentPath:
        """The path of the keyframes that are generated from images."""
        return self.path.guided(self.guidance)

    @cached_property
    def _latents_of_first(self) -> Tensor | None:
        return latents_of_first(self.path, self.store[0].frame)

    def _other_noise(self, time: int, attempt: int) -> Tensor:
        return self.path.other_noise((self.path.seed(time) + REROLL_STRIDE * attempt + time) % 2**32)

    def _first_frame_advice(self, fault: str) -> str:
        if fault == "nan":
            return self.path.model.nan_advice
        return f"the first frame came out {fault}, with {ATTEMPTS} other seeds too: use another prompt"

    @cached_property
    def _anchor(self) -> ColorAnchor:
        return ColorAnchor(
            timeline=self.path.timeline,
            camera=self.camera,
            pull=self.color_pull,
            times=self.keyframe_indices,
            first=self.store[0].frame,
            generate=lambda time: denoise_image(self.path, time, self.path.noise(0)),
        )

    @cached_property
    def _loop_closure(self) -> LoopClosure | None:
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
        """Return the frames of one of ``batches``; the keyframes around it must be in the store."""
        first, last = self._ends(batch.start, batch.stop)
        between = (GeneratedFrame(self.between(first.frame, last.frame, time)) for time in batch[1:])
        return [self._cropped(one) for one in (first, *between)]

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` generated with other noise; ``attempt`` is 1, 2...

        For a keyframe these are the attempts that were made before the chain went on from it.
        """
        if any(keyframe not in self.store for keyframe in self.keyframe_indices):
            for _ in self.diffuse():
                pass
        noise = self._other_noise(time, attempt)
        if time in self.keyframe_indices:
            before = max((other for other in self.keyframe_indices if other < time), default=None)
            return self._cropped(self._generate(before, time, noise))
        first, last = self._ends(*self._neighbors(time))
        between = self.between(first.frame, last.frame, time)
        steps = max(1, self.steps_of(time))
        return self._cropped(self._denoise(between, Colors.of(between), time, noise, steps))

    def _neighbors(self, time: int) -> tuple[int, int]:
        ends = (*self.keyframe_indices, self.num_frames)
        place = bisect_right(ends, time)
        return ends[place - 1], ends[place]

    def _ends(self, start: int, end: int) -> tuple[GeneratedFrame, GeneratedFrame]:
        """Return the keyframes that a batch is between: after its last frame a loop shows the first."""
        after = 0 if self.path.timeline.loop else self.num_frames - 1
        return self.store[start], self.store[end if end < self.num_frames else after]

    def between(self, first: Frame, last: Frame, time: int) -> Frame:
        """Warp the two keyframes around ``time`` to it, and cross-fade them."""
        start, end = self._neighbors(time)
        mix = (time - start) / (end - start)
        views = (
            self.camera.view(first, time, start, feather=mix * FEATHER),
            self.camera.view(last, time, end, feather=(1 - mix) * FEATHER),
        )
        return fade((first, last), views, mix)

    def _blend(self, image: Frame) -> None:
        batch = max(self.batches, key=len)
        if len(batch) > 1:
            self.between(image, image, batch[1])

    def preview(
        self,
        *,
        steps: int,
        size: tuple[int, int] | None = None,
        keyframes: int = PREVIEW_KEYFRAMES,
    ) -> "CameraFeedback":
        """Return a quicker generator of the same clip; its frames keep the size of the camera's."""
        cadence = preview_cadence(self.path.timeline, keyframes)
        return replace(self, path=self.path.with_steps(steps), cadence=cadence, store={}, crossfaded=set())
