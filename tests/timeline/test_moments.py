"""Prompts at seconds and at beats."""

from typing import Literal

import pytest

from framesmooth.errors import UsageError
from framesmooth.timeline.moments import Moment
from framesmooth.timeline.prompts import parse_prompts


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("beat 16", 16, "beats"),
        ("Beat 1.5", 1.5, "beats"),
        ("0:04.5", 4.5, "seconds"),
        ("2:30", 150, "seconds"),
        ("4.5s", 4.5, "seconds"),
        ("12 s", 12, "seconds"),
    ],
)
def test_moments_are_seconds_or_beats(text: str, value: float, unit: Literal["seconds", "beats"]) -> None:
    assert Moment.parse(text) == Moment(value, unit)


@pytest.mark.parametrize("text", ["", "beat", "bar 4", "-1s", "4"])
def test_other_texts_are_none(text: str) -> None:
    with pytest.raises(UsageError, match="is no time"):
        Moment.parse(text)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["beat 0: a cat | beat 16: a dog"], [("beat 0", "a cat"), ("beat 16", "a dog")]),
        (["0:00: a cat", "0:04.5: a dog"], [("0:00", "a cat"), ("0:04.5", "a dog")]),
        (["0s: a cat, 1.5s: a dog"], [("0s", "a cat"), ("1.5s", "a dog")]),
        (['{"beat 0": "a cat", "4s": "a dog"}'], [("beat 0", "a cat"), ("4s", "a dog")]),
        (["a poster 16:9, at 12:30"], [("", "a poster 16:9, at 12:30")]),
    ],
)
def test_prompts_have_moments(texts: list[str], expected: list[tuple[str, str]]) -> None:
    assert [(prompt.moment, prompt.prompt) for prompt in parse_prompts(texts)] == expected


def test_some_moments_are_refused() -> None:
    with pytest.raises(UsageError, match="for all or none"):
        parse_prompts(["beat 4: a cat", "a dog"])
