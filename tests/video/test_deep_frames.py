"""Pictures are read with all of their bits where that is asked for."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from framesmooth.errors import MediaError
from framesmooth.frames import as_uint8, decode_light, notices_of
from framesmooth.video import open_source, write_png
from framesmooth.video.deep_frames import turned
from framesmooth.video.samples import samples_of

RNG = np.random.default_rng(7)
DEEP = RNG.integers(0, 65536, (24, 40, 3), dtype=np.uint16)
UNIT = (DEEP / 65535).astype(np.float32)


def png(path: Path, array: NDArray[Any]) -> None:
    order = array if array.ndim == 2 else array[..., [2, 1, 0, 3][: array.shape[2]]]
    path.write_bytes(cv2.imencode(".png", np.ascontiguousarray(order))[1].tobytes())


def first(folder: Path) -> NDArray[Any]:
    return next(iter(open_source(folder, depth="source")))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_as_pillow_does(orientation: int) -> None:
    from PIL import Image, ImageOps

    eight = as_uint8(UNIT)
    image = Image.fromarray(eight)
    image.getexif()[0x0112] = orientation
    assert np.array_equal(turned(eight, orientation), np.asarray(ImageOps.exif_transpose(image)))


@pytest.mark.parametrize("kind", ["png", "ppm", "tif", "tif32", "be.tif"])
def test_whole_numbers(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"0.{kind.rpartition('.')[2][:3]}"
    if kind == "png":
        png(path, DEEP)
    elif kind == "ppm":
        path.write_bytes(b"P6\n40 24\n65535\n" + DEEP.astype(">u2").tobytes())
    elif kind == "tif32":
        tifffile.imwrite(path, DEEP.astype(np.uint32) * 65537, photometric="rgb")
    else:
        tifffile.imwrite(path, DEEP, photometric="rgb", byteorder=">" if kind == "be.tif" else "<")
    assert np.array_equal(first(tmp_path), DEEP)
    told = ("0.tif: 16 of its 32 bits a channel are kept",) if kind == "tif32" else ()
    assert notices_of(open_source(tmp_path, depth="source")) == told


def test_floats_of_tiff_are_what_they_are(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "0.tif", UNIT * 80, photometric="rgb")  # metres
    source = open_source(tmp_path, depth="source")
    assert samples_of(source).curve == "values"
    assert np.array_equal(next(iter(source)), UNIT * 80)


def test_transparency_shows_the_background_at_full_depth(tmp_path: Path) -> None:
    alpha = np.full((24, 40, 1), 32768, np.uint16)
    png(tmp_path / "0.png", np.concatenate([DEEP, alpha], axis=2))
    assert np.abs(first(tmp_path) - DEEP * (32768 / 65535)).max() <= 1
    assert "alpha channel" in notices_of(open_source(tmp_path, depth="source"))[0]


def test_one_deep_picture_makes_the_clip_deep(tmp_path: Path) -> None:
    eight = as_uint8(UNIT)
    write_png(tmp_path / "0.png", eight)
    png(tmp_path / "1.png", DEEP)
    frames = list(open_source(tmp_path, depth="source"))
    assert [frame.dtype for frame in frames] == [np.uint16, np.uint16]
    assert np.array_equal(frames[0], eight * np.uint16(257))


def test_a_picture_of_eight_bits_in_a_clip_of_light_becomes_light(tmp_path: Path) -> None:
    eight = as_uint8(UNIT)
    write_png(tmp_path / "0.png", eight)
    tifffile.imwrite(tmp_path / "1.tif", UNIT, photometric="rgb")
    (tmp_path / "0.png").rename(tmp_path / "0.tif")
    frames = list(open_source(tmp_path, depth="source"))
    assert np.allclose(frames[0], decode_light(eight.astype(np.float32) / 255), atol=1e-6)


@pytest.mark.parametrize("depth", ["eight", "source", "sixteen"])
def test_eight_bits_stay_eight_unless_more_are_asked_for(tmp_path: Path, depth: str) -> None:
    eight = as_uint8(UNIT)
    write_png(tmp_path / "0.png", eight)
    frame = next(iter(open_source(tmp_path, depth=depth)))  # type: ignore[arg-type]
    assert np.array_equal(frame, eight * np.uint16(257) if depth == "sixteen" else eight)


def test_damage_is_named(tmp_path: Path) -> None:
    png(tmp_path / "0.png", DEEP)
    whole = (tmp_path / "0.png").read_bytes()
    (tmp_path / "0.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MediaError, match=r"0\.png"):
        first(tmp_path)
