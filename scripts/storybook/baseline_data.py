"""What the baselines learn from: painted clips as latents, mirrored half of the time, with captions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import CLIPTextModel, CLIPTokenizer

from framesmooth.models.baselines.caption import motion_tensor, plain_text

from .motion import clip_at
from .moving_captions import moving_caption
from .text import tokens
from .training import autocast
from .world import Scene

SUBJECT = 4.0  # how much more a place that shows the subject counts than another


@dataclass(frozen=True)
class Batch:
    """Clips and what is said of them.

    Attributes:
        which: Numbers of the clips in the data, and whether each is mirrored: (n, 2) int64.
        states: Of the text encoder, (n, words, text_width).
        motion: What the captions say of motion, int64 (n, 2).
    """

    which: NDArray[np.int64]
    states: torch.Tensor
    motion: torch.Tensor


class PaintedClips:
    """Latents, masks and captions of painted clips of 128×128 pictures.

    Args:
        folders: Where ``clips-small-*.npz`` are.
        words: The tokenizer.
        text: The text encoder, which stays as it is.
        scale: The autoencoder's scaling factor.
        device: Where batches go.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        words: CLIPTokenizer,
        text: CLIPTextModel,
        scale: float,
        device: torch.device,
    ) -> None:
        paths = sorted(
            (
                path
                for folder in folders
                for path in folder.glob("clips-small-*.npz")
                if "partial" not in path.name
            ),
            key=lambda path: int(path.stem.split("-")[-1]),
        )
        parts = [np.load(path) for path in paths]
        self.latents = np.concatenate([part["values"] for part in parts])
        self.masks = np.concatenate([part["masks"] for part in parts])
        firsts = [int(path.stem.split("-")[-1]) for path in paths]
        self.numbers = np.concatenate(
            [np.arange(first, first + len(part["masks"])) for first, part in zip(firsts, parts, strict=True)]
        )
        self.words, self.text, self.scale, self.device = words, text.to(device).eval(), scale, device
        self.text.requires_grad_(False)
        if device.type == "cpu":
            self.text.set_attn_implementation("eager")

    def batch(self, count: int, rng: np.random.Generator, unsaid: float = 0.1) -> Batch:
        """Draws clips and writes captions of them, a share of which is empty."""
        which = np.stack([rng.integers(len(self.numbers), size=count), rng.integers(2, size=count)], 1)
        texts = [
            "" if rng.random() < unsaid else moving_caption(self.scene(int(k), bool(flip)), rng)
            for k, flip in which
        ]
        return Batch(which, self.said(texts), motion_tensor(texts).to(self.device))

    @torch.no_grad()
    def said(self, texts: list[str]) -> torch.Tensor:
        """Text states of captions."""
        with autocast(self.device):
            ids = tokens(self.words, [plain_text(text) for text in texts], self.device)
            states: torch.Tensor = self.text(ids).last_hidden_state
        return states.float()

    def scene(self, k: int, mirrored: bool) -> Scene:
        """The scene of a clip."""
        scene = clip_at(int(self.numbers[k]))
        return mirror(scene) if mirrored else scene

    def seen(
        self, which: NDArray[np.int64], frames: slice = slice(None)
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Latents (n, frames, channels, h, w), scaled, and weights (n, frames, h, w) of clips."""
        z = [self.latents[k, frames][..., ::-1] if flip else self.latents[k, frames] for k, flip in which]
        masks = [self.masks[k, frames][..., ::-1] if flip else self.masks[k, frames] for k, flip in which]
        weight = 1 + (SUBJECT - 1) / 255 * torch.from_numpy(np.stack(masks).astype(np.float32))
        latents = self.scale * torch.from_numpy(np.stack(z).astype(np.float32))
        return latents.to(self.device), weight.to(self.device)


def mirror(scene: Scene) -> Scene:
    """A scene of which all that goes left goes right."""
    if scene.motion is None:
        return scene

    def other(words: str) -> str:
        swapped = {"left": "right", "right": "left"}
        return " ".join(swapped.get(word, word) for word in words.split())

    motion = scene.motion
    mirrored = replace(
        motion, direction=other(motion.direction), camera=other(motion.camera), sky=other(motion.sky)
    )
    return replace(scene, motion=mirrored)
