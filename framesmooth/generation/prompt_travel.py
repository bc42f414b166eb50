"""Prompt travel: diffused keyframes of a timeline, and the frames between them."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import groupby, pairwise
from typing import Any, Final, Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from framesmooth.errors import ModelError, UsageError
from framesmooth.frames import DEFAULT_FPS, Frame
from framesmooth.generation.adaptive_keyframes import Bisection
from framesmooth.generation.color_transfer import distance
from framesmooth.generation.control_frames import ControlFrames
from framesmooth.generation.keyframes import (
    Keys,
    auto_batch_size,
    auto_cadence,
    diffuse_keyframes,
    keyframe_times,
)
from framesmooth.generation.latent_inbetweens import branch_step, latent_frames
from framesmooth.generation.latent_path import (
    LatentPath,
    LatentStore,
    Sampling,
    StepsDone,
    guided_steps,
)
from framesmooth.generation.pacing import even_pace
from framesmooth.generation.specs import INBETWEENS
from framesmooth.interpolation.frame_pair import mixed
from framesmooth.models.devices import dtype_name
from framesmooth.models.families.base import Guidance
from framesmooth.models.latents import slerp
from framesmooth.models.text_to_image import GeneratedFrame, TextToImage
from framesmooth.timeline.timeline import Timeline
from framesmooth.video.resize import crop

_LOOKED_AT: Final = 256
"""Pixels of the longer side of what frames are judged by."""

_KEPT: Final = 100


@dataclass(frozen=True, kw_only=True)
class Walk(ABC):
    """Keyframes of a timeline, diffused, and the way between them.

    Attributes:
        path: the model, the timeline and the sampling.
        cadence: at most this many frames from one diffused frame to the next; 1 diffuses all of them.
        bisects: whether keyframes are found by halving where the picture changes, in place of ``cadence``.
        pacing: "linear", or "even" for frames that are equally far apart.
        store: where the keyframes' latents go.
    """

    path: LatentPath
    cadence: int = 4
    bisects: bool = False
    pacing: str = "linear"
    store: LatentStore = field(default_factory=dict[int, NDArray[np.float32]])
    _looked: dict[int, Frame] = field(default_factory=dict[int, Frame], init=False, repr=False)

    @abstractmethod
    def keyframe(self, time: int) -> GeneratedFrame:
        """Return a diffused frame, which must be in the store."""

    def look(self, time: int) -> Frame:
        """Return a small picture of a diffused frame, which must be in the store; the latest are kept."""
        if time not in self._looked:
            if len(self._looked) == _KEPT:
                self._looked.pop(next(iter(self._looked)))
            self._looked[time] = _shrunk(self.keyframe(time).frame)
        return self._looked[time]

    @property
    def num_frames(self) -> int:
        """How many frames the timeline has."""
        return self.path.timeline.num_frames

    @cached_property
    def key_times(self) -> tuple[int, ...]:
        """The frames that are diffused whole; where they depend on pictures, those are diffused now."""
        return self._bisection.times if self.bisects else keyframe_times(self.path.timeline, self.cadence)

    @cached_property
    def _bisection(self) -> Bisection:
        return Bisection(path=self.path, store=self.store, look=self.look)

    @cached_property
    def keys(self) -> Keys:
        """The keyframes by position: what rests is diffused once."""
        return Keys.of(self.path, self.key_times)

    @property
    def diffused_times(self) -> tuple[int, ...]:
        """The keyframes that differ from all earlier ones."""
        return self.keys.diffused

    @property
    def whole_times(self) -> tuple[int, ...]:
        """The frames that show a keyframe: paced evenly, others than the keyframes' own."""
        if self.pacing == "linear":
            return self.diffused_times
        return tuple(time for time in range(self.num_frames) if self.around(time)[2] == 0)

    @property
    def chunks(self) -> list[tuple[list[int], int]]:
        """The keyframes that are denoised together, and the step that they begin at."""
        times, size = list(self.diffused_times), self.path.sampling.batch_size
        return [(times[at : at + size], 0) for at in range(0, len(times), size)]

    @property
    def total_steps(self) -> int | None:
        """How many denoising steps the keyframes take together, None where that isn't known before."""
        return None if self.bisects else len(self.diffused_times) * self.path.sampling.steps

    def diffuse(self, on_step: StepsDone | None = None) -> Iterator[list[int]]:
        """Diffuse the keyframes that the store lacks; yield the frames of each batch once it is stored.

        ``on_step`` is called after every denoising step with the number of frames it advanced.
        """
        if self.bisects:
            return self._bisection.diffuse(on_step)
        return diffuse_keyframes(self.path, self.diffused_times, self.store, on_step)

    @cached_property
    def travelled(self) -> LatentPath:
        """The path at the pace of the clip; an even one is measured on the keyframes."""
        if self.pacing == "linear":
            return self.path
        for _ in self.diffuse():
            pass
        pictures = map(self.look, self.keys.times)
        distances = [distance(first, last) for first, last in pairwise(pictures)]
        return self.path.paced(even_pace(self.keys.positions, distances))

    def around(self, time: int) -> tuple[int, int, float]:
        """Return (keyframe before, keyframe after, share of the way between them) for a frame."""
        return self.keys.around(self.travelled.position(time))


