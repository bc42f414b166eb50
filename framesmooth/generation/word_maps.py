"""Word maps: where in an image a word acts, by the change of the denoiser's prediction without it.

A picture's latents are noised to a few levels and denoised again, with the whole prompt and without the word.
This reaches every way in which a model hears a word, pooled embeddings included, and works for every family
(compare Couairon et al. 2022, DiffEdit; Tang et al. 2023, DAAM, which looks at cross-attention alone).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.frames import Frame
from framesmooth.generation.image_latents import encode_images
from framesmooth.generation.latent_path import LatentPath, create_path
from framesmooth.generation.sampling_spec import SamplingSpec
from framesmooth.models.conditioning import Conditioning, interpolate_conditioning, stack
from framesmooth.models.families.base import Guidance
from framesmooth.models.text_to_image import TextToImage
from framesmooth.models.vocabulary import FUNCTION_WORDS
from framesmooth.timeline.timeline import Timeline
from framesmooth.video.resize import fitted

LEVELS: Final = ((2, 1), (3, 1), (5, 3))
"""(steps, steps taken as done) of the short schedules whose ends are compared: much to little noise."""
IMAGES_PER_MAP: Final = 2 * sum(steps - done for steps, done in LEVELS)
"""Images that go through the denoiser for one map."""

_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_BLUR: Final = 1.0
_SEED_OF_NOISE: Final = 4_099
_NO_EFFECT: Final = 0.08

Map = NDArray[np.float32]


def differences(
    model: TextToImage,
    latents: Tensor,
    noise: Tensor,
    conditioning: Conditioning,
    other: Conditioning,
) -> Iterator[Map]:
    """Yield how differently a model draws a picture under two prompts, for each level of noise.

    Args:
        model: its sampler can begin midway.
        latents: of the picture, float32 (C, h, w).
        noise: standard normal, of the same shape.
        conditioning: of one prompt, batch size 1.
        other: of the other one, batch size 1.

    Yields:
        float32 (h, w): absolute differences of the latents, averaged over the channels.
    """
    both = stack([_positive(conditioning), _positive(other)])
    for steps, done in LEVELS:
        state = model.state_at(latents[None], noise[None], first_step=done, steps=steps)
        drawn = model.denoise(
            torch.cat([state, state]),
            both,
            [0, 0],
            steps=steps,
            guidance=Guidance(scale=1.0),
            first_step=done,
        )
        yield np.asarray((drawn[0] - drawn[1]).abs().mean(dim=0).numpy(), np.float32)


def _positive(conditioning: Conditioning) -> Conditioning:
    return {name: value for name, value in conditioning.items() if "negative" not in name}


def content_words(prompts: Sequence[str]) -> list[str]:
    """Return the words of some prompts in order, lower case, each once; none such as "of" and "the"."""
    found = (word.lower() for prompt in prompts for word in _WORD.findall(prompt))
    return [word for word in dict.fromkeys(found) if word not in FUNCTION_WORDS and not word.isdigit()]


def without_word(prompt: str, word: str) -> str:
    """Return a prompt without a word, wherever it stands."""
    left = re.sub(rf"(?<![\w'’-]){re.escape(word)}(?![\w'’-])", " ", prompt, flags=re.IGNORECASE)
    return re.sub(r"\s*,(?:\s*,)*", ",", re.sub(r"\s+", " ", left)).strip(" ,")


@dataclass(frozen=True)
class WordMaps:
    """Where and when each word drew.

    Attributes:
        words: in the order of the prompts.
        times: frames.
        raw: float32 (words, times, h, w): how much each word changes, in units of the latents.
    """

    words: tuple[str, ...]
    times: tuple[int, ...]
    raw: NDArray[np.float32]

    def heat(self, word: int, time: int) -> Map:
        """Return a word's map in a frame: float32 (h, w), 0 to 1, on one scale for all frames of the word."""
        blurred = [cv2.GaussianBlur(one, (0, 0), _BLUR) for one in self.raw[word]]
        low = min(float(np.quantile(one, 0.1)) for one in blurred)
        high = max(float(np.quantile(one, 0.98)) for one in blurred)
        return np.asarray(np.clip((blurred[time] - low) / max(high - low, 1e-6), 0, 1), np.float32)

    @property
    def effects(self) -> NDArray[np.float32]:
        """How much each word changes each frame, of what the strongest changes: (words, times), 0 to 1."""
        means = self.raw.mean(axis=(2, 3))
        return np.asarray(means / max(float(means.max()), 1e-9), np.float32)

    @property
    def without_effect(self) -> tuple[str, ...]:
        """The words that change next to nothing in any frame."""
        most = self.effects.max(axis=1)
        return tuple(word for word, one in zip(self.words, most, strict=True) if one < _NO_EFFECT)


@dataclass
class Explainer:
    """Finds the maps of a clip's words.

    Attributes:
        path: the model, the prompts and how they are sampled.
    """

    path: LatentPath
    _drawn: Tensor | None = None

    @classmethod
    def of(cls, model: TextToImage, timeline: Timeline, spec: SamplingSpec) -> "Explainer":
        """Return one for a timeline; raises what ``create_path`` does."""
        return cls(create_path(model.restartable(), timeline, spec))

    def draw(self) -> Frame:
        """Return the picture of the first frame, whose latents are then explained as they are."""
        path, sampling = self.path, self.path.sampling
        self._drawn = path.model.denoise(
            path.noise(0)[None],
            path.conditioning(0),
            [path.seed(0)],
            steps=sampling.steps,
            guidance=sampling.guidance,
            guided_steps=sampling.guided_steps,
        )
        return path.model.decode(self._drawn)[0]

    def maps(
        self, words: Sequence[str], images: Mapping[int, Frame], on_map: Callable[[int], None]
    ) -> WordMaps:
        """Return where and when each word drew.

        Args:
            words: lower case.
            images: by frame, uint8 (H, W, 3).
            on_map: is told 1 after each map.
        """
        noise, raw = self.path.other_noise(_SEED_OF_NOISE), []
        latents = {time: self._latents(image) for time, image in images.items()}
        for word in words:
            for time, picture in latents.items():
                whole, left = self.path.conditioning(time), self._without(time, word)
                raw.append(np.mean(list(differences(self.path.model, picture, noise, whole, left)), axis=0))
                on_map(1)
        shape = len(words), len(latents), *raw[0].shape
        return WordMaps(tuple(words), tuple(latents), np.asarray(raw, np.float32).reshape(shape))

    def _latents(self, image: Frame) -> Tensor:
        if self._drawn is not None:
            return self._drawn[0]
        size = self.path.sampling.height, self.path.sampling.width
        return encode_images(self.path.model, [fitted(image, size)])[0]

    def _without(self, time: int, word: str) -> Conditioning:
        """Return the embeddings of a frame's prompt without a word: batch size 1."""
        path, (start, end, mix) = self.path, self.path.at(time)
        guided = path.model.family.negates(path.sampling.guidance)
        one, two = (
            path.inputs.conditioning(path.model, without_word(key.prompt, word), key.negative, guided=guided)
            for key in (path.timeline.keyframes[index] for index in (start, end))
        )
        return interpolate_conditioning(one, two, mix)
