"""Upscaling pipelines of diffusers from a local folder: Stable Diffusion's x4, and the x2 in latents.

Every frame gets the same noise, so that what is invented stays where the picture stays.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from framesmooth.errors import ModelError, UsageError, require_packages
from framesmooth.frames import Frame

INDEX_FILE: Final = "model_index.json"
FACTORS: Final = {"StableDiffusionUpscalePipeline": 4, "StableDiffusionLatentUpscalePipeline": 2}
"""Class of a pipeline -> how many times as wide and high it makes pictures."""
_MULTIPLES: Final = {4: 8, 2: 64}
"""Factor of a pipeline -> pixels that the sides of what goes in are a multiple of."""
_STEPS: Final = 20
_REACH: Final = 32
_SEED: Final = 0


@dataclass(frozen=True)
class DiffusionUpscaler:
    """Enlarges frames by a diffusion pipeline, without a prompt.

    Attributes:
        pipe: the pipeline, on its device.
        factor: its own.
        reach: pixels of overlap of tiles; attention sees all of a tile.
        steps: denoising steps.
    """

    pipe: Any
    factor: int
    reach: int = _REACH
    steps: int = _STEPS

    @classmethod
    def create(cls, folder: Path | None, device: str) -> "DiffusionUpscaler":
        """Load the pipeline in ``folder``.

        Raises:
            UsageError: no folder.
            ModelError: a folder that holds no such pipeline, or only a pickle of one.
        """
        if folder is None:
            raise UsageError("diffusion needs its pipeline: give the path of its folder as --model")
        require_packages("diffusion", ("torch", "diffusers", "transformers"))
        import diffusers
        import torch

        from framesmooth.models.devices import choose_device

        kind, place = _class_in(folder), choose_device(device)
        try:
            pipe = getattr(diffusers, kind).from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                torch_dtype=torch.float16 if place.type == "cuda" else torch.float32,
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            reason = " ".join(str(error).split())[:160]
            raise ModelError(f"{folder} holds no {kind} in safetensors ({reason})") from error
        pipe.set_progress_bar_config(disable=True)
        return cls(pipe.to(place), FACTORS[kind])

    def __call__(self, frame: Frame) -> Frame:
        """Return an enlarged frame (factor H, factor W, 3)."""
        import torch
        from PIL import Image

        height, width = frame.shape[:2]
        beyond = [(0, -side % _MULTIPLES[self.factor]) for side in (height, width)]
        whole = np.pad(frame, (*beyond, (0, 0)), mode="edge")
        made = self.pipe(
            prompt="",
            image=Image.fromarray(whole),
            num_inference_steps=self.steps,
            guidance_scale=0.0,
            generator=torch.Generator("cpu").manual_seed(_SEED),
            output_type="np",
        ).images[0]
        large = made[: self.factor * height, : self.factor * width]
        return np.ascontiguousarray((np.nan_to_num(large).clip(0, 1) * 255).round().astype(np.uint8))


def _class_in(folder: Path) -> str:
    """Return the class of the pipeline in a folder.

    Raises:
        ModelError: none, or one that doesn't enlarge.
    """
    try:
        found = json.loads((folder / INDEX_FILE).read_text(encoding="utf-8"))
        kind = found.get("_class_name") if isinstance(found, dict) else None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{folder} holds no readable {INDEX_FILE}: give the folder of a pipeline") from error
    if kind not in FACTORS:
        raise ModelError(
            f"{folder} holds a {str(kind)[:60]}, which doesn't enlarge: use {' or '.join(FACTORS)}"
        )
    return str(kind)