def _shrunk(picture: Frame) -> Frame:
    scale = _LOOKED_AT / max(picture.shape)
    if scale >= 1:
        return picture
    size = [max(8, round(side * scale)) for side in picture.shape[1::-1]]
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


REROLL_STRIDE: Final = 1_000_003
"""Seeds of rerolls are this far apart, so that they are nobody's neighbours."""


@dataclass(frozen=True, kw_only=True)
class PromptTravel(Walk):
    """Frames of a timeline, diffused.

    Attributes:
        fps: frames per second.
        size: (height, width) of the frames; the diffused picture is cropped to it around its centre.
        inbetween: "latent", "flow" or "crossfade".
        flow: name of the flow estimator for "flow".
        faded: keyframes after which "flow" found nothing to follow and cross-faded; grows while rendering.
    """

    fps: Fraction
    size: tuple[int, int]
    inbetween: str = "latent"
    flow: str = "dis-medium"
    faded: set[int] = field(default_factory=set[int])

    @cached_property
    def batches(self) -> tuple[range, ...]:
        """The frames rendered together: fixed ranges, or keyframe to keyframe where pixels are mixed."""
        if self.inbetween == "latent":
            size = self.path.sampling.batch_size
            return tuple(range(at, min(at + size, self.num_frames)) for at in range(0, self.num_frames, size))
        groups = groupby(range(self.num_frames), lambda time: self.around(time)[:2])
        runs = [list(times) for _, times in groups]
        return tuple(range(times[0], times[-1] + 1) for times in runs)

    def render(self, batch: range) -> list[GeneratedFrame]:
        """Return the pictures of one of ``batches``; the keyframes around it must be in the store."""
        if self.inbetween == "latent":
            return self._decode(latent_frames(self.travelled, batch, self.keys, self.store.__getitem__))
        ends = self.around(batch.start)[:2]
        first, last = self._decode(torch.from_numpy(np.stack([self.store[time][1] for time in ends])))
        shares = [self.around(time)[2] for time in batch]
        between = [share for share in shares if share > 0]
        frames, faded = mixed(first.frame, last.frame, between, self.inbetween, self.flow)
        if faded:
            self.faded.add(batch.start)
        resting = [first] * (len(shares) - len(between))
        return [*resting, *(GeneratedFrame(frame, first.fault or last.fault) for frame in frames)]

    def keyframe(self, time: int) -> GeneratedFrame:
        """Return a diffused frame, which must be in the store."""
        (picture,) = self._decode(torch.from_numpy(self.store[time][1])[None])
        return picture

    def reroll(self, time: int, attempt: int) -> GeneratedFrame:
        """Return frame ``time`` diffused whole from another noise, half of it its own; ``attempt`` is 1, 2...

        Frames beside each other get noises beside each other, so a series of them holds together.
        """
        path, sampling = self.travelled, self.path.sampling
        seed = (path.seed(time) + REROLL_STRIDE * attempt) % 2**32
        fresh = path.model.noise(seed, sampling.height, sampling.width)
        latents = path.model.denoise(
            slerp(path.noise(time), fresh, 0.5)[None],
            path.conditioning(time),
            [seed],
            steps=sampling.steps,
            guidance=sampling.guidance,
            guided_steps=sampling.guided_steps,
            anchor=path.anchor(),
        )
        return self._decode(latents)[0]

    def facts(self) -> dict[str, Any]:
        """Return what was decided when the model was loaded and decides the latents: plain JSON types."""
        sampling = self.path.sampling
        own = {"batch_size": sampling.batch_size, "branch_step": sampling.branch_step}
        return facts_of(self.path, self.size) | own

    def _decode(self, latents: torch.Tensor) -> list[GeneratedFrame]:
        pictures = self.path.model.decode_judged(latents)
        return [GeneratedFrame(crop(picture.frame, self.size), picture.fault) for picture in pictures]

    def __iter__(self) -> Iterator[Frame]:
        for _ in self.diffuse():
            pass
        for batch in self.batches:
            for picture in self.render(batch):
                if picture.fault == "nan":
                    raise ModelError(self.path.model.nan_advice)
                yield picture.frame


