"""Loading the model of a clip, and making the generator of its frames."""

from typing import TYPE_CHECKING

from framesmooth.models.checkpoints import is_checkpoint
from framesmooth.runs import (
    KeyframeImageFolder,
    LatentFolder,
    RunFolder,
)
from framesmooth.workflows.generate.resolve import ResolvedClip

if TYPE_CHECKING:
    from framesmooth.generation.base import ImageStore
    from framesmooth.generation.camera_feedback import CameraFeedback
    from framesmooth.generation.prompt_travel import PromptTravel
    from framesmooth.generation.video_to_video import VideoToVideo

    ClipSource = PromptTravel | CameraFeedback | VideoToVideo


def load_source(clip: ResolvedClip, run: RunFolder | None) -> "ClipSource":
    """Load the model of ``clip``, and return its frames as a source that keeps what it diffuses in ``run``.

    Without one it is kept in memory.

    Raises:
        ModelError: a model that cannot be loaded.
    """
    from framesmooth.generation.prompt_travel import create_source
    from framesmooth.models.loading import load_pipeline

    settings = clip.settings
    model = load_pipeline(
        settings.model.name if is_checkpoint(settings.model.name) else str(clip.model_folder),
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
    source = create_source(
        model,
        clip.timeline,
        fps=settings.timeline.fps,
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
        store=None if run is None else LatentFolder(run.keyframes),
        control=clip.control,
        cross_frame=settings.sampling.cross_frame_attention,
    )
    if clip.ends is not None:
        from framesmooth.generation.first_last_frame import first_last_frame

        return first_last_frame(source, clip.ends)
    pictures: ImageStore = {} if run is None else KeyframeImageFolder(run.keyframes)
    if clip.restyle is not None:
        from framesmooth.generation.video_to_video import restyle

        return restyle(source, clip.restyle, pictures)
    if clip.feedback is None:
        return source
    from framesmooth.generation.camera_feedback import camera_feedback

    return camera_feedback(source, clip.feedback, pictures)
