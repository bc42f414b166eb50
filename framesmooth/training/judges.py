"""Judges of what an image shows: CLIP in a local folder, or a classifier trained on a data set's captions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from framesmooth.errors import ModelError
from framesmooth.frames import Frame
from framesmooth.generation.word_maps import content_words
from framesmooth.training.precision import autocast, prepare
from framesmooth.training.reader import Reader, as_input, features_of, scores_of, seen, varied
from framesmooth.training.set_distances import Features, area_under_curve

FEWEST_PICTURES: Final = 100
"""From which a reader can learn words."""
_FEWEST_USES, _MOST_WORDS = 8, 80
_HELD_OUT: Final = 0.2
_BATCH: Final = 64
_CHOICES: Final = 10


class Judge(Protocol):
    """Sees pictures as features, and says how well they agree with their captions."""

    @property
    def name(self) -> str:
        """What it is, in a few words."""
        ...

    def features(self, frames: Sequence[Frame]) -> Features:
        """Return (n, d) features of pictures."""
        ...

    def agreement(self, frames: Sequence[Frame], captions: Sequence[str]) -> dict[str, float]:
        """Return figures of how well pictures agree with captions; empty where it cannot tell."""
        ...


@dataclass(frozen=True)
class ClipJudge:
    """CLIP (Radford et al. 2021) in a local folder."""

    model: Any
    tokenizer: Any
    processor: Any
    folder: Path

    @classmethod
    def load(cls, folder: Path) -> "ClipJudge":
        """Load it; nothing is downloaded or unpickled.

        Raises:
            ModelError: no CLIP model is there.
        """
        import transformers

        transformers.utils.logging.set_verbosity_error()
        if not (folder / "config.json").is_file():
            raise ModelError(f"{folder} holds no CLIP model (config.json): give a folder of transformers")
        local = {"local_files_only": True}
        try:
            model = transformers.CLIPModel.from_pretrained(folder, use_safetensors=True, **local).eval()
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **local)
            processor = transformers.AutoImageProcessor.from_pretrained(folder, **local)
        except (ImportError, OSError, ValueError, KeyError) as error:
            reason = " ".join(str(error).split())[:160]
            raise ModelError(f"{folder} cannot be loaded as CLIP ({reason})") from error
        return cls(model, tokenizer, processor, folder)

    @property
    def name(self) -> str:
        """The folder's name."""
        return f"CLIP ({self.folder.name})"

    @torch.no_grad()
    def features(self, frames: Sequence[Frame]) -> Features:
        """Return (n, d) image embeddings of length 1."""
        parts = []
        for at in range(0, len(frames), _BATCH):
            given = self.processor(images=list(frames[at : at + _BATCH]), return_tensors="pt")
            parts.append(_embeddings(self.model.get_image_features(**given)))
        return np.concatenate(parts)

    @torch.no_grad()
    def agreement(self, frames: Sequence[Frame], captions: Sequence[str]) -> dict[str, float]:
        """Return CLIPScore (Hessel et al. 2021), and how often the own caption is the nearest of ten."""
        images = self.features(frames)
        given = self.tokenizer(list(captions), padding=True, truncation=True, return_tensors="pt")
        texts = _embeddings(self.model.get_text_features(**given))
        cosines = images @ texts.T
        score = float(2.5 * np.maximum(np.diag(cosines), 0).mean())
        rng, won = np.random.default_rng(0), []
        for index in range(len(frames)):
            others = [k for k in range(len(captions)) if captions[k] != captions[index]]
            drawn = rng.permutation(others)[: _CHOICES - 1].astype(int)
            won.append(bool((cosines[index, index] > cosines[index, drawn]).all()))
        return {"clip_score": score, "retrieved_of_10": float(np.mean(won))}


def _embeddings(output: Any) -> Features:
    """Return normalised embeddings, which newer versions of transformers wrap."""
    found = output if isinstance(output, torch.Tensor) else output.pooler_output
    return np.asarray(nn.functional.normalize(found.double(), dim=-1).numpy())


