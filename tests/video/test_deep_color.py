"""Video of more than 8 bits to RGB of 16 and back."""

from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from framesmooth.frames import eight_bits
from framesmooth.video.color import to_rgb
from framesmooth.video.deep_color import from_rgb16, to_rgb16
from framesmooth.video.samples import ColorTags
from tests.video.deep import picture_of, planes, ramp

FORMATS = ("yuv420p10le", "yuv422p10le", "yuv420p12le", "gbrp10le", "gbrp12le", "gbrp16le")


def tagged(picture: av.VideoFrame, matrix: int) -> av.VideoFrame:
    picture.colorspace, picture.color_range = matrix, 1
    return picture


def colours() -> NDArray[Any]:
    noise = np.random.default_rng(5).random((48, 64, 3))
    smooth = gaussian_filter(noise, (6, 6, 0))
    return np.asarray(np.rint((0.3 + 0.4 * (smooth - smooth.min()) / np.ptp(smooth)) * 65535), np.uint16)


@pytest.mark.parametrize("pix_fmt", FORMATS)
@pytest.mark.parametrize("matrix", [1, 9])
def test_numbers_come_back(pix_fmt: str, matrix: int) -> None:
    frame, tags = colours(), ColorTags(matrix=matrix)
    picture = tagged(from_rgb16(frame, pix_fmt, tags), matrix)
    found = to_rgb16(picture)
    again = from_rgb16(found, pix_fmt, tags)
    for one, other in zip(planes(picture), planes(again), strict=True):
        assert np.abs(one.astype(int) - other).max() <= 2
    if "gbr" in pix_fmt:
        bits = av.VideoFormat(pix_fmt).components[0].bits
        assert np.abs(found.astype(int) - frame).max() <= 65535 / 2**bits
    else:
        assert np.abs(found.astype(int) - frame).mean() <= 65535 / 2**9  # chroma has half the resolution


@pytest.mark.parametrize("bits", [10, 12])
def test_every_level_of_a_ramp_comes_back(bits: int) -> None:
    luma, grey = ramp(bits, (16, 1024)), np.full((16, 1024), 2 ** (bits - 1), np.uint16)
    picture = tagged(picture_of(f"yuv420p{bits}le", luma, grey, grey), 1)
    frame = to_rgb16(picture)
    assert (frame[0, 0, 0], frame[0, -1, 0]) == (0, 65535)
    assert np.array_equal(frame[..., 0], frame[..., 2])
    back = planes(from_rgb16(frame, f"yuv420p{bits}le", ColorTags()))
    assert np.array_equal(back[0], luma)
    assert (back[1] == 2 ** (bits - 1)).all()


@pytest.mark.parametrize("matrix", [1, 5, 9])
def test_eight_bits_of_it_look_as_ffmpeg_makes_them(matrix: int) -> None:
    picture = tagged(from_rgb16(colours(), "yuv420p10le", ColorTags(matrix=matrix)), matrix)
    gap = np.abs(eight_bits(to_rgb16(picture)).astype(int) - to_rgb(picture))
    assert gap.max() <= 2
    assert gap.mean() < 0.6


def test_full_range_is_read_as_such() -> None:
    luma = np.tile(np.arange(1024, dtype=np.uint16), (16, 1))
    grey = np.full_like(luma, 512)
    picture = tagged(picture_of("yuv420p10le", luma, grey, grey), 1)
    picture.color_range = 2
    frame = to_rgb16(picture)
    assert np.abs(frame[0, :, 1] - luma[0] / 1023 * 65535).max() <= 2
