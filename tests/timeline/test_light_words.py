"""Light that changes within one prompt, read from its words."""

import pytest

from framesmooth.timeline.light_words import changing_light


@pytest.mark.parametrize(
    ("prompt", "first", "last"),
    [
        ("the sun sets behind a lighthouse", "a lighthouse at sunset", "a lighthouse at night"),
        (
            "an oil painting of the sun setting over the sea",
            "an oil painting of the sea at sunset",
            "an oil painting of the sea at night",
        ),
        (
            "a boat sailing to the right on the sea, the sun sets",
            "a boat sailing to the right on the sea at sunset",
            "a boat sailing to the right on the sea at night",
        ),
        (
            "a castle by a lake while night falls, watercolor",
            "a castle by a lake at sunset, watercolor",
            "a castle by a lake at night, watercolor",
        ),
        ("a red boat at sunset as it slowly gets dark", "a red boat at sunset", "a red boat at night"),
        ("day breaks over the hills", "the hills at night", "the hills at dawn"),
        ("the sun is rising", "the sky at night", "the sky at dawn"),
    ],
)
def test_one_prompt_tells_of_two_pictures(prompt: str, first: str, last: str) -> None:
    light = changing_light(prompt)
    assert light is not None
    assert light.prompts == (first, last)


@pytest.mark.parametrize(
    "prompt",
    [
        "a boat under the setting sun",
        "a horse at dawn",
        "a still picture of the sun setting",
        "a night train",
    ],
)
def test_other_words_change_no_light(prompt: str) -> None:
    assert changing_light(prompt) is None
