"""PQ and HLG, the curves of HDR (ITU-R BT.2100-2, tables 4 and 5), to light and back.

Frames hold light as floats, 1 being diffuse white: 203 candelas per square metre in PQ, 75 % of the signal in
HLG (ITU-R BT.2408-7, table 1). Light of HLG is that of the scene.
"""

from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Hdr = Literal["PQ", "HLG"]

CURVES: Final[dict[int, Hdr]] = {16: "PQ", 18: "HLG"}
"""By their number in ITU-T H.273, table 3."""
_WHITE: Final = 203.0
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_WHITE_HLG: Final = (float(np.exp((0.75 - _C) / _A)) + _B) / 12
_HIGHEST: Final = 65535


def light_of(signal: NDArray[np.uint16], curve: Hdr) -> NDArray[np.float32]:
    """Return the light (H, W, 3) float32 of a uint16 signal over the whole range of the type."""
    return np.take(_table(curve), signal)


def signal_of(light: NDArray[np.float32], curve: Hdr) -> NDArray[np.uint16]:
    """Return the uint16 signal of light (H, W, 3) float32; what the curve doesn't reach is clipped."""
    if curve == "PQ":
        power = np.power(np.clip(light * np.float32(_WHITE / 10000), 0, 1), np.float32(_M1))
        signal = (np.float32(_C1) + np.float32(_C2) * power) / (1 + np.float32(_C3) * power)
        signal = np.power(signal, np.float32(_M2))
    else:
        scene = np.clip(light * np.float32(_WHITE_HLG), 0, 1)
        upper = np.float32(_A) * np.log(np.maximum(12 * scene - np.float32(_B), 1e-6)) + np.float32(_C)
        signal = np.where(scene <= 1 / 12, np.sqrt(3 * scene), upper)
    return np.ascontiguousarray(np.rint(np.clip(signal, 0, 1) * np.float32(_HIGHEST)).astype(np.uint16))


@lru_cache(maxsize=2)
def _table(curve: Hdr) -> NDArray[np.float32]:
    """Return the light of all 65536 values of the signal."""
    signal = np.linspace(0, 1, _HIGHEST + 1)
    if curve == "PQ":
        power = np.power(signal, 1 / _M2)
        light = np.power(np.maximum(power - _C1, 0) / (_C2 - _C3 * power), 1 / _M1) * 10000 / _WHITE
    else:
        upper = (np.exp((signal - _C) / _A) + _B) / 12
        light = np.where(signal <= 0.5, np.square(signal) / 3, upper) / _WHITE_HLG
    return light.astype(np.float32)