def facts_of(path: LatentPath, size: tuple[int, int]) -> dict[str, Any]:
    """Return what was decided when a model was loaded, for frames of ``size``: plain JSON types."""
    model, sampling = path.model, path.sampling
    return {
        "device": str(model.device),
        "dtype": dtype_name(model.dtype),
        "scheduler": type(model.scheduler).__name__,
        "size": list(size),
        "diffused_size": [sampling.height, sampling.width],
    }


def create_source(
    model: TextToImage,
    timeline: Timeline,
    *,
    fps: Fraction = DEFAULT_FPS,
    width: int | None = None,
    height: int | None = None,
    steps: int = 10,
    guidance_scale: float = 7.5,
    true_cfg_scale: float = 1.0,
    guidance_end: float = 1.0,
    drift: float = 1.0,
    cadence: int | Literal["auto"] | None = None,
    pacing: str = "linear",
    inbetween: str = "latent",
    batch_size: int | None = None,
    store: LatentStore | None = None,
    control: ControlFrames | None = None,
    cross_frame: bool = False,
) -> PromptTravel:
    """Return a source of ``timeline`` in any size: rounded up to the model's multiple, then cropped.

    None leaves a choice to the model (width, height), to the timeline (cadence) or to the size (batch_size).
    Latent in-betweens start midway: a sampler that cannot is replaced, and ``facts`` names the one used.

    Raises:
        UsageError: for a way of making in-betweens that doesn't exist, a size that the model cannot draw, or
            guidance that it doesn't have or cannot end early.
    """
    if inbetween not in INBETWEENS:
        raise UsageError(f"unknown in-betweens {inbetween!r}: use {', '.join(INBETWEENS)}")
    guidance = Guidance(scale=guidance_scale, true_scale=true_cfg_scale)
    _check_guidance(model, guidance, guidance_end)
    if cross_frame and not hasattr(model.pipe, "unet"):
        name, kind = model.folder.name, type(model.pipe).__name__
        raise UsageError(
            f"{name}, a {kind}, has no UNet whose attention could reach across frames: "
            "drop --cross-frame-attention"
        )
    if inbetween == "latent":
        model = model.restartable()
    height, width = height or model.native_size[0], width or model.native_size[1]
    diffused = [math.ceil(side / model.multiple) * model.multiple for side in (height, width)]
    largest = model.family.largest_side
    if largest is not None and max(diffused) > largest:
        raise UsageError(f"{model.folder.name} draws pictures of {largest} pixels at most: lower -W and -H")
    sampling = Sampling(
        height=diffused[0],
        width=diffused[1],
        steps=steps,
        guidance=guidance,
        guided_steps=guided_steps(guidance_end, steps),
        batch_size=batch_size or auto_batch_size(model.latent_shape(*diffused)),
        branch_step=branch_step(steps),
    )
    return PromptTravel(
        path=LatentPath(model, timeline, sampling, drift, control, cross_frame),
        fps=fps,
        size=(height, width),
        cadence=cadence if isinstance(cadence, int) else auto_cadence(timeline),
        bisects=cadence == "auto",
        pacing=pacing,
        inbetween=inbetween,
        store={} if store is None else store,
    )


def _check_guidance(model: TextToImage, guidance: Guidance, guidance_end: float) -> None:
    name, kind = model.folder.name, type(model.pipe).__name__
    if guidance_end < 1 < guidance.scale and not model.family.ends_guidance:
        raise UsageError(f"guidance of {name}, a {kind}, cannot end early: give --guidance-end 1")
    if guidance.true_scale > 1 and not model.family.has_true_guidance:
        raise UsageError(f"{name}, a {kind}, has one guidance only: drop --true-cfg-scale")
