"""Loading the model of a clip, and making the generator of its frames."""

from typing import TYPE_CHECKING

from framesmooth.models.checkpoints import is_checkpoint
from framesmooth.models.pool import load_model
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

    settings = clip.settings
    model = load_model(
        clip.model_hashes,
        settings.model if is_checkpoint(settings.model) else str(clip.model_folder),
        checked_folder=clip.model_folder,
        config=settings.config,
        device=settings.device,
        dtype=settings.dtype,
        scheduler=settings.scheduler,
        preset=settings.preset,
        loras=settings.loras,
        textual_inversions=settings.textual_inversions,
        control_model=clip.added.controlnet,
        image_prompt=settings.image_prompt,
        low_vram=settings.low_vram,
        cpu_offload=settings.cpu_offload,
        compiled=settings.compiled,
    )
    source = create_source(
        model,
        clip.timeline,
        fps=settings.fps,
        width=clip.width,
        height=clip.height,
        steps=clip.steps,
        guidance_scale=clip.guidance_scale,
        true_cfg_scale=settings.true_cfg_scale,
        guidance_end=clip.guidance_end,
        drift=clip.drift,
        cadence=clip.cadence,
        pacing=clip.pacing,
        inbetween=settings.inbetween,
        batch_size=settings.batch_size,
        store=None if run is None else LatentFolder(run.keyframes),
        control=clip.control,
        cross_frame=settings.cross_frame_attention,
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
