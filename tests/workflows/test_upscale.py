"""``upscale``: sizes, sound, refusals."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import framesmooth as fs
from framesmooth.cli.main import cli
from framesmooth.errors import OutputExists, UsageError
from framesmooth.workflows.settings.pipes import parse_size
from tests.scenes import texture

FRAMES = [np.asarray(texture(24, 32, seed=t) * 255, np.uint8) for t in range(3)]


def test_frames_in_memory_and_in_a_file(tmp_path: Path) -> None:
    made = fs.upscale(FRAMES, scale=2, model="lanczos")
    assert made.size == (48, 64)
    assert [frame.shape for frame in made.frames] == [(48, 64, 3)] * 3
    written = fs.upscale(FRAMES, tmp_path / "large", size="50x40", model="lanczos")
    assert written.frames.size == (40, 50)
    assert len(list((tmp_path / "large").glob("*.png"))) == 3
    with pytest.raises(OutputExists):
        fs.upscale(FRAMES, tmp_path / "large", model="lanczos")


@pytest.mark.parametrize("text", ["", "1920", "x", "0x10", "10x0", "-1x5", "axb", "1920x1080x3"])
def test_sizes_that_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="1920x1080"):
        parse_size(text)


@pytest.mark.parametrize("text", ["1920x1080", " 1920 × 1080", "1920*1080"])
def test_sizes_as_people_write_them(text: str) -> None:
    assert parse_size(text) == (1080, 1920)


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--scale", "99"], "16"), (["--size", "8x8"], "smaller"), (["--model", "no"], "no")],
)
def test_the_command_says_what_is_wrong(tmp_path: Path, options: list[str], word: str) -> None:
    fs.assemble(FRAMES, tmp_path / "in")
    result = CliRunner().invoke(cli, ["upscale", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *options])
    assert result.exit_code != 0
    assert word in result.output
    assert not (tmp_path / "out").exists()


def test_generate_writes_the_clip_larger_and_keeps_small_frames(tmp_path: Path) -> None:
    asked: dict[str, Any] = {"num_frames": 3, "steps": 1, "width": 64, "height": 48, "smooth_strength": 0.0}
    made = fs.generate("a cat", tmp_path / "clip", upscale=2, upscaler="lanczos", **asked)
    assert made.size == (96, 128)
    assert fs.open_source(tmp_path / "clip").size == (96, 128)
    assert fs.open_source(made.run_folder / "frames").size == (48, 64)
    with pytest.raises(UsageError, match="waifu"):
        fs.generate("a cat", tmp_path / "other", upscale=2, upscaler="waifu", **asked)
