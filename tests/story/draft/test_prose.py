"""Prose and Markdown to shots."""

import pytest

from framesmooth.errors import UsageError
from framesmooth.story.draft.prose import draft_of_prose


def test_prose_is_narrated_and_keeps_its_light() -> None:
    draft = draft_of_prose("The sea\n\nA sailboat drifts at dawn. The wind rises.\n\nNight falls.")
    assert [(shot.prompt, shot.say, shot.title) for shot in draft.shots] == [
        ("A sailboat drifts at dawn", "A sailboat drifts at dawn.", "The sea"),
        ("The wind rises, at dawn", "The wind rises.", ""),
        ("Night falls", "Night falls.", ""),
    ]


def test_what_is_in_quotes_is_no_picture() -> None:
    draft = draft_of_prose('"Good day!" he calls, at noon. "Who is there?"')
    assert [(shot.prompt, shot.say) for shot in draft.shots] == [
        ("he calls, at noon", '"Good day!" he calls, at noon.'),
        ("Who is there, at noon", '"Who is there?"'),
    ]


def test_directions_are_followed_and_only_quotes_are_spoken() -> None:
    draft = draft_of_prose(
        "The camera pans left over the sea. Cut to a gate, “Who is there?” Dissolve to a forest. "
        "Fade to black."
    )
    assert [(shot.prompt, shot.camera, shot.transition, shot.say) for shot in draft.shots] == [
        ("the sea", "pan left", "", ""),
        ("a gate", "", "cut", "Who is there?"),
        ("a forest", "", "dissolve 0.5", ""),
    ]
    assert draft.end == "fade black 0.5"


def test_markdown() -> None:
    text = (
        "---\ntitle: A Tale\n---\nA *red* boat on the [sea](http://x).\n\n## Night\n\n"
        "- A castle\n- A **forest**\n"
        "```\ncode\n```\n<!-- no -->\n> A lake lies still.\n"
    )
    draft = draft_of_prose(text, markdown=True)
    assert [(shot.prompt, shot.title) for shot in draft.shots] == [
        ("A red boat on the sea", "A Tale"), ("A castle", "Night"), ("A forest", ""),
        ("A lake lies still", ""),
    ]  # fmt: skip


def test_shots_last_for_their_words() -> None:
    short, long = draft_of_prose("A cat. " + "The long sentence goes on " * 8 + "until it ends.").shots
    assert short.seconds == 3
    assert long.seconds * 2 == int(long.seconds * 2)
    assert long.seconds == pytest.approx(len(long.say) / 15 + 0.5, abs=0.5)


def test_a_text_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="no sentence"):
        draft_of_prose("...")
