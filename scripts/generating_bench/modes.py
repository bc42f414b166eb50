"""The ways of making a clip: ours, and those that others take, with the pipelines of diffusers.

Every way returns its frames, uint8 (N, H, W, 3), and the seconds they took once the model was loaded.
"""

import contextlib
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import DiffusionPipeline, StableDiffusionImg2ImgPipeline, UNet2DConditionModel
from numpy.typing import NDArray

from framesmooth.generation.color_transfer import Colors, recolored
from framesmooth.models.checkpoints import locate_model
from framesmooth.models.latents import noise_of, slerp
from generating_bench.job import Job

Frames = NDArray[np.uint8]
OURS = "framesmooth"
UNSMOOTHED = "framesmooth, not smoothed"
_STRENGTH = 0.4
_CHUNK = 8


def walk(job: Job, dtype: torch.dtype) -> tuple[Frames, float]:
    """Diffuse every frame whole: noise between two seeds, prompts between two (nateraw's videos)."""
    pipe = _loaded(job, dtype)
    started = time.perf_counter()
    guided = job.guidance_scale > 1
    first, last = (pipe.encode_prompt(prompt, job.device, 1, guided, job.negative) for prompt in job.prompts)
    shape = pipe.unet.config.in_channels, job.height // 8, job.width // 8
    start, end = (noise_of(seed, shape) for seed in (0, 1))
    frames = []
    for mix in np.linspace(0, 1, job.num_frames):
        made = pipe(
            prompt_embeds=torch.lerp(first[0], last[0], float(mix)),
            negative_prompt_embeds=first[1],
            latents=slerp(start, end, 0.5 * float(mix))[None].to(job.device, dtype),
            **_asked(job),
        )
        frames.append(_levels(made.images[0]))
    return np.stack(frames), time.perf_counter() - started


def feedback(job: Job) -> tuple[Frames, float]:
    """Draw every frame over the one before, its colours held to those of the first (Deforum's chain)."""
    dtype = torch.bfloat16
    pipe = _loaded(job, dtype)
    over = StableDiffusionImg2ImgPipeline(**pipe.components, requires_safety_checker=False)
    over.set_progress_bar_config(disable=True)
    started = time.perf_counter()
    guided = job.guidance_scale > 1
    first, last = (pipe.encode_prompt(prompt, job.device, 1, guided, job.negative) for prompt in job.prompts)
    seed = torch.Generator("cpu").manual_seed(0)
    embeds = {"prompt_embeds": first[0], "negative_prompt_embeds": first[1]}
    frames = [_levels(pipe(**embeds, generator=seed, **_asked(job)).images[0])]
    colors = Colors.of(frames[0])
    asked = {name: value for name, value in _asked(job).items() if name not in ("height", "width")}
    for mix in np.linspace(0, 1, job.num_frames)[1:]:
        made = over(
            prompt_embeds=torch.lerp(first[0], last[0], float(mix)),
            negative_prompt_embeds=first[1],
            image=(frames[-1] / 255.0)[None].astype(np.float32),
            strength=_STRENGTH,
            generator=torch.Generator("cpu").manual_seed(len(frames)),
            **asked,
        )
        frames.append(recolored(_levels(made.images[0]), colors))
    return np.stack(frames), time.perf_counter() - started


def text2video_zero(job: Job) -> tuple[Frames, float]:
    """Text2Video-Zero (Khachatryan et al. 2023) in chunks of eight frames; it knows one prompt only."""
    from diffusers import DDIMScheduler, TextToVideoZeroPipeline

    plain = _loaded(job, torch.bfloat16)
    plain.scheduler = DDIMScheduler.from_config(plain.scheduler.config, clip_sample=False)
    parts = {name: part for name, part in plain.components.items() if name != "image_encoder"}
    pipe: Any = TextToVideoZeroPipeline(**parts, requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    started = time.perf_counter()
    frames: list[Frames] = []
    starts = [*range(1, job.num_frames, _CHUNK - 1), job.num_frames]
    for start, end in pairwise(starts):
        made = pipe(
            prompt=job.prompts[0],
            negative_prompt=job.negative,
            video_length=1 + end - start,
            frame_ids=[0, *range(start, end)],
            generator=torch.Generator("cpu").manual_seed(0),
            t0=int(0.7 * job.steps),
            t1=int(0.8 * job.steps),
            motion_field_strength_x=12 * _CHUNK / job.num_frames,
            motion_field_strength_y=12 * _CHUNK / job.num_frames,
            **_asked(job),
        )
        pictures = [_levels(picture) for picture in np.asarray(made.images)]
        frames += pictures if not frames else pictures[1:]
    return np.stack(frames), time.perf_counter() - started


def ours(job: Job, smooth: bool) -> tuple[Frames, float]:
    """Make the clip with framesmooth; smoothing counts where it is asked for."""
    from framesmooth import defaults
    from framesmooth.runs import RunFolder
    from framesmooth.timeline.prompts import parse_prompts
    from framesmooth.video import open_source
    from framesmooth.workflows.generate.run import make_clip
    from framesmooth.workflows.generate.settings import GenerateSettings

    with tempfile.TemporaryDirectory() as scratch:
        settings = GenerateSettings.of(
            prompts=parse_prompts(list(job.prompts)),
            output=Path(scratch) / "frames",
            model=job.model,
            num_frames=job.num_frames,
            width=job.width,
            height=job.height,
            steps=job.steps,
            guidance_scale=job.guidance_scale,
            device=job.device,
            smooth_strength=defaults.STRENGTH if smooth else 0.0,
        )
        made = make_clip(settings, lambda _event: None)
        timings = RunFolder.beside(settings.output).record["timings"]
        stages = ("keyframes", "frames", "smooth") if smooth else ("keyframes", "frames")
        return np.stack(list(open_source(made.clip))), sum(timings[stage] for stage in stages)


MODES: dict[str, Callable[[Job], tuple[Frames, float]]] = {
    "every frame, float32": lambda job: walk(job, torch.float32),
    "every frame, bfloat16": lambda job: walk(job, torch.bfloat16),
    "feedback": feedback,
    "Text2Video-Zero": text2video_zero,
    UNSMOOTHED: lambda job: ours(job, smooth=False),
    OURS: lambda job: ours(job, smooth=True),
}


@contextlib.contextmanager
def counted() -> Iterator[list[int]]:
    """Count the pictures that the UNet is called for: the list holds one number for each call."""
    calls: list[int] = []
    forward = UNet2DConditionModel.forward

    def counting(network: Any, sample: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        calls.append(len(sample))
        return forward(network, sample, *args, **kwargs)

    UNet2DConditionModel.forward = counting
    try:
        yield calls
    finally:
        UNet2DConditionModel.forward = forward


def _loaded(job: Job, dtype: torch.dtype) -> Any:
    pipe = DiffusionPipeline.from_pretrained(
        locate_model(job.model), dtype=dtype, use_safetensors=True, local_files_only=True
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(job.device)


def _asked(job: Job) -> dict[str, Any]:
    return {
        "num_inference_steps": job.steps,
        "guidance_scale": job.guidance_scale,
        "height": job.height,
        "width": job.width,
        "output_type": "np",
    }


def _levels(picture: NDArray[np.floating[Any]]) -> Frames:
    return np.asarray(np.rint(np.clip(picture, 0, 1) * 255), np.uint8)
