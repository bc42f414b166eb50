"""The baselines that ship: small, safe, and they hear the light."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import ModelError
from framesmooth.models.catalog import describe
from framesmooth.models.checkpoints import BASELINES, locate_model, shipped_baselines
from framesmooth.models.video_families.base import VideoCall
from framesmooth.models.video_loading import load_video_pipeline
from framesmooth.models.video_model import VideoModel
from framesmooth.models.vocabulary import load_vocabulary

SHIPPED = {
    "storybook-gpt": ("VideoGptPipeline", "VideoGPT"),
    "storybook-gan": ("RecurrentGanPipeline", "recurrent GAN"),
}


@pytest.fixture(scope="module", params=SHIPPED)
def model(request: pytest.FixtureRequest) -> VideoModel:
    return load_video_pipeline(locate_model(request.param), device="cpu")


def clip(model: VideoModel, prompt: str) -> np.ndarray:
    call = VideoCall(
        start="text",
        prompt=prompt,
        frames=8,
        height=128,
        width=128,
        fps=Fraction(8),
        steps=1,
        guidance_scale=model.family.guidance_scale,
    )
    return np.stack([one.frame for one in model.generate(call, 3)]).astype(float)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_folder_is_small_and_safe(name: str) -> None:
    files = [path for path in locate_model(name).rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) <= 6e6
    assert {path.suffix for path in files} <= {".json", ".md", ".safetensors"}
    card = (locate_model(name) / "README.md").read_text(encoding="utf-8")
    assert "How good it is" in card


@pytest.mark.parametrize(("name", "told"), SHIPPED.items())
def test_it_describes_itself(name: str, told: tuple[str, str]) -> None:
    info = describe(name, locate_model(name))
    assert (info.pipeline, info.license) == (told[0], "Apache-2.0")
    assert told[1] in info.about
    words = load_vocabulary(locate_model(name))
    assert words is not None
    assert {"sailing", "left", "castle", "sunset"} <= words


def test_it_hears_the_light(model: VideoModel) -> None:
    night = clip(model, "a white house on the hills at night")
    noon = clip(model, "a white house on the hills at noon")
    assert night.mean() < noon.mean() - 30
    assert np.abs(np.diff(noon, axis=0)).mean() > 0.1, "something moves"


def test_one_that_is_not_here_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("framesmooth.models.checkpoints.__file__", str(tmp_path / "checkpoints.py"))
    assert shipped_baselines() == []
    for name, kind in BASELINES.items():
        with pytest.raises(ModelError, match=f"scripts/train_baselines.py {kind} --export DIR") as refusal:
            locate_model(name)
        assert "\n" not in str(refusal.value)
