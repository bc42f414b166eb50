"""Prior pictures, and times that are left to the base: what a LoRA is held to besides what it learns."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from framesmooth.training.base_model import load_base
from framesmooth.training.dataset import Example
from framesmooth.training.fine_tuning import Plan, _learned, _strayed
from framesmooth.training.lessons import Lesson, Lessons, encode_captions, encode_lessons
from framesmooth.training.lora import Adapter
from framesmooth.training.networks import objective_of
from framesmooth.training.prior import Prior, Way, prior_captions, prior_pictures, without_word
from tests.tiny_families import build_tiny_family
from tests.training.pictures import picture

WAY = Way(steps=2, scale=3.0, negative="fog", seed=4)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load_base(
        str(build_tiny_family("stable_diffusion_2", tmp_path_factory.mktemp("model"))), device="cpu"
    )


@pytest.mark.parametrize(
    ("caption", "left"),
    [
        ("toys, a red boat", "a red boat"),
        ("a red boat, Toys", "a red boat"),
        ("a boat of toys at sea", "a boat of at sea"),
        ("toystore, a boat", "toystore, a boat"),
        ("toys", ""),
    ],
)
def test_a_caption_loses_the_trigger_word_and_its_comma(caption: str, left: str) -> None:
    assert without_word(caption, "toys") == left


def test_captions_take_turns() -> None:
    assert prior_captions(["toys, a", "toys, b", "a"], "toys", 5) == ["a", "b", "a", "b", "a"]


def test_prior_pictures_are_drawn_once_and_anew_where_captions_change(model: Any, tmp_path: Path) -> None:
    def drawn(captions: list[str]) -> list[np.ndarray]:
        pairs = prior_pictures(model, tmp_path, captions, [(32, 32), (32, 48)], WAY, "base", lambda _: None)
        return [frame for _, frame in pairs]

    first = drawn(["a boat", "a cat"])
    assert [frame.shape for frame in first] == [(32, 32, 3), (32, 48, 3)]
    assert (tmp_path / "0001.txt").read_text() == "a cat\n"
    made = (tmp_path / "0000.png").stat().st_mtime_ns
    (tmp_path / "0001.png").unlink()  # as after an interruption
    for one, other in zip(first, drawn(["a boat", "a cat"]), strict=True):
        np.testing.assert_array_equal(one, other)
    assert (tmp_path / "0000.png").stat().st_mtime_ns == made
    assert len(drawn(["a castle"])) == 1
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["0000.png"]


def test_layers_that_do_nothing_yet_stray_from_nothing_and_miss_nothing_that_is_left_to_the_base(
    model: Any,
) -> None:
    adapter = Adapter.add(model.denoiser, "unet", 2, "all")
    latents = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(0))
    lessons = Lessons(
        (Lesson(Example(Path("a.png"), "a boat"), latents),), encode_captions(model, ["a boat"])
    )
    plan = Plan(minutes=None, steps=1, rate=1.0, batch=3, dropout=0.0, kept=1.0, checks=1, patience=0, seed=0)
    objective = objective_of(model.family, "tiny")
    prior = Prior(lessons, weight=1.0, batch=2, dropout=0.5)

    def losses(**changed: float) -> tuple[float, float]:
        chance, rng = torch.Generator().manual_seed(1), np.random.default_rng(1)
        planned = Plan(**vars(plan) | changed)
        learned = _learned(objective, adapter, lessons, planned, 0.0, rng, chance)
        return float(learned), float(_strayed(objective, adapter, prior, model.device, rng, chance))

    assert losses() == pytest.approx((0.0, 0.0), abs=1e-10)
    assert losses(kept=0.0)[0] > 0.01, "the picture is not known"
    for weight in adapter.weights:
        weight.data.add_(0.1 * torch.randn_like(weight))
    assert min(losses()) > 1e-5
    with adapter.off():
        assert not any(weight.requires_grad for weight in adapter.weights)
    assert all(weight.requires_grad for weight in adapter.weights)


def test_parts_are_of_one_size_and_come_in_three_of_four_batches(model: Any) -> None:
    pictures = [(Example(Path(f"{k}.png"), "a boat"), picture(k, (64, 64))) for k in range(2)]
    made = encode_lessons(model, pictures, [(64, 64)], flip=True, parts=5, seed=2, advance=lambda _: None)
    assert all(len(one.parts) == 5 for one in made)
    whole, parts = made[0].latents.shape, {one.shape for lesson in made for one in lesson.parts}
    assert len(parts) == 1
    (part,) = parts
    assert part[1] == part[2] == pytest.approx(0.75 * whole[1], abs=2)
    lessons = Lessons(made, encode_captions(model, ["a boat"]))
    sizes = [lessons.batch(2, 0.0, np.random.default_rng(k))[0].shape[1:] for k in range(200)]
    assert sizes.count(part) + sizes.count(whole) == 200
    assert sizes.count(part) == pytest.approx(150, abs=25)
