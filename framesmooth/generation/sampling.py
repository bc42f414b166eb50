"""How frames are denoised, and the encoded prompts and noises that they share."""

from dataclasses import dataclass, field
from typing import Final

from torch import Tensor

from framesmooth.events import Notice
from framesmooth.generation.layout_pass import REFINED_FROM, SAME_SHAPE, LayoutSize
from framesmooth.generation.noise_warping import coarsen
from framesmooth.models.conditioning import Conditioning
from framesmooth.models.families.base import Guidance
from framesmooth.models.text_to_image import TextToImage

_LARGEST_BATCH: Final = 16
_BATCH_POSITIONS: Final = 4 * 64 * 64
"""Latent pixels that are denoised together."""

_SMALLEST_AREA: Final = 0.5
"""Times the area of its own size, below which a model's things lose their form."""

_SHARE_LEFT: Final = 0.1
"""Share of the steps that an in-between denoises itself: with more of them it loses detail that its keyframes
have, and sharpness pumps."""


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How a frame is denoised.

    Attributes:
        height: pixels of the denoised image, a multiple of the model's own.
        width: likewise.
        frame_size: (height, width) of the clip's frames, cropped from the middle of that image.
        guidance: how strictly the prompt is followed.
        steps: denoising steps.
        guidance_end: share of the steps that are guided, above 0 to 1.
        batch_size: images that are denoised together.
        pooled: the noise is that of an image so many times as large, average-pooled.
        layout: the size that the layout is made in first; None makes it in this one.
    """

    height: int
    width: int
    frame_size: tuple[int, int]
    guidance: Guidance
    steps: int = 10
    guidance_end: float = 1.0
    batch_size: int = 8
    pooled: int = 1
    layout: LayoutSize | None = None

    @property
    def guided_steps(self) -> int | None:
        """After how many steps guidance ends, at least 1; None where it doesn't."""
        return max(1, round(self.guidance_end * self.steps)) if self.guidance_end < 1 else None

    @property
    def branch_step(self) -> int:
        """After how many steps, 1 to ``steps``, in-betweens branch off from the keyframes' trajectories."""
        return branch_step(self.steps)

    @property
    def refined_from(self) -> int:
        """After how many steps the second pass begins where the layout is made in another size."""
        return max(1, round(REFINED_FROM * self.steps))


@dataclass(frozen=True)
class PromptsAndNoises:
    """The encoded prompts and the noises of a clip, each worked out once for all paths that share this."""

    _conditionings: dict[tuple[str, str, bool], Conditioning] = field(default_factory=dict, repr=False)
    _noises: dict[tuple[int, int, int, int], Tensor] = field(default_factory=dict, repr=False)

    def conditioning(self, model: TextToImage, prompt: str, negative: str, *, guided: bool) -> Conditioning:
        """Return the embeddings of a prompt, batch size 1; with those of the negative one if ``guided``."""
        key = prompt, negative, guided
        if key not in self._conditionings:
            self._conditionings[key] = model.encode(prompt, negative, guided=guided)
        return self._conditionings[key]

    def noise(self, model: TextToImage, seed: int, sampling: Sampling) -> Tensor:
        """Return the standard normal noise of a seed, float32 (C, h, w)."""
        height, width, factor = sampling.height, sampling.width, sampling.pooled
        key = seed, height, width, factor
        if key not in self._noises:
            self._noises[key] = coarsen(model.noise(seed, height * factor, width * factor), factor)
        return self._noises[key]


def auto_batch_size(latent_shape: tuple[int, int, int]) -> int:
    """Return how many images to denoise at once: 16 small ones, 4 of 512 x 512 pixels at factor 8."""
    positions = latent_shape[1] * latent_shape[2]
    return max(1, min(_LARGEST_BATCH, _BATCH_POSITIONS // positions))


def branch_step(steps: int) -> int:
    """Return after how many of ``steps`` in-betweens branch off: at least one step is left to them."""
    return steps - max(1, round(steps * _SHARE_LEFT)) if steps > 1 else 1


def size_notice(model: TextToImage, sampling: Sampling, model_name: str) -> Notice | None:
    """Return what to tell where an image is far from the size that the model was made for."""
    height, width = sampling.height, sampling.width
    native = model.native_size
    made_for = f"{model_name} was made for {native[1]}x{native[0]}"
    if sampling.layout is not None and sampling.steps > 1:
        layout, how = sampling.layout, []
        if layout.is_extended(height, width):
            how.append("extended by its edges")
        if layout.scale > SAME_SHAPE:
            how.append(f"enlarged {layout.scale:.1f} times")
        ways = " and ".join([*how, "refined"])
        return Notice(f"{made_for}: the layout is made at {layout.width}x{layout.height}, {ways}")
    area = height * width / (native[0] * native[1])
    if area > 1 / _SMALLEST_AREA:
        return Notice(f"{made_for}: at {width}x{height} it may show things twice", warning=True)
    if area < _SMALLEST_AREA:
        return Notice(
            f"{made_for}: at {width}x{height} it may show little that can be recognized", warning=True
        )
    return None
