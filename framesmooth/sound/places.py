"""The sound of places and weathers, made by rule from filtered noise and grains: procedural ambience.

Every function returns float32 samples (n, 2) at 48 kHz with an RMS of about 0.1, the same for the same seed.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from framesmooth.video.audio_placement import RATE
from framesmooth.video.audio_samples import Samples

Random = np.random.Generator
Wave = NDArray[Any]


def noise(count: int, low: float, high: float, rng: Random) -> Wave:
    """Return noise (n, 2) between two frequencies in Hz, of RMS 1; both channels are their own."""
    raw = rng.standard_normal((count, 2), np.float32)
    if low > 0:
        raw = sosfilt(butter(2, low, "high", fs=RATE, output="sos"), raw, axis=0)
    if high < RATE / 2:
        raw = sosfilt(butter(2, high, "low", fs=RATE, output="sos"), raw, axis=0)
    return np.asarray(raw / (raw.std() + 1e-9))


def slow(count: int, period: float, rng: Random, least: float = 0.0) -> Wave:
    """Return a curve (n, 1) from ``least`` to 1 that wanders, with about ``period`` seconds a swing."""
    points = rng.uniform(least, 1, int(count / RATE / period) + 4)
    places = np.arange(count) / RATE / period + rng.uniform(0, 1)
    index = places.astype(int)
    part = places - index
    part = part * part * (3 - 2 * part)
    return np.asarray(((1 - part) * points[index] + part * points[index + 1])[:, None])


def strewn(count: int, grain: Wave, rate: float, rng: Random) -> Wave:
    """Return copies (n, 2) of a short ``grain``, ``rate`` a second by chance, of any strength and place."""
    hits = rng.poisson(rate * count / RATE)
    side, strength = rng.uniform(0, 1, hits), rng.exponential(1, hits)
    places = rng.integers(0, max(count, 1), hits)
    both = (np.bincount(places, strength * np.sqrt(share), count) for share in (side, 1 - side))
    impulses = np.stack(list(both), axis=-1)
    return np.asarray(fftconvolve(impulses, grain[:, None], axes=0)[:count])


def fading(seconds: float, fall: float) -> Wave:
    """Return a curve that falls to 1/e in ``fall`` seconds."""
    return np.asarray(np.exp(-np.arange(int(seconds * RATE)) / RATE / fall))


def ring(pitch: float, seconds: float, fall: float) -> Wave:
    """Return a sine that dies away."""
    return np.sin(2 * np.pi * pitch * np.arange(int(seconds * RATE)) / RATE) * fading(seconds, fall)


def calls(count: int, call: Callable[[Random], Wave], gap: float, rng: Random) -> Wave:
    """Return single sounds (n, 2), about one in ``gap`` seconds, each by itself in strength and place."""
    found, time = np.zeros((count, 2)), rng.uniform(0, gap)
    while int(time * RATE) < count:
        sound, side = call(rng) * rng.uniform(0.3, 1), rng.uniform(0.1, 0.9)
        start = int(time * RATE)
        part = found[start : start + len(sound)]
        part += sound[: len(part), None] * np.sqrt([side, 1 - side])
        time += rng.exponential(gap) + 0.2
    return found


def sea(count: int, rng: Random) -> Wave:
    """Return waves that come in and run out."""
    swell = slow(count, 4.5, rng, 0.1) ** 2
    hiss = noise(count, 1200, 6000, rng) * swell**2
    return np.asarray(noise(count, 60, 500, rng) * (0.3 + swell) + 0.5 * hiss)


def wind(count: int, rng: Random) -> Wave:
    """Return gusts that whistle as they grow."""
    gust = slow(count, 3, rng, 0.15)
    howl = noise(count, 450, 650, rng) * 0.4 * gust**3 * slow(count, 1.3, rng)
    return np.asarray(noise(count, 60, 400, rng) * gust + howl)


def rain(count: int, rng: Random) -> Wave:
    """Return a shower, and its drops nearby."""
    drops = strewn(count, ring(2600, 0.02, 0.003), 60, rng)
    return noise(count, 1500, 9000, rng) * slow(count, 6, rng, 0.7) * 0.7 + drops * 1.2


def thunder(count: int, rng: Random) -> Wave:
    """Return far rolls, one in about eight seconds."""
    return calls(count, _roll, 8, rng) * 6 + 0.1 * noise(count, 30, 120, rng)


def _roll(rng: Random) -> Wave:
    length = int(4 * RATE)
    rumble = noise(length, 30, 160, rng)[:, 0] * fading(4, 1.2) * slow(length, 0.4, rng, 0.2)[:, 0]
    return np.asarray(rumble * np.minimum(1, np.arange(length) / RATE / 0.08))


def birds(count: int, rng: Random) -> Wave:
    """Return songbirds, over hardly any wind."""
    return calls(count, _song, 1.1, rng) * 2.5 + 0.12 * noise(count, 200, 1200, rng)


def _song(rng: Random) -> Wave:
    pitch, sounds = rng.uniform(2200, 4600), []
    for _ in range(rng.integers(2, 6)):
        length = int(rng.uniform(0.05, 0.14) * RATE)
        bend = np.linspace(0, rng.uniform(-0.25, 0.25), length)
        phase = 2 * np.pi * np.cumsum(pitch * rng.uniform(0.9, 1.1) * 2**bend) / RATE
        sounds += [np.sin(phase) * np.hanning(length), np.zeros(int(rng.uniform(0.03, 0.09) * RATE))]
    return np.concatenate(sounds)


def crickets(count: int, rng: Random) -> Wave:
    """Return crickets of a summer night."""
    time = np.arange(count) / RATE
    found = np.zeros((count, 2))
    for pitch, pulse, chirp, side in ((4300, 31, 1.9, 0.3), (4750, 27, 1.4, 0.75), (3900, 35, 2.3, 0.5)):
        gate = np.clip(np.sin(2 * np.pi * chirp * time + rng.uniform(0, 6)) * 3, 0, 1)
        trill = np.clip(np.sin(2 * np.pi * pulse * time), 0, 1) * gate
        found += (np.sin(2 * np.pi * pitch * time) * trill)[:, None] * np.sqrt([side, 1 - side])
    return found * slow(count, 5, rng, 0.5) + 0.15 * noise(count, 80, 400, rng)


def fire(count: int, rng: Random) -> Wave:
    """Return a fire that crackles."""
    crack = rng.standard_normal(int(0.012 * RATE)) * fading(0.012, 0.0025)
    roar = noise(count, 40, 300, rng) * slow(count, 0.9, rng, 0.4)
    return roar * 0.5 + strewn(count, crack, 14, rng) * 1.6 + strewn(count, crack * 0.3, 90, rng)


def stream(count: int, rng: Random) -> Wave:
    """Return running water."""
    found = noise(count, 500, 3500, rng) * slow(count, 1.5, rng, 0.7) * 0.6
    for pitch in (520, 760, 1050, 1400):
        found += strewn(count, ring(pitch, 0.06, 0.015), 9, rng)
    return found


def train(count: int, rng: Random) -> Wave:
    """Return wheels over the joints of rails."""
    time = np.arange(count) / RATE
    found = 0.6 * noise(count, 40, 250, rng)
    clack = ring(180, 0.12, 0.02) + 0.4 * rng.standard_normal(int(0.12 * RATE)) * fading(0.12, 0.012)
    joints = np.zeros((count, 2))
    for offset in (0.0, 0.14, 0.62, 0.76):
        joints[np.arange(int(offset * RATE), count, int(1.24 * RATE))] = 1
    found += 3.5 * fftconvolve(joints, clack[:, None], axes=0)[:count]
    hiss = noise(count, 800, 2500, rng) * (1 + np.sin(2 * np.pi * 1.61 * time))[:, None]
    return np.asarray(found + 0.12 * hiss)


def city(count: int, rng: Random) -> Wave:
    """Return traffic far away, and cars that pass."""
    return 0.8 * noise(count, 40, 220, rng) * slow(count, 5, rng, 0.6) + calls(count, _car, 4, rng)


def _car(rng: Random) -> Wave:
    length = int(rng.uniform(2.5, 4) * RATE)
    return np.asarray(noise(length, 150, 1400, rng)[:, 0] * np.hanning(length) ** 2)


def engine(count: int, rng: Random) -> Wave:
    """Return a motor that runs evenly."""
    turn = 2 * np.pi * np.cumsum(34 + 2 * slow(count, 3, rng)[:, 0]) / RATE
    hum = sum(np.sin(number * turn + number) / number for number in (1, 2, 3, 4, 6))
    return np.asarray(hum)[:, None] * [1.0, 0.95] + 0.3 * noise(count, 60, 500, rng)


def space(count: int, rng: Random) -> Wave:
    """Return a deep hum, and air."""
    time = np.arange(count) / RATE
    found = 0.25 * noise(count, 100, 700, rng) * slow(count, 7, rng, 0.2)
    for pitch in (43.6, 55.1, 65.4, 87.5):
        tone = np.sin(2 * np.pi * pitch * time + rng.uniform(0, 6))[:, None] * slow(count, 6, rng, 0.2)
        found += tone * [1.0, rng.uniform(0.6, 1)]
    return found


def snow(count: int, rng: Random) -> Wave:
    """Return the hush of soft wind."""
    return noise(count, 100, 350, rng) * slow(count, 5, rng, 0.4) + 0.15 * noise(count, 2500, 6000, rng)


PLACES: Final[dict[str, Callable[[int, Random], Wave]]] = {
    "sea": sea,
    "wind": wind,
    "rain": rain,
    "thunder": thunder,
    "birds": birds,
    "crickets": crickets,
    "fire": fire,
    "stream": stream,
    "train": train,
    "city": city,
    "engine": engine,
    "space": space,
    "snow": snow,
}
"""Name -> what makes its sound."""
_RMS: Final = 0.1
_PIECE: Final = 40 * RATE
_JOINT: Final = 2 * RATE
"""Samples of a piece that is made at once, and in which one fades into the next: it bounds the memory."""


def sound_of(place: str, seconds: float, seed: int = 0) -> Samples:
    """Return the sound of a place, (n, 2) at 48 kHz."""
    count = max(1, round(seconds * RATE))
    joined = np.zeros((count, 2), np.float32)
    rise = np.sqrt(np.linspace(0, 1, _JOINT, dtype=np.float32))[:, None]
    for number, start in enumerate(range(0, count, _PIECE)):
        length = min(_PIECE + _JOINT, count - start)
        made = PLACES[place](length, np.random.default_rng((seed, number, *place.encode())))
        piece = np.asarray(made * (_RMS / (np.sqrt(np.mean(made**2)) + 1e-9)), np.float32)
        if number:
            piece[:_JOINT] *= rise[: len(piece)]
        if length > _PIECE:
            piece[_PIECE:] *= rise[::-1][: length - _PIECE]
        joined[start : start + length] += piece
    return joined
