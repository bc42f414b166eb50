"""The subject of a prompt is found by its place, and compared by the text encoder."""

import pytest
import torch

from framesmooth.models.prompt_subjects import subject_distance, subject_words

VECTORS = {"": [0.0, 0, 1], "cat": [1.0, 0, 0], "kitten": [0.9, 0.1, 0], "lion": [0.0, 1, 0]}


def encode(text: str) -> torch.Tensor:
    return torch.tensor([[VECTORS[text]]])


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a cat on a beach", ("cat",)),
        ("The (red:1.3) sailboat on the sea, oil painting", ("red", "sailboat")),
        ("an oil painting of a red boat on the sea", ("red", "boat")),
        ("an astronaut riding a horse on the moon", ("astronaut",)),
        ("a king", ("king",)),
        ("pixel art of a rocket launching over a city", ("rocket",)),
        ("sunset over the ocean", ("sunset",)),
        ("a house by the side of a lake", ("house",)),
        ("", ()),
    ],
)
def test_the_first_noun_phrase(prompt: str, words: tuple[str, ...]) -> None:
    assert subject_words(prompt) == words


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ("a red cat at dawn", "a blue cat in the snow", 0, 0),
        ("a cat stalks through grass", "a cat", 0, 0),
        ("a cat", "a kitten", 0.001, 0.1),
        ("a cat on a beach", "a lion on a beach", 1, 1),
        ("a cat", "", 1, 1),
        ("", "", 0, 0),
    ],
)
def test_distances(first: str, second: str, low: float, high: float) -> None:
    assert low <= subject_distance(first, second, encode) <= high
    assert subject_distance(first, second, encode) == subject_distance(second, first, encode)
