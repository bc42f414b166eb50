"""The settings of LoRAs and textual inversions. Nothing here imports torch.

Only safetensors are opened: other formats are pickled, and can run code when they are loaded.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from framesmooth.errors import ModelError, UsageError
from framesmooth.models.weight_hashes import weights_sha256

_MOST: Final = 100.0


@dataclass(frozen=True)
class Lora:
    """A LoRA (Hu et al. 2021) and its weight."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}  # of those in a record

    path: Path
    weight: float = 1.0

    def __str__(self) -> str:
        return f"{self.path.name}:{self.weight:g}"


@dataclass(frozen=True)
class TextualInversion:
    """A textual inversion (Gal et al. 2022) and its token in prompts; None is the one in the file."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    path: Path
    token: str | None = None

    def __str__(self) -> str:
        return self.path.name if self.token is None else f"{self.path.name}:{self.token}"


Addition = Lora | TextualInversion


def parse_lora(text: str) -> Lora:
    """Read PATH or PATH:WEIGHT.

    Raises:
        UsageError: a weight that is no number within ±100.
    """
    path, colon, weight = text.rpartition(":")
    try:
        number = float(weight) if colon else 1.0
    except ValueError:
        return Lora(Path(text).expanduser())
    if not path and colon:
        raise UsageError(f"--lora {text!r} names no file: write FILE.safetensors or FILE.safetensors:0.8")
    if not (math.isfinite(number) and abs(number) <= _MOST):
        raise UsageError(f"--lora {text!r}: give a weight within {_MOST:g}, 1 is what it was trained for")
    return Lora(Path(path if colon else text).expanduser(), number)


def parse_textual_inversion(text: str) -> TextualInversion:
    """Read FILE or FILE:TOKEN."""
    path, colon, token = text.rpartition(":")
    if colon and path and token and not any(slash in token for slash in "/\\"):
        return TextualInversion(Path(path).expanduser(), token)
    return TextualInversion(Path(text).expanduser())


def check_additions(additions: Iterable[Addition]) -> None:
    """Check that the files are there and are safetensors.

    Raises:
        ModelError: naming the first that isn't.
    """
    from safetensors import SafetensorError, safe_open

    for addition in additions:
        path = addition.path
        option = "--lora" if isinstance(addition, Lora) else "--textual-inversion"
        if not path.is_file():
            what = "is no file" if path.exists() else "does not exist"
            raise ModelError(f"{path} {what}: check the name after {option}")
        if path.suffix != ".safetensors":
            raise ModelError(
                f"{path.name} is not a .safetensors file; others can run code when loaded: convert it first"
            )
        try:
            with safe_open(path, framework="np") as tensors:
                empty = not tensors.keys()
        except (SafetensorError, OSError, ValueError) as error:
            raise ModelError(f"{path} cannot be read as safetensors ({error}): fetch it again") from error
        if empty:
            raise ModelError(f"{path} holds no tensors: fetch it again")


def addition_hashes(additions: Iterable[Addition]) -> dict[str, str]:
    """Return a name for each file -> the SHA-256 (hex) of its content, in order."""
    numbered = enumerate(additions, start=1)
    return {f"addition {index}: {one.path.name}": weights_sha256(one.path) for index, one in numbered}
