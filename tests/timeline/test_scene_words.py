"""The place of a thing is told from the thing, and a place as a whole has none."""

import pytest

from framesmooth.timeline.scene_words import scene_of


@pytest.mark.parametrize(
    ("prompt", "scene"),
    [
        ("a castle on the hills at sunset", "the hills at sunset"),
        ("a red car in the city at night, watercolor", "the city at night, watercolor"),
        ("two cats by a lake", "a lake"),
        ("a boat sailing slowly to the left on the sea at dawn", "the sea at dawn"),
        ("the sea at dawn", None),
        ("the sea in a storm", None),
        ("snowy mountains behind a lake", None),
        ("a lighthouse in the fog", None),
        ("portrait of a woman", None),
        ("a windmill", None),
        ("", None),
    ],
)
def test_the_scene_of_a_prompt(prompt: str, scene: str | None) -> None:
    assert scene_of(prompt) == scene
