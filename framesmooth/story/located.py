"""YAML with the line of every key, so that an error in a story can point at it.

Every scalar is a text: ``no`` stays a word and ``1:30`` no number, as they would not in YAML 1.1. JSON is
YAML, too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.timeline.text_files import read_text

Key = tuple[str | int, ...]
"""Where a value is: ("shots", 2, "camera")."""

_MOST_VALUES: Final = 50_000
"""Of a file, with what its aliases repeat."""
_MERGE: Final = "<<"
SHOTS: Final = "shots, each with a prompt"
"""What a story is made of."""


def key_text(key: Key) -> str:
    """Return a key as people write it: shots[3].camera; shots are counted from 1."""
    text = ""
    for part in key:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True)
class Located:
    """A value of a file: a text, a list or a mapping of Located, and where it is written.

    Attributes:
        value: a str, a list[Located] or a dict[str, Located].
        file: the file.
        line: counted from 1.
        key: the way to it.
    """

    value: Any
    file: Path
    line: int
    key: Key = ()

    def refused(self, problem: str) -> UsageError:
        """Return the error that says what is wrong here: file, line, key and problem."""
        key = key_text(self.key)
        return UsageError(f"{self.file}:{self.line}: {f'{key}: ' if key else ''}{problem}")

    def text(self) -> str:
        """Return the text that is written here.

        Raises:
            UsageError: it is none, or empty.
        """
        if not isinstance(self.value, str):
            raise self.refused("a text is wanted here, and this is a list or a mapping")
        if not self.value.strip():
            raise self.refused("is empty: give a value, or leave the key out")
        return self.value.strip()

    def path(self, text: str | None = None) -> str:
        """Return the name of a file, taken from the folder of the file that names it if there is such a one.

        Args:
            text: the name, None for the text that is written here; what follows a colon may be a weight.
        """
        text = self.text() if text is None else text
        folder = self.file.parent
        name, colon, rest = text.partition(":")
        for whole, after in ((text, ""), (name, f"{colon}{rest}")):
            beside = folder / Path(whole).expanduser()
            if whole and beside.exists():
                return f"{beside}{after}"
        return text

    def items(self) -> "list[Located]":
        """Return the values of a list; a single value is a list of one."""
        return list(self.value) if isinstance(self.value, list) else [self]

    def mapping(self) -> "dict[str, Located]":
        """Return a mapping.

        Raises:
            UsageError: it is none.
        """
        if not isinstance(self.value, dict):
            raise self.refused("keys and values are wanted here, as in 'prompt: a castle at dawn'")
        return dict(self.value)

    def check_keys(self, known: Mapping[str, str] | set[str] | tuple[str, ...]) -> None:
        """Refuse keys that are not ``known``, with the nearest one.

        Raises:
            UsageError: an unknown key.
        """
        for name, value in self.mapping().items():
            if name not in known:
                near = get_close_matches(name, [*known], n=1)
                few = ", ".join([*known][:12])
                advice = f"did you mean {near[0]}?" if near else f"known are {few}"
                raise value.refused(f"unknown key: {advice}")


def read_located(path: Path, wanted: str = SHOTS) -> Located:
    """Return what a YAML or JSON file says; ``wanted`` are the words for what should be in it.

    Raises:
        UsageError: it cannot be read, or what ``located_of`` raises.
    """
    return located_of(read_text(path), path, wanted)


def located_of(text: str, path: Path, wanted: str = SHOTS) -> Located:
    """Return what a text in YAML or JSON says; errors name ``path``.

    Raises:
        UsageError: it is no YAML, has a key twice, or refers to itself.
    """
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.BaseLoader)
        if node is None:
            raise UsageError(f"{path} is empty: write {wanted}")
        return _Converter(path).convert(node, (), frozenset())
    except RecursionError as error:
        raise UsageError(f"{path} is nested too deeply: write {wanted}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}" if mark is not None else ""
        problem = " ".join(str(error.problem or error.context).split())
        raise UsageError(f"{path}{place}: no YAML ({problem[:200]}): quote texts that hold : or #") from error
    except (yaml.YAMLError, ValueError) as error:
        raise UsageError(f"{path} is no YAML: {' '.join(str(error).split())[:200]}") from error


class _Converter:
    """Turns YAML nodes into Located values, counting what aliases repeat."""

    def __init__(self, path: Path) -> None:
        self._path, self._count = path, 0

    def convert(self, node: Any, key: Key, inside: frozenset[int]) -> Located:
        import yaml

        line = node.start_mark.line + 1
        self._count += 1
        if self._count > _MOST_VALUES:
            raise UsageError(f"{self._path} holds more than {_MOST_VALUES} values: divide it")
        if id(node) in inside:
            raise UsageError(f"{self._path}:{line}: {key_text(key)} refers to itself: drop the alias")
        inside |= {id(node)}
        value: Any
        if isinstance(node, yaml.ScalarNode):
            value = node.value
        elif isinstance(node, yaml.SequenceNode):
            value = [self.convert(one, (*key, index), inside) for index, one in enumerate(node.value)]
        else:
            value = self._mapping(node, key, inside)
        return Located(value, self._path, line, key)

    def _mapping(self, node: Any, key: Key, inside: frozenset[int]) -> dict[str, Located]:
        own: dict[str, Located] = {}
        merged: dict[str, Located] = {}
        for name_node, value_node in node.value:
            line = name_node.start_mark.line + 1
            if not isinstance(name_node.value, str):
                raise UsageError(f"{self._path}:{line}: a key is a word: write 'prompt: a castle'")
            name = name_node.value.strip()
            value = self.convert(value_node, (*key, name), inside)
            if name == _MERGE:
                for one in value.items():
                    merged = one.mapping() | merged
                continue
            if name in own:
                raise UsageError(
                    f"{self._path}:{line}: {key_text((*key, name))} is given twice: keep one of them"
                )
            own[name] = Located(value.value, self._path, line, (*key, name))
        return merged | own
