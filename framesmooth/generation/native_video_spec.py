"""What a clip of a video pipeline starts from besides noise; no torch."""

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from framesmooth.frames import Frame
from framesmooth.generation.specs import Restyle
from framesmooth.models.video_families.base import Chance, Start, VideoFamily


@dataclass(frozen=True, kw_only=True)
class NativeVideo:
    """How a video pipeline generates a clip.

    Attributes:
        family: of the pipeline.
        start: what the clip starts from.
        first: the image it begins with, uint8 (H, W, 3) of any size; None for none.
        last: the image it ends with, likewise.
        restyle: the video that it is made from; None for none.
        free_init: how often the noise is refined, 0 for not at all.
        guidance_scale_2: of the second transformer, for models that have two; None is as the first.
        context: frames that are denoised in one window; None leaves it to the family.
        motion_bucket: how much moves, for models that are told; None leaves it to the model.
        chance: how codes are drawn, for models that draw some.
    """

    generator: ClassVar[str] = "native-video"

    family: VideoFamily
    start: Start
    first: Frame | None = None
    last: Frame | None = None
    restyle: Restyle | None = None
    free_init: int = 0
    guidance_scale_2: float | None = None
    context: int | None = None
    motion_bucket: int | None = None
    chance: Chance = field(default_factory=Chance)

    @property
    def strength(self) -> float:
        """Share of the steps that denoise the video, 1 without one."""
        return 1.0 if self.restyle is None else self.restyle.strengths[0]

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the frames: plain JSON types."""
        images = {"first": self.first, "last": self.last}
        asked = {
            "start": self.start,
            **{
                name: None if image is None else hashlib.sha256(image.tobytes()).hexdigest()
                for name, image in images.items()
            },
            "free_init": self.free_init,
            "guidance_scale_2": self.guidance_scale_2,
            "context": self.context,
            "motion_bucket": self.motion_bucket,
            "chance": {name: value for name, value in asdict(self.chance).items() if value is not None},
        }
        return {name: value for name, value in asked.items() if value}

    def is_black(self, time: int) -> bool:
        """Tell whether what is given for a frame is black."""
        return self.restyle is not None and self.restyle.is_black(time)
