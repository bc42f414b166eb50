"""``train lora``: every family, against diffusers' own loader; stopped and resumed; the files beside it."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors import safe_open
from safetensors.torch import load_file

import framesmooth as fs
from framesmooth.cli.main import cli
from framesmooth.errors import ModelError, OutputExists, UsageError
from framesmooth.events import Event, Progress, Stop
from framesmooth.models.families.base import Guidance
from framesmooth.models.loading import load_pipeline
from framesmooth.models.lora_spec import Lora
from framesmooth.training.lora import Layers
from tests.tiny_families import build_tiny_family
from tests.training.pictures import write_pictures

UNETS = ["stable_diffusion_2", "stable_diffusion_xl"]
TRANSFORMERS = ["stable_diffusion_3", "flux", "flux_schnell"]
SHORT: dict[str, Any] = {
    "steps": 3, "checks": 1, "batch": 2, "resolution": 32, "rate": 0.01, "pictures": False, "device": "cpu",
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("data"), 3, size=(32, 48))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root = tmp_path_factory.mktemp("families")
    return cache(lambda name: build_tiny_family(name, root / name))


def drawn(model: str | Path, file: Path | None) -> np.ndarray:
    loras = [] if file is None else [Lora(file)]
    pipe = load_pipeline(str(model), device="cpu", dtype="float32", loras=loras)
    guidance = Guidance(scale=3.0)
    meaning = pipe.encode("a red boat", "", guided=pipe.family.negates(guidance))
    noise = pipe.noise(5, 32, 32)[None]
    return pipe.denoise(noise, meaning, [5], steps=2, guidance=guidance).numpy()


@pytest.mark.parametrize("name", [*UNETS, *TRANSFORMERS])
def test_what_is_trained_loads_here_and_in_diffusers(
    name: str, folders: Callable[[str], Path], data: Path, tmp_path: Path
) -> None:
    from diffusers import DiffusionPipeline
    from peft.utils import get_peft_model_state_dict

    model, file = folders(name), tmp_path / "style.safetensors"
    layers: Layers = "all" if name in UNETS else "attention"
    fs.train_lora(data, output=file, model=str(model), rank=2, layers=layers, **SHORT)
    tensors = load_file(file)
    pipe = DiffusionPipeline.from_pretrained(model, use_safetensors=True)
    pipe.load_lora_weights(tmp_path, weight_name=file.name, adapter_name="one")
    network = getattr(pipe, "unet", None) or pipe.transformer
    loaded = get_peft_model_state_dict(network, adapter_name="one")
    assert all(layer.scaling["one"] == 1 for layer in network.modules() if hasattr(layer, "scaling"))
    per_layer = 3 if name in UNETS else 2  # down, up, alpha
    assert len(loaded) == len(tensors) // per_layer * 2, "no weight is lost on the way"
    assert all(key.startswith("lora_unet_" if name in UNETS else "transformer.") for key in tensors)
    assert any(weights.any() for key, weights in loaded.items() if "lora_B" in key), "something was learned"
    assert np.abs(drawn(model, file) - drawn(model, None)).max() > 1e-4


@pytest.mark.parametrize("name", ["latent_consistency", "pixart_sigma"])
def test_what_takes_no_lora_is_refused(
    name: str, folders: Callable[[str], Path], data: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError):
        fs.train_lora(data, output=tmp_path / "style.safetensors", model=str(folders(name)), **SHORT)


@pytest.mark.parametrize("checkpointing", [True, False])
def test_a_stopped_training_ends_in_the_same_weights(
    folders: Callable[[str], Path], data: Path, tmp_path: Path, checkpointing: bool
) -> None:
    settings = SHORT | {
        "model": str(folders("stable_diffusion_2")),
        "steps": 6,
        "checks": 3,
        "gradient_checkpointing": checkpointing,
        "trigger_word": "toys",
        "prior_pictures": 2 if checkpointing else 0,
        "parts": 0 if checkpointing else 2,
        "learn": "all" if checkpointing else "style",
    }
    whole, stopped = tmp_path / "whole.safetensors", tmp_path / "stopped.safetensors"
    fs.train_lora(data, output=whole, **settings)
    left = 5

    def stop(event: Event) -> None:
        nonlocal left
        if isinstance(event, Progress) and event.stage == "train":
            left -= event.advance
            if left == 0:
                raise Stop

    with pytest.raises(Stop):
        fs.train_lora(data, output=stopped, on_event=stop, **settings)
    assert not stopped.exists()
    with pytest.raises(UsageError, match="--overwrite"):
        fs.train_lora(data, output=stopped, **settings | {"rank": 3})
    made = fs.train_lora(data, output=stopped, **settings)
    assert made.resumed_at == 4
    one, other = load_file(whole), load_file(stopped)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)
    with pytest.raises(OutputExists):
        fs.train_lora(data, output=stopped, **settings)
    anew = fs.train_lora(data, output=stopped, overwrite=True, **settings | {"rank": 3})
    assert (anew.resumed_at, anew.steps) == (0, 6)


def test_storybook_learns_its_pictures_and_tells_of_it(tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 9)
    file, told = tmp_path / "style.safetensors", tmp_path / "told.json"
    arguments = ["train", "lora", str(data), "-o", str(file), "--trigger-word", "toys", "--steps", "8",
                 "--checks", "4", "--batch", "2", "--resolution", "64", "--rank", "4", "--flip",
                 "--prompt", "a toy", "--json", str(told), "--progress", "none"]  # fmt: skip
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    figures = json.loads(told.read_text())
    losses = figures["held_out_loss"]
    assert len(losses) == 4
    assert min(losses) < losses[0]
    assert figures["best_step"] == 2 * (1 + losses.index(min(losses)))
    assert (figures["learned_from"], len(figures["held_out"])) == (8, 1)
    beside = {path.name for path in (tmp_path / "style.training").iterdir()}
    assert {"loss.png", "lora.pt", "step-000000.png", "step-000008.png", "training.json"} <= beside
    with safe_open(file, "pt") as opened:
        told_of = opened.metadata()
        names = set(opened.keys())
    assert told_of["ss_network_module"] == "networks.lora"
    assert told_of["ss_network_dim"] == told_of["ss_network_alpha"] == "4"
    assert json.loads(told_of["ss_network_args"]) == {"conv_dim": "4", "conv_alpha": "4"}
    assert told_of["modelspec.trigger_phrase"] == "toys"
    assert json.loads(told_of["ss_tag_frequency"])["data"]["toys"] == 8
    assert "lora_unet_down_blocks_0_resnets_0_conv1.lora_down.weight" in names
    assert np.abs(drawn("storybook", file) - drawn("storybook", None)).max() > 0.01


def test_a_training_ends_early_where_the_held_out_part_gets_no_better(
    folders: Callable[[str], Path], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([0.9, 0.5, 0.6, 0.55, 0.4])
    monkeypatch.setattr("framesmooth.training.fine_tuning.held_out_loss", lambda *_: next(losses))
    settings = SHORT | {"steps": 10, "checks": 5, "patience": 2}
    model = str(folders("stable_diffusion_2"))
    made = fs.train_lora(data, output=tmp_path / "style.safetensors", model=model, **settings)
    assert made.stopped_early
    assert (made.best_step, made.steps) == (4, 8)
    assert list(made.held_out) == [0.9, 0.5, 0.6, 0.55]


def test_unusable_data_is_refused_in_one_line(tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 2)
    (data / "0.png").write_bytes(b"")
    with pytest.raises(UsageError, match=r"nothing can be learned from .*0\.png"):
        fs.train_lora(data, output=tmp_path / "style.safetensors", **SHORT)
    with pytest.raises(UsageError, match="give --trigger-word"):
        fs.train_lora(data, output=tmp_path / "style.safetensors", prior_pictures=2, **SHORT)
    with pytest.raises(UsageError, match="safetensors"):
        fs.train_lora(data, output=tmp_path / "style.pt", **SHORT)
    result = CliRunner().invoke(
        cli, ["train", "check", str(data), "--resolution", "64", "--progress", "none"]
    )
    assert result.exit_code == 1
    assert "error: 0.png" in result.stdout
