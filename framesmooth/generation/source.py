"""A clip made from prompts, as a FrameSource.

The work comes in batches cut at fixed frames: first the keyframes' latents go into a store, then frames are
rendered batch by batch from that store. Nothing holds the whole clip, and a run that was interrupted goes on
at the batch it had reached.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import groupby
from typing import Any, Final, Literal

import numpy as np
import torch

from framesmooth.errors import ModelError, UsageError
from framesmooth.fitting import crop
from framesmooth.frames import DEFAULT_FPS, Frame
from framesmooth.generation import INBETWEENS
from framesmooth.generation.adapter import Picture, TextToImage
from framesmooth.generation.control_pictures import ControlPlan
from framesmooth.generation.devices import dtype_name
from framesmooth.generation.family import Guidance
from framesmooth.generation.inbetweens import branch_step, latent_frames
from framesmooth.generation.keyframes import (
    LatentStore,
    Path,
    Sampling,
    auto_batch_size,
    auto_cadence,
    guided_steps,
)
from framesmooth.generation.latents import slerp
from framesmooth.generation.mixing import mixed
from framesmooth.generation.walk import Walk
from framesmooth.timeline import Timeline

REROLL_STRIDE: Final = 1_000_003
"""Seeds of rerolls are this far apart, so that they are nobody's neighbours."""


@dataclass(frozen=True, kw_only=True)
class DiffusionSource(Walk):
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

    def render(self, batch: range) -> list[Picture]:
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
        return [*resting, *(Picture(frame, first.fault or last.fault) for frame in frames)]

    def keyframe(self, time: int) -> Picture:
        """Return a diffused frame, which must be in the store."""
        (picture,) = self._decode(torch.from_numpy(self.store[time][1])[None])
        return picture

    def reroll(self, time: int, attempt: int) -> Picture:
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

    def _decode(self, latents: torch.Tensor) -> list[Picture]:
        pictures = self.path.model.decode_judged(latents)
        return [Picture(crop(picture.frame, self.size), picture.fault) for picture in pictures]

    def __iter__(self) -> Iterator[Frame]:
        for _ in self.diffuse():
            pass
        for batch in self.batches:
            for picture in self.render(batch):
                if picture.fault == "nan":
                    raise ModelError(self.path.model.nan_advice)
                yield picture.frame


def facts_of(path: Path, size: tuple[int, int]) -> dict[str, Any]:
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
    control: ControlPlan | None = None,
    cross_frame: bool = False,
) -> DiffusionSource:
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
    return DiffusionSource(
        path=Path(model, timeline, sampling, drift, control, cross_frame),
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
