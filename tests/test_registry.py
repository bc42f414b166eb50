"""Names of exchangeable parts."""

import pytest

from framesmooth import registry
from framesmooth.errors import UsageError
from framesmooth.registry import load, names

TORCH_FREE = ("flow", "smoother", "metric")


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family in TORCH_FREE for name in names(family)]
)
def test_every_name_loads(family: str, name: str) -> None:
    assert callable(load(family, name))


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
