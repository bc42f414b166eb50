"""Generators on a model that is loaded already."""

from typing import Any

from framesmooth.generation.anchored_camera import AnchoredCamera
from framesmooth.generation.base import GenerationRequest, StepsDone
from framesmooth.generation.camera_feedback import CameraFeedback
from framesmooth.generation.first_last_frame import FirstLastFrame
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.generation.specs import Feedback, FirstLastImages, Restyle
from framesmooth.generation.video_to_video import VideoToVideo
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.timeline import Timeline


def prompt_travel(model: TextToImage, timeline: Timeline, **sampling: Any) -> PromptTravel:
    """Return the generator of a timeline; the fields of SamplingSpec are keywords."""
    return PromptTravel.create(_request(model, timeline, None, sampling))


def camera_feedback(
    model: TextToImage, timeline: Timeline, plan: Feedback, **sampling: Any
) -> CameraFeedback:
    """Return the generator of a timeline under a camera."""
    kind = AnchoredCamera if plan.anchored else CameraFeedback
    return kind.create(_request(model, timeline, plan, sampling))


def first_last_frame(
    model: TextToImage, timeline: Timeline, plan: FirstLastImages, **sampling: Any
) -> FirstLastFrame:
    """Return the generator of a timeline that ends with an image."""
    return FirstLastFrame.create(_request(model, timeline, plan, sampling))


def video_to_video(model: TextToImage, timeline: Timeline, plan: Restyle, **sampling: Any) -> VideoToVideo:
    """Return the generator of a timeline over a video."""
    return VideoToVideo.create(_request(model, timeline, plan, sampling))


def _request(
    model: TextToImage, timeline: Timeline, plan: Any, sampling: dict[str, Any]
) -> GenerationRequest:
    return GenerationRequest(
        timeline=timeline, load_model=lambda: model, sampling=SamplingSpec(**sampling), plan=plan
    )


def make_keyframes(
    generator: PromptTravel | CameraFeedback | VideoToVideo, on_step: StepsDone | None = None
) -> None:
    """Generate all keyframes into the generator's store."""
    for _ in generator.keyframes(on_step):
        pass
