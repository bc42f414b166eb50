"""Metrics by models: measured where the user gives what they need, skipped with a reason where not."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.metrics.learned import lpips
from framesmooth.metrics.measure import measure
from framesmooth.video import open_sink
from tests.scenes import moving_scene


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return moving_scene(frames=3).frames


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny, untrained CLIP image model in the format of transformers."""
    import torch
    from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

    torch.manual_seed(0)
    config = CLIPVisionConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2, image_size=32,
        patch_size=8, projection_dim=16,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("clip")
    CLIPVisionModelWithProjection(config).save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}).save_pretrained(
        folder
    )
    return folder


@pytest.mark.parametrize("name", ["clip_consistency", "dino_consistency", "lpips"])
def test_a_metric_that_lacks_something_is_skipped_with_the_reason(name: str, frames: list[Frame]) -> None:
    if name == "lpips" and importlib.util.find_spec("lpips"):
        pytest.skip("lpips is installed")
    report = measure(frames, reference=frames, metrics=[name, "luma_flicker"])
    assert report[name].mean is None
    assert report[name].note.startswith("skipped: ")
    assert report[name].per_frame == (None, None, None)
    assert report["luma_flicker"].mean is not None
    json.dumps(report.as_dict(), allow_nan=False)


def test_the_command_line_says_what_is_missing(tmp_path: Path, frames: list[Frame]) -> None:
    with open_sink(f"{tmp_path}/in/", fps=12, size=(64, 96)) as sink:  # type: ignore[arg-type]
        for frame in frames:
            sink.write(frame)
    shown = CliRunner().invoke(cli, ["measure", f"{tmp_path}/in", "--metric", "clip_consistency"])
    assert shown.exit_code == 0
    assert "skipped: no model given, add --weights clip_consistency=FOLDER" in " ".join(shown.stdout.split())
    empty = ["--weights", f"clip_consistency={tmp_path}"]
    shown = CliRunner().invoke(cli, ["measure", f"{tmp_path}/in", "--metric", "clip_consistency", *empty])
    assert "holds no transformers model" in " ".join(shown.stdout.split())
    for wrong in (empty, ["--weights", "coverage=x", "--metric", "coverage"], ["--weights", "clip"]):
        assert CliRunner().invoke(cli, ["measure", f"{tmp_path}/in", *wrong]).exit_code == 2


def test_clip_consistency_is_the_cosine_of_the_embeddings(clip_folder: Path, frames: list[Frame]) -> None:
    import torch
    from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

    found = measure(frames, metrics=["clip_consistency"], weights={"clip_consistency": clip_folder})
    model = CLIPVisionModelWithProjection.from_pretrained(clip_folder).eval()
    pictures = CLIPImageProcessor.from_pretrained(clip_folder)(images=frames, return_tensors="pt")
    with torch.inference_mode():
        embeddings = model(**pictures).image_embeds
    cosines = torch.cosine_similarity(embeddings[:-1], embeddings[1:])
    np.testing.assert_allclose(
        np.array(found["clip_consistency"].per_frame[1:], float), cosines.numpy(), rtol=1e-4
    )


def test_dino_consistency_of_a_still_clip_is_one(tmp_path: Path, frames: list[Frame]) -> None:
    from transformers import ViTConfig, ViTImageProcessor, ViTModel

    config = ViTConfig(
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        image_size=32,
        patch_size=8,
    )
    ViTModel(config).save_pretrained(tmp_path)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    weights = {"dino_consistency": tmp_path}
    still = measure([frames[0]] * 3, metrics=["dino_consistency"], weights=weights)["dino_consistency"]
    assert still.mean == pytest.approx(1)
    moving = measure(frames, metrics=["dino_consistency"], weights=weights)["dino_consistency"]
    assert moving.mean is not None
    assert moving.mean < 1
    wrong = measure(frames, metrics=["clip_consistency"], weights={"clip_consistency": tmp_path})
    assert wrong["clip_consistency"].mean is None
    assert "another kind of model" in wrong["clip_consistency"].note


def test_a_broken_model_is_skipped_too(tmp_path: Path, frames: list[Frame]) -> None:
    (tmp_path / "config.json").write_text("{}")
    report = measure(frames, metrics=["clip_consistency"], weights={"clip_consistency": tmp_path})
    assert "cannot be loaded" in report["clip_consistency"].note


def test_weights_for_a_metric_that_takes_none_are_refused(frames: list[Frame]) -> None:
    with pytest.raises(UsageError, match="'coverage'"):
        measure(frames, metrics=["coverage"], weights={"coverage": Path()})


def test_lpips_gets_pictures_from_minus_one_to_one(
    tmp_path: Path, frames: list[Frame], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    class Distance(torch.nn.Module):
        """Stands in for lpips.LPIPS: the largest difference, and a check of what comes in."""

        def __init__(self, **options: Any) -> None:
            super().__init__()
            assert options["net"] == "alex"

        def forward(self, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
            assert first.shape == (1, 3, 64, 96)
            assert float(first.min()) >= -1
            assert float(first.max()) <= 1
            return (first - second).abs().amax(dim=(1, 2, 3), keepdim=True)

    package = ModuleType("lpips")
    package.LPIPS = Distance  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "lpips", package)
    monkeypatch.setattr(lpips, "missing_packages", lambda _names: [])
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    black, white = [np.zeros((64, 96, 3), np.uint8)], [np.full((64, 96, 3), 255, np.uint8)]
    skipped = measure(black, reference=white, metrics=["lpips"])["lpips"]
    assert lpips.BACKBONE in skipped.note
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / lpips.BACKBONE).touch()
    assert measure(black, reference=white, metrics=["lpips"])["lpips"].mean == 2
