"""The settings of an image prompt, and whether its IP-Adapter can be loaded. Nothing here imports torch.

An IP-Adapter (Ye et al. 2023) lets a model attend to an image besides the words: its subject, its style.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from framesmooth.errors import MediaError, ModelError, UsageError
from framesmooth.models.checkpoints import check_weights, loaded_files
from framesmooth.models.weight_hashes import weights_sha256

if TYPE_CHECKING:
    from framesmooth.frames import Frame

ENCODER_FOLDER: Final = "image_encoder"
_MOST: Final = 10.0
_WEIGHTS: Final = ".safetensors"
_PROJECTION: Final = ("image_proj.", "ip_adapter_proj_model.")
_ATTENTION: Final = ("ip_adapter.", "double_blocks.")
"""How the names of an adapter's tensors begin: what projects the image, what attends to it."""


@dataclass(frozen=True, kw_only=True)
class ImagePrompt:
    """An image that a model attends to, and by which adapter.

    Attributes:
        adapter: a .safetensors file, or a folder with one; the image encoder is beside the weights, in
            ``image_encoder``, where the model has none.
        image: the image.
        scale: how much it counts; 1 is what the adapter was trained for.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # of one in a record

    adapter: Path
    image: Path
    scale: float = 1.0

    def __str__(self) -> str:
        return f"{self.image.name} by {self.adapter.name}:{self.scale:g}"


@dataclass(frozen=True)
class IPAdapter:
    """An IP-Adapter: a .safetensors file or a folder with one, and its scale, 0 to 10."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # of one in a record

    path: Path
    scale: float = 1.0

    def __str__(self) -> str:
        return f"{self.path.name}:{self.scale:g}"


@dataclass(frozen=True)
class AdapterFiles:
    """Paths of an IP-Adapter's parts: its weights, and its image encoder's folder if it has one."""

    weights: Path
    encoder: Path | None


def parse_adapter(text: str) -> tuple[Path, float]:
    """Read PATH or PATH:SCALE.

    Raises:
        UsageError: a scale that is no number in range.
    """
    path, colon, scale = text.rpartition(":")
    try:
        number = float(scale) if colon else 1.0
    except ValueError:
        return Path(text).expanduser(), 1.0
    if not path and colon:
        raise UsageError(f"--ip-adapter {text!r} names no file: write FILE or FILE:0.6")
    check_scale(number)
    return Path(path if colon else text).expanduser(), number


def parse_ip_adapter(text: str) -> IPAdapter:
    """Read PATH or PATH:SCALE.

    Raises:
        UsageError: a scale that is no number in range.
    """
    return IPAdapter(*parse_adapter(text))


def check_scale(scale: float) -> None:
    """Raise UsageError for a scale that is no number in range."""
    if not (math.isfinite(scale) and 0 <= scale <= _MOST):
        raise UsageError(f"--ip-adapter: {scale:g} is no scale: give 0 to {_MOST:g}, 1 is as it was trained")


def read_prompt_image(prompt: ImagePrompt) -> "Frame":
    """Return the image of an image prompt, uint8 (H, W, 3).

    Raises:
        MediaError: when it cannot be read.
    """
    from framesmooth.video import read_image

    if not prompt.image.is_file():
        what = "is no file" if prompt.image.exists() else "does not exist"
        raise MediaError(f"{prompt.image} {what}: check the name after --ip-adapter-image")
    return read_image(prompt.image)


def locate_adapter(prompt: ImagePrompt) -> AdapterFiles:
    """Find the parts of an IP-Adapter, and check that they are safe to load.

    Raises:
        ModelError: naming the first thing that is missing or refused.
    """
    path = prompt.adapter
    if not path.exists():
        raise ModelError(f"{path} does not exist: check the name after --ip-adapter")
    weights = _weights_in(path) if path.is_dir() else path
    if weights.suffix != _WEIGHTS:
        raise ModelError(
            f"{weights.name} is not a .safetensors file; others can run code when loaded: convert it first"
        )
    _check_tensors(weights)
    encoder = weights.parent / ENCODER_FOLDER
    if not encoder.is_dir():
        return AdapterFiles(weights, None)
    check_weights(encoder, weights.parent.name)
    return AdapterFiles(weights, encoder)


def _weights_in(folder: Path) -> Path:
    found = sorted(path for path in folder.iterdir() if path.suffix == _WEIGHTS)
    if len(found) == 1:
        return found[0]
    if not found:
        raise ModelError(f"{folder} holds no .safetensors file: give --ip-adapter the file, or its folder")
    listed = ", ".join(path.name for path in found[:4]) + (", ..." if len(found) > 4 else "")
    raise ModelError(f"{folder} holds {len(found)} adapters ({listed}): give --ip-adapter one of these files")


def _check_tensors(path: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as tensors:
            names = list(tensors.keys())
    except (SafetensorError, OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as safetensors ({error}): fetch it again") from error
    if not all(any(name.startswith(part) for name in names) for part in (_PROJECTION, _ATTENTION)):
        raise ModelError(f"{path.name} is no IP-Adapter: its tensors have other names")
    if any("lora" in name for name in names):
        raise ModelError(
            f"{path.name} is for faces and needs face embeddings besides an image: use another IP-Adapter"
        )


def adapter_hashes(prompt: ImagePrompt, files: AdapterFiles) -> dict[str, str]:
    """Return a name for each file of an image prompt -> the SHA-256 (hex) of its content."""
    parts = {
        f"image prompt: {prompt.image.name}": prompt.image,
        f"ip-adapter: {files.weights.name}": files.weights,
    }
    for path in [] if files.encoder is None else loaded_files(files.encoder):
        parts[f"ip-adapter: {ENCODER_FOLDER}/{path.name}"] = path
    return {name: weights_sha256(path) for name, path in parts.items()}
