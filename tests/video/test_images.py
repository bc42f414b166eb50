"""Folders of pictures, and pictures of many kinds."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framesmooth.errors import MediaError
from framesmooth.video import Reading, open_source, read_image, write_png
from tests.video.frames import flat, gradient


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index, frame in enumerate(gradient(12)):
        write_png(tmp_path / "in" / f"f{index}.png", frame)
    return tmp_path / "in"


def test_folders_are_read_in_natural_order(folder: Path) -> None:
    read = list(open_source(folder, fps=Fraction(25)))
    assert all(np.array_equal(*pair) for pair in zip(read, gradient(12), strict=True))


def test_a_gap_in_the_numbers_is_an_error_if_strict(folder: Path) -> None:
    (folder / "f5.png").unlink()
    assert open_source(folder).num_frames == 11
    with pytest.raises(MediaError, match=r"f4\.png .*f6\.png"):
        open_source(folder, reading=Reading(strict=True))


def test_evenly_spaced_numbers_are_no_gap(folder: Path) -> None:
    for index in range(1, 12, 2):
        (folder / f"f{index}.png").unlink()
    assert open_source(folder).num_frames == 6


def test_mixed_sizes_name_the_file(folder: Path) -> None:
    write_png(folder / "f7.png", flat((1, 2, 3), (20, 30)))
    with pytest.raises(MediaError, match=r"f7\.png .*30x20.* f0\.png .*64x48"):
        open_source(folder)


def test_pictures_of_many_kinds(tmp_path: Path) -> None:
    grey16 = Image.fromarray(np.full((4, 6), 128 * 257, np.uint16))
    grey16.save(tmp_path / "grey.png")
    assert read_image(tmp_path / "grey.png").max() == 128
    Image.new("RGBA", (6, 4), (200, 100, 50, 0)).save(tmp_path / "clear.png")
    assert read_image(tmp_path / "clear.png").max() == 0
    turned = Image.new("RGB", (6, 4), "red")
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "turned.jpg", exif=exif)
    assert read_image(tmp_path / "turned.jpg").shape == (6, 4, 3)


def test_png_tags_are_read_back(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", flat((1, 2, 3)), {"prompt": "a cat, größer"})
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["prompt"] == "a cat, größer"
