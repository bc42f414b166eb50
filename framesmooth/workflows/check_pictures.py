"""Sample images during training: the same prompts from the same noise."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from framesmooth.frames import Frame
from framesmooth.reports.montage import captioned, side_by_side
from framesmooth.video import write_png

if TYPE_CHECKING:
    from framesmooth.models.text_to_image import TextToImage

MOST_PROMPTS: Final = 4
"""In a row of a sheet, and at all where they are captions."""


@dataclass(frozen=True)
class CheckPictures:
    """Draws the same prompts from the same seeds whenever it is asked.

    Attributes:
        model: on its device, in training.
        prompts: what is drawn.
        meanings: their conditionings.
        latent_size: (h, w).
        steps: of denoising.
        scale: of classifier-free guidance.
    """

    model: "TextToImage"
    prompts: tuple[str, ...]
    meanings: Sequence[Any]
    latent_size: tuple[int, int]
    steps: int
    scale: float

    def write(self, folder: Path, step: int) -> None:
        """Write a sheet of all prompts, ``step-000100.png``."""
        frames = self._draw()
        cells = captioned(frames, [(f"step {step}", prompt) for prompt in self.prompts])
        write_png(folder / f"step-{step:06d}.png", side_by_side(cells, MOST_PROMPTS))

    def _draw(self) -> list[Frame]:
        from framesmooth.models.drawing import draw
        from framesmooth.models.families.base import Guidance
        from framesmooth.training.precision import autocast

        model, (height, width) = self.model, self.latent_size
        size = height * model.family.factor, width * model.family.factor
        seeds, guidance = range(len(self.prompts)), Guidance(scale=self.scale)
        with autocast(model.device):
            return draw(model, self.meanings, seeds, size=size, steps=self.steps, guidance=guidance, batch=1)
