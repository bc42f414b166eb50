"""The words a small model knows.

A model folder may hold ``vocabulary.json``: ``{"words": ["cat", "sea", ...]}``, lower case. Models without
that file are taken to know every word. One that shows a single subject a picture lists the names of each of
them, ``"subjects": {"cat": ["cat", "kitten"], ...}``, and what is none though it sounds so, ``"scenery":
["mountain lake"]``.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import ModelError

VOCABULARY_FILE: Final = "vocabulary.json"
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SYMBOLS: Final = ("So", "Sk", "Co", "Cs")
"""Unicode's categories of emoji and other pictures."""
FUNCTION_WORDS: Final = frozenset(
    {"a", "an", "the", "of", "on", "in", "at", "by", "to", "from", "with", "and", "or", "as", "is", "are",
     "its", "it", "through", "over", "under", "above", "into", "near"}
)  # fmt: skip
"""Words that name nothing that could be shown."""
_MANY: Final = ("two", "three", "four", "five", "six", "several", "many", "some", "both", "few")


@dataclass(frozen=True)
class UnknownWord:
    """A word of a prompt that is not in the model's vocabulary, and the nearest ones that are."""

    word: str
    nearest: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.word} (nearest: {', '.join(self.nearest)})" if self.nearest else self.word


def load_vocabulary(folder: Path) -> frozenset[str] | None:
    """Return the words that the model in ``folder`` knows, or None without a list of them.

    Raises:
        ModelError: when the file is there but holds no list of words.
    """
    content = _content(folder)
    if content is None:
        return None
    return frozenset(word.lower() for entry in content["words"] for word in _WORD.findall(str(entry)))


def load_subjects(folder: Path) -> "Subjects | None":
    """Return the subjects of which the model in ``folder`` shows one a picture, None when it doesn't say.

    Raises:
        ModelError: when the file is there but holds no list of words.
    """
    content = _content(folder)
    if content is None or not isinstance(content.get("subjects"), dict):
        return None
    names = {
        str(subject): tuple(map(str, phrases))
        for subject, phrases in content["subjects"].items()
        if isinstance(phrases, list)
    }
    scenery = content.get("scenery")
    return Subjects(names, tuple(map(str, scenery)) if isinstance(scenery, list) else ())


def _content(folder: Path) -> dict[str, Any] | None:
    path = folder / VOCABULARY_FILE
    if not path.is_file():
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        iter(content["words"])
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f'{folder.name}/{VOCABULARY_FILE} must hold {{"words": [...]}}: {error!r}'
        ) from error
    return content


@dataclass(frozen=True)
class Subjects:
    """What a model can show, one at a time.

    Attributes:
        names: subject -> the phrases that name it.
        scenery: phrases that hold such a name and mean none.
    """

    names: Mapping[str, Sequence[str]]
    scenery: Sequence[str]

    def too_many(self, prompt: str) -> list[str]:
        """Return the subjects that ``prompt`` names, as it names them, where they are more than one.

        One is enough where it comes in numbers, as in "two cats". Longer phrases go before shorter ones, and
        a colour may stand within one ("astronaut riding a red horse").
        """
        phrases = [(phrase, "") for phrase in self.scenery]
        phrases += [(phrase, subject) for subject, each in self.names.items() for phrase in each]
        found: dict[str, tuple[int, str]] = {}
        text, many = prompt.lower(), False
        for phrase, subject in sorted(phrases, key=lambda pair: -len(pair[0])):
            pattern = _inflected(phrase)
            for match in re.finditer(pattern, text) if subject else ():
                many = many or match["many"] is not None or match["number"] is not None
                found.setdefault(subject, (match.start("phrase"), match["phrase"]))
            text = re.sub(pattern, lambda match: " " * len(match[0]), text)
        return [words for _, words in sorted(found.values())] if many or len(found) > 1 else []


def _inflected(phrase: str) -> str:
    """Return a pattern of a phrase: with a number before it, in the plural, with a word more within it."""
    *first, last = map(re.escape, phrase.lower().split())
    plural = rf"{last}(?P<many>e?s)?"
    if last.endswith("y"):
        plural = rf"{last[:-1]}(?:y|(?P<many>ies))"
    between = r"\s+(?:[^\W\d_]+\s+)?" if len(first) > 1 else r"\s+"
    number = rf"(?:\b(?P<number>{'|'.join(_MANY)}|[2-9]|\d\d+)\s+(?:[^\W\d_]+\s+)?)?"
    return rf"{number}(?P<phrase>\b{between.join([*first, plural])})\b"


def unknown_words(prompt: str, vocabulary: frozenset[str]) -> list[UnknownWord]:
    """Return the words and emoji of ``prompt`` that are not in ``vocabulary``, each once, in order.

    Function words such as "from" don't count: they name nothing that could be shown.
    """
    words = [
        word for word in dict.fromkeys(map(str.lower, _WORD.findall(prompt))) if word not in FUNCTION_WORDS
    ]
    symbols = dict.fromkeys(one for one in prompt if unicodedata.category(one) in _SYMBOLS)
    pictured = [UnknownWord(f"{one} ({unicodedata.name(one, 'symbol').lower()})", ()) for one in symbols]
    return pictured + [
        UnknownWord(word, tuple(get_close_matches(word, sorted(vocabulary), n=3, cutoff=0.7)))
        for word in words
        if word not in vocabulary and not all(part in vocabulary for part in re.split(r"['’-]", word))
    ]


def knows_any(prompt: str, vocabulary: frozenset[str]) -> bool:
    """Tell whether ``prompt`` holds any word of ``vocabulary``."""
    parts = (part for word in _WORD.findall(prompt) for part in (word, *re.split(r"['’-]", word)))
    return any(part.lower() in vocabulary for part in parts)
