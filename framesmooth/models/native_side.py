"""The size that a model was made for, from its configuration alone."""

import math
from pathlib import Path
from typing import Final

from framesmooth.models.checkpoints import model_defaults, pipeline_class, read_object

_FLUX: Final = 1024
"""Side in pixels; its transformer says nothing of it."""


def native_side(folder: Path) -> int | None:
    """Return the side in pixels of the square with as many pixels as a model's pictures, None if unknown.

    The model's notes go before the configuration of its networks.
    """
    noted = model_defaults(folder)
    if "width" in noted and "height" in noted:
        return round(math.sqrt(float(noted["width"]) * float(noted["height"])))
    if pipeline_class(folder).startswith("Flux"):
        return _FLUX
    for part in ("unet", "transformer"):
        config = folder / part / "config.json"
        if config.is_file():
            size = read_object(config).get("sample_size")
            side = max(size) if isinstance(size, list) else size
            return None if side is None else int(side) * _factor(folder)
    return None


def _factor(folder: Path) -> int:
    """Return the pixels of a latent pixel: each level of the autoencoder but the first halves the size."""
    config = folder / "vae" / "config.json"
    levels = read_object(config).get("block_out_channels") if config.is_file() else None
    return int(2 ** (len(levels) - 1)) if isinstance(levels, list) and levels else 8
