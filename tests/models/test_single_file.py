"""Checkpoints in one file, with a local folder for all that isn't weights."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import ModelError
from framesmooth.models.checkpoints import locate_model
from framesmooth.models.families.base import Guidance
from framesmooth.models.loading import load_pipeline
from tests.single_file import save_single_file
from tests.tiny_families import build_tiny_family


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_family("stable_diffusion_2", tmp_path_factory.mktemp("single"))


@pytest.fixture(scope="module")
def checkpoint(folder: Path) -> Path:
    import diffusers

    pipe = diffusers.DiffusionPipeline.from_pretrained(folder, use_safetensors=True)
    return save_single_file(pipe, folder.parent / "dreamer.safetensors")


@pytest.fixture
def config(folder: Path, tmp_path: Path) -> Path:
    """The folder without its weights."""
    copy = Path(shutil.copytree(folder, tmp_path / "config"))
    for weights in copy.rglob("*.safetensors"):
        weights.unlink()
    return copy


def test_it_draws_what_its_folder_draws(folder: Path, checkpoint: Path, config: Path) -> None:
    whole = load_pipeline(str(folder), device="cpu", dtype="float32")
    single = load_pipeline(str(checkpoint), config=config, device="cpu", dtype="float32")

    def drawn(model: Any) -> torch.Tensor:
        conditioning = model.encode("a cat", "red", guided=True)
        noise = model.noise(5, 32, 32)[None]
        latents = model.denoise(noise, conditioning, [5], steps=3, guidance=Guidance(scale=3.0))
        return torch.from_numpy(model.decode(latents)[0]).int()

    assert type(single.scheduler) is type(whole.scheduler)
    assert single.scheduler.config.prediction_type == "v_prediction"
    assert int((drawn(single) - drawn(whole)).abs().max()) <= 1


def test_a_clip_of_it_is_resumed(checkpoint: Path, config: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    fixed = ["--num-frames", "3", "-W", "32", "-H", "32", "--steps", "2", "--smoother", "ema"]
    model = ["--model", str(checkpoint), "--config", str(config)]
    run("generate", "a cat", "-o", clip, *model, *fixed)
    clip.unlink()
    run("resume", tmp_path / "clip.framesmooth", *model)
    assert clip.is_file()


def run(*arguments: object) -> None:
    made = CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)
    assert made.exit_code == 0, made.stderr


def test_what_is_missing_is_one_line(folder: Path, checkpoint: Path, config: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--config DIR"):
        locate_model(str(checkpoint))
    with pytest.raises(ModelError, match=r"has no model_index\.json"):
        locate_model(str(checkpoint), config=tmp_path)
    with pytest.raises(ModelError, match="--config"):
        locate_model(str(folder), config=config)
    shutil.rmtree(config / "vae")
    with pytest.raises(ModelError, match="no files in vae/"):
        locate_model(str(checkpoint), config=config)


def test_a_file_that_is_no_checkpoint_is_one_line(checkpoint: Path, config: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(ModelError, match="could not be loaded") as caught:
        load_pipeline(str(cut), config=config, device="cpu")
    assert "\n" not in str(caught.value)
