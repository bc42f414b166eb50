"""What moves in a prompt, where to and how fast."""

import pytest

from framesmooth.timeline.motion_words import (
    at_rest,
    is_still,
    motion_blanked,
    read_motion,
    same_thing,
    without_stillness,
)


@pytest.mark.parametrize(
    ("prompt", "subject", "way", "speed", "scene"),
    [
        ("a red boat sailing slowly to the left on the sea", "a red boat", "left", 0.06, "on the sea"),
        ("a black train steaming from left to right, oil", "a black train", "right", 0.18, "oil"),
        ("a flying bird above the sea", "a flying bird", "", 0.14, "above the sea"),
        ("a rocket launching above a city", "a rocket", "up", 0.18, "above a city"),
        (
            "a watercolor painting of a whale swimming fast, noon",
            "a whale",
            "",
            0.234,
            "a watercolor painting, noon",
        ),
        ("a blue sailing ship sails right on a lake", "a blue sailing ship", "right", 0.12, "on a lake"),
        ("an astronaut riding a horse on the moon", "an astronaut riding a horse", "", 0.17, "on the moon"),
        ("a balloon over the hills, rising", "a balloon", "up", 0.11, "over the hills"),
        (
            "landing, a small white balloon over the dunes",
            "a small white balloon",
            "down",
            0.12,
            "over the dunes",
        ),
        ("a tree swaying in the wind in a meadow", "a tree", "", 0.0, "in a meadow"),
        ("a fish jumping out of a lake", "a fish", "", 0.12, "a lake"),
        ("a cat sliding to the left on a lake", "a cat", "left", 0.1, "on a lake"),
        ("a dog sprinting fast on a beach", "a dog", "", 0.306, "on a beach"),
    ],
)
def test_subject_direction_pace_and_scene(
    prompt: str, subject: str, way: str, speed: float, scene: str
) -> None:
    motion = read_motion(prompt)
    assert motion is not None
    assert (motion.subject, motion.way, motion.scene) == (subject, way, scene)
    assert motion.speed == pytest.approx(speed)


@pytest.mark.parametrize(
    "prompt",
    [
        "a red sailboat on the sea",
        "a boat with white sails on a lake",
        "a castle above rolling hills",
        "the left bank of a river",
        "a house, the camera moves away",
        "a lighthouse, panning to the left",
        "a field with rows of flowers, slides and skates",
        "a frozen moment of a boat sailing to the left on the sea",
        "",
    ],
)
def test_where_no_subject_moves(prompt: str) -> None:
    assert read_motion(prompt) is None


def test_a_picture_is_drawn_from_the_words_without_direction_and_pace() -> None:
    inside = read_motion("a red boat sailing slowly to the left on the sea, watercolor")
    behind = read_motion("a pink dragon over a beach, oil painting, flies left")
    assert inside is not None
    assert behind is not None
    assert inside.plain == "a red boat sailing on the sea, watercolor"
    assert behind.plain == "a pink dragon over a beach, oil painting"


def test_still_pictures() -> None:
    for prompt in ("a still picture of a boat on the sea", "a boat on the sea, nothing moves"):
        assert is_still(prompt)
    assert without_stillness("a boat on the sea, nothing moves, ink") == "a boat on the sea, ink"
    assert without_stillness("a still picture of a boat on the sea") == "a boat on the sea"
    assert not is_still("a frozen lake in a forest")


def test_a_prompt_without_motion_has_a_subject_too() -> None:
    rest = at_rest("a red boat on the sea at night, watercolor")
    assert rest is not None
    assert (rest.subject, rest.speed, rest.scene) == ("a red boat", 0.0, "on the sea at night, watercolor")
    assert same_thing("a red boat", "the old boat")
    assert not same_thing("a red boat", "a boat house")


@pytest.mark.parametrize(
    ("prompt", "subject", "plain"),
    [
        ("a windmill turning on green hills", "a windmill", "a windmill on green hills"),
        (
            "a windmill by a lake, its sails turning, oil painting",
            "a windmill",
            "a windmill by a lake, oil painting",
        ),
        ("the sails of a white mill spin in the wind", "a white mill", "a white mill"),
        (
            "a drawing of an old windmill with turning sails",
            "an old windmill",
            "a drawing of an old windmill",
        ),
    ],
)
def test_the_sails_of_a_windmill_turn(prompt: str, subject: str, plain: str) -> None:
    motion = read_motion(prompt)
    assert motion is not None
    assert (motion.gait, motion.speed, motion.subject, motion.plain) == ("turn", 0.0, subject, plain)
    assert "sails" not in motion.scene


def test_other_things_turn_otherwise() -> None:
    assert read_motion("a car turning left on a road") is None


@pytest.mark.parametrize(
    ("verb", "participle"),
    [
        ("gallops", "galloping"),
        ("swims", "swimming"),
        ("flies", "flying"),
        ("glides", "gliding"),
        ("passes", "passing"),
        ("bobs up and down", "bobbing"),
        ("galloping", "galloping"),
    ],
)
def test_a_picture_shows_it_as_captions_say_it(verb: str, participle: str) -> None:
    motion = read_motion(f"a creature {verb} in the sea")
    assert motion is not None
    assert motion.plain == f"a creature {participle} in the sea"


@pytest.mark.parametrize(
    ("prompt", "left"),
    [
        ("a tree swaying in the wind on a beach", "a tree on a beach"),
        ("smoke rising from a house at noon", "from a house at noon"),
        ("a red boat sailing slowly to the left, waves rolling", "a red boat ,"),
        ("a still picture of a boat sailing", "a still picture of a boat sailing"),
        ("a castle at dawn", "a castle at dawn"),
    ],
)
def test_words_of_motion_are_blanked(prompt: str, left: str) -> None:
    blanked = motion_blanked(prompt)
    assert len(blanked) == len(prompt)
    assert blanked.split() == left.split()
