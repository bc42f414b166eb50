"""What frames start from besides noise: images and motion; no torch, and nothing heavy to import."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol

import numpy as np

from framesmooth import defaults
from framesmooth.frames import Frame, FrameSource
from framesmooth.timeline.ambient_words import Ambient
from framesmooth.timeline.motion_words import SubjectMotion

if TYPE_CHECKING:
    from framesmooth.video.resize import FrameWindow, ResizedSource

INBETWEENS: Final = defaults.INBETWEENS
"""How the frames between two diffused ones come about."""

DEFAULT_STRENGTH: Final = defaults.FEEDBACK_STRENGTH
"""Share of the steps that denoise a frame from the one before, where the camera moves."""

DEFAULT_VIDEO_STRENGTH: Final = defaults.VIDEO_STRENGTH
"""Share of the steps that denoise a frame from that of a video."""

DEFAULT_ENDS_STRENGTH: Final = defaults.FIRST_LAST_STRENGTH
"""Share of the steps that denoise a frame between two images from these."""

DEFAULT_NOISE_RENEWAL: Final = defaults.NOISE_RENEWAL
"""Share of the noise that is new for each frame generated from the one before."""

DEFAULT_COLOR_ANCHOR: Final = defaults.COLOR_ANCHOR
"""How far the colours of such frames are pulled to those of the first one."""


class GenerationPlan(Protocol):
    """What frames start from besides noise."""

    @property
    def generator(self) -> str:
        """The name of what generates such frames, in ``registry.GENERATORS``."""
        ...

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the keyframes: plain JSON types."""
        ...

    def is_black(self, time: int) -> bool:
        """Tell whether what is given for a frame is black, so that a black frame is no fault."""
        ...


@dataclass(frozen=True, kw_only=True)
class Feedback:
    """How each diffused frame comes from the one before.

    Attributes:
        moves: the value of each of the camera's moves, by name, at every frame.
        strengths: share of the steps, 0 to 1, that denoise each frame.
        color_anchor: how far colours are pulled to those of the first frame, 0 to 1.
        guidance_scale: of all frames but the first; None guides them as the first one.
        noise_renewal: share of the noise that is new for each of them, 0 to 1; the rest moves along.
        cadence: as asked, None where the timeline decides.
        depth_model: the folder of a model that estimates depth; None takes images for planes.
        anchored: whether frames are composed from images that stay, and only what is new is generated.
        first: the first frame, uint8 (H, W, 3) of any size; None is diffused.
        legs: for a clip that was extended, how many frames it had each time; images are planned for these.
    """

    moves: Mapping[str, Sequence[float]]
    strengths: Sequence[float]
    color_anchor: float
    guidance_scale: float | None = None
    noise_renewal: float = DEFAULT_NOISE_RENEWAL
    cadence: int | None = None
    depth_model: Path | None = None
    anchored: bool = False
    first: Frame | None = None
    legs: tuple[int, ...] = ()

    @property
    def generator(self) -> str:
        """The name of what generates such frames."""
        return "anchored-camera" if self.anchored else "camera-feedback"

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the keyframes: plain JSON types."""
        return {
            "moves": {name: short(values) for name, values in self.moves.items()},
            "strengths": short(self.strengths),
            "color_anchor": self.color_anchor,
            "guidance_scale": self.guidance_scale,
            "noise_renewal": self.noise_renewal,
            "cadence": self.cadence,
            **({} if self.depth_model is None else {"depth": True}),
            **({"anchored": True} if self.anchored else {}),
            **({"legs": list(self.legs)} if self.legs else {}),
            "first": None if self.first is None else hashlib.sha256(self.first.tobytes()).hexdigest(),
        }

    def is_black(self, time: int) -> bool:
        """Return False: a first image may be black, but the frames after it are generated."""
        return False


def short(values: Sequence[float]) -> float | str:
    """Return the one value that all are, else their SHA-256 (hex): a long clip must not fill its record."""
    if len(set(values)) == 1:
        return values[0]
    return hashlib.sha256(np.asarray(values, "<f8").tobytes()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class MovingSubject:
    """How the subject of a clip moves through its scene.

    Attributes:
        motions: what each prompt of the timeline says of it, None where one says nothing.
        around: what moves by itself in the scene.
        speed: factor of all speeds.
        cadence: as asked, None where it is left open.
        planned: frames of the clip that the motion was planned for, if it goes on after them; None is all.
    """

    generator: ClassVar[str] = "moving-subject"

    motions: tuple[SubjectMotion | None, ...]
    around: tuple[Ambient, ...] = ()
    speed: float = 1.0
    cadence: int | None = None
    planned: int | None = None

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the keyframes: plain JSON types."""
        motions = [None if motion is None else asdict(motion) for motion in self.motions]
        key: dict[str, Any] = {"motions": motions, "speed": self.speed, "cadence": self.cadence}
        key |= {} if self.planned is None else {"planned": self.planned}
        for one in self.around:
            words = {name: value for name, value in asdict(one).items() if name != "way" or value}
            key[one.kind] = words
        return key

    def is_black(self, time: int) -> bool:
        """Return False: nothing is given."""
        return False


