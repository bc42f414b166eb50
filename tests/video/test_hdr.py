"""PQ and HLG against the values of the standards."""

import numpy as np
import pytest

from framesmooth.video.hdr import CURVES, Hdr, light_of, signal_of


def one(signal: float, curve: Hdr) -> float:
    return float(light_of(np.full((1, 1, 3), round(signal * 65535), np.uint16), curve)[0, 0, 0])


@pytest.mark.parametrize(
    ("signal", "nits"), [(0.0, 0.0), (0.5081, 100.0), (0.5807, 203.0), (0.7518, 1000.0), (1.0, 10000.0)]
)
def test_pq_gives_the_luminance_of_bt2100(signal: float, nits: float) -> None:
    assert one(signal, "PQ") * 203 == pytest.approx(nits, rel=2e-3, abs=1e-6)


@pytest.mark.parametrize(("signal", "light"), [(0.0, 0.0), (0.5, 1 / 12), (0.75, 0.2650), (1.0, 1.0)])
def test_hlg_gives_the_light_of_bt2100(signal: float, light: float) -> None:
    assert one(signal, "HLG") == pytest.approx(light / 0.2650, rel=2e-3)


@pytest.mark.parametrize("curve", CURVES.values())
@pytest.mark.parametrize("bits", [10, 12])
def test_every_number_comes_back(curve: Hdr, bits: int) -> None:
    numbers = np.arange(2**bits)
    signal = np.rint(numbers / (2**bits - 1) * 65535).astype(np.uint16).reshape(-1, 1, 1).repeat(3, axis=2)
    light = light_of(signal, curve)
    assert (np.diff(light[:, 0, 0]) > 0).sum() >= 2**bits - 2, "two numbers became one light"
    back = np.rint(signal_of(light, curve)[:, 0, 0] / 65535 * (2**bits - 1))
    assert np.array_equal(back, numbers)
