"""Variations of a clip on a sheet, one of them made again; lengths and shapes as people say them."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import OutputExists, UsageError
from framesmooth.video import read_image
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.variations import show_variations
from tests.listeners import nothing
from tests.small_clip import small_clip


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    return small_clip(tiny_model, tmp_path / "clip.mkv", num_frames=5, steps=2, smooth_strength=0)


def test_a_sheet_shows_every_seed_and_is_never_written_over(settings: GenerateSettings) -> None:
    made = show_variations(settings, 3, nothing)
    assert made.path.name == "clip.variations.png"
    assert made.seeds == tuple(settings.but(variation=number).seeding.seed for number in (1, 2, 3))
    assert made.seeds[0] == settings.seeding.seed
    assert len(set(made.seeds)) == 3
    assert read_image(made.path).ndim == 3
    with pytest.raises(OutputExists):
        show_variations(settings, 3, nothing)


def test_a_variation_is_its_seed_alone(settings: GenerateSettings) -> None:
    third = settings.but(variation=3)
    assert third == settings.but(seed=third.seeding.seed)
    for asked in ({"seed": -1, "variation": 2}, {"seeds": (1, 2), "variation": 2}):
        with pytest.raises(UsageError, match="--seed"):
            settings.but(**asked)


def test_the_command_prints_how_to_make_each(tiny_model: Path, tmp_path: Path) -> None:
    options = [
        "-o",
        str(tmp_path / "clip.mkv"),
        "--model",
        str(tiny_model),
        "--num-frames",
        "3",
        "--steps",
        "1",
    ]
    result = CliRunner().invoke(cli, ["generate", "a cat", *options, "--seed", "7", "--variations", "2"])
    assert result.exit_code == 0, result.output
    assert "2: --variation 2 (seed 1007)" in result.output
    assert (tmp_path / "clip.variations.png").is_file()


def test_a_duration_is_so_many_frames(settings: GenerateSettings) -> None:
    asked = {name: value for name, value in settings.flat().items() if name not in ("num_frames", "duration")}
    for duration, frames in (("10s", 240), ("2500ms", 60), ("1:30", 2160), (2, 48)):
        found = GenerateSettings.of(**asked | {"fps": 24, "duration": duration})
        assert found.timeline.num_frames == frames
    at_the_models_rate = resolve(GenerateSettings.of(**asked | {"fps": None, "duration": "2s"}))
    assert at_the_models_rate.timeline.num_frames == 24
    with pytest.raises(UsageError, match="--duration and --num-frames both say"):
        GenerateSettings.of(**asked, duration="10s", num_frames=4)


def test_an_aspect_ratio_is_a_size_of_the_models_own_area(tiny_model: Path, tmp_path: Path) -> None:
    asked = {"prompts": ["a cat"], "output": tmp_path / "clip.mkv", "model": str(tiny_model), "num_frames": 2}
    tall, square = (
        load_generator(resolve(GenerateSettings.of(**asked, aspect=aspect)), None).size
        for aspect in ("9:16", "1:1")
    )
    assert tall[0] > tall[1]
    assert tall[0] * tall[1] == pytest.approx(square[0] * square[1], rel=0.3)
    with pytest.raises(UsageError, match="--aspect and --height both"):
        resolve(GenerateSettings.of(**asked, aspect="9:16", height=64))
