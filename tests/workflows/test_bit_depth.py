"""10 and 12-bit video, 16-bit pictures and light go through the verbs without falling to 8 bits."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import framesmooth as fs
from framesmooth.errors import UsageError
from framesmooth.frames import Frame, decode_light, eight_bits
from framesmooth.video import open_source
from framesmooth.video.samples import Samples, samples_of
from framesmooth.video.storage import Storage
from tests.scenes import moving_scene, texture
from tests.video.deep import BT2020, HDR10, HLG, PQ, ramp, stored, write_luma

RAMP = ramp()


def deviation(frames: Sequence[Frame]) -> float:
    """Return how far pixels deviate over time, as a share of the full scale of 16 bits."""
    return float(np.stack(list(frames)).astype(np.float64).std(axis=0).mean() / 65535)


def flickering(count: int = 10, amount: float = 0.0012) -> list[Frame]:
    """Return a still of 16 bits whose exposure flickers by less than a level of 8 bits."""
    rng = np.random.default_rng(2)
    still = np.round((0.25 + 0.5 * texture(64, 96)) * 255) / 255
    gains = 1 + amount * rng.uniform(-1, 1, count)
    return [np.rint(still * gain * 65535).astype(np.uint16) for gain in gains]


def write_frames(folder: Path, frames: Sequence[Frame], samples: Samples, pictures: Any = "png") -> Path:
    storage = Storage(samples=samples, pictures=pictures)
    size = frames[0].shape[:2]
    with fs.open_sink(f"{folder}/", fps=Fraction(12), size=size, storage=storage) as sink:
        for frame in frames:
            sink.write(frame)
    return folder


@pytest.mark.input_table(
    "Depth",
    "10 and 12-bit video: smooth, interpolate, assemble, upscale by Lanczos",
    "written with as many bits, as h265, or av1 in .webm",
)
@pytest.mark.parametrize("suffix", [".mkv", ".mov"])
def test_a_ramp_of_ten_bits_keeps_its_levels(tmp_path: Path, suffix: str) -> None:
    source = write_luma(tmp_path / "in.mkv", [RAMP] * 5)
    codec = "ffv1" if suffix == ".mkv" else "prores"
    fs.smooth(source, tmp_path / f"out{suffix}", smooth_strength=0.6, measure=False, codec=codec)
    found = stored(tmp_path / f"out{suffix}")
    assert found.pix_fmt == ("gbrp10le" if codec == "ffv1" else "yuv422p10le")
    assert len(np.unique(found.luma[20])) >= 870, "877 levels went in"


@pytest.mark.input_table(
    "Colour",
    "HDR: PQ, HLG, BT.2020, mastering display and light levels",
    "kept where the output holds more than 8 bits",
)
@pytest.mark.parametrize(("transfer", "hdr"), [(PQ, HDR10), (HLG, "")])
def test_hdr_stays_hdr(tmp_path: Path, transfer: int, hdr: str) -> None:
    tags = (BT2020, transfer, BT2020)
    source = write_luma(tmp_path / ("in.mp4" if hdr else "in.mkv"), [RAMP] * 4, tags=tags, hdr=hdr)
    fs.smooth(source, tmp_path / "out.mp4", smooth_strength=0.6, measure=False, crf=4)
    before, after = stored(source), stored(tmp_path / "out.mp4")
    assert after.pix_fmt == "yuv420p10le"
    assert (after.primaries, after.transfer, after.matrix) == (BT2020, transfer, BT2020)
    kinds = ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL")
    assert [after.side_data.get(kind) for kind in kinds] == [before.side_data.get(kind) for kind in kinds]
    assert np.abs(after.luma.astype(int) - before.luma).max() <= 8


def test_a_clean_clip_of_16_bits_is_left_as_one_of_8(tmp_path: Path) -> None:
    frames = [frame.astype(np.uint16) * 257 for frame in moving_scene(frames=12).frames]
    made = fs.smooth(frames)
    assert made.left is not None
    assert all(np.array_equal(one, other) for one, other in zip(made.frames, frames, strict=True))


def test_flicker_that_8_bits_dont_show_is_removed(tmp_path: Path) -> None:
    frames = flickering()
    assert len({eight_bits(frame).tobytes() for frame in frames}) < len(frames), "8 bits show it"
    folder = write_frames(tmp_path / "in", frames, Samples(bits=16))
    made = fs.smooth(folder, tmp_path / "out")
    assert made.left is None
    after = list(open_source(tmp_path / "out", depth="source"))
    assert after[0].dtype == np.uint16
    assert deviation(after) < deviation(frames) / 3 < 1 / 255 / 3


@pytest.mark.parametrize("smoother", ["trajectory", "deflicker", "ema", "poisson"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_every_smoother_works_at_full_depth(smoother: str, dtype: type) -> None:
    frames = flickering(8)
    if dtype is np.float32:
        frames = [2 * decode_light(frame.astype(np.float32) / 65535) for frame in frames]
    made = list(fs.smooth(frames, smoother=smoother, smooth_strength=1.0, measure=False).frames)
    assert {frame.dtype for frame in made} == {np.dtype(dtype)}
    assert deviation(made) < deviation(frames) / 2
    assert np.abs(np.mean(made, axis=0) - np.mean(frames, axis=0)).max() <= 5e-3 * np.max(frames)


def test_light_above_white_survives(tmp_path: Path) -> None:
    light = [4 * decode_light(frame.astype(np.float32) / 65535) for frame in flickering(8, 0.02)]
    folder = write_frames(tmp_path / "in", light, Samples(bits=32, is_float=True, curve="linear"), "exr")
    made = fs.smooth(folder, tmp_path / "out", smooth_strength=0.6, measure=False)
    after = list(open_source(tmp_path / "out", depth="source"))
    assert sorted(path.suffix for path in (tmp_path / "out").iterdir())[0] == ".exr"
    assert np.max(np.mean(after, axis=0)) == pytest.approx(np.max(np.mean(light, axis=0)), rel=0.02)
    assert np.max(after) > 1.5
    assert deviation(after) < deviation(light) / 2
    assert "hold no tags" in " ".join(notice.message for notice in made.notices)


@pytest.mark.parametrize(
    ("samples", "pictures"),
    [
        (Samples(bits=16), "png"),
        (Samples(bits=16, grey=True), "png"),
        (Samples(bits=16), "tiff"),
        (Samples(bits=32, is_float=True, curve="linear"), "exr"),
        (Samples(bits=32, is_float=True, curve="values"), "tiff"),
    ],
)
def test_strength_0_changes_no_bit(tmp_path: Path, samples: Samples, pictures: Any) -> None:
    frames = [np.repeat(frame[..., :1], 3, axis=2) for frame in flickering(3)]
    if samples.is_float:
        frames = [frame.astype(np.float32) / 9999 for frame in frames]
    folder = write_frames(tmp_path / "in", frames, samples, pictures)
    fs.smooth(folder, tmp_path / "smooth", frames_as=pictures, smooth_strength=0, measure=False)
    fs.assemble(folder, tmp_path / "assemble", frames_as=pictures)
    for verb in ("smooth", "assemble"):
        after = list(open_source(tmp_path / verb, depth="source"))
        assert all(np.array_equal(one, other) for one, other in zip(after, frames, strict=True))


def test_in_betweens_are_as_deep(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "in", flickering(3), Samples(bits=16))
    made = fs.interpolate(folder, tmp_path / "out", cadence=2)
    frames = list(made.frames)
    assert len(frames) == 5
    assert frames[1].dtype == np.uint16
    middle = (frames[0].astype(np.float64) + frames[2]) / 2
    assert np.abs(frames[1] - middle).mean() < 2, "of 65535"


def test_lanczos_enlarges_at_full_depth(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "in", flickering(2), Samples(bits=16))
    frames = list(fs.upscale(folder, tmp_path / "out", model="lanczos").frames)
    assert frames[0].dtype == np.uint16
    assert np.any(frames[0] % 257)


@pytest.mark.input_table(
    "Depth",
    "more than 8 bits a channel to .gif, .webp, or with --bit-depth 8",
    "rounded to 8 bits, and it is said",
)
@pytest.mark.parametrize(
    ("name", "choice"), [("a.gif", {}), ("a.mp4", {"bit_depth": "8"}), ("a.webm", {"codec": "vp9"})]
)
def test_what_falls_to_8_bits_is_said(tmp_path: Path, name: str, choice: dict[str, Any]) -> None:
    source = write_luma(tmp_path / "in.mkv", [RAMP[:, :64]] * 2)
    made = fs.assemble(source, tmp_path / name, **choice)
    told = [notice.message for notice in made.notices]
    assert "in.mkv has 10 bits a channel and frames have 8: 1024 levels become 256" in told
    assert next(iter(made.frames)).dtype == np.uint8


def test_a_clip_of_8_bits_can_be_written_deeper(tmp_path: Path) -> None:
    frames = [eight_bits(frame) for frame in flickering(6, 0.05)]
    fs.assemble(frames, tmp_path / "in.mkv", codec="ffv1")
    fs.smooth(tmp_path / "in.mkv", tmp_path / "out", smooth_strength=0.8, measure=False, bit_depth="16")
    source = open_source(tmp_path / "out", depth="source")
    assert samples_of(source).bits == 16
    assert np.any(next(iter(source)) % 257), "the average is not rounded to 8 bits"


def test_16_bits_of_an_8_bit_clip_give_the_same_result() -> None:
    frames = [eight_bits(frame) for frame in flickering(6, 0.05)]
    deep = [frame.astype(np.uint16) * 257 for frame in frames]
    eight, sixteen = (fs.smooth(clip, smooth_strength=0.7, measure=False).frames for clip in (frames, deep))
    for one, other in zip(eight, sixteen, strict=True):
        gap = np.abs(one.astype(np.float64) - other / 257)
        assert gap.max() <= 1.5
        assert gap.mean() <= 0.35, "rounding alone makes 0.25"


def test_what_the_output_has_no_place_for_is_refused(tmp_path: Path) -> None:
    frames = [eight_bits(frame) for frame in flickering(2)]
    with pytest.raises(UsageError, match="no folder of frames: drop --frames-as"):
        fs.assemble(frames, tmp_path / "a.mp4", frames_as="exr")
    with pytest.raises(UsageError, match="holds 8 bits a channel: drop --bit-depth"):
        fs.assemble(frames, tmp_path / "a.gif", bit_depth="10")
