"""Batches of lessons: one size a batch, nothing twice before all have come, captions left out by share."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from framesmooth.training.dataset import Example
from framesmooth.training.lessons import Lesson, Lessons, size_for, sizes_of
from framesmooth.workflows.training_run import held_out_files


def lessons(tall: int, wide: int, *, flipped: bool = False) -> Lessons:
    """Return lessons whose latents are their number; mirrored ones are negative."""
    shapes = [(2, 6, 4)] * tall + [(2, 4, 6)] * wide
    made = [
        Lesson(
            Example(Path(f"{k}.png"), f"picture {k}"),
            torch.full(shape, float(k + 1)),
            torch.full(shape, -float(k + 1)) if flipped else None,
        )
        for k, shape in enumerate(shapes)
    ]
    captions = ["", *(one.example.caption for one in made)]
    meanings = {text: {"prompt_embeds": torch.full((1, 3, 2), float(k))} for k, text in enumerate(captions)}
    return Lessons(tuple(made), meanings)


def test_a_batch_has_one_size_and_the_captions_of_its_pictures() -> None:
    given = lessons(3, 5)
    shapes = set()
    for seed in range(20):
        latents, meaning = given.batch(3, 0.0, np.random.default_rng(seed))
        shapes.add(tuple(latents.shape))
        assert torch.equal(latents[:, 0, 0, 0], meaning["prompt_embeds"][:, 0, 0])
        assert len(set(latents[:, 0, 0, 0].tolist())) == 3, "none twice"
    assert shapes == {(3, 2, 6, 4), (3, 2, 4, 6)}


def test_few_pictures_fill_a_large_batch_evenly() -> None:
    latents, _ = lessons(3, 0).batch(8, 0.0, np.random.default_rng(0))
    assert sorted(Counter(latents[:, 0, 0, 0].tolist()).values()) == [2, 3, 3]


def test_captions_and_mirrors_come_by_their_share() -> None:
    given, left_out, mirrored = lessons(4, 0, flipped=True), 0, 0
    for seed in range(100):
        latents, meaning = given.batch(4, 0.25, np.random.default_rng(seed))
        left_out += int((meaning["prompt_embeds"][:, 0, 0] == 0).sum())
        mirrored += int((latents[:, 0, 0, 0] < 0).sum())
    assert 70 < left_out < 130
    assert 160 < mirrored < 240


@pytest.mark.parametrize(
    ("picture", "wanted"), [((100, 100), (256, 256)), ((90, 160), (192, 352)), ((300, 200), (320, 224))]
)
def test_a_picture_gets_the_size_of_its_shape(picture: tuple[int, int], wanted: tuple[int, int]) -> None:
    sizes = sizes_of(256, 32)
    assert size_for(np.zeros((*picture, 3), np.uint8), sizes) == wanted
    assert all(height % 32 == width % 32 == 0 for height, width in sizes)


def test_files_are_held_out_by_their_share() -> None:
    examples = tuple(Example(Path(f"{k}.png"), "") for k in range(20))
    held = held_out_files(examples, 0.1, 0)
    assert len(held) == 2
    assert held == held_out_files(examples, 0.1, 0) != held_out_files(examples, 0.1, 1)
    assert held_out_files(examples[:7], 0.1, 0) == held_out_files(examples, 0.0, 0) == frozenset()
    assert len(held_out_files(examples[:8], 0.01, 0)) == 1
