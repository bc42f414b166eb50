"""Which places and weathers the words of a prompt have, and how their sounds follow a clip's timeline."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

import numpy as np

from framesmooth.sound.places import sound_of
from framesmooth.timeline.timeline import Timeline
from framesmooth.video.audio_placement import RATE
from framesmooth.video.audio_samples import Samples

LABEL: Final = "procedural ambience: noise and grains shaped by rules, no recording"

_WORDS: Final[Mapping[str, str]] = {
    "sea": "sea ocean beach waves wave shore seashore coast harbour harbor sailboat sailing ship yacht whale "
    "dolphin island lighthouse",
    "wind": "wind windy storm stormy hill hills mountain mountains peak desert dunes windmill savanna plains "
    "balloon cliff tower castle fortress",
    "rain": "rain rainy raining drizzle shower storm stormy thunderstorm",
    "thunder": "thunder thunderstorm lightning storm stormy",
    "birds": "bird birds forest woods meadow garden morning dawn daybreak sunrise countryside park orchard "
    "tree spring jungle",
    "crickets": "night midnight cricket crickets moonlight starry summer",
    "fire": "fire campfire fireplace flame flames burning torch candle volcano hearth",
    "stream": "river stream brook creek waterfall fountain pond lake",
    "train": "train locomotive railway rails subway tram",
    "city": "city town street downtown skyline traffic skyscrapers market crowd",
    "engine": "car automobile truck motorcycle motorboat airplane plane machine factory",
    "space": "space astronaut cosmonaut spaceman rocket spaceship planet galaxy cosmos nebula lunar",
    "snow": "snow snowy winter arctic ice glacier frozen",
}
_PLACES_OF: Final = {
    word: [place for place, words in _WORDS.items() if word in words.split()]
    for word in " ".join(_WORDS.values()).split()
}
_BACKGROUND: Final = {"wind": 0.35, "birds": 0.6, "crickets": 0.5, "snow": 0.7}
"""Share of what is hardly heard beside something else."""
_HUSHED: Final = {"sea": ("crickets", "birds"), "space": ("crickets", "wind"), "rain": ("birds", "crickets")}
"""What isn't heard where something else is."""


def places_of(prompt: str) -> dict[str, float]:
    """Return place -> gain, 0 to 1, of what the words of a prompt sound like; {} where none is known."""
    words = re.findall(r"[^\W\d_]+", prompt.lower())
    found = {place for word in words for place in _PLACES_OF.get(word, ())}
    if {"night", "midnight"} & set(words):
        found.discard("birds")
    hushed = {quiet for loud in found for quiet in _HUSHED.get(loud, ())}
    found -= hushed
    alone = len(found) == 1
    return {place: 1.0 if alone else _BACKGROUND.get(place, 1.0) for place in sorted(found)}


def gains_over_time(
    timeline: Timeline, places: Sequence[Mapping[str, float]] | None = None
) -> dict[str, list[float]]:
    """Return place -> its gain at every frame: it fades as the prompts travel.

    ``places`` are those of each keyframe; None takes them from their prompts.
    """
    if places is None:
        places = [places_of(key.prompt) for key in timeline.keyframes]
    names = sorted({name for one in places for name in one})
    found: dict[str, list[float]] = {name: [] for name in names}
    for frame in range(timeline.num_frames):
        before, after, mix = timeline.at(frame)
        for name in names:
            # Powers add up where two sounds fade into each other, so their sum stays as loud.
            start, end = places[before].get(name, 0.0), places[after].get(name, 0.0)
            found[name].append(float(np.sqrt((1 - mix) * start**2 + mix * end**2)))
    return found


def ambience(gains: Mapping[str, Sequence[float]], fps: Fraction, seed: int = 0) -> Samples:
    """Return the sound, (n, 2) at 48 kHz, of places whose ``gains`` at every frame are told."""
    num_frames = max((len(curve) for curve in gains.values()), default=0)
    count = round(num_frames / fps * RATE)
    mixed = np.zeros((count, 2), np.float32)
    clock = np.arange(count) / RATE
    frames = np.arange(num_frames) / float(fps)
    for place, curve in gains.items():
        gain = np.interp(clock, frames, curve).astype(np.float32)
        mixed += sound_of(place, count / RATE, seed)[:count] * gain[:, None]
    return mixed