@dataclass(frozen=True, kw_only=True)
class FirstLastImages:
    """The images that a clip begins and ends with.

    Attributes:
        first: the first frame, uint8 (H, W, 3) of any size; None is diffused.
        last: the last frame, likewise.
        strengths: share of the steps that denoise each frame from those around it, 0 to 1.
        departure: the last frame that shows what the first does.
        arrival: the first frame that shows what the last does.
    """

    generator: ClassVar[str] = "first-last-frame"

    first: Frame | None
    last: Frame
    strengths: Sequence[float]
    departure: int
    arrival: int

    def given(self, time: int) -> Frame | None:
        """Return the image that is given for a frame, None between the ends."""
        if time >= self.arrival:
            return self.last
        return self.first if time <= self.departure else None

    def is_black(self, time: int) -> bool:
        """Tell whether the image given for a frame is black."""
        given = self.given(time)
        return given is not None and _is_black(given)

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the keyframes: plain JSON types."""
        pictures = {"first": self.first, "last": self.last}
        hashes = {
            name: None if picture is None else hashlib.sha256(picture.tobytes()).hexdigest()
            for name, picture in pictures.items()
        }
        return {**hashes, "strengths": short(self.strengths)}


_SMALL: Final = (64, 64)


@dataclass(frozen=True, kw_only=True)
class Restyle:
    """How each diffused frame comes from that of a video.

    Attributes:
        video: at the clip's rate, of any size, as long as the clip or longer.
        content: its SHA-256 (hex).
        strengths: share of the steps, 0 to 1, that denoise each frame.
        cadence: as asked, None where it is left open.
    """

    generator: ClassVar[str] = "video-to-video"

    video: FrameSource
    content: str
    strengths: Sequence[float]
    cadence: int | None = None

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the keyframes: plain JSON types."""
        return {
            "video": self.content,
            "fps": str(self.video.fps),
            "strengths": short(self.strengths),
            "cadence": self.cadence,
        }

    def is_black(self, time: int) -> bool:
        """Tell whether a frame of the video is black; cheap where the numbers asked for rise."""
        return _is_black(self._small.frames(time, time)[time])

    @cached_property
    def _small(self) -> "FrameWindow":
        from framesmooth.video.resize import FrameWindow

        return FrameWindow(self.frames(_SMALL, _SMALL))

    def frames(self, filled: tuple[int, int], size: tuple[int, int]) -> "ResizedSource":
        """Return the video in ``size`` (height, width), the middle of what fills ``filled``."""
        from framesmooth.video.resize import ResizedSource

        return ResizedSource(self.video, len(self.strengths), filled, size)


def _is_black(frame: Frame) -> bool:
    from framesmooth.metrics.outliers import frame_statistics

    return frame_statistics(frame).black
