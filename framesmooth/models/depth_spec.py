"""Depth models, found and checked without loading them."""

from pathlib import Path
from typing import Final

from framesmooth.errors import ModelError
from framesmooth.models.checkpoints import (
    check_weights,
    loaded_files,
    read_object,
)
from framesmooth.models.weight_hashes import weights_sha256

_CONFIG: Final = "config.json"


def check_depth_model(folder: Path) -> None:
    """Check that ``folder`` is a model for depth in transformers' format, whole and safe to load.

    Raises:
        ModelError: naming the first thing that is missing or refused.
    """
    if not (folder / _CONFIG).is_file():
        raise ModelError(f"{folder} has no {_CONFIG}: --depth-model takes a model folder of transformers")
    about = read_object(folder / _CONFIG)
    kinds = about.get("architectures") or []
    if "auto_map" in about or not any(str(kind).endswith("ForDepthEstimation") for kind in kinds):
        named = ", ".join(map(str, kinds)) or "of no known kind"
        raise ModelError(f"{folder.name} is {named}: --depth-model takes one of transformers for depth")
    check_weights(folder, folder.name)


def depth_hashes(folder: Path) -> dict[str, str]:
    """Return a name for each file of a model of depth -> the SHA-256 (hex) of its content."""
    return {f"depth: {path.name}": weights_sha256(path) for path in loaded_files(folder)}
