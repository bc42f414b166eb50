"""Light that changes in one prompt: "the sun sets behind a lighthouse", "a castle, night falls".

Such a prompt tells of two pictures, "a lighthouse at sunset" and "a lighthouse at night". English only.
"""

import re
from dataclasses import dataclass
from typing import Final

from framesmooth.timeline.motion_words import MEDIUM, is_still

_PACE: Final = r"(?:(?:slowly|gently|quickly|now)\s+)?"
_SETS: Final = (
    rf"the\s+sun\s+(?:is\s+)?{_PACE}(?:sets|setting|goes\s+down|going\s+down|sinks|sinking)",
    rf"(?:the\s+)?(?:night|darkness|dusk|evening)\s+(?:is\s+)?{_PACE}(?:falls|falling|comes|coming)",
    rf"(?:as\s+)?it\s+(?:is\s+)?{_PACE}(?:gets|getting|grows|growing)\s+dark",
)
_RISES: Final = (
    rf"the\s+sun\s+(?:is\s+)?{_PACE}(?:rises|rising|comes\s+up|coming\s+up)",
    rf"(?:the\s+)?(?:day|dawn|morning)\s+(?:is\s+)?{_PACE}(?:breaks|breaking|comes|coming)",
    rf"(?:as\s+)?it\s+(?:is\s+)?{_PACE}(?:gets|getting|grows|growing)\s+light",
)
_AFTER: Final = r"(?:\s+(?:slowly|gently|quickly|again)\b)?"
_BEFORE_A_THING: Final = r"(?:behind|over|above|beyond|on|upon|across|into|at|in)"
_LIGHTS: Final = (("at sunset", "at night", _SETS), ("at night", "at dawn", _RISES))
_TOLD: Final = tuple(
    (
        before,
        after,
        re.compile(rf"\b(?:{'|'.join(deeds)})\b{_AFTER}(?P<place>\s+{_BEFORE_A_THING}\b)?", re.IGNORECASE),
    )
    for before, after, deeds in _LIGHTS
)
_LED_IN: Final = re.compile(r"\s*(?:,|\b(?:and|as|while|when|with|before)\b)[\s,]*$", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"\s*\b(?:at|by|before|after|around)\s+(?:sunset|sunrise|dusk|dawn|daybreak|noon|midday|night|midnight)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ChangingLight:
    """A prompt whose light changes.

    Attributes:
        before: the words of the light at first.
        after: the words of the light at last.
        scene: the prompt without its light.
    """

    before: str
    after: str
    scene: str

    @property
    def prompts(self) -> tuple[str, str]:
        """The prompts of the first and of the last picture."""
        return _lit(self.scene, self.before), _lit(self.scene, self.after)


def changing_light(prompt: str) -> ChangingLight | None:
    """Return how the light of a prompt changes, None where it says nothing of that, or that nothing moves."""
    if is_still(prompt):
        return None
    for before, after, pattern in _TOLD:
        told = pattern.search(prompt)
        if told:
            return ChangingLight(before, after, _NAMED.sub("", _without(prompt, told)) or "the sky")
    return None


def _without(prompt: str, told: "re.Match[str]") -> str:
    """Return a prompt without what it tells of the light; a prompt that begins with it keeps its place."""
    ahead, rest = prompt[: told.start()], prompt[told.end() :]
    medium = MEDIUM.match(prompt)
    begins = not ahead.strip() or (medium is not None and medium.end() >= told.start())
    if not begins:  # up to the next comma it tells of the light alone
        ahead, rest = _LED_IN.sub("", ahead), "," + rest.partition(",")[2] if "," in rest else ""
    text = re.sub(r"\s+", " ", f"{ahead} {rest}")
    return re.sub(r"\s*,(?:\s*,)*", ",", text).strip(" ,")


def _lit(scene: str, light: str) -> str:
    first, comma, rest = scene.partition(",")
    return f"{first.strip()} {light}{comma}{rest}"
