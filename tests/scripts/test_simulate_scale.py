"""The simulation gives what can be worked out by hand."""

import math
from dataclasses import replace

import pytest
from simulate_scale import WAYS, World, simulate

IDEAL = World(
    job_median=60.0, job_sigma=1e-9, start=0.0, load_median=1e-6, load_sigma=1e-9, models=1, rows=0.0,
    plan=0.0, hand=0.0, storage=1e18, file_rate=1e18, failure=0.0, machine_life=1e18,
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("gpus", [1, 8, 80])
def test_without_anything_shared_jobs_take_their_turns(way: str, gpus: int) -> None:
    found = simulate(IDEAL, 400, gpus, way, seed=0)
    assert found["hours"] == pytest.approx(math.ceil(400 / gpus) / 60, rel=1e-4)
    assert found["use"] == pytest.approx(1, rel=1e-4)
    assert found["dollars a clip"] == pytest.approx(IDEAL.price / 60, rel=1e-4)


def test_what_is_shared_sets_the_pace() -> None:
    slow_driver = simulate(replace(IDEAL, hand=1.0), 4000, 1000, "one driver", seed=0)
    assert slow_driver["clips an hour"] == pytest.approx(3600, rel=0.05)
    slow_storage = simulate(replace(IDEAL, files=1, file_rate=0.5), 4000, 1000, "a part each", seed=0)
    assert slow_storage["clips an hour"] == pytest.approx(1800, rel=0.05)


def test_models_are_loaded_once_a_worker_in_parts_of_one_model() -> None:
    loads = replace(IDEAL, models=4, load_median=60.0)
    assert simulate(loads, 40, 4, "a part each", seed=0)["hours"] == pytest.approx(11 / 60, rel=1e-3)
    assert simulate(loads, 40, 1, "one driver", seed=0)["hours"] == pytest.approx(44 / 60, rel=1e-3)


def test_the_same_seed_is_the_same_world() -> None:
    assert simulate(World(), 500, 8, "a part each", seed=3) == simulate(
        World(), 500, 8, "a part each", seed=3
    )
