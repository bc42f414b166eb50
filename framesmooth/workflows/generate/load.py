"""Loading the model of a clip, and making the generator of its frames."""

from pathlib import Path
from typing import TYPE_CHECKING

from framesmooth import registry
from framesmooth.errors import UsageError
from framesmooth.generation.base import FrameGenerator, GenerationRequest
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.models.checkpoints import is_checkpoint
from framesmooth.models.pool import load_pooled, load_pooled_video
from framesmooth.runs import (
    KeyframeImageFolder,
    LatentFolder,
    RunFolder,
)
from framesmooth.workflows.generate.extension import keyframes_in_memory
from framesmooth.workflows.generate.resolved_clip import ResolvedClip

if TYPE_CHECKING:
    from framesmooth.models.text_to_image import TextToImage
    from framesmooth.models.video_model import VideoModel


def load_generator(clip: ResolvedClip, run: RunFolder | None) -> FrameGenerator:
    """Return the generator of a clip's frames, which keeps its keyframes in ``run``.

    Without one it keeps them in memory.

    Raises:
        ModelError: a model that cannot be loaded.
        UsageError: something asked for that the generator cannot do.
    """
    latents, images = keyframes_in_memory(clip.extends) if run is None else ({}, {})
    kept = 0 if clip.extends is None else clip.extends.frames
    kind: type[FrameGenerator] = registry.load("generator", clip.generator)
    return kind.create(
        GenerationRequest(
            timeline=clip.timeline,
            load_model=lambda: load_model(clip),
            load_video=lambda: load_video_model(clip),
            sampling=sampling_of(clip),
            plan=clip.plan,
            latents=latents if run is None else LatentFolder(run.keyframes, kept),
            images=images if run is None else KeyframeImageFolder(run.keyframes),
        )
    )


def load_model(clip: ResolvedClip) -> "TextToImage":
    """Load the text-to-image model of a clip, with all that is added to it.

    Raises:
        ModelError: a model that cannot be loaded.
        UsageError: a video model, which generates no single images.
    """
    settings = clip.settings
    if clip.native is not None:
        raise UsageError(
            f"{clip.model_name} is a {clip.native.family.title} model, which generates whole clips: this is "
            "for models of single images"
        )
    return load_pooled(
        clip.model_hashes,
        settings.model.name if is_checkpoint(settings.model.name) else str(clip.model_folder),
        checked_folder=clip.model_folder,
        config=settings.model.config,
        device=settings.compute.device,
        dtype=settings.compute.dtype,
        scheduler=settings.sampling.scheduler,
        preset=settings.sampling.preset,
        loras=settings.model.loras,
        textual_inversions=settings.model.textual_inversions,
        control_model=clip.added.controlnet,
        image_prompt=settings.conditioning.image_prompt,
        low_vram=settings.compute.low_vram,
        cpu_offload=settings.compute.cpu_offload,
        compiled=settings.compute.compiled,
    )


def load_video_model(clip: ResolvedClip) -> "VideoModel":
    """Load the video pipeline of a clip, with all that is added to it.

    Raises:
        ModelError: a model that cannot be loaded.
    """
    settings, name = clip.settings, clip.settings.model.name
    return load_pooled_video(
        clip.model_hashes,
        clip.model_folder,
        checkpoint=Path(name).expanduser() if is_checkpoint(name) else None,
        device=settings.compute.device,
        dtype=settings.compute.dtype,
        scheduler=settings.sampling.scheduler,
        preset=settings.sampling.preset,
        motion_adapter=settings.video.motion_adapter,
        loras=settings.model.loras,
        textual_inversions=settings.model.textual_inversions,
        low_vram=settings.compute.low_vram,
        cpu_offload=settings.compute.cpu_offload,
        group_offload=settings.video.group_offload,
        layerwise_casting=settings.video.layerwise_casting,
        quantized_text=settings.video.quantize_text_encoder,
    )


def sampling_of(clip: ResolvedClip) -> SamplingSpec:
    """Return how the frames of a clip are sampled."""
    settings = clip.settings
    return SamplingSpec(
        fps=settings.timeline.rate,
        width=clip.width,
        height=clip.height,
        steps=clip.steps,
        guidance_scale=clip.guidance_scale,
        true_cfg_scale=settings.sampling.true_cfg_scale,
        guidance_end=clip.guidance_end,
        drift=clip.drift,
        cadence=clip.cadence,
        pacing=clip.pacing,
        inbetween=settings.timeline.inbetween,
        batch_size=settings.compute.batch_size,
        control=clip.control,
        aspect=settings.sampling.aspect,
        cross_frame=settings.sampling.cross_frame_attention,
        structure_share=clip.structure_share,
        one_layout=clip.one_layout,
        layout_pass=settings.sampling.layout_size == "auto",
    )
