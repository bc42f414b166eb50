"""RAFT's adapter: the file of weights, the convention and the padding; the network is a stand-in."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from framesmooth.errors import ModelError, UsageError
from framesmooth.motion.flow.base import load_flow
from tests.scenes import moving_scene, texture

FIRST_LAYER = "feature_encoder.convnormrelu.0.weight"
MOTION = (3, -2)


class StandInRaft(torch.nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
    """Not RAFT: takes and gives what torchvision's RAFT does, and tries every whole shift of a few pixels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.feature_encoder = torch.nn.Module()
        self.feature_encoder.convnormrelu = torch.nn.Sequential(torch.nn.Conv2d(3, channels, 7, bias=False))
        self.channels = channels

    def forward(self, first: Any, second: Any, num_flow_updates: int = 12) -> list[Any]:
        height, width = first.shape[-2:]
        assert height % 8 == width % 8 == 0
        assert min(height, width) >= 128
        assert first.min() >= -1 <= second.max() <= 1
        shifts = [(dx, dy) for dx in range(-4, 5) for dy in range(-4, 5)]
        gaps = [(torch.roll(second, (-dy, -dx), (2, 3)) - first).abs().mean() for dx, dy in shifts]
        best = shifts[int(torch.stack(gaps).argmin())]
        flow = torch.tensor(best, dtype=torch.float32)[None, :, None, None].expand(1, 2, height, width)
        return [torch.zeros_like(flow), flow][-num_flow_updates:]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Put a stand-in where torchvision.models.optical_flow would be."""
    optical_flow = ModuleType("torchvision.models.optical_flow")
    built: list[int] = []

    def build(channels: int) -> StandInRaft:
        built.append(channels)
        return StandInRaft(channels)

    optical_flow.built = built  # type: ignore[attr-defined]
    optical_flow.raft_large = lambda: build(64)  # type: ignore[attr-defined]
    optical_flow.raft_small = lambda: build(32)  # type: ignore[attr-defined]
    models, package = ModuleType("torchvision.models"), ModuleType("torchvision")
    models.optical_flow = optical_flow  # type: ignore[attr-defined]
    for module in (package, models, optical_flow):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return optical_flow


def save_weights(path: Path, channels: int = 32, **more: Any) -> Path:
    tensors = {FIRST_LAYER: torch.zeros(channels, 3, 7, 7), **more}
    save_file(tensors, path)
    return path


@pytest.mark.parametrize("size", [(128, 160), (97, 131), (40, 56)])
def test_a_pan_is_found_in_the_convention_at_any_size(
    size: tuple[int, int], tmp_path: Path, stand_in: ModuleType
) -> None:
    frames = moving_scene(frames=2, size=size, pan=MOTION).frames
    flow = load_flow("raft", save_weights(tmp_path / "raft.safetensors"))(*frames)
    assert flow.shape == (*size, 2)
    assert flow.dtype == np.float32
    assert flow.flags.c_contiguous
    np.testing.assert_array_equal(np.unique(flow.reshape(-1, 2), axis=0), [MOTION])


@pytest.mark.parametrize("channels", [32, 64])
def test_the_shapes_choose_the_network(channels: int, tmp_path: Path, stand_in: ModuleType) -> None:
    flow: Any = load_flow("raft", save_weights(tmp_path / "mine.safetensors", channels))
    assert stand_in.built == [channels]
    assert repr(flow) == "RaftFlow(num_flow_updates=12, name='mine.safetensors')"


def test_a_file_that_could_run_code_is_not_opened(tmp_path: Path, stand_in: ModuleType) -> None:
    path = save_weights(tmp_path / "raft.safetensors").rename(tmp_path / "raft.pth")
    with pytest.raises(ModelError, match="could run code"):
        load_flow("raft", path)


def test_other_weights_are_refused(tmp_path: Path, stand_in: ModuleType) -> None:
    (tmp_path / "notes.safetensors").write_text("no tensors")
    with pytest.raises(ModelError, match="cannot be read"):
        load_flow("raft", tmp_path / "notes.safetensors")
    with pytest.raises(ModelError, match="there is no file"):
        load_flow("raft", tmp_path / "missing.safetensors")
    with pytest.raises(ModelError, match="no weights of RAFT"):
        load_flow("raft", save_weights(tmp_path / "wide.safetensors", channels=48))
    with pytest.raises(ModelError, match="does not fit raft_small"):
        load_flow("raft", save_weights(tmp_path / "more.safetensors", unknown=torch.zeros(1)))


def test_weights_go_with_a_trained_network_alone(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--flow-weights"):
        load_flow("raft")
    with pytest.raises(UsageError, match="takes no weights"):
        load_flow("dis-fine", tmp_path / "raft.pth")


@pytest.mark.parametrize("broken", [False, True])
def test_torchvision_that_does_not_work_is_one_line(
    broken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save_weights(tmp_path / "raft.safetensors")
    if broken:
        (tmp_path / "torchvision").mkdir()
        (tmp_path / "torchvision/__init__.py").write_text("raise RuntimeError('operator nms is gone\\nmore')")
        monkeypatch.syspath_prepend(str(tmp_path))
        for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
            monkeypatch.delitem(sys.modules, name)
    else:
        monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(ModelError, match=r"operator nms" if broken else "needs torchvision") as caught:
        load_flow("raft", path)
    assert "\n" not in str(caught.value)


def test_the_real_network_keeps_the_contract(tmp_path: Path) -> None:
    """With random weights: what it answers means nothing, but its names and sizes are the real ones."""
    try:
        from torchvision.models.optical_flow import raft_small
    except (ImportError, RuntimeError, OSError):
        pytest.skip("no torchvision that works here")
    save_file(raft_small().state_dict(), tmp_path / "raft.safetensors")
    image = (texture(50, 135) * 255).astype(np.uint8)
    flow = load_flow("raft", tmp_path / "raft.safetensors")(image, image)
    assert flow.shape == (50, 135, 2)
    assert np.isfinite(flow).all()
