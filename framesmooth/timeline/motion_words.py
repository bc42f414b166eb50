"""What moves in a prompt, where to and how fast, read from its words.

A prompt such as "a red boat sailing slowly to the left on the sea at sunset" names a subject ("a red boat"),
a motion ("sailing slowly to the left") and a scene ("on the sea at sunset"). English only; words that are not
in the tables are no motion.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from framesmooth.timeline.ambient_words import ambient_blanked, told_ambient

Way = Literal["left", "right", "up", "down", ""]

_PACES: Final = {
    0.5: ("slowly", "gently", "calmly", "lazily", "at a slow pace"),
    1.8: ("fast", "quickly", "swiftly", "rapidly", "at high speed", "at full speed"),
}


@dataclass(frozen=True)
class Verb:
    """How something moves that does so.

    Attributes:
        forms: regular expression of the verb's forms.
        speed: heights of the picture a second.
        gait: how it moves by itself on the way, one of ``GAITS``.
        way: where it goes, where the words don't say.
    """

    forms: str
    speed: float
    gait: str = ""
    way: Way = ""


GAITS: Final = ("", "bob", "roll", "walk", "gallop", "swim", "fly", "glide", "sway", "turn", "leap")
"""Ways to move while going somewhere, or in place."""

_VERBS: Final = (
    Verb(r"sail(?:ing|s)?|rowing|paddling|cruising", 0.12, "bob"),
    Verb(r"drift(?:ing|s)?|float(?:ing|s)?", 0.1, "bob"),
    Verb(r"glid(?:ing|es?)|mov(?:ing|es?)|travell?(?:ing|s)?|cross(?:ing|es)?", 0.14),
    Verb(r"driv(?:ing|es?)|racing|races|speed(?:ing|s)", 0.2, "roll"),
    Verb(r"roll(?:ing|s)|steam(?:ing|s)|pass(?:ing|es)|chugg?(?:ing|s)", 0.18, "roll"),
    Verb(
        r"walk(?:ing|s)?|stroll(?:ing|s)?|stalk(?:ing|s)|prowl(?:ing|s)?|wander(?:ing|s)?|marching|hiking",
        0.12,
        "walk",
    ),
    Verb(
        r"run(?:ning|s)?|gallop(?:ing|s)?|trott?(?:ing|s)|rid(?:ing|es)|jogging|sprinting|charging",
        0.17,
        "gallop",
    ),
    Verb(r"swim(?:ming|s)?|dart(?:ing|s)", 0.13, "swim"),
    Verb(r"fly(?:ing)?|flies|soar(?:ing|s)?|flutter(?:ing|s)?", 0.14, "fly"),
    Verb(r"shoot(?:ing|s)", 0.18),
    Verb(r"(?:(?:jump|leap)(?:ing|s)|hopping|bouncing)(?: up and down| out of)?", 0.12, "leap"),
    Verb(r"skating|skiing|sliding|slithering|crawl(?:ing|s)", 0.1),
    Verb(r"ris(?:ing|es)|climb(?:ing|s)|ascend(?:ing|s)", 0.11, "", "up"),
    Verb(r"launch(?:ing|es)|(?:tak|lift|blast)(?:e?ing|es|s)? off|takes off", 0.18, "", "up"),
    Verb(
        r"sink(?:ing|s)|descend(?:ing|s)|land(?:ing|s)|com(?:ing|es) down|fall(?:ing|s)|swoop(?:ing|s) down",
        0.12,
        "",
        "down",
    ),
)
_IN_PLACE: Final = (
    Verb(r"bobb?(?:ing|s)(?: up and down| on the waves)*|rock(?:ing|s)(?: up and down)?", 0, "bob"),
    Verb(r"(?:flapp?(?:ing|s)|beat(?:ing|s))(?: its wings)?|with flapping wings", 0, "fly"),
    Verb(r"hover(?:ing|s)", 0, "glide"),
    Verb(
        r"(?:turn(?:ing|s)?|spin(?:ning|s)?|rotat(?:ing|es?))(?: (?:its|the) (?:sails|blades|arms))?"
        r"(?: in the (?:wind|breeze))?",
        0,
        "turn",
    ),
    Verb(r"sway(?:ing|s)(?: in the (?:wind|breeze))?|moving in the wind", 0, "sway"),
)
_WAYS: Final[dict[str, str]] = {
    "left": r"from (?:the )?right to (?:the )?left|(?:to|towards?) the left|leftwards?",
    "right": r"from (?:the )?left to (?:the )?right|(?:to|towards?) the right|rightwards?",
    "up": r"up into the (?:sky|air)|into the (?:sky|air)|upwards?|higher and higher",
    "down": r"down to the (?:ground|earth)|downwards?|lower and lower",
}
_STILL: Final = re.compile(
    r"\ba (?:still|motionless|frozen) (?:picture|image|moment|photo|frame) of\b"
    r"|,\s*(?:nothing moves|(?:standing|completely) still|motionless|no movement|frozen)\b",
    re.IGNORECASE,
)
MEDIUM: Final = re.compile(
    r"^.*?\b(?:painting|drawing|picture|photo|photograph|image|illustration|art|sketch|poster|shot|video|view|"
    r"watercolou?r|aquarelle|animation|clip|moment|design|canvas)\s+of\s+|^[^,:]{3,40}:\s+",
    re.IGNORECASE,
)
_END_OF_SUBJECT: Final = re.compile(
    r"\b(?:on|in|at|by|through|over|under|above|below|across|near|behind|into|with|along|against|from|to|"
    r"during|while|as|among|beside|around|before|past|out|is|are|that|which|of)\b|,|$",
    re.IGNORECASE,
)
_ARTICLE: Final = re.compile(r"^(?:an?|the|one|some|\d+)$", re.IGNORECASE)


def _either(parts: "tuple[str, ...] | list[str]") -> str:
    return "|".join(f"(?:{part})" for part in parts)


_PACE: Final = _either([word for words in _PACES.values() for word in words])
_BARE: Final = {way: way for way in _WAYS}
_ANY_WAY: Final = _either([*_WAYS.values(), *(rf"{way}\b" for way in _BARE)])


_PATTERNS: Final = tuple(
    (
        verb,
        re.compile(
            rf"\b(?:(?:{_PACE})\s+)?(?:{verb.forms})\b(?:\s+(?:{_PACE})\b)?(?:\s+(?:{_ANY_WAY}))?"
            rf"(?:\s+(?:{_PACE})\b)?",
            re.IGNORECASE,
        ),
    )
    for verb in (*_IN_PLACE, *_VERBS)
)
_CAMERA: Final = re.compile(
    r"[^,]*\b(?:camera|pan|pans|panning|tilt|tilts|tilting|zoom|zooms|zooming)\b[^,]*", re.IGNORECASE
)
_DOUBLED: Final = frozenset({"swim", "run", "trot", "chug", "bob", "flap"})
_RIDER: Final = re.compile(r"(?:[\w'-]+\s+){1,4}?riding\s+(?:an?|the)\s+(?:\w+\s+horse|\w+)", re.IGNORECASE)
_DANGLING_OF: Final = re.compile(
    r"\b(?:a|an|the)?\s*of(?=\s*(?:,|$|\b(?:on|in|at|by|through|over|under|above|across|near)\b))",
    re.IGNORECASE,
)
_WINGED: Final = re.compile(
    r"\b(?:\w*bird|\w*gull|owl|eagle|hawk|falcon|crow|raven|parrot|pigeon|dove|swan|duck|goose|geese|stork|"
    r"crane|heron|pelican|flamingo|sparrow|swallow|butterfl(?:y|ie)|moth|bee|bat|dragon|dragonfl(?:y|ie)|phoenix|"
    r"pegasus|griffin|fairy|angel)s?\b",
    re.IGNORECASE,
)
_MILL: Final = re.compile(
    r"\b(?:(?:an?|the|one)\s+)?(?:(?!(?:of|with|an?|the|and|in|by|on)\b)[\w'-]+\s+){0,3}?(?:wind\s?)?mills?\b",
    re.IGNORECASE,
)
_SAILS: Final = re.compile(
    r"\b(?:with\s+|and\s+|whose\s+)?(?:(?:its|the)\s+)?(?:turning\s+|spinning\s+)?(?:sails|blades|arms)(?:\s+of)?\b",
    re.IGNORECASE,
)
_BEFORE_NOUNS: Final = {
    "a",
    "an",
    "the",
    "its",
    "of",
    "no",
    "with",
    "white",
    "red",
    "black",
    "their",
    "his",
    "her",
}


@dataclass(frozen=True)
class SubjectMotion:
    """What a prompt says of its subject's motion.

    Attributes:
        subject: the words of what moves, with its article and adjectives.
        way: where it goes; "" where the words don't say, and where it stays in its place.
        speed: heights of the picture a second; 0 stays in its place.
        gait: how it moves by itself, one of ``GAITS``.
        plain: the prompt without what it says of direction and pace.
        scene: the prompt without its subject and what that does.
    """

    subject: str
    way: Way
    speed: float
    gait: str
    plain: str
    scene: str


_UNDER_AMBIENT: Final = re.compile(
    r"\s+(?:(?:that|which|is|are|and)\s+)*"
    r"(?:out of|over|above|from|behind|around|against|across|past|on|onto|into"
    r"|through|under|near|in front of|in|by)\s+"
    r"(?:(?:the|a|its)\s+(?:chimneys?|roofs?|top|funnel|smokestack)s?\s+of\s+)?(?=\S)",
    re.IGNORECASE,
)
"""What leads from a clause of clouds or smoke, blanked, to the subject: "clouds drifting over a castle"."""


def at_rest(prompt: str) -> SubjectMotion | None:
    """Return the subject of a prompt that says nothing of its motion, None where it names none."""
    read = _asides_blanked(prompt)
    medium = MEDIUM.match(read)
    start = len(read[: medium.end()].rstrip()) + 1 if medium else 0
    lead = _lead(prompt, read, start)
    subject = _subject(read[start + len(lead) :], -1)
    if not subject:
        return None
    words = lead.lstrip() + subject
    scene = _tidy(_DANGLING_OF.sub("", _without(prompt, words, start)))
    return SubjectMotion(subject=subject, way="", speed=0.0, gait="", plain=prompt, scene=scene)


def _lead(prompt: str, read: str, start: int) -> str:
    """Return what leads to the subject of a prompt that starts with clouds, weather or smoke, else ""."""
    lead = None if prompt[start : start + 1].isspace() else _UNDER_AMBIENT.match(read, start)
    if lead is None:
        return ""
    clause = prompt[start : lead.end() - len(lead.group().lstrip())]
    return "" if any(one.kind == "fire" for one in told_ambient(clause)) else lead.group()


def same_thing(one: str, other: str) -> bool:
    """Tell whether two subjects are called by the same noun: their last words are equal."""
    first, second = (re.findall(r"[\w'-]+", words.lower()) for words in (one, other))
    return bool(first) and bool(second) and first[-1] == second[-1]


def is_still(prompt: str) -> bool:
    """Tell whether a prompt asks for a picture in which nothing moves."""
    return _STILL.search(prompt) is not None


def without_stillness(prompt: str) -> str:
    """Return a prompt without the words by which it asks for a picture in which nothing moves."""
    return _tidy(_STILL.sub("", prompt))


def motion_blanked(prompt: str) -> str:
    """Return a prompt with spaces in place of what it says of its subject's motion, water and weather."""
    read, start = ambient_blanked(prompt), _start(prompt)
    found = None if is_still(prompt) else _verb_in(_asides_blanked(prompt), start)
    if found is None:
        return read
    deed = found[1]
    return read[: deed.start()] + " " * len(deed.group()) + read[deed.end() :]


