"""Clips of pipelines that denoise all frames of a clip together, in one call or in segments.

Each segment is generated whole and its frames are kept, so that a run that was stopped goes on with the
segment that it was in. A segment that leads on from another one starts from its last frame, as it is kept.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Literal

import numpy as np
from PIL import Image

from framesmooth.events import KeyframeDone, Notice
from framesmooth.frames import Frame, GeneratedFrame
from framesmooth.generation.base import (
    PREVIEW_KEYFRAMES,
    FrameGenerator,
    GenerationRequest,
    ImageStore,
    StepsDone,
    keyframes_done,
)
from framesmooth.generation.diffusion import REROLL_STRIDE
from framesmooth.generation.native_video_notices import native_notices
from framesmooth.generation.native_video_spec import NativeVideo
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.generation.video_probe import probe_video
from framesmooth.generation.video_segments import Segment, segments_of
from framesmooth.generation.work import Probe, Tally, Work
from framesmooth.models.devices import dtype_name
from framesmooth.models.prompt_weighting_spec import plain
from framesmooth.models.video_families.base import Start, VideoCall, VideoFamily
from framesmooth.models.video_model import VideoModel
from framesmooth.timeline.seeds import MAX_SEED
from framesmooth.timeline.timeline import Timeline
from framesmooth.video.resize import crop, fitted


@dataclass(frozen=True, kw_only=True)
class NativeVideoGenerator(FrameGenerator):
    """Frames of a video pipeline; every frame is one of the keyframes that are kept.

    Attributes:
        model: the pipeline.
        timeline: the prompts and seeds.
        plan: what the clip starts from.
        sampling: how it is sampled.
        size: (height, width) of the frames, cropped from the middle of what is denoised.
        store: where the frames go, in the denoised size.
        most_shown: how many frames are reported at most; None for all.
    """

    replaces_faulty_keyframes: ClassVar[bool] = False
    rerolls_frames: ClassVar[bool] = False

    model: VideoModel
    timeline: Timeline
    plan: NativeVideo
    sampling: SamplingSpec
    size: tuple[int, int]
    store: ImageStore = field(default_factory=dict[int, GeneratedFrame])
    most_shown: int | None = None
    cadence: int | Literal["auto"] = 1
    crossfaded: set[int] = field(default_factory=set[int])

    @classmethod
    def create(cls, request: GenerationRequest) -> "NativeVideoGenerator":
        """Load the pipeline and return the generator; ``request.plan`` is a NativeVideo."""
        model, spec = request.load_video(), request.sampling
        height, width = spec.height or model.native_size[0], spec.width or model.native_size[1]
        return cls(
            model=model,
            timeline=request.timeline,
            plan=request.plan,
            sampling=spec,
            size=(height, width),
            store={} if request.images is None else request.images,
        )

    @property
    def fps(self) -> Fraction:  # type: ignore[override]
        """Frames per second."""
        return self.sampling.fps

    @property
    def num_frames(self) -> int:
        """How many frames the timeline has."""
        return self.timeline.num_frames

    @property
    def family(self) -> VideoFamily:
        """The family of the pipeline."""
        return self.model.family

    @property
    def denoised_size(self) -> tuple[int, int]:
        """(height, width) that is denoised: the size of the frames, rounded up to the family's multiple."""
        multiple = self.family.size_multiple
        height, width = (-(-side // multiple) * multiple for side in self.size)
        return height, width

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The segments of the clip."""
        return segments_of(self.timeline, self.family, self.plan.start)

    @property
    def batches(self) -> Sequence[range]:
        """The frames of each segment."""
        return [segment.frames for segment in self.segments]

    @property
    def keyframe_indices(self) -> tuple[int, ...]:
        """All frames; of a preview those that are shown."""
        if self.most_shown is None or self.most_shown >= self.num_frames:
            return tuple(range(self.num_frames))
        shown = np.linspace(0, self.num_frames - 1, self.most_shown).round().astype(int)
        return tuple(dict.fromkeys(shown.tolist()))

    def cuts(self, timeline: Timeline) -> Iterable[int]:
        """Return the first frames of the segments that don't go on from the one before."""
        del timeline
        if self.plan.start == "video":
            return ()
        return [one.frames.start for one in self.segments[1:] if not one.leads_on]

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the frames: plain JSON types."""
        return {
            "device": str(self.model.device),
            "dtype": dtype_name(self.model.dtype),
            "scheduler": type(self.model.scheduler).__name__,
            "pipeline": type(self.model.pipe).__name__,
            "size": list(self.size),
            "diffused_size": list(self.denoised_size),
            "segments": [[segment.frames.start, segment.frames.stop] for segment in self.segments],
            **({"low_vram": self.model.low_vram} if self.family.parts_decide else {}),
        }

    def work(self, is_rendered: Callable[[int], bool] = lambda _index: False) -> Work:
        """Count what is left to do. A segment is generated whole if any of its frames is missing."""
        left = [one for one in self.segments if not all(time in self.store for time in one.frames)]
        guided, coded = Tally(), Tally()
        for segment in left:
            frames = self._generated(segment)
            guided += Tally(1, frames) * self._steps(segment)
            coded += Tally(1, frames)
        batches = [batch for batch in self.batches if not all(map(is_rendered, batch))]
        return Work(
            frames=sum(map(len, batches)),
            keyframes=sum(len(segment.frames) for segment in left),
            keyframe_steps=sum(self._steps(segment) * len(segment.frames) for segment in left),
            guided=guided,
            coded=coded,
            segments=len(left),
        )

    def keyframes(self, on_step: StepsDone | None = None) -> Iterator[KeyframeDone]:
        """Generate the segments that the store lacks; yield each frame once its segment is kept."""
        shown = self.keyframe_indices
        return keyframes_done(self._kept(on_step, set(shown)), len(shown), self._frame)

    def _kept(self, on_step: StepsDone | None, shown: set[int]) -> Iterator[list[int]]:
        for segment in self.segments:
            if not all(time in self.store for time in segment.frames):
                count = len(segment.frames)
                told = None if on_step is None else lambda count=count: on_step(count)
                for time, generated in zip(
                    segment.frames, self._generate(segment, segment.seed, told), strict=True
                ):
                    self.store[time] = generated
            yield [time for time in segment.frames if time in shown]

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the frames of a segment, which must be in the store."""
        return [self._frame(time) for time in batch]

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` of its segment generated from other noise; ``attempt`` is 1, 2..."""
        (segment,) = (one for one in self.segments if time in one.frames)
        seed = (segment.seed + REROLL_STRIDE * attempt) % MAX_SEED
        frames = self._generate(segment, seed, None)
        return self._cropped(frames[time - segment.frames.start])

    def preview(
        self, *, steps: int, size: tuple[int, int] | None = None, keyframes: int = PREVIEW_KEYFRAMES
    ) -> "NativeVideoGenerator":
        """Return a generator of the same clip in fewer steps, which reports some of its frames."""
        del size  # what moves in smaller frames is another thing
        sampling = replace(self.sampling, steps=min(steps, self.sampling.steps))
        return replace(self, sampling=sampling, store={}, most_shown=keyframes, crossfaded=set())

    def notices(self, model_name: str) -> Iterator[Notice]:
        """Yield where the model was asked for something that it doesn't do, and how segments are joined."""
        yield from native_notices(
            model_name, self.model, self.timeline, self.plan, self.sampling, self.size, self.denoised_size
        )

    def probe(self, is_worth_it: Callable[[Probe, float], bool]) -> Probe:
        """Measure a denoising step and a decoding at the real size, of few frames and of a whole segment."""
        longest = max(self.segments, key=self._generated)
        return probe_video(self.model, self._call(longest, starts_alone=True), is_worth_it)

    @property
    def nan_advice(self) -> str:
        """What to tell the user whose frames are not made of numbers."""
        return self.model.nan_advice

    def _generate(
        self, segment: Segment, seed: int, on_step: Callable[[], None] | None
    ) -> list[GeneratedFrame]:
        """Return the frames of a segment, in the denoised size."""
        frames = self.model.generate(self._call(segment), seed, on_step)
        return frames[segment.generated - len(segment.frames) : segment.generated]

    def _generated(self, segment: Segment) -> int:
        return self.family.frame_rule.up(segment.generated)

    def _steps(self, segment: Segment) -> int:
        return self.family.steps_of(self._call(segment, with_images=False))

    def _call(self, segment: Segment, *, with_images: bool = True, starts_alone: bool = False) -> VideoCall:
        """Return the call that generates a segment.

        Without images it is for counting; one that starts alone needs no other segment.
        """
        plan, spec, key = self.plan, self.sampling, self.timeline.keyframes[segment.key]
        height, width = self.denoised_size
        first, last, video = None, None, []
        if with_images:
            first, last = self._first(segment, starts_alone), self._last(segment)
            video = list(self._video(segment))
        travels = self.family.travels and len(self.timeline.keyframes) > 1
        return VideoCall(
            start=self._start(segment),
            prompt=plain(key.prompt),
            negative=plain(key.negative),
            prompts=self._by_frame("prompt") if travels else {},
            negatives=self._by_frame("negative") if travels else {},
            frames=self._generated(segment),
            height=height,
            width=width,
            fps=spec.fps,
            steps=spec.steps,
            guidance_scale=spec.guidance_scale,
            true_cfg_scale=spec.true_cfg_scale,
            guidance_scale_2=plan.guidance_scale_2,
            first=first,
            last=last,
            video=video,
            strength=plan.strength,
            free_init=plan.free_init,
            context=plan.context,
            motion_bucket=plan.motion_bucket,
            chance=plan.chance,
            in_parts=self.model.low_vram,
        )

    def _start(self, segment: Segment) -> Start:
        """Return what a segment starts from."""
        plan = self.plan
        if plan.start == "video":
            return "video"
        begins, ends = segment.frames.start == 0, segment.frames.stop == self.num_frames
        given = (begins and plan.first is not None) or (ends and plan.last is not None)
        return "image" if given or segment.leads_on else "text"

    def _by_frame(self, name: str) -> dict[int, str]:
        keys = self.timeline.keyframes
        return {0 if key is keys[0] else key.time: plain(getattr(key, name)) for key in keys}

    def _first(self, segment: Segment, starts_alone: bool) -> Image.Image | None:
        """Return the image that a segment begins with."""
        if segment.leads_on:
            height, width = self.denoised_size
            black = np.zeros((height, width, 3), np.uint8)
            return Image.fromarray(black if starts_alone else self.store[segment.frames.start - 1].frame)
        return self._image(self.plan.first) if segment.frames.start == 0 else None

    def _last(self, segment: Segment) -> Image.Image | None:
        return self._image(self.plan.last) if segment.frames.stop == self.num_frames else None

    def _image(self, image: Frame | None) -> Image.Image | None:
        return None if image is None else Image.fromarray(fitted(image, self.denoised_size))

    def _video(self, segment: Segment) -> Iterator[Image.Image]:
        """Yield the frames of the video, the last one again and again up to a length that is allowed."""
        restyle = self.plan.restyle
        if restyle is None:
            return
        source = restyle.frames(self.denoised_size, self.denoised_size)
        image = None
        for frame in islice(source, segment.frames.start, segment.frames.stop):
            image = Image.fromarray(frame)
            yield image
        for _ in range(self._generated(segment) - len(segment.frames)):
            assert image is not None  # segments have frames
            yield image

    def _frame(self, time: int) -> GeneratedFrame:
        return self._cropped(self.store[time])

    def _cropped(self, generated: GeneratedFrame) -> GeneratedFrame:
        return GeneratedFrame(crop(generated.frame, self.size), generated.fault)
