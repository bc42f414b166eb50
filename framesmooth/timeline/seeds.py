"""Seeds from keyframe to keyframe."""

import random
import secrets
from collections.abc import Iterator
from itertools import count
from typing import Final, Literal

from framesmooth.errors import UsageError

RANDOM_SEED: Final = -1

SeedBehavior = Literal["fixed", "iter", "random", "ladder", "schedule"]
"""The seed from prompt to prompt: the same, the next, any, two up and one down, as scheduled."""

MAX_SEED: Final = 2**32


def seed_sequence(behavior: SeedBehavior, start: int) -> Iterator[int]:
    """Yield seeds from ``start`` on; those of "random" are derived from it, so they are reproducible."""
    others = random.Random(start)
    seed = start
    for index in count():
        yield seed
        if behavior == "iter":
            seed = (seed + 1) % MAX_SEED
        elif behavior == "random":
            seed = others.randrange(MAX_SEED)
        elif behavior == "ladder":  # Deforum's: two up, one down
            seed = (seed + (2 if index % 2 == 0 else -1)) % MAX_SEED


def resolve_seed(seed: int) -> int:
    """Return the seed, a random one where it is -1.

    Raises:
        UsageError: a seed out of range.
    """
    if not RANDOM_SEED <= seed < MAX_SEED:
        raise UsageError(f"seed {seed} is out of range: seeds are -1 (random) or 0 to {MAX_SEED - 1}")
    return secrets.randbelow(MAX_SEED) if seed == RANDOM_SEED else seed