def _start(prompt: str) -> int:
    """Return where a prompt starts after words such as "an oil painting of"."""
    medium = MEDIUM.match(_asides_blanked(prompt))
    return medium.end() if medium else 0


def read_motion(prompt: str) -> SubjectMotion | None:
    """Return what a prompt says of its subject's motion, None where it names none or stands still."""
    if is_still(prompt):
        return None
    read, start = _asides_blanked(prompt), _start(prompt)
    found = _verb_in(read, start)
    if found is None:
        return None
    verb, deed = found
    start = start if deed.start() > start else _after_comma(read, deed.end())
    start = _clause_of_another(read, start, deed.start())
    mill = _MILL.search(read) if verb.gait == "turn" else None
    subject = _subject(read[start:], deed.start() - start)
    if mill is not None:
        subject, start = mill.group(), mill.start()
    if not subject:
        return None
    words = deed.group()
    way = _way(words) or _way_anywhere(read) or verb.way
    scene = _without(prompt, subject, start)
    if words in scene:
        scene = _without(scene, words)
    if mill is not None:
        scene = _SAILS.sub(" ", scene)
    return SubjectMotion(
        subject=subject,
        way=way if verb.speed else "",
        speed=verb.speed * _pace(read),
        gait="glide" if verb.gait == "fly" and not _has_wings(subject, words) else verb.gait,
        plain=_plain(prompt, deed) if mill is None else _tidy(_SAILS.sub(" ", _without(prompt, words))),
        scene=_tidy(_DANGLING_OF.sub("", _directions_out(scene))),
    )


