"""Names of exchangeable parts."""

import numpy as np
import pytest

from framesmooth import registry
from framesmooth.errors import UsageError
from framesmooth.registry import load, names
from framesmooth.smoothing.base import Smoother
from tests.scenes import moving_scene


@pytest.mark.parametrize("name", names("flow"))
def test_every_flow_measures_a_pan(name: str) -> None:
    scene = moving_scene(frames=2, size=(48, 64), pan=(2.0, -1.0))
    flow = load("flow", name)(*scene.frames)
    assert np.median(flow, axis=(0, 1)) == pytest.approx(np.median(scene.flows[0], axis=(0, 1)), abs=0.3)


@pytest.mark.parametrize("name", names("smoother"))
def test_every_smoother_takes_a_strength(name: str) -> None:
    smoother = load("smoother", name)(strength=0.25)
    assert isinstance(smoother, Smoother)
    assert repr(smoother).startswith(f"{type(smoother).__name__}(strength=0.25")


@pytest.mark.parametrize("name", names("metric"))
def test_every_metric_is_listed_by_its_own_name(name: str) -> None:
    assert load("metric", name).name == name


@pytest.mark.parametrize(
    ("name", "advice"),
    [("trajectories", "did you mean trajectory?"), ("xyz", "choose one of ema, trajectory")],
)
def test_unknown_names_come_with_advice(name: str, advice: str) -> None:
    with pytest.raises(UsageError, match=f"unknown smoother '{name}'") as caught:
        load("smoother", name)
    assert advice in str(caught.value)


def test_another_package_can_add_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def installed(family: str) -> dict[str, str]:
        return (
            {"mine": "framesmooth.errors:UsageError", "ema": "nowhere:Nothing"}
            if family == "smoother"
            else {}
        )

    monkeypatch.setattr(registry, "_installed", installed)
    assert names("smoother") == [*registry.SMOOTHERS, "mine"]
    assert load("smoother", "mine") is UsageError
    assert load("smoother", "ema").__name__ == "EmaSmoother"
