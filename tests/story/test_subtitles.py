"""Subtitles: cues that can be read, at their times, the same when other programs read them back."""

from fractions import Fraction
from pathlib import Path

import pysubs2
import pytest

from framesmooth.errors import UsageError
from framesmooth.story.edit import plan_edit
from framesmooth.story.subtitles import (
    SPEECH_LEAD,
    caption_cues,
    in_order,
    reading_seconds,
    shortest_shot,
    spoken_cues,
    write_subtitles,
)
from framesmooth.video.subtitle_track import Cue
from tests.story.stories import shots

LONG = (
    "It was the best of times, it was the worst of times; it was the age of wisdom. It was the age of "
    "foolishness, and of many other things that one cannot say in a single breath without stopping."
)


def test_spoken_words_are_cut_into_lines_that_can_be_read() -> None:
    words = reading_seconds(LONG)
    edit = plan_edit(shots({"duration": 2}, {"say": LONG}, fps=10), [Fraction(0), shortest_shot(words)])
    cues = spoken_cues(edit, {2: words})
    assert cues[0].start == 2 + SPEECH_LEAD
    assert cues[-1].end == 2 + SPEECH_LEAD + words
    assert [one.end for one in cues[:-1]] == [one.start for one in cues[1:]]
    assert " ".join(cue.text.replace("\n", " ") for cue in cues) == LONG
    for cue in cues:
        lines = cue.text.split("\n")
        assert len(lines) <= 2
        assert max(map(len, lines)) <= 42


def test_captions_stand_where_the_story_says() -> None:
    caption = {"text": "Cornwall", "at": 0.5, "duration": 1}
    edit = plan_edit(shots({"duration": 2}, {"duration": 3, "caption": caption}, fps=10))
    assert caption_cues(edit) == [Cue(start=Fraction(5, 2), end=Fraction(7, 2), text="Cornwall")]
    late = plan_edit(shots({"duration": 1, "caption": {"text": "late", "at": 2}}, fps=10))
    with pytest.raises(UsageError, match=r"shots\[1\]\.caption: begins 2 s into a shot of 1 s"):
        caption_cues(late)


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass"])
def test_other_programs_read_the_same_texts_and_times(tmp_path: Path, suffix: str) -> None:
    cues = [
        Cue(start=Fraction(1, 4), end=Fraction(5, 4), text="a & b --> c\nzwei"),
        Cue(start=Fraction(2), end=Fraction(7, 2), text="海の上 שלום"),
    ]
    path = tmp_path / f"film{suffix}"
    write_subtitles(path, in_order(cues[::-1]))
    read = [(line.start, line.end, line.plaintext) for line in pysubs2.load(str(path))]
    assert read == [(250, 1250, "a & b --> c\nzwei"), (2000, 3500, "海の上 שלום")]


def test_marks_of_styling_are_no_styling(tmp_path: Path) -> None:
    edit = plan_edit(shots({"caption": "{i} <b>"}, fps=10))
    (cue,) = caption_cues(edit)
    write_subtitles(tmp_path / "a.srt", [cue])
    assert pysubs2.load(str(tmp_path / "a.srt"))[0].plaintext == "(i) ‹b›"


def test_other_suffixes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.srt"):
        write_subtitles(tmp_path / "a.txt", [])
