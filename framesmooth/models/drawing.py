"""Generating single images from prompts, many at once."""

from collections.abc import Callable, Sequence

import torch

from framesmooth.frames import Frame
from framesmooth.models.conditioning import Conditioning, stack
from framesmooth.models.families.base import Guidance
from framesmooth.models.text_to_image import TextToImage


def draw(
    model: TextToImage,
    meanings: Sequence[Conditioning],
    seeds: Sequence[int],
    *,
    size: tuple[int, int],
    steps: int,
    guidance: Guidance,
    batch: int = 16,
    advance: Callable[[int], None] = lambda _count: None,
) -> list[Frame]:
    """Return a picture of each prompt from its own seed, uint8 (H, W, 3).

    Args:
        model: loaded.
        meanings: of the prompts, each of batch size 1.
        seeds: one a prompt.
        size: (height, width) in pixels.
        steps: of denoising.
        guidance: how strictly prompts are followed.
        batch: pictures at once.
        advance: is told how many more are done.

    Raises:
        ModelError: when the model answers with something that isn't a number.
    """
    frames: list[Frame] = []
    for at in range(0, len(seeds), batch):
        part = list(seeds[at : at + batch])
        latents = model.denoise(
            torch.stack([model.noise(seed, *size) for seed in part]),
            stack(meanings[at : at + batch]),
            part,
            steps=steps,
            guidance=guidance,
        )
        frames += model.decode(latents)
        advance(len(part))
    return frames
