"""A prompt whose light changes becomes two: before and after."""

from dataclasses import replace
from typing import TYPE_CHECKING

from framesmooth.timeline.light_words import ChangingLight, changing_light

if TYPE_CHECKING:
    from framesmooth.workflows.generate.settings import GenerateSettings


def light_of(settings: "GenerateSettings") -> ChangingLight | None:
    """Return how the light of a clip of one prompt changes; None for others, and where motion is off."""
    if len(settings.prompts) != 1 or settings.motion.motion == "off" or settings.timeline.num_frames == 1:
        return None
    return changing_light(settings.prompts[0].prompt)


def with_both_lights(settings: "GenerateSettings") -> "GenerateSettings":
    """Return settings whose one prompt is two where its light changes, from the first frame to the last."""
    light = light_of(settings)
    if light is None:
        return settings
    (told,) = settings.prompts
    return settings.but(
        prompts=tuple(replace(told, prompt=prompt, time=None, moment="") for prompt in light.prompts)
    )
