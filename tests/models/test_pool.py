"""What a pool of models keeps, and what it lets go of."""

import threading
from pathlib import Path
from typing import Any, cast

import pytest

from framesmooth.errors import ModelError
from framesmooth.models.pool import ModelPool, load_pooled


def model() -> Any:
    return cast(Any, object())


def test_the_one_unused_for_longest_goes() -> None:
    pool = ModelPool(capacity=2)
    first, second = pool.get("a", model), pool.get("b", model)
    assert pool.get("a", model) is first
    pool.get("c", model)
    assert pool.get("a", model) is first
    assert pool.get("b", model) is not second
    assert (pool.loads, len(pool)) == (4, 2)


def test_room_is_made_before_a_model_is_loaded() -> None:
    pool = ModelPool()
    pool.get("a", model)
    there: list[int] = []
    pool.get("b", lambda: there.append(len(pool)) or model())  # type: ignore[func-returns-value]
    assert there == [0]


def test_a_model_that_cannot_be_loaded_is_not_kept() -> None:
    pool = ModelPool()

    def fail() -> Any:
        raise ModelError("broken")

    with pytest.raises(ModelError):
        pool.get("a", fail)
    assert (pool.loads, len(pool)) == (0, 0)
    assert pool.get("a", model) is not None


def test_a_pool_keeps_at_least_one() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ModelPool(capacity=0)


def test_what_decides_a_model(tiny_model: Path) -> None:
    pool = ModelPool(capacity=9)
    hashes = {"unet": "1"}
    with pool.active():
        first = load_pooled(hashes, str(tiny_model), device="cpu", dtype="float32")
        assert load_pooled(dict(hashes), str(tiny_model), dtype="float32", device="cpu") is first
        assert load_pooled({"unet": "2"}, str(tiny_model), device="cpu", dtype="float32") is not first
        assert load_pooled(hashes, str(tiny_model), device="cpu", dtype="bfloat16") is not first
        assert load_pooled(hashes, str(tiny_model), device="cpu", dtype="float32", low_vram=True) is not first
        assert load_pooled(hashes, str(tiny_model), device="cpu", dtype="float32", preset="lcm") is not first
    assert pool.loads == 5
    assert (
        load_pooled(hashes, str(tiny_model), device="cpu", dtype="float32") is not first
    )  # it is not active


def test_threads_have_pools_of_their_own() -> None:
    from framesmooth.models import pool as module

    seen: list[object] = []
    with ModelPool().active():
        thread = threading.Thread(target=lambda: seen.append(module._active.get()))
        thread.start()
        thread.join()
    assert seen == [None]
