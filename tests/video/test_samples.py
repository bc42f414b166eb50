"""Frames of every depth as what is stored."""

import numpy as np
import pytest

from framesmooth.frames import FrameList, FrameSlice, decode_light, encode_light
from framesmooth.video.samples import (
    EIGHT,
    ColorTags,
    Samples,
    samples_of,
    stored_eight,
    stored_float,
    stored_sixteen,
)

RAMP8 = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
LIGHT = np.linspace(0, 4, 48, dtype=np.float32).reshape(4, 4, 3)


def test_eight_bits_in_sixteen_and_back() -> None:
    deep = stored_sixteen(RAMP8)
    assert (deep.min(), deep.max()) == (0, 65535)
    assert np.array_equal(stored_eight(deep), RAMP8)
    assert np.array_equal(stored_eight(RAMP8), RAMP8)


def test_light_gets_the_curve_of_its_clip() -> None:
    srgb = stored_sixteen(LIGHT)
    assert srgb.max() == 65535, "clipped above white"
    half = stored_sixteen(np.full((1, 1, 3), 0.2140, np.float32))
    assert half[0, 0, 0] / 65535 == pytest.approx(0.5, abs=1e-3)  # sRGB: of 21.4 % of the light
    white = stored_sixteen(np.full((1, 1, 3), 1.0, np.float32), "PQ")
    assert white[0, 0, 0] / 65535 == pytest.approx(0.5807, abs=1e-3)
    assert stored_sixteen(np.full((1, 1, 3), 0.25, np.float32), "values")[0, 0, 0] == 16384
    assert np.array_equal(stored_float(LIGHT), LIGHT)


def test_hdr_in_eight_bits_keeps_highlights_apart() -> None:
    bright = np.stack([np.full((1, 3), value, np.float32) for value in (0.5, 1, 2, 8)])
    assert np.all(np.diff(stored_eight(bright, "PQ")[:, 0, 0].astype(int)) > 0)


def test_light_and_back_goes_on_above_one_and_below_zero() -> None:
    light = np.linspace(-2, 60, 4001, dtype=np.float32)
    assert np.allclose(decode_light(encode_light(light)), light, rtol=3e-6, atol=1e-7)
    assert np.all(np.diff(encode_light(light)) > 0)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (np.uint8, EIGHT),
        (np.uint16, Samples(bits=16)),
        (np.float32, Samples(bits=32, is_float=True, curve="linear")),
    ],
)
def test_frames_in_memory_by_their_type(dtype: type, expected: Samples) -> None:
    clip = FrameList([np.zeros((2, 2, 3), dtype)] * 3)
    assert samples_of(clip) == expected
    assert samples_of(FrameSlice(clip, 1, None)) == expected


def test_only_wide_colours_are_kept_as_they_are() -> None:
    assert ColorTags(primaries=6, transfer=6, matrix=6).as_written == ColorTags()
    kept = ColorTags(primaries=9, transfer=16, matrix=9).as_written
    assert (kept.primaries, kept.transfer, kept.matrix) == (9, 16, 9)
    assert ColorTags(primaries=2, transfer=18, matrix=2).as_written.primaries == 9
