"""Lines break where they may, are as few as possible, and of even length."""

from hypothesis import given
from hypothesis import strategies as st

from framesmooth.story.line_breaking import broken


def test_lines_are_few_and_even() -> None:
    assert broken("the sea at dawn and a boat", len, 20) == ["the sea at dawn", "and a boat"]
    assert broken("short", len, 20) == ["short"]
    assert broken("one\ntwo", len, 20) == ["one", "two"]


def test_hyphens_and_dashes_end_lines_but_not_numbers() -> None:
    assert broken("half-timbered houses", len, 13) == ["half-timbered", "houses"]
    assert broken("well-known-and-loved", len, 12) == ["well-known-", "and-loved"]
    assert broken("from 3-4 or 5-6", len, 9) == ["from 3-4", "or 5-6"]


def test_chinese_and_japanese_break_without_spaces() -> None:
    lines = broken("海の上の夜明け、そして「城」がある。", len, 6)
    assert "".join(lines) == "海の上の夜明け、そして「城」がある。"
    for line in lines:
        assert line[0] not in "、。」ー"
        assert line[-1] not in "「"
    assert max(map(len, lines)) <= 7, "a mark that may begin no line goes with the one before"


@given(st.text(st.sampled_from("ab -海、「」 é"), max_size=60), st.integers(3, 20))
def test_nothing_is_lost_and_nothing_sticks_out(text: str, room: int) -> None:
    lines = broken(text, len, room)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(len(line) <= room for line in lines)


def test_a_word_wider_than_the_line_is_broken() -> None:
    assert broken("a" * 25, len, 10) == ["a" * 10, "a" * 10, "a" * 5]
