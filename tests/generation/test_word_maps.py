"""Which word drew what, against the painter that knows."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.stats import rankdata

from framesmooth.generation.image_latents import encode_images
from framesmooth.generation.word_maps import WordMaps, content_words, differences, without_word
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

from storybook.painter import paint, subject_mask
from storybook.world import Scene, sample_scene


@pytest.fixture(scope="module")
def storybook() -> TextToImage:
    from framesmooth.models.checkpoints import locate_model

    return load_pipeline(str(locate_model("storybook")), device="cpu").restartable()


def area_under_curve(score: np.ndarray, true: np.ndarray) -> float:
    """The chance that a pixel of the subject scores higher than one that isn't."""
    ranks = rankdata(score)
    inside = ranks[true].sum() - true.sum() * (true.sum() + 1) / 2
    return float(inside / (true.sum() * (~true).sum()))


def scenes(count: int) -> list[Scene]:
    """Scenes of which a quarter of the picture at most is the subject."""
    found: list[Scene] = []
    k = 0
    while len(found) < count:
        scene = sample_scene(np.random.default_rng([k, 91]), complete=True)
        k += 1
        share = subject_mask(scene, 64, 64).mean()
        if (
            scene.subject in ("sailboat", "lighthouse", "castle", "car", "balloon", "cat")
            and 0.02 < share < 0.3
        ):
            found.append(scene)
    return found


def judged(model: TextToImage, scene: Scene, seed: int) -> tuple[float, float]:
    """How well the maps of the subject and, as a control, of the place find the subject's mask."""
    image = paint(scene, 256, 256)
    latents = encode_images(model, [image])[0]
    place = {"sea": "on the sea", "forest": "in a forest"}.get(scene.place, f"in the {scene.place}")
    subject, where, rest = f"a {scene.color} {scene.subject}", place, f"at {scene.light}"
    whole = model.encode(f"{subject} {where} {rest}", "", guided=False)
    noise = model.noise(seed, 256, 256)
    true = cv2.resize(subject_mask(scene, 256, 256).astype(np.float32), latents.shape[:0:-1]) > 0.5

    def found(prompt: str) -> float:
        other = model.encode(prompt, "", guided=False)
        heat = np.mean(list(differences(model, latents, noise, whole, other)), axis=0)
        return area_under_curve(cv2.GaussianBlur(heat, (0, 0), 1).ravel(), true.ravel())

    return found(f"{where} {rest}"), found(f"{subject} {rest}")


def test_the_subjects_map_finds_what_the_painter_painted(storybook: TextToImage) -> None:
    figures = np.array([judged(storybook, scene, seed) for seed, scene in enumerate(scenes(6))])
    assert figures[:, 0].mean() > 0.93
    assert figures[:, 0].mean() > figures[:, 1].mean() + 0.15


def test_words_that_draw_and_prompts_without_them() -> None:
    assert content_words(["A red boat on the sea", "a red boat, 4 birds"]) == ["red", "boat", "sea", "birds"]
    assert without_word("a red, red boat in a reddish sea", "red") == "a, boat in a reddish sea"
    assert without_word("boat", "boat") == ""


def test_maps_are_on_one_scale_for_a_word_and_effects_on_one_for_all() -> None:
    raw = np.zeros((2, 2, 8, 8), np.float32)
    raw[0, 0, :4], raw[0, 1, :4] = 1.0, 0.2
    raw[1] = 0.001
    maps = WordMaps(("boat", "the"), (0, 5), raw)
    assert maps.heat(0, 0).max() == 1
    assert maps.heat(0, 1).max() < 0.3, "it drew less in the second frame"
    assert maps.effects[0] == pytest.approx([1, 0.2])
    assert maps.without_effect == ("the",)
