"""VideoGPT (Yan et al. 2021): a transformer that continues a prompt with the codes of a clip.

The prompt is a prefix of a few tokens, and what it means in all is added to every token besides: a small
network learns that sooner than it learns to attend. The codes of one place come one after the other from a
small network behind the transformer (Lee et al. 2022), so that its sequence has one token for a place.
"""

import torch
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

from framesmooth.models.baselines.caption import CaptionReader

Cache = list[tuple[Tensor, Tensor]]
"""Keys and values of each layer: (n, heads, tokens, width / heads)."""


class Layer(nn.Module):
    """Causal self-attention and a two-layer network, both residual."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.before = nn.LayerNorm(width)
        self.look = nn.Linear(width, 3 * width, bias=False)
        self.seen = nn.Linear(width, width, bias=False)
        self.between = nn.LayerNorm(width)
        self.think = nn.Linear(width, 4 * width)
        self.thought = nn.Linear(4 * width, width)
        self.query_norm, self.key_norm = nn.LayerNorm(width // heads), nn.LayerNorm(width // heads)
        for last in (self.seen.weight, self.thought.weight):
            nn.init.zeros_(last)

    def forward(self, x: Tensor, cache: tuple[Tensor, Tensor] | None) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return tokens (n, tokens, width) that have seen those before them, and the keys and values."""
        q, k, v = self.look(self.before(x)).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).unbind()
        q, k = self.query_norm(q), self.key_norm(k)
        if cache is not None:
            k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
        scores = (q @ k.transpose(-1, -2)) * q.shape[-1] ** -0.5
        future = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=x.device)
        scores = scores.masked_fill(future.triu(k.shape[2] - q.shape[2] + 1), -1e4)
        x = x + self.seen((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        x = x + self.thought(nn.functional.gelu(self.think(self.between(x)), approximate="tanh"))
        return x, (k, v)


class VideoGpt(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """The distribution of the codes of a clip, given a prompt and the codes before.

    Args:
        width: of the tokens.
        layers: of the transformer.
        heads: of its attention.
        prefix: tokens of the prompt.
        shape: (time, height, width) of the codes of a clip.
        code_width: of a code's vector.
        codebook: vectors in each codebook.
        depth: codes of one place.
        text_width: of the text encoder's states.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        width: int = 192,
        layers: int = 5,
        heads: int = 6,
        prefix: int = 8,
        shape: tuple[int, int, int] = (4, 8, 8),
        code_width: int = 16,
        codebook: int = 512,
        depth: int = 3,
        text_width: int = 192,
    ) -> None:
        super().__init__()
        self.caption = CaptionReader(text_width, width)
        self.weigh_words = nn.Linear(text_width, prefix)
        self.words = nn.Linear(text_width, width)
        self.embed_prefix = nn.Parameter(0.02 * torch.randn(prefix, width))
        for axis, size in zip("tyx", shape, strict=True):
            self.register_parameter(f"embed_{axis}", nn.Parameter(0.02 * torch.randn(size, width)))
        self.enter = nn.Linear(code_width, width)
        self.blocks = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.finer = nn.Linear(code_width, width)
        self.embed_level = nn.Parameter(torch.zeros(depth, width))
        self.refine = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )
        self.score = nn.ModuleList(nn.Linear(width, codebook) for _ in range(depth))

    @property
    def places(self) -> int:
        """How many places of a clip have codes."""
        time, height, width = self.config.shape
        return int(time * height * width)

    def heard(self, states: Tensor, motion: Tensor) -> tuple[Tensor, Tensor]:
        """Return the prefix (n, prefix, width) and what is added to every token, (n, 1, width)."""
        whole = self.caption(states, motion)[:, None]
        share = self.weigh_words(states).softmax(1).transpose(1, 2)
        prefix: Tensor = self.embed_prefix + self.words(share @ states) + whole
        return prefix, whole

    def positions(self) -> Tensor:
        """Return what says where each place is, (places, width)."""
        time, height, width = self.embed_t[:, None, None], self.embed_y[:, None], self.embed_x
        places: Tensor = (time + height + width).flatten(0, 2)
        return places

    def tokens(self, vectors: Tensor, whole: Tensor, start: int = 0) -> Tensor:
        """Return the tokens of vectors (n, places, code_width), the first of which is at place ``start``."""
        tokens: Tensor = self.enter(vectors) + self.positions()[start : start + vectors.shape[1]] + whole
        return tokens

    def forward(self, x: Tensor, cache: Cache | None = None) -> tuple[Tensor, Cache]:
        """Return what follows each of some tokens (n, tokens, width), and the cache to go on with."""
        kept: Cache = []
        for k, layer in enumerate(self.blocks):
            x, both = layer(x, None if cache is None else cache[k])
            kept.append(both)
        return self.norm(x), kept

    def logits(self, after: Tensor, parts: Tensor, level: int) -> Tensor:
        """Return the scores (..., codebook) of the codes of one level.

        Args:
            after: what follows the token before, (..., width).
            parts: the vectors of the levels below, (..., levels, code_width), of which ``level`` count.
            level: 0 to depth - 1.
        """
        x = after + self.finer(parts[..., :level, :].sum(-2)) + self.embed_level[level]
        scores: Tensor = self.score[level](x + self.refine(x))
        return scores

    def scores(self, parts: Tensor, states: Tensor, motion: Tensor) -> list[Tensor]:
        """Return the scores of every code of clips, one (n, places, codebook) for each level.

        Args:
            parts: the vectors of the codes, (n, places, depth, code_width).
            states: of the text encoder, (n, words, text_width).
            motion: classes, int64 (n, 2).
        """
        prefix, whole = self.heard(states, motion)
        tokens = self.tokens(parts[:, :-1].sum(-2), whole)
        after, _ = self(torch.cat([prefix, tokens], 1))
        after = after[:, prefix.shape[1] - 1 :]
        return [self.logits(after, parts, level) for level in range(len(self.score))]
