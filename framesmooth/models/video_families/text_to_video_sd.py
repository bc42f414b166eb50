"""ModelScope's text-to-video model (Wang et al. 2023), whose pipelines diffusers has deprecated."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from framesmooth.models.video_families.base import FrameRule, StepDone, VideoCall, VideoFamily


@dataclass(frozen=True, kw_only=True)
class TextToVideoSD(VideoFamily):
    """A UNet with layers over time; size and length of a restyled clip are those of the video."""

    def video_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the video, whose size is that of the clip as well."""
        return {"video": list(call.video), "strength": call.share}

    def progress_arguments(self, step_done: StepDone) -> dict[str, Any]:
        """Return the older callback, the only one that these pipelines have."""
        return {"callback": lambda _index, _timestep, _latents: step_done(), "callback_steps": 1}


TEXT_TO_VIDEO_SD: Final = TextToVideoSD(
    title="TextToVideoSD",
    pipelines={"text": "TextToVideoSDPipeline", "video": "VideoToVideoSDPipeline"},
    frame_rule=FrameRule(),
    default_frames=16,
    longest=32,
    fps=Fraction(8),
    steps=25,
    guidance_scale=9.0,
    license="CC-BY-NC-4.0 (non-commercial)",
    memory="7 GB",
)
