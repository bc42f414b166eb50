"""The rain, snow and fog of a clip, from its setting and its prompts."""

from typing import Final, Literal

from framesmooth.grading.fog import Fog
from framesmooth.grading.weather import FALLS, Falling, Weather
from framesmooth.timeline.ambient_words import Ambient, implied_ambient, told_ambient
from framesmooth.workflows.generate.resolved_clip import ResolvedClip

_KINDS: Final = (*FALLS, "fog")
Asked = Literal["auto", "off", "rain", "snow", "fog"]


def weather_of(clip: ResolvedClip) -> Weather | None:
    """Return what falls and drifts in a clip, more or less from prompt to prompt; None for nothing."""
    asked, timeline = clip.settings.look.weather, clip.timeline
    if asked == "off" or (asked == "auto" and clip.native is not None):
        return None
    told = [_told(key.prompt, asked, implied=clip.moving is not None) for key in timeline.keyframes]
    fps, speed = float(clip.cascade.fps), clip.settings.motion.motion_speed
    count, step = clip.cascade.length(timeline.num_frames), clip.cascade.step(timeline.num_frames)
    period = count / fps if timeline.loop else None
    shares = [timeline.at(float(frame * step)) for frame in range(count)]
    falling: list[tuple[Falling | Fog, tuple[float, ...]]] = []
    for kind in _KINDS:
        found = [next((one for one in each if one.kind == kind), None) for each in told]
        paces = [one.pace for one in found if one is not None]
        if paces:
            amounts = tuple(
                (1 - mix) * (found[start] is not None) + mix * (found[end] is not None)
                for start, end, mix in shares
            )
            pace = max(paces) * speed
            if kind == "fog":
                left = any(one is not None and one.way == "left" for one in found)
                falling.append((Fog(-pace if left else pace, period), amounts))
            else:
                falling.append((Falling(FALLS[kind], pace, period), amounts))
    return Weather(tuple(falling), fps) if falling else None


def _told(prompt: str, asked: Asked, *, implied: bool) -> tuple[Ambient, ...]:
    if asked == "auto" or asked == "off":  # mypy narrows by these alone
        return implied_ambient(prompt) if implied else told_ambient(prompt)
    return (Ambient(kind=asked),)
