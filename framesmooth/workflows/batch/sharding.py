"""Which part of the jobs this process does, where several drivers share them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from framesmooth.errors import UsageError

_SHARD: Final = re.compile(r"\s*(\d{0,9})\s*/\s*(\d{1,9})\s*")
_ARRAY: Final = "SLURM_ARRAY_TASK_"
_RANK: Final = "RANK"
_WORLD: Final = "WORLD_SIZE"
_INDEX: Final = "JOB_COMPLETION_INDEX"

Item = TypeVar("Item")


@dataclass(frozen=True)
class Shard:
    """Part ``number``, counted from 1, of ``count``.

    Attributes:
        number: of the part.
        count: of all parts.
        source: the environment variable that it was read from, "" where it was given.
    """

    number: int = 1
    count: int = 1
    source: str = ""

    def of(self, items: Sequence[Item]) -> list[Item]:
        """Return this part of ``items``: neighbours, which share a model; parts differ by one at most."""
        start = len(items) * (self.number - 1) // self.count
        stop = len(items) * self.number // self.count
        return list(items[start:stop])

    @property
    def suffix(self) -> str:
        """What names of files that belong to this part alone end with: "-2-of-8"; "" for the whole."""
        return "" if self.count == 1 else f"-{self.number}-of-{self.count}"

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


ALL: Final = Shard()


def parse_shard(text: str) -> tuple[int | None, int]:
    """Return (K, N) of "2/8"; K is None in "/8", which takes it from the environment.

    Raises:
        UsageError: anything else.
    """
    match = _SHARD.fullmatch(text)
    number, count = (match[1], int(match[2])) if match else ("", 0)
    if count < 1 or (number and not 1 <= int(number) <= count):
        raise UsageError(f"{text[:40]!r} is no part of a whole: write 2/8, from 1/8 to 8/8")
    return (int(number) if number else None), count


def find_shard(asked: tuple[int | None, int] | None, environment: Mapping[str, str]) -> Shard:
    """Return the part to do: as asked for, else that of a Slurm array, of torchrun or of a Kubernetes index.

    Raises:
        UsageError: a part that the environment doesn't name, or one of unknown number.
    """
    if asked is not None and asked[0] is not None:
        return Shard(asked[0], asked[1])
    found = _in_environment(environment)
    if asked is not None:
        if found is None:
            raise UsageError(f"--shard /{asked[1]} finds no index in the environment: write --shard K/N")
        index, _, source = found
        if index >= asked[1]:
            raise UsageError(f"{source} asks for part {index + 1} of {asked[1]}: give a larger --shard /N")
        return Shard(index + 1, asked[1], source)
    if found is None:
        return Shard()
    index, count, source = found
    if count is None:
        raise UsageError(f"{source} is set, and not how many there are: give --shard /N")
    if not 0 <= index < count:
        raise UsageError(f"{source} asks for part {index + 1} of {count}: give --shard K/N")
    return Shard(index + 1, count, source)


def _in_environment(environment: Mapping[str, str]) -> tuple[int, int | None, str] | None:
    """Return (index from 0, how many, the variable) of what runs several processes, if something does."""

    def number(name: str) -> int | None:
        text = environment.get(name, "").strip()
        return int(text) if re.fullmatch(r"\d{1,9}", text) else None

    task, least = number(f"{_ARRAY}ID"), number(f"{_ARRAY}MIN") or 0
    if task is not None:
        step = number(f"{_ARRAY}STEP") or 1
        return (task - least) // step, number(f"{_ARRAY}COUNT"), f"{_ARRAY}ID"
    rank, world = number(_RANK), number(_WORLD)
    if rank is not None and world is not None:
        return rank, world, _RANK
    index = number(_INDEX)
    return None if index is None else (index, None, _INDEX)
