"""LTX-Video (HaCohen et al. 2024): a transformer over strongly compressed latents."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from framesmooth.models.video_families.base import FrameRule, VideoCall, VideoFamily

_CONDITION: Final = "LTXConditionPipeline"


@dataclass(frozen=True, kw_only=True)
class LTX(VideoFamily):
    """The frame rate is an input; a last image and a video are conditions at places in time."""

    def pipeline_class(self, call: VideoCall) -> str:
        """Return the class that takes conditions where more than a first image is given."""
        return self.pipelines[call.start] if call.last is None else _CONDITION

    def steps_of(self, call: VideoCall) -> int:
        """Return the steps asked for: those before a video is denoised are taken as well."""
        return call.steps

    def text_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return length, size and frame rate."""
        return super().text_arguments(call) | {"frame_rate": float(call.fps)}

    def image_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return one image to begin with, or images with the frames that they are at."""
        if call.last is None:
            return self.text_arguments(call) | {"image": call.first}
        given = [(image, at) for image, at in ((call.first, 0), (call.last, call.frames - 1)) if image]
        return self.text_arguments(call) | {
            "image": [image for image, _ in given],
            "video": [None] * len(given),
            "frame_index": [at for _, at in given],
            "strength": [1.0] * len(given),
        }

    def video_arguments(self, call: VideoCall) -> dict[str, Any]:
        """Return the video as a condition: it leads until the share of steps is left that denoises it."""
        condition = {"video": list(call.video), "frame_index": 0, "strength": 1.0 - call.strength}
        return self.text_arguments(call) | condition


LTX_VIDEO: Final = LTX(
    title="LTX-Video",
    pipelines={"text": "LTXPipeline", "image": "LTXImageToVideoPipeline", "video": _CONDITION},
    frame_rule=FrameRule(8, 1),
    default_frames=121,
    longest=257,
    fps=Fraction(25),
    size=(512, 704),
    size_multiple=32,
    guidance_scale=3.0,
    takes_last=True,
    takes_last_alone=True,
    license="LTX-Video licence",
    memory="10 GB with --layerwise-casting and --group-offload",
)
