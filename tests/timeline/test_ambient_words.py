"""Water, rain and snow that move by themselves, read from a prompt."""

import pytest

from framesmooth.timeline.ambient_words import (
    ambient_blanked,
    implied_ambient,
    stays_unmoved,
    told_ambient,
)
from framesmooth.timeline.motion_words import at_rest, read_motion


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("a lighthouse by the sea at dawn, waves rolling", [("water", "waves", 1.0)]),
        ("a house by a lake with gently rippling water", [("water", "water", 0.5)]),
        ("a bird above hills, the river flowing fast", [("water", "river", 1.8)]),
        ("a cabin in the forest, snow falling slowly, at night", [("snow", "", 0.5)]),
        ("a fox in the forest while it is snowing", [("snow", "", 1.0)]),
        ("heavy rain pouring over a lighthouse", [("rain", "", 1.0)]),
        ("waves rolling, rain falling", [("water", "waves", 1.0), ("rain", "", 1.0)]),
        ("a castle in the snow by the sea in the rain", []),
        ("a train passing through rolling hills", []),
        ("a whale moving through the ocean", []),
    ],
)
def test_told_in_words_of_motion(prompt: str, told: list[tuple[str, str, float]]) -> None:
    assert [(one.kind, one.noun, one.pace) for one in told_ambient(prompt)] == told


@pytest.mark.parametrize(
    ("prompt", "kinds"),
    [
        ("a boat sailing on the lake in the rain", ["water", "rain"]),
        ("a whale swimming in the deep blue ocean", ["water"]),
        ("a horse galloping through falling snow", ["snow"]),
        ("a red car driving through the snow", []),
        ("a sea horse", []),
    ],
)
def test_implied_where_something_moves(prompt: str, kinds: list[str]) -> None:
    assert [one.kind for one in implied_ambient(prompt)] == kinds


@pytest.mark.parametrize(
    "prompt",
    [
        "a castle on a hill, clouds drifting to the left",
        "a cabin in the forest, snow falling",
        "a house by a river, smoke rising from the chimney",
        "a lighthouse by the sea, waves rolling",
    ],
)
def test_no_subject_moves_by_what_is_around_it(prompt: str) -> None:
    assert read_motion(prompt) is None
    blanked = ambient_blanked(prompt)
    assert len(blanked) == len(prompt)
    assert blanked.split(",")[0] == prompt.split(",")[0]


@pytest.mark.parametrize(
    ("prompt", "kind", "way", "pace"),
    [
        ("a castle on a hill, clouds drifting to the left", "clouds", "left", 1.0),
        ("clouds drifting slowly over the mountains", "clouds", "", 0.5),
        ("drifting clouds above a lake", "clouds", "", 1.0),
        ("a house in drifting fog", "fog", "", 1.0),
        ("a forest with mist rolling in from the left", "fog", "", 1.0),
        ("a house by a river, smoke rising from the chimney", "smoke", "", 1.0),
        ("a campfire in the forest, flames flickering wildly", "fire", "", 1.8),
        ("a candle burning on a table", "fire", "", 1.0),
        ("a lantern glowing and flickering at night", "fire", "", 1.0),
        ("a castle on the hills at noon under clouds that drift to the left", "clouds", "left", 1.0),
        ("clouds drifting over a castle to the left", "clouds", "left", 1.0),
        ("a castle, clouds drifting across the sky to the left", "clouds", "left", 1.0),
        ("a cloudy sky moving over a tree on a hill", "clouds", "", 1.0),
        ("a house with a smoking chimney in the snow", "smoke", "", 1.0),
        ("a house in the snow, the chimney is smoking", "smoke", "", 1.0),
    ],
)
def test_sky_fog_smoke_and_flames_move_where_words_say_so(
    prompt: str, kind: str, way: str, pace: float
) -> None:
    (told,) = told_ambient(prompt)
    assert (told.kind, told.way, told.pace) == (kind, way, pace)
    assert read_motion(prompt) is None
    assert stays_unmoved([prompt]) == ()


@pytest.mark.parametrize(
    "prompt",
    ["a castle under clouds", "a house in the fog", "a train with smoke", "a steam train", "a house on fire"],
)
def test_what_is_only_named_stays(prompt: str) -> None:
    assert told_ambient(prompt) == ()


def test_what_cannot_move_is_named() -> None:
    prompts = ["a castle, leaves falling", "a boat sailing on the sea"]
    assert stays_unmoved(prompts) == ("leaves falling",)
    assert read_motion("leaves falling in a park") is not None  # they are the subject


@pytest.mark.parametrize(
    ("prompt", "subject"),
    [
        ("a castle on a hill, a bird flying to the left", "a bird"),
        ("a boat on the sea, the boat sailing left", "a boat"),
        ("a red boat on the sea, sailing to the right", "a red boat"),
    ],
)
def test_a_clause_with_a_thing_of_its_own_tells_of_that(prompt: str, subject: str) -> None:
    motion = read_motion(prompt)
    assert motion is not None
    assert motion.subject == subject


@pytest.mark.parametrize(
    ("prompt", "subject", "scene"),
    [
        ("clouds drifting left over a castle on the hills", "a castle", "clouds drifting left on the hills"),
        ("smoke rising from a house in the snow", "a house", "smoke rising in the snow"),
        ("smoke rises from the chimney of a house in the snow", "a house", "smoke rises in the snow"),
        ("the clouds are moving over a white tower", "a white tower", "the clouds are moving"),
        ("a house with smoke rising from its chimney", "a house", "with smoke rising from its chimney"),
        ("oil painting of clouds drifting over a castle", "a castle", "oil painting of clouds drifting"),
    ],
)
def test_what_stands_under_clouds_or_smoke_is_the_subject(prompt: str, subject: str, scene: str) -> None:
    rests = at_rest(prompt)
    assert rests is not None
    assert (rests.subject, rests.scene) == (subject, scene)


def test_a_flame_itself_has_no_subject_beside_it() -> None:
    assert at_rest("a candle flickering on a table") is None


def test_a_way_of_the_subject_is_not_that_of_the_clouds() -> None:
    (told,) = told_ambient("clouds drifting over a boat sailing to the left")
    assert told.way == ""
