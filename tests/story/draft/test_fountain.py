"""Screenplays to shots: headings, action, dialogue, transitions."""

import pytest

from framesmooth.errors import UsageError
from framesmooth.story.draft.fountain import draft_of_fountain, is_fountain

SCREENPLAY = """Title: The Sea
Author: Me

FADE IN:

EXT. SEA - DAWN

A sailboat drifts. [[a note]] The camera slowly pans right.

MARY
(softly)
It begins
at sea.

= a synopsis

INT. CASTLE - NIGHT #2#

Fire burns. CLOSE ON the *king*.

KING
Who goes there?

GUARD (O.S.)
Nobody, sire.

DISSOLVE TO:

.FOREST

/* a
scene that was cut */

> THE END <

EXT. LAKE - DAY

> FADE OUT.
"""


def test_a_screenplay() -> None:
    draft = draft_of_fountain(SCREENPLAY)
    assert [(shot.prompt, shot.say) for shot in draft.shots] == [
        ("A sailboat drifts, sea, at dawn", "It begins at sea."),
        ("Fire burns, inside castle, at night", ""),
        ("close-up of the king, inside castle, at night", "Who goes there?"),
        ("close-up of the king, inside castle, at night", "Nobody, sire."),
        ("forest", ""),
        ("lake", ""),
    ]
    assert [shot.transition for shot in draft.shots] == [
        "fade from black 0.5",
        "",
        "",
        "",
        "dissolve 0.5",
        "",
    ]
    assert [shot.title for shot in draft.shots] == ["The Sea", "", "", "", "", "THE END"]
    assert draft.shots[0].camera == "slow pan right"
    assert draft.end == "fade to black 0.5"
    assert any("left out" in note for note in draft.notes)


def test_a_screenplay_is_told_from_prose() -> None:
    assert is_fountain("\nint. house - day\n\nA man.")
    assert not is_fountain("Interest rates fell. External debts rose.\nInt. is short for interest.")
    with pytest.raises(UsageError, match="no action"):
        draft_of_fountain("Title: Nothing\n")
