"""Flicker as people meet it, made on clean clips: bands of lamps, breathing, pumping, dust, held frames."""

from collections.abc import Callable, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float, as_uint8
from smoothing_bench.effects import through_h264
from tests.scenes import add_flicker

KEY_EVERY: Final = 8
"""Frames from one key frame of the pumping codec to the next."""

Effect = Callable[[Sequence[Frame], np.random.Generator], list[Frame]]


def global_gain(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Give every frame an exposure of its own, as an unsteady shutter does."""
    return [_lit(frame, np.exp(0.06 * rng.standard_normal())) for frame in frames]


def local_light(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Let places of the picture become lighter and darker by themselves."""
    done = []
    for frame in frames:
        grid = rng.standard_normal((4, 5)).astype(np.float32)
        light = cv2.resize(grid, frame.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        done.append(_lit(frame, np.exp(0.08 * light)[..., None]))
    return done


def rolling_bands(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Lay bands over the rows that roll, as lamps on mains power do under a rolling shutter."""
    rows = np.arange(frames[0].shape[0])[:, None, None] / frames[0].shape[0]
    start = rng.random()
    return [
        _lit(frame, np.exp(0.07 * np.sin(2 * np.pi * (2.3 * rows + start + 0.37 * index))))
        for index, frame in enumerate(frames)
    ]


def breathing(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Let the exposure swell and fade about every 16 frames, as one that hunts does."""
    start = rng.random()
    return [
        _lit(frame, np.exp(0.08 * np.sin(2 * np.pi * (start + index / 16))))
        for index, frame in enumerate(frames)
    ]


def codec_pumping(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Encode in H.264 at a low rate with a key frame every KEY_EVERY frames."""
    every = str(KEY_EVERY)
    options = {"crf": "38", "g": every, "keyint_min": every, "sc_threshold": "0", "bf": "0"}
    return through_h264(frames, options)


def dust(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Put a dozen specks, light or dark, on every frame, and a hair on about every other one."""
    done = []
    for frame in frames:
        dirty = frame.copy()
        for _ in range(12):
            centre = int(rng.integers(frame.shape[1])), int(rng.integers(frame.shape[0]))
            cv2.circle(dirty, centre, int(rng.integers(2, 4)), _shade(rng), -1, cv2.LINE_AA)
        if rng.random() < 0.5:
            start, lean = rng.integers(frame.shape[1::-1]), rng.normal(0, 2.5, 2)
            hair = start + np.cumsum(rng.normal(lean, 3, (12, 2)), axis=0)
            cv2.polylines(dirty, [np.rint(hair).astype(np.int32)], False, _shade(rng), 1, cv2.LINE_AA)
        done.append(dirty)
    return done


def _shade(rng: np.random.Generator) -> tuple[float, float, float]:
    return (float(rng.choice([20, 240])),) * 3


def overlaid(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Let places flicker under a logo and a line of subtitles that don't, and come in the second quarter."""
    return with_overlays(local_light(frames, rng))


def with_overlays(frames: Sequence[Frame]) -> list[Frame]:
    """Draw a logo on every frame, and subtitles on some."""
    drawn = [
        overlay(frame.shape[:2], subtitles=titled(index, len(frames)))[..., None]
        for index, frame in enumerate(frames)
    ]
    return [np.where(shape > 0, shape, frame) for frame, shape in zip(frames, drawn, strict=True)]


def titled(index: int, count: int) -> bool:
    """Tell whether there are subtitles in a frame of an overlaid clip of ``count`` frames."""
    return count // 4 <= index < count - 2


def overlay(size: tuple[int, int], *, subtitles: bool) -> NDArray[np.uint8]:
    """Return a logo at the top right and subtitles with a dark outline (H, W); 0 is where neither is."""
    shape = np.zeros(size, np.uint8)
    scale = size[0] / 400
    radius = max(size[0] // 18, 5)
    cv2.circle(shape, (size[1] - 2 * radius, 2 * radius), radius, 230, -1)
    cv2.circle(shape, (size[1] - 2 * radius, 2 * radius), radius // 2, 40, -1)
    if subtitles:
        start = size[1] // 8, size[0] - size[0] // 12
        for shade, width in ((16, 3), (235, 1)):
            thick = max(round(2 * scale), 1) * width
            cv2.putText(shape, "Where were you?", start, cv2.FONT_HERSHEY_SIMPLEX, 2.4 * scale, shade, thick)
    return shape


def on_twos(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Show every picture twice, as drawn animation does."""
    return [frame for frame in frames[: -(-len(frames) // 2)] for _ in range(2)][: len(frames)]


def boil_on_twos(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Let texture boil from drawing to drawing, each of which is shown twice."""
    drawn = add_flicker(frames[: -(-len(frames) // 2)], "T", strength=1.5, seed=int(rng.integers(1 << 16)))
    return [frame for frame in drawn for _ in range(2)][: len(frames)]


def dark_noise(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Let night fall, and add the noise of a sensor: grains of a pixel or two, fewer where it is light."""
    done = []
    for frame in night(frames):
        grain = cv2.GaussianBlur(rng.standard_normal(frame.shape).astype(np.float32), (0, 0), 0.7)
        depth = np.exp(-as_float(frame).mean(axis=-1, keepdims=True) / 0.15)
        done.append(as_uint8(np.asarray(as_float(frame) + 0.04 * depth * grain / grain.std(), np.float32)))
    return done


def night(frames: Sequence[Frame]) -> list[Frame]:
    """Return the clip at night."""
    return [_lit(frame, 0.3) for frame in frames]


def strobe(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Flash every seventh frame."""
    return [_lit(frame, 1.8 if index % 7 == 3 else 1.0) for index, frame in enumerate(frames)]


def lightning(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Flash once, for two frames."""
    half = len(frames) // 2
    return [_lit(frame, 1.7 if half <= index < half + 2 else 1.0) for index, frame in enumerate(frames)]


def nothing(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Leave the clip as it is."""
    return list(frames)


def dusk(frames: Sequence[Frame], rng: np.random.Generator) -> list[Frame]:
    """Let night fall over the second half: no flicker."""
    half = len(frames) // 2
    return [_lit(frame, np.exp(-0.06 * max(index - half, 0))) for index, frame in enumerate(frames)]


FORUM_KINDS: Final[dict[str, tuple[Effect, str | None]]] = {
    "none": (nothing, None),
    "dusk": (dusk, None),
    "global gain": (global_gain, "global"),
    "local light": (local_light, "local"),
    "rolling bands": (rolling_bands, "bands"),
    "breathing": (breathing, "breathing"),
    "codec pumping": (codec_pumping, "codec"),
    "dust": (dust, "dust"),
    "overlays": (overlaid, "local"),
    "on twos": (on_twos, "held"),
    "boil on twos": (boil_on_twos, "local"),
    "dark noise": (dark_noise, "texture"),
    "strobe": (strobe, "flash"),
    "lightning": (lightning, "flash"),
}
"""By name: how it is made, and what ``framesmooth diagnose`` should call it (None: nothing)."""


CLEAN: Final[dict[str, Callable[[Sequence[Frame]], list[Frame]]]] = {
    "boil on twos": lambda frames: on_twos(frames, np.random.default_rng()),
    "dark noise": night,
    "overlays": with_overlays,
}
"""What the clean clip is of kinds that change more than flicker."""


def _lit(frame: Frame, gain: float | np.ndarray) -> Frame:
    return as_uint8(np.asarray(as_float(frame) * gain, np.float32))
