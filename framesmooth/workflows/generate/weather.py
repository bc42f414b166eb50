"""The rain and snow of a clip, from its setting and its prompts."""

from framesmooth.grading.weather import FALLS, Falling, Weather
from framesmooth.timeline.ambient_words import Ambient, implied_ambient, told_ambient
from framesmooth.workflows.generate.resolve import ResolvedClip


def weather_of(clip: ResolvedClip) -> Weather | None:
    """Return what falls in a clip, more or less from prompt to prompt; None for nothing."""
    asked, timeline = clip.settings.look.weather, clip.timeline
    if asked == "off" or (asked == "auto" and clip.native is not None):
        return None
    told = [_told(key.prompt, asked, implied=clip.moving is not None) for key in timeline.keyframes]
    fps, speed = float(clip.cascade.fps), clip.settings.motion.motion_speed
    count, step = clip.cascade.length(timeline.num_frames), clip.cascade.step(timeline.num_frames)
    period = count / fps if timeline.loop else None
    shares = [timeline.at(float(frame * step)) for frame in range(count)]
    falling = []
    for kind, fall in FALLS.items():
        paces = [next((one.pace for one in each if one.kind == kind), 0.0) for each in told]
        if any(paces):
            amounts = tuple(
                (1 - mix) * (paces[start] > 0) + mix * (paces[end] > 0) for start, end, mix in shares
            )
            falling.append((Falling(fall, max(paces) * speed, period), amounts))
    return Weather(tuple(falling), fps) if falling else None


def _told(prompt: str, asked: str, *, implied: bool) -> tuple[Ambient, ...]:
    if asked == "auto":
        return implied_ambient(prompt) if implied else told_ambient(prompt)
    return (Ambient(kind="rain" if asked == "rain" else "snow"),)
