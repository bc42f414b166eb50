"""Variables of schedules: the analysis of a sound as a number for every frame of a clip.

==============  ======================================================================================
``beat``        1 at the frame nearest to a beat, falling off until the release time
``onset``       the strength of the last sound that began, 0 to 1, falling off likewise
``rms``         loudness, 0 to 1 of the loudest places; it falls off no faster than the release time
``low``         the same below 200 Hz
``mid``         the same from 200 to 2000 Hz
``high``        the same above 2000 Hz
``beat_phase``  from 0 at a beat up to 1 at the next
``bar``         bars of four beats that have begun before this frame, from 0
``bpm``         beats a minute
==============  ======================================================================================
"""

from fractions import Fraction
from itertools import pairwise
from typing import Final

import numpy as np

from framesmooth.errors import UsageError
from framesmooth.sound.beats import HOP_RATE, Curve
from framesmooth.sound.listening import Listening
from framesmooth.timeline.expression import SOUND_VARIABLES

RELEASE: Final = 0.25
"""Seconds in which what twitched has fallen off to a twentieth."""
BEATS_A_BAR: Final = 4


def variables_of(
    heard: Listening, num_frames: int, fps: Fraction, release: float = RELEASE
) -> dict[str, list[float]]:
    """Return name -> the value at every frame; after the end of the sound there is silence.

    Args:
        heard: the sound, whose start is the first frame's.
        num_frames: of the clip.
        fps: its frame rate.
        release: seconds in which a value falls off, 0 for at once.
    """
    rate, times = float(fps), heard.beats.times
    phase, bar = _phase_and_bar(times, num_frames, rate)
    curves = {
        "beat": _pulses(times, np.ones(len(times)), num_frames, rate, release),
        "onset": _pulses(*heard.onsets, num_frames, rate, release),
        **{name: _framed(level, num_frames, rate, release) for name, level in heard.levels.items()},
        "beat_phase": phase,
        "bar": bar,
        "bpm": np.full(num_frames, heard.beats.bpm or 0.0),
    }
    assert set(curves) == set(SOUND_VARIABLES)
    return {name: [round(float(value), 6) for value in curves[name]] for name in SOUND_VARIABLES}


def beat_frame(heard: Listening, beat: float, fps: Fraction) -> int:
    """Return the frame nearest to a beat, counted from 0; halves lie between two.

    Raises:
        UsageError: a sound without beats, or with fewer.
    """
    times = heard.beats.times
    if not len(times):
        raise UsageError(f"{heard.path} has no beats: give --bpm and --beat-offset, or times in seconds")
    if beat > len(times) - 1:
        raise UsageError(
            f"{heard.path} has {len(times)} beats, from 0 to {len(times) - 1}: beat {beat:g} is none"
        )
    return round(float(np.interp(beat, np.arange(len(times)), times)) * fps)


def _pulses(times: Curve, strengths: Curve, num_frames: int, rate: float, release: float) -> Curve:
    """Return the strengths at their frames, falling off until the next."""
    found = np.zeros(num_frames)
    for time, strength in zip(times, strengths, strict=True):
        frame = round(float(time) * rate)
        if 0 <= frame < num_frames:
            found[frame] = max(found[frame], strength)
    return _released(found, rate, release)


def _released(values: Curve, rate: float, release: float) -> Curve:
    """Return values that rise at once, and fall to a twentieth in ``release`` seconds."""
    keep = 0.0 if release <= 0 else 0.05 ** (1 / (release * rate))
    found, held = np.empty(len(values)), 0.0
    for index, value in enumerate(values):
        held = found[index] = max(float(value), held * keep)
    return found


def _framed(level: Curve, num_frames: int, rate: float, release: float) -> Curve:
    """Return the loudest value of a curve within each frame, falling off likewise."""
    edges = np.round(np.arange(num_frames + 1) / rate * HOP_RATE).astype(int)
    padded = np.concatenate([level, np.zeros(max(0, int(edges[-1]) + 2 - len(level)))])
    frames = [padded[start : max(end, start + 1)].max() for start, end in pairwise(edges)]
    return _released(np.array(frames), rate, release)


def _phase_and_bar(times: Curve, num_frames: int, rate: float) -> tuple[Curve, Curve]:
    if len(times) < 2:
        return np.zeros(num_frames), np.zeros(num_frames)
    gap = float(np.median(np.diff(times)))
    long = np.concatenate([times[:1] - gap, times, times[-1:] + gap])
    clock = np.arange(num_frames) / rate + 1e-9
    count = np.interp(clock, long, np.arange(-1, len(times) + 1))
    count = np.where(clock < long[0], (clock - times[0]) / gap, count)
    count = np.where(clock > long[-1], len(times) + (clock - long[-1]) / gap, count)
    return count % 1, np.floor(np.maximum(count, 0) / BEATS_A_BAR)