def _has_wings(subject: str, deed: str) -> bool:
    """Tell whether something that flies beats wings: an animal, or what the words say it of."""
    return bool(_WINGED.search(subject) or re.search(r"flap|beat|flutter", deed, re.IGNORECASE))


def _asides_blanked(prompt: str) -> str:
    """Return a prompt with spaces in place of what it says of the camera, water and weather: same length."""
    return _CAMERA.sub(lambda clause: " " * len(clause.group()), ambient_blanked(prompt))


def _clause_of_another(text: str, start: int, verb_at: int) -> int:
    """Return where the clause around the verb starts if it names a thing of its own, else ``start``.

    "a castle on a hill, a bird flying" tells of the bird, "a boat on the sea, the boat sailing" of the boat.
    """
    comma = text.rfind(",", start, max(verb_at, start))
    clause = comma + 1 + len(text[comma + 1 :]) - len(text[comma + 1 :].lstrip())
    if comma < 0 or not re.match(
        r"(?:an?|the|one|some|two|three|its?|his|her)\s", text[clause:], re.IGNORECASE
    ):
        return start
    own = _subject(text[clause:], verb_at - clause)
    return clause if own and not same_thing(own, _subject(text[start:], -1)) else start


def _after_comma(text: str, at: int) -> int:
    """Return where the clause after that at ``at`` starts; ``at`` where there is none."""
    comma = text.find(",", at)
    return at if comma < 0 else comma + 1 + (len(text[comma + 1 :]) - len(text[comma + 1 :].lstrip()))


