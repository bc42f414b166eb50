"""Durations as people write them, and how many frames they are."""

from fractions import Fraction

import pytest

from framesmooth.errors import UsageError
from framesmooth.timeline.duration import frames_in, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10),
        ("10", 10),
        ("2500ms", 2.5),
        ("1:30", 90),
        ("1:02:03", 3723),
        ("1.5 min", 90),
        (".5s", 0.5),
    ],
)
def test_what_people_write_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == Fraction(seconds)


@pytest.mark.parametrize("text", ["", "ten", "-1s", "1:75", "1:2:3:4", "1e3s", "10 frames", "1:60:00"])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match="is no duration: write 10s") as error:
        parse_duration(text)
    assert "\n" not in str(error.value)


def test_frames_are_the_nearest_whole_number() -> None:
    assert frames_in(Fraction(10), Fraction(12)) == 120
    assert frames_in(Fraction(1), Fraction(24000, 1001)) == 24
    for duration in (Fraction(1, 1000), Fraction(10**9)):
        with pytest.raises(UsageError, match="clips have 1 to"):
            frames_in(duration, Fraction(12))
