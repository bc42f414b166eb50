"""What a clip whose frames are drawn from each other is asked for, worked out frame by frame."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import Frame
from framesmooth.generation import DEFAULT_COLOR_ANCHOR, DEFAULT_NOISE_RENEWAL, DEFAULT_STRENGTH
from framesmooth.moves import Moves, values_of
from framesmooth.timeline import Timeline
from framesmooth.video import read_image

if TYPE_CHECKING:
    from framesmooth.settings import ClipSettings


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """How each diffused frame comes from the one before.

    Attributes:
        moves: the value of each of the camera's moves, by name, at every frame.
        strengths: share of the steps, 0 to 1, that draw each frame anew.
        color_anchor: how far colours are drawn to those of the first frame, 0 to 1.
        guidance_scale: of the frames drawn over others; None guides them as the first one.
        noise_renewal: share of the noise that is new for each of them, 0 to 1; the rest moves along.
        cadence: as asked, None where the timeline decides.
        depth_model: the folder of a model that tells depth; None takes pictures for planes.
        first: the first frame, uint8 (H, W, 3) of any size; None is diffused.
    """

    moves: Mapping[str, Sequence[float]]
    strengths: Sequence[float]
    color_anchor: float
    guidance_scale: float | None = None
    noise_renewal: float = DEFAULT_NOISE_RENEWAL
    cadence: int | None = None
    depth_model: Path | None = None
    first: Frame | None = None

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the diffused pictures: plain JSON types."""
        return {
            "moves": {name: short(values) for name, values in self.moves.items()},
            "strengths": short(self.strengths),
            "color_anchor": self.color_anchor,
            "guidance_scale": self.guidance_scale,
            "noise_renewal": self.noise_renewal,
            "cadence": self.cadence,
            **({} if self.depth_model is None else {"depth": True}),
            "first": None if self.first is None else hashlib.sha256(self.first.tobytes()).hexdigest(),
        }


def short(values: Sequence[float]) -> float | str:
    """Return the one value that all are, else their SHA-256 (hex): a long clip must not fill its record."""
    if len(set(values)) == 1:
        return values[0]
    return hashlib.sha256(np.asarray(values, "<f8").tobytes()).hexdigest()


def plan_feedback(
    settings: "ClipSettings", timeline: Timeline, guidance_scale: float | None = None
) -> Feedback | None:
    """Work out the schedules of ``settings``, and read the picture it begins with; None if not wanted.

    ``guidance_scale`` is what the model asks for frames drawn over others; what the user asks goes before.

    Raises:
        UsageError: a schedule that cannot be read or leaves its range, or a setting that doesn't go with it.
        MediaError: a picture that cannot be read.
    """
    if settings.depth_model is not None and settings.camera is None:
        raise UsageError(
            "--depth-model is for a camera: add --translate-z, --pan-x or another move, or drop it"
        )
    if not settings.feeds_back:
        unused = {
            "--color-anchor": settings.color_anchor != DEFAULT_COLOR_ANCHOR,
            "--noise-renewal": settings.noise_renewal != DEFAULT_NOISE_RENEWAL,
        }
        for option in (option for option, asked in unused.items() if asked):
            led = settings.init_video is not None or settings.last_image is not None
            mend = "drop it" if led else "add --strength or a camera"
            raise UsageError(f"{option} needs frames drawn from each other: {mend}")
        return None
    check_one_noise(settings, timeline)
    asked = timeline.num_frames, settings.fps, timeline.keyframes[0].seed
    return Feedback(
        moves=(settings.camera or Moves()).values(*asked),
        strengths=strengths_of(settings, timeline, DEFAULT_STRENGTH),
        color_anchor=settings.color_anchor,
        guidance_scale=guidance_scale if settings.guidance_scale is None else None,
        noise_renewal=settings.noise_renewal,
        cadence=None if settings.cadence == "auto" else settings.cadence,
        depth_model=settings.depth_model,
        first=None if settings.init_image is None else picture_at(settings.init_image, "--init-image"),
    )


def check_one_noise(settings: "ClipSettings", timeline: Timeline) -> None:
    """Refuse settings that travel through noise, or choose frames between the diffused ones.

    Raises:
        UsageError: naming the first of them.
    """
    if settings.seeds is not None:
        raise UsageError("--seeds travels through noise, and these frames go by one seed: give one --seed")
    if settings.seed_behavior != "fixed" or settings.seed_schedule is not None:
        raise UsageError("seeds that change travel through noise, and these frames go by one: drop them")
    if len(settings.prompts) > 1 and len({key.seed for key in timeline.keyframes}) > 1:
        raise UsageError(
            "prompts with seeds of their own don't go with a camera, a first picture or a video: drop them"
        )
    if settings.inbetween != "latent":
        raise UsageError("frames between the diffused ones follow a known motion here: drop --inbetween")


def strengths_of(settings: "ClipSettings", timeline: Timeline, default: str) -> list[float]:
    """Return the share of the steps that draw each frame anew.

    Raises:
        UsageError: a schedule that cannot be read or leaves 0 to 1.
    """
    asked = timeline.num_frames, settings.fps, timeline.keyframes[0].seed
    strengths = values_of("--strength", settings.strength or default, *asked)
    for frame, strength in enumerate(strengths):
        if not 0 <= strength <= 1:
            raise UsageError(
                f"--strength: {strength:g} at frame {frame} is outside 0 to 1: 0 draws nothing, 1 all anew"
            )
    return strengths


def picture_at(path: Path, option: str) -> Frame:
    """Return the picture in the file that ``option`` names.

    Raises:
        MediaError: none that can be read.
    """
    if not path.is_file():
        what = "is no file" if path.exists() else "does not exist"
        raise MediaError(f"{path} {what}: check the name after {option}")
    return read_image(path)