def _verb_in(prompt: str, start: int) -> tuple[Verb, "re.Match[str]"] | None:
    """Return the verb of motion that says most, and its match with the words of direction and pace around it.

    One with a direction goes before one without, and one behind the subject before one that describes it
    ("a flying bird"); what describes the scene ("rolling hills") is no motion of the subject.
    """
    turns = _MILL.search(prompt) is not None
    subject_ends = _END_OF_SUBJECT.search(prompt, start)
    reach = subject_ends.start() if subject_ends else len(prompt)
    found: list[tuple[tuple[bool, bool, int], Verb, re.Match[str]]] = []
    for verb, pattern in _PATTERNS:
        if verb.gait == "turn" and not turns:  # a car turns otherwise
            continue
        for match in pattern.finditer(prompt):
            describes = _describes(prompt, match)
            of_mill = verb.gait == "turn"
            elsewhere = describes and not start <= match.start() < reach and not of_mill
            if _is_thing(prompt, match) or elsewhere:
                continue
            goes = of_mill or _way(match.group()) or verb.way
            found.append(((not goes, describes and not of_mill, match.start()), verb, match))
    if not found:
        return None
    _, verb, match = min(found, key=lambda one: one[0])
    return verb, match


def _describes(prompt: str, match: "re.Match[str]") -> bool:
    """Tell whether a form in -ing stands before a noun: "a flying bird"."""
    after = re.match(r"\s+([\w'-]+)", prompt[match.end() :])
    if after is None or not match.group().lower().endswith("ing"):
        return False
    return not _END_OF_SUBJECT.match(after[1]) and not _ARTICLE.match(after[1])


