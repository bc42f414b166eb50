"""Pictures of more than 8 bits: as other programs read them, and as they are read again."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from framesmooth.frames import Frame
from framesmooth.video import open_sink, open_source
from framesmooth.video.deep_writing import encode_deep
from framesmooth.video.samples import ColorTags, Samples, samples_of
from framesmooth.video.storage import Storage
from tests.video.icc import SRGB_PRIMARIES, profile

RNG = np.random.default_rng(11)
DEEP = RNG.integers(0, 65536, (24, 40, 3), dtype=np.uint16)
LIGHT = (RNG.random((24, 40, 3)) * 9 - 0.5).astype(np.float16).astype(np.float32)
PQ = ColorTags(primaries=9, transfer=16, matrix=9)
SIXTEEN = Storage(samples=Samples(bits=16))
HALF = Storage(samples=Samples(bits=16, is_float=True, curve="linear"), pictures="exr")


def written(folder: Path, storage: Storage, *frames: Frame) -> Path:
    size = frames[0].shape[:2]
    tags = {"title": "Füchse"}
    with open_sink(f"{folder}/", fps=Fraction(24), size=size, storage=storage, metadata=tags) as sink:
        for frame in frames:
            sink.write(frame)
    return folder


def by_opencv(path: Path) -> Frame:
    found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return np.asarray(found)


def test_png_as_opencv_reads_it_and_with_its_tags(tmp_path: Path) -> None:
    first, second = sorted(written(tmp_path / "a", SIXTEEN, DEEP, DEEP[::-1]).iterdir())
    assert np.array_equal(by_opencv(first)[..., ::-1], DEEP)
    assert np.array_equal(by_opencv(second)[..., ::-1], DEEP[::-1])
    with Image.open(first) as image:
        image.load()
        assert image.text == {"title": "Füchse"}  # type: ignore[attr-defined]


@pytest.mark.input_table(
    "Depth", "16-bit PNG and TIFF, grey depth maps among them", "kept at 16 bits, grey as grey"
)
def test_grey_stays_one_channel(tmp_path: Path) -> None:
    grey = DEEP[..., :1].repeat(3, axis=2)
    storage = Storage(samples=Samples(bits=16, grey=True))
    source = open_source(written(tmp_path / "a", storage, grey, grey), depth="source")
    assert by_opencv(tmp_path / "a" / "frame_000000.png").shape == grey.shape[:2]
    assert samples_of(source) == storage.samples
    assert all(np.array_equal(frame, grey) for frame in source)


def test_png_tells_its_colours_and_how_many_bits_are_meant(tmp_path: Path) -> None:
    storage = Storage(samples=Samples(bits=10, curve="PQ", color=PQ))
    light = np.abs(LIGHT)
    source = open_source(written(tmp_path / "a", storage, light), depth="source")
    assert samples_of(source) == storage.samples
    assert np.allclose(next(iter(source)), light, rtol=1e-2, atol=1e-4)


def test_png_keeps_a_profile(tmp_path: Path) -> None:
    icc = profile("linear", SRGB_PRIMARIES, 1.0)
    written(tmp_path / "a", Storage(samples=Samples(bits=16, profile=icc)), DEEP)
    with Image.open(tmp_path / "a" / "frame_000000.png") as image:
        assert image.info["icc_profile"] == icc
    source = open_source(tmp_path / "a", depth="source")
    assert samples_of(source).profile == icc
    assert np.array_equal(next(iter(source)), DEEP), "colours stay as they are"


@pytest.mark.parametrize("is_float", [False, True])
def test_tiff_as_tifffile_reads_it(is_float: bool) -> None:
    frame = LIGHT if is_float else DEEP
    bits = 32 if is_float else 16
    storage = Storage(samples=Samples(bits=bits, is_float=is_float), pictures="tiff")
    content = encode_deep(frame, storage, {"comment": "made of foxes"})
    with tifffile.TiffFile(io.BytesIO(content)) as whole:
        page: Any = whole.pages[0]
        assert np.array_equal(page.asarray(), frame)
        assert page.tags["ImageDescription"].value == "made of foxes"


@pytest.mark.parametrize("grey", [False, True])
def test_exr_as_openexr_reads_it(tmp_path: Path, grey: bool) -> None:
    exr = pytest.importorskip("OpenEXR")
    light = LIGHT[..., :1].repeat(3, axis=2) if grey else LIGHT
    storage = Storage(samples=Samples(bits=16, is_float=True, curve="linear", grey=grey), pictures="exr")
    (path := tmp_path / "a.exr").write_bytes(encode_deep(light, storage))
    with exr.File(str(path), separate_channels=True) as file:
        channels = {name: channel.pixels for name, channel in file.channels().items()}
    assert {array.dtype for array in channels.values()} == {np.dtype(np.float16)}
    for at, name in enumerate("Y" if grey else "RGB"):
        assert np.array_equal(channels[name], light[..., at])


@pytest.mark.input_table(
    "Depth", "OpenEXR, Radiance HDR, PFM: light", "kept as floats in OpenEXR, above 1 as well"
)
@pytest.mark.parametrize("bits", [16, 32])
def test_light_comes_back_bit_by_bit(tmp_path: Path, bits: int) -> None:
    light = LIGHT if bits == 16 else LIGHT * np.float32(1.0000001)
    storage = Storage(samples=Samples(bits=bits, is_float=True, curve="linear"), pictures="exr")
    source = open_source(written(tmp_path / "a", storage, light), depth="source")
    assert samples_of(source) == storage.samples
    assert np.array_equal(next(iter(source)), light)
    assert light.max() > 8 > 0 > light.min()
