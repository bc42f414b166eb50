"""Sampling the codes of a clip from a VideoGPT, place after place, with a cache of what was seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from framesmooth.models.baselines.codes import VideoCodes
from framesmooth.models.baselines.video_gpt import Cache, VideoGpt
from framesmooth.models.video_families.base import Chance

_FINER_GUIDANCE: Final = 0.5
_FINER_TEMPERATURE: Final = 0.9
"""Factors from one code of a place to the next: finer ones, which are guessed less well, vary less."""


def draw(scores: Tensor, chance: Chance, generator: torch.Generator) -> int:
    """Return a code, drawn by ``generator`` on the CPU from scores (codes,); one number is taken from it."""
    scores = scores.detach().double().cpu()
    luck = torch.rand((), generator=generator, dtype=torch.float64)
    if chance.temperature == 0:
        return int(scores.argmax())
    ordered, codes = scores.sort(descending=True, stable=True)
    shares = (ordered / (chance.temperature or 1.0)).softmax(0)[: chance.top_k]
    before = shares.cumsum(0) - shares
    shares = shares[before < (chance.top_p or 1.0) * shares.sum()]
    drawn = torch.searchsorted(shares.cumsum(0), luck * shares.sum(), right=True)
    return int(codes[min(int(drawn), len(shares) - 1)])


@dataclass(frozen=True)
class Heard:
    """What a clip is to show and what to avoid, as the text encoder and the rules of motion read it.

    Attributes:
        states: (2, words, text_width): of the prompt, and of what to avoid.
        motion: classes, int64 (2, 2).
        guidance: how strictly the prompt is followed; at 1 the second is left out.
    """

    states: Tensor
    motion: Tensor
    guidance: float = 1.0

    @property
    def rows(self) -> int:
        """How many of the two are needed."""
        return 1 if self.guidance == 1 else 2


@torch.inference_mode()
def sample_codes(
    gpt: VideoGpt,
    codes: VideoCodes,
    heard: Heard,
    blocks: int,
    chance: Chance,
    generator: torch.Generator,
    on_block: Callable[[], None] | None = None,
) -> Tensor:
    """Return the codes of a clip, int64 (blocks, height, width, depth).

    A clip that is longer than the transformer was taught slides on: the second half of what is there becomes
    the first half of what is seen.

    Args:
        gpt: the transformer.
        codes: the codebooks.
        heard: the prompt.
        blocks: how long the clip is, in codes.
        chance: how codes are drawn.
        generator: of the chance, on the CPU.
        on_block: called after every block; it may raise to stop.
    """
    longest, height, width = gpt.config.shape
    area = height * width
    made: list[Tensor] = []
    while len(made) < blocks * area:
        kept = min(len(made), (longest // 2) * area)
        window = _Window(gpt, codes, heard, made[len(made) - kept :])
        for _ in range(min(longest * area - kept, blocks * area - len(made))):
            made.append(window.next(chance, generator))
            if len(made) % area == 0 and on_block is not None:
                on_block()
    return torch.stack(made).view(blocks, height, width, -1)


class _Window:
    """The places that the transformer sees at once, and those that it has yet to draw."""

    def __init__(self, gpt: VideoGpt, codes: VideoCodes, heard: Heard, known: Sequence[Tensor]) -> None:
        self.gpt, self.codes, self.guidance = gpt, codes, heard.guidance
        device = codes.codebooks.device
        states, motion = (part[: heard.rows].to(device) for part in (heard.states, heard.motion))
        prefix, self.whole = gpt.heard(states.to(gpt.dtype), motion)
        tokens, self.place = [prefix], len(known)
        if known:
            vectors = codes.looked_up(torch.stack(list(known)).to(device))[None].expand(heard.rows, -1, -1)
            tokens.append(gpt.tokens(vectors.to(gpt.dtype), self.whole))
        self.cache: Cache
        after, self.cache = gpt(torch.cat(tokens, 1))
        self.after = after[:, -1]

    def next(self, chance: Chance, generator: torch.Generator) -> Tensor:
        """Return the codes of the next place, int64 (depth,)."""
        books, chosen = self.codes.codebooks, list[int]()
        parts = books.new_zeros(len(self.after), len(books), books.shape[-1]).to(self.after.dtype)
        for level, book in enumerate(books):
            scores = self.gpt.logits(self.after, parts, level).float()
            guidance = 1 + (self.guidance - 1) * _FINER_GUIDANCE**level
            asked = scores[0] if len(scores) == 1 else scores[1].lerp(scores[0], guidance)
            chosen.append(draw(asked / _FINER_TEMPERATURE**level, chance, generator))
            parts[:, level] = book[chosen[-1]]
        if self.place + 1 < self.gpt.places:
            token = self.gpt.tokens(parts.sum(1, keepdim=True), self.whole, self.place)
            after, self.cache = self.gpt(token, self.cache)
            self.after = after[:, -1]
        self.place += 1
        return torch.tensor(chosen)
