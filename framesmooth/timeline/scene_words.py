"""Where a prompt's thing is: "a castle on the hills at sunset" is set in "the hills at sunset".

English only. A prompt that shows a place as a whole ("the sea at dawn") has no thing in it, and one without a
place ("a windmill") no scene.
"""

import re
from typing import Final

from framesmooth.timeline.motion_words import at_rest, read_motion

_SCENERY: Final = re.compile(
    r"\b(?:sea|ocean|waves?|beach|coast|shore|hills?|mountains?|valley|desert|dunes?|snow|forest|woods?|trees|"
    r"city|town|village|streets?|road|path|lake|river|pond|meadow|fields?|savanna|moon|sky|clouds?|stars|"
    r"landscape|scenery|garden|park|room|hall|harbou?r|island|sunset|sunrise|dawn|night|storm|portrait|view|face)$",
    re.IGNORECASE,
)
_PLACED: Final = re.compile(
    r"^(?:on|in|by|over|above|near|across|behind|beside|along|among|before|at the edge of)\s+(?=\S)",
    re.IGNORECASE,
)
_WEATHER: Final = re.compile(
    r"^(?:the |an? |thick |heavy |soft )*(?:fog|mist|rain|storm|wind|dark|sun|morning|evening)\b",
    re.IGNORECASE,
)


def scene_of(prompt: str) -> str | None:
    """Return what a prompt shows without its thing; None where it names no thing, or no place for it."""
    found = read_motion(prompt) or at_rest(prompt)
    if found is None or _SCENERY.search(found.subject.strip()):
        return None
    place = _PLACED.sub("", found.scene, count=1)
    return place if place != found.scene and not _WEATHER.match(place) else None
