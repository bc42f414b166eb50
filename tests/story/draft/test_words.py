"""What a sentence says of the camera, the light and the cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.story.draft.words import directions_of, light_of
from framesmooth.story.transition import parse_transition
from framesmooth.timeline.camera_grammar import read_camera_words


@pytest.mark.parametrize(
    ("sentence", "text", "camera", "transition"),
    [
        ("The camera slowly pans left over the sea at dawn.", "the sea at dawn", "slow pan left", ""),
        ("Slow pan right across a forest.", "a forest", "slow pan right", ""),
        ("A castle as the camera tilts up.", "A castle", "tilt up", ""),
        ("We push in fast on the gate.", "the gate", "fast dolly in", ""),
        ("The camera pulls back from a lake.", "a lake", "dolly out", ""),
        ("Zoom in on a lighthouse.", "a lighthouse", "zoom in", ""),
        ("The camera orbits around the windmill.", "the windmill", "orbit", ""),
        ("Static shot of a lake.", "a lake", "static", ""),
        ("Cut to a castle on a hill.", "a castle on a hill", "", "cut"),
        ("Dissolve to: a forest in the snow.", "a forest in the snow", "", "dissolve 0.5"),
        ("Fade to black.", "", "", "fade black 0.5"),
        ("Fade in on the sea.", "the sea", "", "fade from black 0.5"),
        ("Match cut to a wheel.", "a wheel", "", "match"),
        ("Then, suddenly, the gate opens.", "the gate opens", "", ""),
        ("Seagulls circle over the boat.", "Seagulls circle over the boat", "", ""),
        ("A stone rolls down the hill.", "A stone rolls down the hill", "", ""),
        ("They cut bread to size.", "They cut bread to size", "", ""),
    ],
)
def test_directions_are_taken_out(sentence: str, text: str, camera: str, transition: str) -> None:
    found = directions_of(sentence)
    assert (found.text, found.camera, found.transition) == (text, camera, transition)
    if camera:
        read_camera_words(camera)
    if transition:
        parse_transition(transition)


@pytest.mark.parametrize(
    ("text", "light"),
    [("the sea at dawn", "at dawn"), ("a castle in the moonlight", "in moonlight"), ("a castle", ""),
     ("in the early morning, a cat", "in the morning"), ("Nightfall", "at nightfall"), ("a knight", "")],
)  # fmt: skip
def test_light(text: str, light: str) -> None:
    assert light_of(text) == light


WORDS = """the camera slowly pans tilts dollies zooms orbits left right up in out to cut fade black dissolve
and a sea . ,"""
words = st.lists(st.sampled_from(WORDS.split()), max_size=12)


@given(words)
def test_what_is_found_can_be_read(chosen: list[str]) -> None:
    found = directions_of(" ".join(chosen))
    if found.camera:
        read_camera_words(found.camera)
    if found.transition:
        parse_transition(found.transition)
