"""Layers over time in a UNet: a new adapter changes nothing, and only its weights are trained and kept."""

from pathlib import Path

import pytest
import torch
from diffusers import MotionAdapter

from framesmooth.errors import ModelError, UsageError
from framesmooth.training.base_model import load_base
from framesmooth.training.motion_layers import MotionDiffusion, MotionLayers
from tests.tiny_families import build_tiny_family
from tests.tiny_video_families import motion_adapter


@pytest.mark.parametrize("name", ["stable_diffusion_2", "stable_diffusion_xl"])
def test_a_new_adapter_changes_nothing_and_one_that_is_off_neither(name: str, tmp_path: Path) -> None:
    model = load_base(str(build_tiny_family(name, tmp_path / "model")), device="cpu")
    meaning = {
        key: one.expand(2, *one.shape[1:]) for key, one in model.encode("a boat", "", guided=False).items()
    }
    noisy = torch.randn(2, 3, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    times = torch.tensor([10, 700])
    objective = MotionDiffusion(model.family)
    with torch.no_grad():
        alone = [
            super(MotionDiffusion, objective).predict(noisy[:, frame], times, meaning) for frame in range(3)
        ]
        layers = MotionLayers.add(model, None, frames=3)
        together = objective.predict(noisy, times, meaning)
        torch.testing.assert_close(together, torch.stack(alone, 1), rtol=1e-4, atol=1e-5)
        for weight in layers.weights:
            weight.add_(0.1 * torch.randn_like(weight))
        assert float((objective.predict(noisy, times, meaning) - together).abs().max()) > 1e-3
        with layers.off():
            torch.testing.assert_close(objective.predict(noisy, times, meaning), together)
    trained = {name for name, weight in model.denoiser.named_parameters() if weight.requires_grad}
    assert trained == {name for name in layers.state_dict() if not name.endswith(".pe")}


def test_what_is_saved_is_an_adapter_of_diffusers(tmp_path: Path) -> None:
    model = load_base(str(build_tiny_family("stable_diffusion_2", tmp_path / "model")), device="cpu")
    start = tmp_path / "start"
    motion_adapter(most=20).save_pretrained(start)
    layers = MotionLayers.add(model, start, frames=20)
    layers.save(tmp_path / "made", layers.state_dict())
    one, other = (MotionAdapter.from_pretrained(tmp_path / name) for name in ("start", "made"))
    assert one.config.motion_max_seq_length == other.config.motion_max_seq_length == 20
    for name, weight in one.state_dict().items():
        torch.testing.assert_close(other.state_dict()[name], weight, rtol=1e-3, atol=1e-3)
    with pytest.raises(UsageError, match="positions for 20"):
        MotionLayers.add(load_base(str(model.folder), device="cpu"), start, frames=21)


def test_a_unet_of_another_kind_is_refused() -> None:
    with pytest.raises(ModelError, match="UNet of its own kind"):
        MotionLayers.add(load_base("storybook", device="cpu"), None, frames=4)
