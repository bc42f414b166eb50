"""Music, voices and ambience mixed to one sound track of a film."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from framesmooth.video.audio_filters import TARGET, ducked, normalized
from framesmooth.video.audio_placement import RATE
from framesmooth.video.audio_samples import Samples

Role = Literal["music", "voice", "ambience"]
DUCK: Final = 12.0
"""dB by which music and ambience give way to a voice."""
_LEVELS: Final[dict[Role, float]] = {"voice": -16.0, "music": -20.0, "ambience": -26.0}
"""LUFS of each before they are mixed."""
_FADE: Final = 0.02
"""Seconds in which a part that is cut rises and falls, so that it doesn't click."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A sound and its place.

    Attributes:
        samples: (n, 2) at 48 kHz.
        role: what it is; voices make the others give way.
        start: seconds at which it begins.
        gain: dB on top of the level of its role.
        fade_in: seconds in which it rises.
        fade_out: seconds in which it falls before its end, or that of the film.
    """

    samples: Samples
    role: Role
    start: float = 0.0
    gain: float = 0.0
    fade_in: float = 0.0
    fade_out: float = 0.0


def mix(
    parts: Sequence[Part], seconds: float, *, duck: float = DUCK, loudness: float | None = TARGET
) -> Samples:
    """Return parts mixed to ``seconds`` of sound, (n, 2) at 48 kHz, of ``loudness`` LUFS.

    Each part is brought to the level of its role first; what lies outside the film is cut. Places are exact
    to a sample.

    Args:
        parts: in any order; none gives silence.
        seconds: of the film.
        duck: dB by which music and ambience give way to voices; 0 is not at all.
        loudness: of the whole by EBU R 128; None leaves it.
    """
    count = round(seconds * RATE)
    buses: dict[Role, Samples] = {role: np.zeros((count, 2), np.float32) for role in _LEVELS}
    for part in parts:
        _add(buses[part.role], part)
    below = buses["music"] + buses["ambience"]
    mixed = ducked(below, buses["voice"], duck) + buses["voice"]
    return mixed if loudness is None else normalized(mixed, loudness)


def _add(bus: Samples, part: Part) -> None:
    """Add a part at its place and level to what is there."""
    start = round(part.start * RATE)
    first = max(0, -start)
    samples = normalized(part.samples, _LEVELS[part.role])[first : first + max(0, len(bus) - max(start, 0))]
    if not len(samples):
        return
    shaped = samples * np.float32(10 ** (part.gain / 20))
    cut = len(samples) < len(part.samples)
    rise, fall = max(part.fade_in, _FADE * (first > 0)), max(part.fade_out, _FADE * cut)
    shaped = faded(shaped, rise, fall)
    bus[max(start, 0) : max(start, 0) + len(shaped)] += shaped


def faded(samples: Samples, rise: float, fall: float) -> Samples:
    """Return samples (n, channels) that rise and fall over so many seconds."""
    found = samples.copy()
    for seconds, part in ((rise, slice(None)), (fall, slice(None, None, -1))):
        length = min(round(seconds * RATE), len(found))
        if length:
            found[part][:length] *= np.linspace(0, 1, length, endpoint=False, dtype=np.float32)[:, None]
    return found
