"""Prior preservation: the base model's images without the trigger word stay as they were (Ruiz et al. 2023).

DreamBooth shows them in training beside those that are learned. Here the denoiser with the LoRA is held to
what the same denoiser says of them without it, which is free of the noise in pictures. So captions without
the trigger word go on meaning what they meant.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from framesmooth.frames import Frame
from framesmooth.models.conditioning import Conditioning
from framesmooth.models.drawing import draw
from framesmooth.models.families.base import Guidance
from framesmooth.models.text_to_image import TextToImage
from framesmooth.training.dataset import Example
from framesmooth.training.lessons import Lessons
from framesmooth.video import read_image, write_png, write_text

FACTS: Final = "prior.json"
"""What the pictures of a folder were drawn from."""


@dataclass(frozen=True)
class Prior:
    """What a LoRA is held to beside what it learns.

    Attributes:
        lessons: pictures of the base, with captions without the trigger word.
        weight: of what differs from what the base says of them, beside the error on what is learned.
        batch: pictures a step.
        dropout: share of captions that are left out.
    """

    lessons: Lessons
    weight: float
    batch: int
    dropout: float


@dataclass(frozen=True)
class Way:
    """How the base draws.

    Attributes:
        steps: of denoising.
        scale: of classifier-free guidance.
        negative: prompt.
        seed: of the first picture.
    """

    steps: int
    scale: float
    negative: str
    seed: int


def without_word(caption: str, word: str) -> str:
    """Return a caption without a trigger word, in whatever case, and without the comma that it leaves."""
    parts = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", "", caption, flags=re.IGNORECASE).split(",")
    return ", ".join(said for part in parts if (said := " ".join(part.split())))


def prior_captions(captions: Sequence[str], word: str, count: int) -> list[str]:
    """Return ``count`` captions without the trigger word, each of the given ones as often as the others."""
    distinct = dict.fromkeys(without_word(caption, word) for caption in captions)
    return list(islice(cycle(distinct), count))


def prior_pictures(
    model: TextToImage,
    folder: Path,
    captions: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    way: Way,
    base: Any,
    advance: Callable[[int], None],
) -> Iterator[tuple[Example, Frame]]:
    """Yield pictures that the base draws, one a caption; those that are in ``folder`` already are read.

    Args:
        model: the base, without a LoRA.
        folder: of the pictures and their captions; those of another base or other captions are replaced.
        captions: what is drawn.
        sizes: (height, width) in pixels, in turns.
        way: how it is drawn.
        base: what tells the base from others, plain types.
        advance: is told how many more there are.
    """
    facts = json.dumps(
        {"base": base, "captions": [*captions], "sizes": [*map(list, sizes)], "way": vars(way)}, indent=2
    )
    folder.mkdir(parents=True, exist_ok=True)
    told = folder / FACTS
    kept = told.is_file() and told.read_text(encoding="utf-8") == facts
    if not kept:
        for path in folder.glob("*.png"):
            path.unlink()
        write_text(told, facts)
    meanings: dict[str, Conditioning] = {}
    for number, (caption, size) in enumerate(zip(captions, cycle(sizes), strict=False)):
        path = folder / f"{number:04d}.png"
        if not path.is_file():
            if caption not in meanings:
                meanings[caption] = model.encode(caption, way.negative, guided=True)
            (frame,) = draw(
                model,
                [meanings[caption]],
                [way.seed + number],
                size=size,
                steps=way.steps,
                guidance=Guidance(scale=way.scale),
            )
            write_text(path.with_suffix(".txt"), f"{caption}\n")
            write_png(path, frame)
        advance(1)
        yield Example(path, caption), read_image(path)
