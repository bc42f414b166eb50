"""Training data: images as latents and captions as embeddings, encoded once and kept in memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.models.conditioning import Conditioning, stack
from framesmooth.models.text_to_image import TextToImage
from framesmooth.training.dataset import Example
from framesmooth.video.resize import fitted

_PARTS: Final = 0.75
"""Share of batches that show parts of pictures, where there are any."""
_PART: Final = 0.75
"""Sides of a part over those of its picture."""


@dataclass(frozen=True)
class Lesson:
    """A picture to learn from.

    Attributes:
        example: the file and its caption.
        latents: float32 (C, h, w) on the CPU.
        flipped: those of the mirrored picture, None where it is not mirrored.
        parts: those of parts of the picture, all of one size.
    """

    example: Example
    latents: Tensor
    flipped: Tensor | None = None
    parts: tuple[Tensor, ...] = ()

    def view(self, rng: np.random.Generator, *, part: bool) -> Tensor:
        """Return a part, or the whole picture, mirrored in half of the cases where it can be."""
        if part:
            return self.parts[int(rng.integers(len(self.parts)))]
        return self.flipped if self.flipped is not None and rng.random() < 0.5 else self.latents


@dataclass(frozen=True)
class Lessons:
    """Pictures of a data set in the sizes that are trained, and what their captions mean.

    Attributes:
        lessons: in the order of the files.
        meanings: caption -> its conditioning; "" is among them.
        unsaid: what stands in place of captions that are left out, with equal odds.
    """

    lessons: tuple[Lesson, ...]
    meanings: dict[str, Conditioning]
    unsaid: tuple[str, ...] = ("",)

    def judged(self, lesson: Lesson) -> Tensor:
        """Return what the loss of a held-out lesson is measured on."""
        return lesson.latents

    def batch(self, count: int, dropout: float, rng: np.random.Generator) -> tuple[Tensor, Conditioning]:
        """Return latents (B, C, h, w) of one size and their conditioning; B is ``count``.

        Args:
            count: pictures, drawn with equal odds, of the size of the first one drawn.
            dropout: share of captions that are left out, for classifier-free guidance.
            rng: chance.
        """
        first = self.lessons[int(rng.integers(len(self.lessons)))]
        alike = [one for one in self.lessons if one.latents.shape == first.latents.shape]
        drawn = [alike[int(at)] for at in _drawn(len(alike), count, rng)]
        part = all(one.parts for one in drawn) and rng.random() < _PARTS
        latents = [one.view(rng, part=part) for one in drawn]
        captions = [
            self.unsaid[int(rng.integers(len(self.unsaid)))]
            if rng.random() < dropout
            else one.example.caption
            for one in drawn
        ]
        return torch.stack(latents), stack([self.meanings[caption] for caption in captions])


def _drawn(total: int, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``count`` of ``total`` numbers; none comes twice before all have come."""
    rounds = [rng.permutation(total) for _ in range(-(-count // total))]
    return np.concatenate(rounds)[:count]


def sizes_of(resolution: int, multiple: int) -> list[tuple[int, int]]:
    """Return the sizes (height, width) that pictures are trained in: about resolution², in several shapes."""
    from diffusers.training_utils import generate_aspect_ratio_buckets

    found: list[tuple[int, int]] = generate_aspect_ratio_buckets(resolution, divisibility=multiple)
    return found


def size_for(frame: Frame, sizes: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return the size whose shape, width over height, is nearest to a picture's."""
    aspect = np.log(frame.shape[1] / frame.shape[0])
    return min(sizes, key=lambda size: abs(np.log(size[1] / size[0]) - aspect))


def encode_picture(model: TextToImage, frame: Frame) -> Tensor:
    """Return the latents, float32 (C, h, w) on the CPU, of a picture whose sides suit the model."""
    images = torch.from_numpy(frame.copy()).permute(2, 0, 1)[None].float().div(127.5).sub(1)
    return model.autoencoder.encode(images).cpu()[0].clone()


def encode_lessons(
    model: TextToImage,
    pictures: Iterable[tuple[Example, Frame]],
    sizes: Sequence[tuple[int, int]],
    *,
    flip: bool,
    parts: int = 0,
    seed: int = 0,
    advance: Callable[[int], None],
) -> tuple[Lesson, ...]:
    """Encode pictures one by one, each in the size that suits it, mirrored too if ``flip``.

    Args:
        model: whose autoencoder is used.
        pictures: uint8 (H, W, 3) each.
        sizes: of which each picture takes the one of the nearest shape.
        flip: whether mirrored ones are learned from as well.
        parts: of each picture, from anywhere in it, that are encoded besides; half of them mirrored if
            ``flip``.
        seed: of where they are.
        advance: is told how many pictures are done.
    """
    lessons = []
    for number, (example, frame) in enumerate(pictures):
        fit = fitted(frame, size_for(frame, sizes))
        mirrored = encode_picture(model, fit[:, ::-1]) if flip else None
        cut = _parts(fit, parts, model.family.factor, np.random.default_rng([seed, 3, number]))
        some = tuple(
            encode_picture(model, one[:, ::-1] if flip and at % 2 else one) for at, one in enumerate(cut)
        )
        lessons.append(Lesson(example, encode_picture(model, fit), mirrored, some))
        advance(1)
    return tuple(lessons)


def _parts(frame: Frame, count: int, factor: int, rng: np.random.Generator) -> Iterator[Frame]:
    """Yield parts of a picture, as large as it was drawn: sides are multiples of four latent pixels."""
    height, width = (max(round(_PART * side / (4 * factor)), 1) * 4 * factor for side in frame.shape[:2])
    for _ in range(count):
        top, left = rng.integers(frame.shape[0] - height + 1), rng.integers(frame.shape[1] - width + 1)
        yield frame[top : top + height, left : left + width]


def encode_captions(model: TextToImage, captions: Iterable[str]) -> dict[str, Conditioning]:
    """Return what captions mean to the model, and the empty one, each encoded once."""
    return {
        caption: {name: one.clone() for name, one in model.encode(caption, "", guided=False).items()}
        for caption in dict.fromkeys(["", *captions])
    }


def on_device(conditioning: Conditioning, device: torch.device, dtype: Any) -> Conditioning:
    """Return a conditioning where the denoiser is, in its number format."""
    return {name: one.to(device, dtype) for name, one in conditioning.items()}
