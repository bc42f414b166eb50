"""The contract of upscalers, how to make one by name, and how frames reach a size.

To add one, write a file with a class of this contract and add its row to ``UPSCALERS`` in
``framesmooth.registry``.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, cast, runtime_checkable

import cv2
import numpy as np

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.registry import UPSCALERS, load, names
from framesmooth.upscaling.tiles import in_tiles

DEFAULT_TILE: Final = 512
"""Pixels of a tile's side."""
DEFAULT_STEADY: Final = 0.5
"""Share of the added detail that comes from the frame before."""
LARGEST_SIDE: Final = 16_384
"""Pixels of an enlarged frame's longer side, at most."""


@runtime_checkable
class Upscaler(Protocol):
    """Enlarges frames, each by itself.

    Attributes:
        factor: how many times as wide and as high it makes a frame.
        reach: pixels of the input, in each direction, that a pixel of the result depends on at most.
    """

    @property
    def factor(self) -> int: ...  # noqa: D102

    @property
    def reach(self) -> int: ...  # noqa: D102

    def __call__(self, frame: Frame) -> Frame:
        """Return an enlarged frame: (H, W, 3) to (factor H, factor W, 3) of its type, which is uint8.

        ``lanczos`` takes deeper frames as well.
        """
        ...


FROM_FILES: Final = ("swin2sr", "esrgan", "diffusion")
"""Upscalers that are named by the path of their weights."""


def check_upscaler(name: str) -> None:
    """Raise UsageError unless ``name`` is that of an upscaler, or a path."""
    if name in FROM_FILES or (name not in names("upscaler") and not Path(name).expanduser().exists()):
        known = ", ".join(one for one in names("upscaler") if one not in FROM_FILES)
        raise UsageError(
            f"no upscaler {name!r}: use {known}, or the path of a Swin2SR folder, of a pipeline of diffusers "
            "that enlarges, or of an ESRGAN .safetensors file"
        )


def scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return (height, width) times a factor, in whole pixels."""
    return round(size[0] * scale), round(size[1] * scale)


def create_upscaler(name: str, device: str = "auto") -> Upscaler:
    """Return the upscaler called ``name``, or the one in the file or the model folder of that path.

    Raises:
        UsageError: neither a name nor a path, or a file that may run programs when it is read.
        ModelError: a model that cannot be loaded, or a package that isn't installed.
    """
    path = Path(name).expanduser()
    if name in UPSCALERS or not path.exists():
        return cast(Upscaler, load("upscaler", name).create(None, device))
    kind = "esrgan" if path.is_file() else "diffusion" if (path / "model_index.json").is_file() else "swin2sr"
    return cast(Upscaler, load("upscaler", kind).create(path, device))


@dataclass(frozen=True)
class Enlarging:
    """Enlarges frames to a size: by the upscaler as often as that takes, then down to it.

    Attributes:
        upscaler: enlarges by its factor.
        size: (height, width) in pixels of the results.
        tile: pixels of a tile's side; None enlarges frames whole.
    """

    upscaler: Upscaler
    size: tuple[int, int]
    tile: int | None = None

    def __call__(self, frame: Frame) -> Frame:
        """Return ``frame`` (H, W, 3) in ``size``; the middle of it where its shape is another one."""
        while frame.shape[0] < self.size[0] or frame.shape[1] < self.size[1]:
            frame = in_tiles(self.upscaler, frame, self.tile)
        return _middle(frame, self.size)


def _middle(frame: Frame, size: tuple[int, int]) -> Frame:
    """Return a frame reduced until one side fits ``size``, and cropped on the other one."""
    scale = max(wanted / side for wanted, side in zip(size, frame.shape, strict=False))
    height, width = (
        max(math.ceil(side * scale - 1e-6), w) for side, w in zip(frame.shape, size, strict=False)
    )
    if (height, width) != frame.shape[:2]:
        frame = np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), frame.dtype)
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    return frame[top : top + size[0], left : left + size[1]]


def size_of(source: tuple[int, int], scale: float | None, size: tuple[int, int] | None) -> tuple[int, int]:
    """Return the (height, width) that is asked for.

    Args:
        source: (height, width) of the frames.
        scale: a factor.
        size: (height, width), in place of a factor.

    Raises:
        UsageError: both or neither, or a size that is smaller than the source's, or too large.
    """
    if (scale is None) == (size is None):
        raise UsageError("give either --scale 2 or --size WIDTHxHEIGHT")
    wanted = cast(tuple[int, int], size) if scale is None else scaled(source, scale)
    shown = f"{wanted[1]}x{wanted[0]}"
    if wanted[0] < source[0] and wanted[1] < source[1]:
        raise UsageError(f"{shown} is smaller than the clip ({source[1]}x{source[0]}): give a larger --size")
    if max(wanted) > LARGEST_SIDE:
        raise UsageError(f"{shown} is too large: at most {LARGEST_SIDE} pixels a side")
    return wanted
