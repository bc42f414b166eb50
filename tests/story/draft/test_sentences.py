"""Sentences end where they end, not at every point."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.story.draft.sentences import sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Smith met Dr. Jones. They left.", ["Mr. Smith met Dr. Jones.", "They left."]),
        ("J. R. R. Tolkien did. I. B. Singer did not.", ["J. R. R. Tolkien did.", "I. B. Singer did not."]),
        ("It costs $3.50 a piece. We pay.", ["It costs $3.50 a piece.", "We pay."]),
        ('"Is it late?" he asked. "Yes!" she said.', ['"Is it late?" he asked.', '"Yes!" she said.']),
        ("“It is late.” He left.", ["“It is late.”", "He left."]),
        ("He waited… and waited. Then… Nothing.", ["He waited… and waited.", "Then…", "Nothing."]),
        ("It was 5 p.m. on Friday. We rose at 6 a.m. Then we ate.",
         ["It was 5 p.m. on Friday.", "We rose at 6 a.m.", "Then we ate."]),
        ("The U.S. Army came, e.g. on foot.", ["The U.S. Army came, e.g. on foot."]),
        ("海は青い。空も青い！「はい。」と言った。",
         ["海は青い。", "空も青い！", "「はい。」", "と言った。"]),
        ("No end mark", ["No end mark"]),
        ("So was I. We left.", ["So was I.", "We left."]),
        ("What?! Never.", ["What?!", "Never."]),
        ("", []),
    ],
)  # fmt: skip
def test_known_texts(text: str, expected: list[str]) -> None:
    assert list(sentences(text)) == expected


@given(st.text(st.sampled_from('ab A.!?…。”" \nMr'), max_size=80))
def test_no_letter_is_lost(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
