"""The built-in model: what is shipped, what it knows, and that it draws what a prompt says."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from storybook.captions import caption
from storybook.card import PROMPTS
from storybook.dataset import scene_at
from storybook.painter import DRAW, paint, subject_mask
from storybook.world import COLORS, LIGHTS, PLACES, STYLES, Scene

from framesmooth.models.catalog import describe
from framesmooth.models.checkpoints import BUILT_IN_FOLDER
from framesmooth.models.vocabulary import load_vocabulary, unknown_words

MEBIBYTE = 2**20


def test_the_shipped_folder_is_small_and_safe() -> None:
    files = [path for path in BUILT_IN_FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 40e6
    assert max(path.stat().st_size for path in files) < 16e6
    assert {path.suffix for path in files} <= {".json", ".txt", ".md", ".jpg", ".safetensors"}


def test_it_describes_itself() -> None:
    info = describe("storybook", BUILT_IN_FOLDER)
    assert info.pipeline == "StableDiffusionPipeline"
    assert info.license == "Apache-2.0"
    assert info.defaults["steps"] <= 12
    assert info.words is not None
    assert info.words > 200


def test_it_knows_the_words_of_its_captions_and_of_the_famous_prompts() -> None:
    vocabulary = load_vocabulary(BUILT_IN_FOLDER)
    assert vocabulary is not None
    rng = np.random.default_rng(0)
    for prompt in (*PROMPTS, *(caption(scene_at(index), rng) for index in range(300))):
        assert unknown_words(prompt, vocabulary) == [], prompt


def test_an_unknown_word_is_named_with_near_ones() -> None:
    vocabulary = load_vocabulary(BUILT_IN_FOLDER)
    assert vocabulary is not None
    (unknown,) = unknown_words("a lighthose on the sea", vocabulary)
    assert unknown.word == "lighthose"
    assert "lighthouse" in unknown.nearest


@pytest.mark.parametrize("shape", [(256, 256), (224, 384)])
def test_the_painter_paints_everything_and_always_the_same(shape: tuple[int, int]) -> None:
    subjects = [*DRAW, "none"]
    for index in range(len(subjects)):
        scene = Scene(
            PLACES[index % len(PLACES)],
            LIGHTS[index % len(LIGHTS)],
            subjects[index],
            list(COLORS)[index % len(COLORS)] if subjects[index] != "none" else None,
            STYLES[index % len(STYLES)],
            frozenset(),
            index,
        )
        picture = paint(scene, *shape)
        assert picture.shape == (*shape, 3)
        assert picture.std() > 8
        np.testing.assert_array_equal(picture, paint(scene, *shape))


def test_a_light_nears_another_one() -> None:
    noon, night = (Scene("hills", light, "none", None, "flat", frozenset(), 3) for light in ("noon", "night"))
    shares = (0.0, 0.2, 0.4)
    pictures = [paint(replace(noon, nearing=("night", share)), 128, 128).astype(float) for share in shares]
    np.testing.assert_array_equal(pictures[0], paint(noon, 128, 128))
    means = [picture.mean() for picture in [*pictures, paint(night, 128, 128)]]
    np.testing.assert_allclose(means[:3], np.interp(shares, (0, 1), (means[0], means[3])), atol=12)


@pytest.mark.parametrize("subject", ["balloon", "lion", "mountain", "house"])
def test_the_mask_tells_where_the_subject_is(subject: str) -> None:
    """Between a red and a blue subject the pixels of the mask change, and hardly any others."""
    red, blue = (Scene("hills", "noon", subject, color, "flat", frozenset(), 11) for color in ("red", "blue"))
    mask = subject_mask(red, 128, 192)
    assert 0.02 < mask.mean() < 0.5
    change = np.abs(paint(red, 128, 192).astype(int) - paint(blue, 128, 192)).max(axis=2) > 40
    assert change.mean() > 0.01
    assert mask[change].mean() > 0.97
    nothing = Scene("hills", "noon", "none", None, "flat", frozenset(), 11)
    assert not subject_mask(nothing, 128, 192).any()


def test_held_out_combinations_are_never_among_training_scenes() -> None:
    training = [scene_at(index) for index in range(400)]
    assert not any(scene.held_out for scene in training if scene.color)
    assert all(scene_at(index, held_out=True, complete=True).held_out for index in range(100))


@pytest.fixture(scope="module")
def pictures() -> dict[str, np.ndarray]:
    """One picture of the built-in model for each of a few prompts, (256, 256, 3) float32 in [0, 1]."""
    import torch

    from framesmooth.models.conditioning import stack
    from framesmooth.models.families.base import Guidance
    from framesmooth.models.loading import load_pipeline

    prompts = (
        "a house on green hills at noon, flat illustration",
        "a house on green hills at night, flat illustration",
        "a red hot-air balloon over the sea at noon",
        "a blue hot-air balloon over the sea at noon",
    )
    model = load_pipeline("storybook", device="cpu", dtype="float32")
    latents = model.denoise(
        torch.stack([model.noise(3, 256, 256)] * len(prompts)),
        stack([model.encode(prompt, "", guided=True) for prompt in prompts]),
        [3] * len(prompts),
        steps=8,
        guidance=Guidance(scale=4.0),
    )
    return {
        prompt: frame / np.float32(255) for prompt, frame in zip(prompts, model.decode(latents), strict=True)
    }


def test_night_is_darker_than_noon(pictures: dict[str, np.ndarray]) -> None:
    noon, night = (
        pictures[f"a house on green hills at {time}, flat illustration"] for time in ("noon", "night")
    )
    assert night.mean() < 0.75 * noon.mean()


def test_the_colour_asked_for_is_there(pictures: dict[str, np.ndarray]) -> None:
    red, blue = (pictures[f"a {color} hot-air balloon over the sea at noon"] for color in ("red", "blue"))

    def redness(picture: np.ndarray) -> float:
        """Share of the picture that is clearly red."""
        return float(((picture[..., 0] > 0.5) & (picture[..., 1:].max(axis=-1) < 0.45)).mean())

    assert redness(red) > redness(blue) + 0.02


@pytest.mark.parametrize(
    ("title", "counted"),
    [("places", "places"), ("light and weather", "lights"), ("subjects", "subjects"), ("styles", "styles")],
)
def test_the_card_lists_what_the_model_knows(title: str, counted: str) -> None:
    card = (BUILT_IN_FOLDER / "README.md").read_text(encoding="utf-8")
    about = json.loads((BUILT_IN_FOLDER / "framesmooth.json").read_text(encoding="utf-8"))["about"]
    known = dict(re.findall(r"^- ([a-z ]+): (.+)$", card, re.MULTILINE))[title].split(", ")
    assert f"{len(known)} {counted}" in about
    vocabulary = load_vocabulary(BUILT_IN_FOLDER)
    assert vocabulary is not None
    assert unknown_words(", ".join(known), vocabulary) == []


def test_the_card_is_judged_by_pictures_that_the_model_never_saw() -> None:
    card = (BUILT_IN_FOLDER / "README.md").read_text(encoding="utf-8")
    [count] = re.findall(r"(\d+) pictures of combinations [^.:]* held out of training", card)
    assert int(count) >= 300
    rows = re.findall(r"^\| (\w+) \| ([\d.]+)% \| ([\d.]+)% \|", card, re.MULTILINE)
    assert {name for name, _, _ in rows} == {"place", "light", "subject", "color", "style"}
    assert min(float(drawn) for _, drawn, _ in rows) > 90
    assert min(float(painted) for _, _, painted in rows) > 95  # or the judge can't read what is there
    assert (BUILT_IN_FOLDER / "contact-sheet.jpg").stat().st_size < MEBIBYTE


def test_diffusers_loads_it_and_makes_a_picture_with_nothing_said_about_dtypes() -> None:
    diffusers = pytest.importorskip("diffusers")
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(BUILT_IN_FOLDER)
    pipe.set_progress_bar_config(disable=True)
    noise = torch.Generator().manual_seed(1)
    options = {"num_inference_steps": 4, "width": 96, "height": 96, "generator": noise, "output_type": "np"}
    picture = pipe("a red sailboat on the sea at sunset", **options).images[0]
    assert picture.shape == (96, 96, 3)
    assert np.isfinite(picture).all()
    assert picture.std() > 0.1
    red, green, blue = picture[:32].mean((0, 1))  # the sky at sunset
    assert red > green
    assert red > blue
