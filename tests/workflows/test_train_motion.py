"""``train motion``: what is trained is loaded by ``generate``; stopped and resumed it is the same."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

import framesmooth as fs
from framesmooth.cli.main import cli
from framesmooth.errors import OutputExists, UsageError
from framesmooth.events import Event, Progress, Stop
from tests.scenes import moving_scene
from tests.tiny_families import build_tiny_family

WEIGHTS = "diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_family("stable_diffusion_2", tmp_path_factory.mktemp("family") / "model")


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for number in range(8):
        scene = moving_scene(frames=6, size=(32, 48), pan=(2.0, 0.0), seed=number)
        fs.assemble(fs.FrameList(scene.frames, Fraction(8)), folder / f"{number}.mkv", codec="ffv1")
        (folder / f"{number}.txt").write_text("a texture, to the left\n")
    return folder


def settings_for(model: Path, **more: Any) -> dict[str, Any]:
    short = {"steps": 6, "checks": 3, "frames": 4, "resolution": 32, "rate": 0.01, "patience": 0}
    return short | {"model": str(model), "device": "cpu"} | more


def test_what_is_trained_moves_a_model_of_pictures(model: Path, clips: Path, tmp_path: Path) -> None:
    made = tmp_path / "sway"
    arguments = ["train", "motion", str(clips), "-o", str(made), "--model", str(model), "--steps", "6"]
    arguments += ["--checks", "3", "--frames", "4", "--resolution", "32", "--rate", "0.01", "--batch", "2"]
    arguments += ["--flip", "--json", str(tmp_path / "told.json"), "--progress", "none"]
    result = CliRunner().invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    told = json.loads((tmp_path / "told.json").read_text())
    assert (told["learned_from"], len(told["held_out"]), told["steps"]) == (7, 1, 6)
    assert all(np.isfinite(told["held_out_loss"]))
    assert {path.name for path in made.iterdir()} == {"config.json", WEIGHTS}
    assert {"loss.png", "motion.pt", "training.json"} <= {
        path.name for path in (tmp_path / "sway.training").iterdir()
    }
    weights = load_file(made / WEIGHTS)
    assert any(bool(one.any()) for name, one in weights.items() if name.endswith("proj_out.weight"))
    frames = {}
    for name, more in (("still", []), ("moving", ["--motion-adapter", str(made)])):
        clip = tmp_path / f"{name}.mkv"
        command = ["generate", "a red boat", "-o", str(clip), "--model", str(model), "--device", "cpu"]
        command += ["--num-frames", "4", "--steps", "2", "--width", "64", "--height", "64"]
        command += ["--smoother", "ema", "--progress", "none", *more]
        ran = CliRunner().invoke(cli, command, catch_exceptions=False)
        assert ran.exit_code == 0, ran.stderr
        frames[name] = np.stack(list(fs.open_source(clip)))
    assert frames["still"].shape == frames["moving"].shape
    assert not np.array_equal(frames["still"], frames["moving"])


def test_a_stopped_training_ends_in_the_same_weights_and_can_go_on_as_another(
    model: Path, clips: Path, tmp_path: Path
) -> None:
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    fs.train_motion(clips, output=whole, **settings_for(model))
    left = 5

    def stop(event: Event) -> None:
        nonlocal left
        if isinstance(event, Progress) and event.stage == "train":
            left -= event.advance
            if left == 0:
                raise Stop

    with pytest.raises(Stop):
        fs.train_motion(clips, output=stopped, on_event=stop, **settings_for(model))
    assert not stopped.exists()
    with pytest.raises(UsageError, match="--overwrite"):
        fs.train_motion(clips, output=stopped, **settings_for(model, frames=5))
    assert fs.train_motion(clips, output=stopped, **settings_for(model)).resumed_at == 4
    one, other = load_file(whole / WEIGHTS), load_file(stopped / WEIGHTS)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)
    with pytest.raises(OutputExists):
        fs.train_motion(clips, output=stopped, **settings_for(model))
    more = settings_for(model, steps=1, checks=1, rate=1e-9, motion_adapter=whole)
    fs.train_motion(clips, output=tmp_path / "more", **more)
    further = load_file(tmp_path / "more" / WEIGHTS)
    assert all(torch.allclose(one[key].float(), further[key].float(), atol=1e-3) for key in one)


def test_options_and_folders_of_others_are_refused(model: Path, clips: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["train", *arguments, "--progress", "none"])

    refused = run("motion", str(clips), "--rank", "4")
    assert refused.exit_code != 0
    assert "--rank is not for train motion" in refused.stderr
    assert "--frames is not for train lora" in run("lora", str(clips), "--frames", "4").stderr
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary")
    with pytest.raises(UsageError, match=r"holds diary\.txt"):
        fs.train_motion(clips, output=tmp_path / "mine", overwrite=True, **settings_for(model))
    checked = run("check", str(clips), "--model", str(model), "--for", "motion", "--resolution", "32")
    assert checked.exit_code == 1
    assert "no clip holds 16 frames at 8 a second" in checked.stdout
