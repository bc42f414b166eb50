"""What the baselines read of a prompt: states of a frozen text encoder, and classes of its motion words.

The text encoder of ``storybook`` was never taught motion. What a prompt says of it is read by rule, as it is
for moving subjects, and reaches the networks as class numbers beside the states.
"""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn

from framesmooth.timeline.motion_words import is_still, read_motion, without_stillness

KINDS: Final = ("unknown", "still", "in place", "travel")
WAYS: Final = ("", "left", "right", "up", "down")
_POOLS: Final = 4  # ways in which the states of a prompt are weighed against each other


def motion_classes(prompt: str) -> tuple[int, int]:
    """Return what a prompt says of motion: indices into ``KINDS`` and ``WAYS``."""
    if is_still(prompt):
        return KINDS.index("still"), 0
    motion = read_motion(prompt)
    if motion is None:
        return KINDS.index("unknown"), 0
    return KINDS.index("travel" if motion.speed else "in place"), WAYS.index(motion.way)


def plain_text(prompt: str) -> str:
    """Return a prompt without its words about direction, pace and stillness: what the text encoder reads."""
    if is_still(prompt):
        return without_stillness(prompt)
    motion = read_motion(prompt)
    return prompt if motion is None else motion.plain


class CaptionReader(nn.Module):
    """Text states and motion classes to one vector for a prompt.

    Args:
        text_width: of the text encoder's states.
        width: of the vector.
    """

    def __init__(self, text_width: int, width: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(text_width, _POOLS)
        self.understand = nn.Linear(text_width, text_width)
        self.embed_kind = nn.Embedding(len(KINDS), width)
        self.embed_way = nn.Embedding(len(WAYS), width)
        self.hear = nn.Sequential(nn.Linear(text_width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, states: Tensor, motion: Tensor) -> Tensor:
        """Return (n, width) for states (n, words, text_width) and motion classes (n, 2), int64."""
        share = self.weigh(states).softmax(dim=1).transpose(1, 2)
        meaning = self.understand(states).unflatten(2, (_POOLS, -1))
        pooled = torch.einsum("nkw,nwkc->nkc", share, meaning).flatten(1)
        moved = self.embed_kind(motion[:, 0]) + self.embed_way(motion[:, 1])
        heard: Tensor = self.hear(pooled) + moved
        return heard


def motion_tensor(prompts: Sequence[str]) -> Tensor:
    """Return the motion classes of prompts, int64 (n, 2)."""
    return torch.tensor([motion_classes(prompt) for prompt in prompts], dtype=torch.int64).reshape(-1, 2)