def _is_thing(prompt: str, match: "re.Match[str]") -> bool:
    """Tell whether a form such as "sails" or "run" is a noun here: after an article, or an adjective."""
    before = prompt[: match.start()].split()[-1:]
    ends_in_ing = re.search(r"ing\b", match.group()) is not None
    return bool(before) and before[0].lower() in _BEFORE_NOUNS and not ends_in_ing


def _subject(text: str, verb_at: int) -> str:
    """Return the words at the start of ``text`` that name a thing: they end before the verb at the latest."""
    end = _END_OF_SUBJECT.search(text)
    stop = end.start() if end else len(text)
    rider = _RIDER.match(text)
    if rider:
        return rider.group().strip()
    lead = text[: max(verb_at, 0)].split()
    if 0 <= verb_at < stop and any(not _ARTICLE.match(word) for word in lead):
        after = text[verb_at:].split()
        if len(after) < 2 or not (after[0].endswith("ing") and _noun_follows(text, verb_at)):
            stop = verb_at
    found = text[:stop].strip(" ,")
    return found if any(not _ARTICLE.match(word) for word in found.split()) else ""


def _noun_follows(text: str, verb_at: int) -> bool:
    """Tell whether the word after the verb at ``verb_at`` is a noun that it describes."""
    words = text[verb_at:].split()
    follows = words[1].strip(",")
    known = _END_OF_SUBJECT.match(follows) or _ARTICLE.match(follows)
    return not known and not re.match(rf"(?:{_PACE}|{_ANY_WAY})\b", " ".join(words[1:]), re.IGNORECASE)


def _way(words: str) -> Way:
    tail = words.split()[-1].lower() if words.split() else ""
    found = _way_anywhere(words)
    if found:
        return found
    parts = [part.lower() for part in words.split()[1:]]
    return next((way for way in ("left", "right", "up", "down") if way in parts or way == tail), "")


def _way_anywhere(prompt: str) -> Way:
    for way, pattern in _WAYS.items():
        if re.search(rf"\b(?:{pattern})\b", prompt, re.IGNORECASE):
            return way  # type: ignore[return-value]
    return ""


def _pace(prompt: str) -> float:
    for factor, words in _PACES.items():
        if re.search(rf"\b(?:{_either(words)})\b", prompt, re.IGNORECASE):
            return factor
    return 1.0


def _plain(prompt: str, deed: "re.Match[str]") -> str:
    """Return a prompt without direction and pace, and without a clause that only says what moves."""
    before, after = prompt[: deed.start()].rstrip(), prompt[deed.end() :].lstrip()
    if before.endswith(",") and (not after or after.startswith(",")):
        return _tidy(before.rstrip(",") + after)
    verb = re.sub(r"\s+up and down\b", "", deed.group(), flags=re.IGNORECASE)
    verb = re.sub(rf"\b(?:{_PACE}|{_ANY_WAY})\b", "", verb, flags=re.IGNORECASE)
    return _tidy(_directions_out(f"{before} {_as_participle(verb)} {after}"))


def _as_participle(verb: str) -> str:
    """Return "galloping" for "gallops", as captions of pictures have it; other words stay as they are."""
    word, space, rest = verb.strip().partition(" ")
    if not re.fullmatch(r"[a-z]{3,}s", word):
        return verb
    if word.endswith("ies"):
        base = word[:-3] + "y" if len(word) > 4 else word
    else:
        base = word[:-2] if re.search(r"(?:ch|sh|ss|x)es$", word) else word[:-1]
    base = base[:-1] if base.endswith("e") else base + base[-1] * (base in _DOUBLED)
    return f"{base}ing{space}{rest}"


def _directions_out(text: str) -> str:
    pattern = _either([*_WAYS.values(), _PACE])
    return re.sub(rf"\b(?:{pattern})\b", "", text, flags=re.IGNORECASE)


def _without(text: str, words: str, start: int = 0) -> str:
    at = text.find(words, start)
    return text if at < 0 else f"{text[:at]} {text[at + len(words) :]}"


def _tidy(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s*,(?:\s*,)*", ",", text)
    return text.strip(" ,")
