"""The cascade: a clip is generated small and with few frames, then interpolated and enlarged.

After Ho et al. 2022 (Imagen Video): a base clip, then super-resolution in time, then in space. Here frames
between follow the motion of the smoothed ones, and an upscaler enlarges them.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from framesmooth.errors import UsageError
from framesmooth.setting import settings_of
from framesmooth.upscaling.base import scaled
from framesmooth.workflows.generate.keyframes import FRAMES_PER_SEGMENT, keyframes_of
from framesmooth.workflows.generate.settings import GenerateSettings

_FRAMES_APART: Final = 2
_FACTORS: Final = (4, 2)
"""Of the cascade, largest first."""


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """What follows the frames that a model draws.

    Attributes:
        asked: the settings of the finished clip, as the user gave them.
        apart: only every so manieth frame is drawn; 1 draws all.
        scale: how many times as wide and as high the finished frames are; 1 leaves them as they are.
        num_frames: of the finished clip, None where that follows from the frames that are drawn.
    """

    asked: GenerateSettings
    apart: int = 1
    scale: float = 1.0
    num_frames: int | None = None

    @property
    def fps(self) -> Fraction:
        """Frames per second of the finished clip."""
        return self.asked.timeline.rate

    def size(self, drawn: tuple[int, int]) -> tuple[int, int]:
        """Return the finished (height, width) of frames that are drawn in this one."""
        sampling = self.asked.sampling
        found = scaled(drawn, self.scale)
        if not self.asked.upscaling.cascade:
            return found
        return sampling.height or found[0], sampling.width or found[1]

    def length(self, drawn: int) -> int:
        """Return how many frames the finished clip has where so many are drawn."""
        if self.asked.timeline.loop:
            return self.num_frames or drawn * self.apart
        most = (drawn - 1) * self.apart + 1
        return most if self.num_frames is None else min(most, self.num_frames)

    def step(self, drawn: int) -> Fraction:
        """Return how far finished frames are apart, in frames that are drawn."""
        if self.asked.timeline.loop:  # the first frame has to follow on the last one
            return Fraction(drawn, self.length(drawn))
        return Fraction(1, self.apart)


def plan_cascade(
    settings: GenerateSettings, native: tuple[int, int], *, whole_clips: bool
) -> tuple[Cascade, GenerateSettings]:
    """Return what follows the frames that are drawn, and the settings that these are drawn with.

    Args:
        settings: of the finished clip; its rate is known.
        native: (height, width) in pixels that the model was made for.
        whole_clips: whether the model draws clips of a length and rate of its own.

    Raises:
        UsageError: schedules, which count finished frames, where not all of these are drawn.
    """
    asked, apart = settings.upscaling, frames_apart(settings)
    scale = _scale(settings, native)
    cascade = Cascade(asked=settings, apart=apart, scale=scale)
    if apart > 1:
        cascade, settings = _fewer_frames(cascade, settings, whole_clips=whole_clips)
    if asked.cascade and scale > 1:
        sampling = settings.sampling
        settings = settings.but(
            width=None if sampling.width is None else math.ceil(sampling.width / scale),
            height=None if sampling.height is None else math.ceil(sampling.height / scale),
        )
    return cascade, settings


def frames_apart(settings: GenerateSettings) -> int:
    """Return how many finished frames it is from one that is drawn to the next."""
    asked = settings.upscaling
    return _FRAMES_APART if asked.cascade and asked.interpolate == 1 else asked.interpolate


def _scale(settings: GenerateSettings, native: tuple[int, int]) -> float:
    """Return the factor that is asked for, else the largest one that the model draws well at."""
    asked, sampling = settings.upscaling, settings.sampling
    if not asked.cascade or asked.upscale != 1:
        return asked.upscale
    sides = [side for side in (sampling.height, sampling.width) if side is not None]
    if not sides:
        return 2.0
    fitting = (factor for factor in _FACTORS if min(sides) / factor >= min(native))
    return float(next(fitting, 1))


def _fewer_frames(
    cascade: Cascade, settings: GenerateSettings, *, whole_clips: bool
) -> tuple[Cascade, GenerateSettings]:
    for option, mend in _counting_frames(settings):
        raise UsageError(
            f"{option} counts finished frames, and with --cascade or --interpolate not all of them are "
            f"drawn: {mend}"
        )
    apart, frames, loop = cascade.apart, settings.timeline.num_frames, settings.timeline.loop
    if frames is None and not whole_clips:
        frames = apart * _usual_length(settings)
    prompts = tuple(
        prompt if prompt.time is None else replace(prompt, time=_nearest(prompt.time, apart))
        for prompt in settings.prompts
    )
    drawn = None
    if frames is not None:
        drawn = math.ceil(frames / apart) if loop else math.ceil((frames - 1) / apart) + 1
    small = settings.but(prompts=prompts, num_frames=drawn, fps=settings.timeline.rate / apart)
    if isinstance(cadence := settings.timeline.cadence, int):
        small = small.but(cadence=max(1, round(cadence / apart)))
    return replace(cascade, num_frames=frames), small


def _nearest(time: int, apart: int) -> int:
    """Return which drawn frame shows what is asked for a finished one; negative ones count from the end."""
    return time // apart if time >= 0 else -(-time // apart) or -1


def _usual_length(settings: GenerateSettings) -> int:
    """Return how many frames are drawn of a clip whose length is left open."""
    keys = len(keyframes_of(settings))
    latest = max((prompt.time or 0 for prompt in settings.prompts), default=0)
    between = max(1, keys - (0 if settings.timeline.loop else 1))
    return max(FRAMES_PER_SEGMENT * between, latest // frames_apart(settings) + 1)


def _counting_frames(settings: GenerateSettings) -> Iterator[tuple[str, str]]:
    """Yield the options that count frames, and what to do about them."""
    for move in settings.camera.given:
        yield f"--{move.replace('_', '-')}", "say the move in words, such as --camera 'slow zoom in'"
    for field in settings_of(GenerateSettings):
        value = settings.at(field.path)
        if field.setting.metavar == "SCHEDULE" and isinstance(value, str) and not _is_number(value):
            yield field.option, "give one number"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
