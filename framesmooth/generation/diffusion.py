"""What all generators that denoise latents share: path, frame size, facts and cost of the model."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import ceil
from typing import Any, Final, Literal

from torch import Tensor

from framesmooth.events import KeyframeDone, Notice
from framesmooth.frames import Frame, GeneratedFrame
from framesmooth.generation.base import FrameGenerator, StepsDone, keyframes_done
from framesmooth.generation.given_images import FOREIGN, foreign_notice, levels_changed
from framesmooth.generation.latent_path import LatentPath
from framesmooth.generation.sampling import size_notice
from framesmooth.generation.work import Probe, Tally
from framesmooth.models.devices import dtype_name
from framesmooth.models.prompt_weighting_spec import plain
from framesmooth.video.resize import crop

REROLL_STRIDE: Final = 1_000_003
"""Seeds of rerolls are this far apart, so that they are no other frame's."""

ATTEMPTS: Final = 3
"""How often a bad keyframe is generated again from other noise."""

_SHOWN_WORDS: Final = 6
"""Of a prompt that is cut."""


@dataclass(frozen=True, kw_only=True)
class DiffusionGenerator(FrameGenerator):
    """Frames made by denoising latents along a path.

    Attributes:
        path: the model, the timeline and the sampling.
        fps: frames per second.
        cadence: at most this many frames from one keyframe to the next; 1 makes every frame a keyframe.
        crossfaded: keyframes after which no motion could be followed; grows while rendering.
    """

    path: LatentPath
    fps: Fraction
    cadence: int | Literal["auto"] = 4
    crossfaded: set[int] = field(default_factory=set[int])

    @property
    def size(self) -> tuple[int, int]:  # type: ignore[override]
        """(height, width) of the frames, cropped from the middle of the denoised image."""
        return self.path.sampling.frame_size

    @property
    def num_frames(self) -> int:
        """How many frames the timeline has."""
        return self.path.timeline.num_frames

    @abstractmethod
    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Denoise the keyframes that the store lacks; yield the frames of each batch once it is stored.

        ``on_step`` is called after every denoising step with the number of frames it advanced.
        """

    @abstractmethod
    def keyframe(self, time: int) -> GeneratedFrame:
        """Return a keyframe, which must be in the store."""

    @property
    @abstractmethod
    def possible_keyframes(self) -> tuple[int, ...]:
        """The keyframes, or all possible ones where they are found while generating; generates nothing."""

    def keyframes(self, on_step: StepsDone | None = None) -> Iterator[KeyframeDone]:
        """Generate the keyframes that the store lacks; yield each once it is stored."""
        total = len(self.possible_keyframes)
        at_most = self.cadence == "auto"
        return keyframes_done(self.diffuse(on_step), total, self.keyframe, at_most=at_most)

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the frames: plain JSON types."""
        model, sampling = self.path.model, self.path.sampling
        return {
            "device": str(model.device),
            "dtype": dtype_name(model.dtype),
            "scheduler": type(model.scheduler).__name__,
            "size": list(self.size),
            "diffused_size": [sampling.height, sampling.width],
        }

    def notices(self, model_name: str) -> Iterator[Notice]:
        """Yield where the model was asked for something that it doesn't do."""
        model, guidance = self.path.model, self.path.sampling.guidance
        asked, used = (
            type(one).__name__.removesuffix("Scheduler") for one in (model.pipe.scheduler, model.scheduler)
        )
        if asked != used:
            yield Notice(f"{asked} cannot start midway, as is needed here: sampling with {used}")
        keys = self.path.timeline.keyframes
        if any(key.negative for key in keys) and not model.family.negates(guidance):
            how = "--true-cfg-scale" if model.family.has_true_guidance else "--guidance-scale"
            needed = f" without {how} above 1" if not model.family.is_distilled or "true" in how else ""
            yield Notice(f"{model_name} ignores negative prompts{needed}", warning=True)
        yield from self._cut_prompts()
        size = size_notice(model, self.path.sampling, model_name)
        if size is not None:
            yield size
        for option, levels in self.foreign_images.items():
            yield Notice(foreign_notice(option, levels, model_name), warning=True)

    @property
    def given_images(self) -> Mapping[str, Frame]:
        """The images that frames start from, uint8 of the denoised size, by the options that gave them."""
        return {}

    @cached_property
    def foreign_images(self) -> Mapping[str, float]:
        """By how many levels the model changes the given images that are unlike what it can show."""
        if self.path.control is not None:  # what is drawn follows the control, whatever the image shows
            return {}
        levels = {option: levels_changed(self.path, image) for option, image in self.given_images.items()}
        return {option: level for option, level in levels.items() if level > FOREIGN}

    def _cut_prompts(self) -> Iterator[Notice]:
        """Yield a warning for each prompt that is too long for the model: how much of it is read."""
        model, keys = self.path.model, self.path.timeline.keyframes
        texts = [("prompt", key.prompt) for key in keys] + [("negative prompt", key.negative) for key in keys]
        for name, text in dict.fromkeys(texts):
            lost = model.cut_off(text).split()
            if lost:
                start = " ".join(lost[:_SHOWN_WORDS]) + (" ..." if len(lost) > _SHOWN_WORDS else "")
                told = f"the {name} is too long for the model: it ignores the last {len(lost)} of "
                yield Notice(f"{told}{len(plain(text).split())} words, from {start!r} on", warning=True)

    def probe(self, is_worth_it: Callable[[Probe, float], bool]) -> Probe:
        """Measure a denoising step, a decoding and a blend, at the real size."""
        from framesmooth.generation.cost_probe import probe

        times = self.possible_keyframes[: self._images_at_once]
        return probe(self.path, times, self._blend, is_worth_it)

    @property
    def _images_at_once(self) -> int:
        """How many keyframes are denoised together at most."""
        return 1 if self.path.model.low_vram else self.path.sampling.batch_size

    @abstractmethod
    def _blend(self, image: Frame) -> None:
        """Make one frame between two equal keyframes, where that is done in pixels: to measure it."""

    def _denoising(self, groups: Sequence[tuple[int, int]]) -> tuple[Tally, Tally]:
        """Return the (guided, unguided) steps of ``groups`` of images, each as (first step, images)."""
        guided, unguided = Tally(), Tally()
        for first, images in groups:
            calls = -(-images // self._images_at_once)
            tally = self._with_anchor(Tally(calls, images))
            if first == 0 and self.path.layout_path is not None:
                share = self.path.layout_share
                with_guidance, without = self.path.split_steps()
                small = Tally(calls, ceil(images * share))
                guided, unguided = guided + small * with_guidance, unguided + small * without
                first = self.path.sampling.refined_from
            with_guidance, without = self.path.split_steps(first)
            guided += tally * with_guidance
            unguided += tally * without
        return guided, unguided

    def _with_anchor(self, tally: Tally) -> Tally:
        """Return the images that go through the network: under cross-frame attention the first frame too."""
        return Tally(tally.calls, tally.images + tally.calls) if self.path.cross_frame else tally

    def _reroll_noise(self, time: int, attempt: int) -> tuple[int, Tensor]:
        """Return (seed, noise) of an attempt: neighbouring frames get neighbouring noise."""
        seed = (self.path.seed(time) + REROLL_STRIDE * attempt) % 2**32
        return seed, self.path.other_noise(seed)

    def _cropped(self, generated: GeneratedFrame) -> GeneratedFrame:
        return GeneratedFrame(crop(generated.frame, self.size), generated.fault)

    @property
    def nan_advice(self) -> str:
        """What to tell the user whose frames are not made of numbers."""
        return self.path.model.nan_advice