@dataclass(frozen=True)
class WordReader:
    """A small network that learned from a data set which words of its captions a picture shows.

    Attributes:
        network: the reader.
        words: of the captions, in the order of its scores.
        trust: mean area under the curve of its words on pictures that it has not learned from.
        device: that it computes on.
    """

    network: Reader
    words: tuple[str, ...]
    trust: float
    device: torch.device

    @property
    def name(self) -> str:
        """How many words it knows, and how well."""
        return f"a reader of {len(self.words)} words (AUC {self.trust:.2f} on held-out pictures)"

    def features(self, frames: Sequence[Frame]) -> Features:
        """Return (n, 512) features."""
        return features_of(self.network, np.stack([seen(frame) for frame in frames]), self.device)

    def agreement(self, frames: Sequence[Frame], captions: Sequence[str]) -> dict[str, float]:
        """Return the mean AUC of its words: how well their scores tell captions with them from others."""
        shown = np.stack([seen(frame) for frame in frames])
        scores = scores_of(self.network, shown, self.device)["words"]
        found = word_areas(scores, presence(captions, self.words))
        return {"words_read": found} if found == found else {}


def presence(captions: Sequence[str], words: Sequence[str]) -> NDArray[np.bool_]:
    """Return (captions, words): which caption holds which word."""
    held = [set(content_words([caption])) for caption in captions]
    return np.array([[word in each for word in words] for each in held])


def word_areas(scores: NDArray[np.float32], present: NDArray[np.bool_]) -> float:
    """Return the mean area under the curve of the words that some captions have and some have not."""
    pairs = zip(scores.T.astype(np.float64), present.T, strict=True)
    areas = [area_under_curve(score, there) for score, there in pairs]
    known = [area for area in areas if area == area]
    return float(np.mean(known)) if known else float("nan")


def words_to_learn(captions: Sequence[str]) -> tuple[str, ...]:
    """Return the words that enough captions have, and enough have not, the most frequent first."""
    every = content_words(captions)
    counts = presence(captions, every).sum(axis=0) if every else np.zeros(0, int)
    enough = [
        (int(count), word)
        for word, count in zip(every, counts, strict=True)
        if _FEWEST_USES <= count <= len(captions) - _FEWEST_USES
    ]
    return tuple(word for _, word in sorted(enough, key=lambda pair: -pair[0])[:_MOST_WORDS])


def train_word_reader(
    frames: Sequence[Frame],
    captions: Sequence[str],
    *,
    steps: int,
    seed: int,
    device: torch.device,
    advance: Callable[[int], None],
) -> WordReader | None:
    """Train a reader on a data set, a fifth of which it is judged by; None where it has too little to learn.

    Args:
        frames: uint8 (H, W, 3).
        captions: of each.
        steps: of 64 pictures.
        seed: of all chance.
        device: that it is trained on.
        advance: is told how many steps are done.
    """
    words = words_to_learn(captions)
    if len(frames) < FEWEST_PICTURES or len(words) < 2:
        return None
    prepare(device, seed)
    shown, present = np.stack([seen(frame) for frame in frames]), presence(captions, words)
    order = np.random.default_rng(seed).permutation(len(shown))
    apart, learned = np.split(order, [round(_HELD_OUT * len(shown))])
    network = Reader({"words": len(words)}).to(device).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=5e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=steps)
    for step in range(steps):
        rng, chance = np.random.default_rng([seed, step]), torch.Generator().manual_seed(seed * 65_537 + step)
        drawn = rng.choice(learned, min(_BATCH, len(learned)), replace=False)
        target = torch.from_numpy(present[drawn]).float().to(device)
        with autocast(device):
            scores = network(varied(as_input(shown[drawn], device), chance))["words"]
        loss = nn.functional.binary_cross_entropy_with_logits(scores.float(), target)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        advance(1)
    network.eval()
    trust = word_areas(scores_of(network, shown[apart], device)["words"], present[apart])
    return WordReader(network, words, trust, device)


@dataclass(frozen=True)
class LatentJudge:
    """The fallback: statistics of an autoencoder's latents. It sees colour and layout, and reads nothing.

    Attributes:
        encode: gives the latents (C, h, w) of a picture.
    """

    encode: Callable[[Frame], torch.Tensor]

    name: str = "means and spreads of the autoencoder's latents"

    def features(self, frames: Sequence[Frame]) -> Features:
        """Return (n, 17 C) features: means on a grid of 4x4, and the spread of each channel."""
        rows = []
        for frame in frames:
            latents = self.encode(frame).double()
            means = nn.functional.adaptive_avg_pool2d(latents[None], 4)[0]
            rows.append(torch.cat([means.flatten(), latents.flatten(1).std(dim=1)]).numpy())
        return np.stack(rows)

    def agreement(self, frames: Sequence[Frame], captions: Sequence[str]) -> dict[str, float]:
        """Return nothing."""
        del frames, captions
        return {}
