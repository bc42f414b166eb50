"""Transitions as words and seconds, and back."""

from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.story.transition import DIRECTIONS, Transition, parse_transition
from framesmooth.video.xfade import XFADES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cut", Transition()),
        ("Match cut", Transition(kind="match")),
        ("smash cut", Transition()),
        ("dissolve", Transition(kind="dissolve", seconds=Fraction(1, 2))),
        ("cross dissolve 1s", Transition(kind="dissolve", seconds=Fraction(1))),
        ("crossfade 0.25 seconds", Transition(kind="dissolve", seconds=Fraction(1, 4))),
        ("fade black 0.5", Transition(kind="fade", seconds=Fraction(1, 2))),
        ("fade from white, 1", Transition(kind="fade in", seconds=Fraction(1), color=(255, 255, 255))),
        ("fade to #102030", Transition(kind="fade out", seconds=Fraction(1, 2), color=(16, 32, 48))),
        ("dip .4", Transition(kind="dip", seconds=Fraction(2, 5), color=(255, 255, 255))),
        ("wipe up 2", Transition(kind="wipe", seconds=Fraction(2), name="up")),
        ("morph 1", Transition(kind="morph", seconds=Fraction(1))),
        ("circle-open 0.5", Transition(kind="xfade", seconds=Fraction(1, 2), name="circleopen")),
    ],
)
def test_spellings(text: str, expected: Transition) -> None:
    assert parse_transition(text) == expected


kinds = st.one_of(
    st.sampled_from(["cut", "match"]),
    st.builds(
        lambda words, seconds: f"{words} {seconds}",
        st.sampled_from(
            ["dissolve", "morph", "fade red", "fade to white", "fade from black", "dip blue"]
            + [f"wipe {way}" for way in DIRECTIONS]
            + list(XFADES)
        ),
        st.integers(1, 1000).map(lambda n: f"{n / 100:g}"),
    ),
)


@given(kinds)
def test_what_is_shown_can_be_read(text: str) -> None:
    first = parse_transition(text)
    assert parse_transition(str(first)) == first


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UsageError):
        parse_transition(text)


@pytest.mark.parametrize(
    "text", ["", "disolve", "dissolve 0", "dissolve 11", "cut 2", "wipe", "wipe sideways", "fade nowhere 1"]
)
def test_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_transition(text)
