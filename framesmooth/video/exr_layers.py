"""OpenEXR files whose channels are in layers, or are depths: FFmpeg reads R, G, B and Y without a layer only.

The others are read by the package OpenEXR, which the extra ``exr`` installs.
"""

import struct
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import MediaError
from framesmooth.video.safe_open import check_size

_MAGIC: Final = b"\x76\x2f\x31\x01"
_CHANNELS: Final = b"channels\0chlist\0"
_WINDOW: Final = b"dataWindow\0box2i\0"
_AFTER_NAME: Final = 16  # bytes of a channel's type, flags and sampling (OpenEXR file layout)
_DEPTHS: Final = ("Z", "V", "DEPTH", "Y")
_LISTED: Final = 6


def layered_channels(head: bytes) -> tuple[str, ...]:
    """Return the channels of an OpenEXR file of which FFmpeg shows none; () for all other files.

    ``head`` is how the file begins.
    """
    at = head.find(_CHANNELS)
    if not head.startswith(_MAGIC) or at < 0:
        return ()
    start = at + len(_CHANNELS) + 4
    (size,) = struct.unpack_from("<i", head, start - 4)
    names, rest = [], head[start : start + max(size, 0)]
    while rest and rest[0]:
        name, _, rest = rest.partition(b"\0")
        names.append(name.decode("latin-1"))
        rest = rest[_AFTER_NAME:]
    return () if {"R", "G", "B", "Y"} & set(names) else tuple(names)


def read_layer(path: Path, head: bytes, channels: tuple[str, ...]) -> NDArray[Any]:
    """Return the colours (H, W, 3) of the first layer with some, else the only channel or depth (H, W, 1).

    float16 or float32, as they are stored.

    Raises:
        MediaError: there is neither, the file is damaged, or the package isn't installed.
    """
    _check_window(path, head)
    chosen = _chosen(channels)
    listed = ", ".join(channels[:_LISTED])
    if not chosen:
        raise MediaError(f"{path} has the channels {listed}: put one layer of colours, or one channel, in it")
    try:
        import OpenEXR
    except ImportError as error:
        advice = "pip install 'framesmooth[exr]' reads them"
        raise MediaError(f"{path} has the channels {listed} and no plain R, G, B: {advice}") from error
    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            found = file.channels()
            parts = [np.array(found[name].pixels) for name in chosen]
    except Exception as error:  # the library raises errors of any type
        raise MediaError(f"cannot read {path} as OpenEXR: it is damaged, make it again") from error
    stacked = np.stack(parts, axis=2)
    return stacked if stacked.dtype in (np.float16, np.float32) else stacked.astype(np.float32)


def _check_window(path: Path, head: bytes) -> None:
    at = head.find(_WINDOW)
    if at >= 0:
        left, top, right, bottom = struct.unpack_from("<4i", head, at + len(_WINDOW) + 4)
        check_size(path, right - left + 1, bottom - top + 1)


def layer_notice(name: str, channels: tuple[str, ...]) -> str:
    """Return the line about the channels of ``name`` that are taken, and written without their layer."""
    chosen = _chosen(channels)
    others = len(channels) - len(chosen)
    left = f", {others} others are left out" if others else ""
    verb = "are" if len(chosen) > 1 else "is"
    return f"{name}: {', '.join(chosen)} {verb} read{left}; what is written has no layers"


def _chosen(channels: tuple[str, ...]) -> list[str]:
    for name in channels:
        layer, dot, last = name.rpartition(".")
        colours = [f"{layer}{dot}{one}" for one in "RGB"]
        if last == "R" and set(colours) <= set(channels):
            return colours
    if len(channels) == 1:
        return list(channels)
    return [name for name in channels if name.rpartition(".")[2].upper() in _DEPTHS][:1]
