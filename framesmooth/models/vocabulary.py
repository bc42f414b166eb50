"""The words a small model knows.

A model folder may hold ``vocabulary.json``: ``{"words": ["cat", "sea", ...]}``, lower case. Models without
that file are taken to know every word.
"""

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from framesmooth.errors import ModelError

VOCABULARY_FILE: Final = "vocabulary.json"
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True)
class UnknownWord:
    """A word of a prompt that is not in the model's vocabulary, and the nearest ones that are."""

    word: str
    nearest: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.word} (nearest: {', '.join(self.nearest)})" if self.nearest else self.word


def load_vocabulary(folder: Path) -> frozenset[str] | None:
    """Return the words that the model in ``folder`` knows, or None when it doesn't say.

    Raises:
        ModelError: when the file is there but holds no list of words.
    """
    path = folder / VOCABULARY_FILE
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        words = content["words"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f'{folder.name}/{VOCABULARY_FILE} must hold {{"words": [...]}}: {error!r}'
        ) from error
    return frozenset(word.lower() for entry in words for word in _WORD.findall(str(entry)))


def unknown_words(prompt: str, vocabulary: frozenset[str]) -> list[UnknownWord]:
    """Return the words of ``prompt`` that are not in ``vocabulary``, each once, in order."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(prompt))
    return [
        UnknownWord(word, tuple(get_close_matches(word, sorted(vocabulary), n=3, cutoff=0.7)))
        for word in words
        if word not in vocabulary and not all(part in vocabulary for part in re.split(r"['’-]", word))
    ]
