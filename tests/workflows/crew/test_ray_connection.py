"""A connection to Ray: what is said where there is none, and what is left as it was found."""

import os
import sys
from types import ModuleType
from typing import Any

import pytest

from framesmooth.errors import UsageError
from framesmooth.workflows.crew.ray_connection import LOCAL, connected, reached

NOBODY = "127.0.0.1:1"


class FakeRay(ModuleType):
    """Stands in for Ray; notes what it is asked for, and the environment that it would start processes in."""

    def __init__(self, *, running: bool = False, error: Exception | None = None) -> None:
        super().__init__("ray")
        self.running, self.error = running, error
        self.asked: list[dict[str, Any]] = []
        self.environment: dict[str, str] = {}

    def is_initialized(self) -> bool:
        return self.running

    def init(self, **how: Any) -> None:
        self.asked.append(how)
        self.environment = dict(os.environ)
        if self.error is not None:
            raise self.error
        self.running = True

    def shutdown(self) -> None:
        self.running = False


def fake(monkeypatch: pytest.MonkeyPatch, ray: FakeRay) -> FakeRay:
    monkeypatch.setitem(sys.modules, "ray", ray)
    return ray


def test_workers_inherit_variables_where_ray_is_started_here(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = fake(monkeypatch, FakeRay())
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    monkeypatch.setenv("RAY_prestart_worker_first_driver", "1")  # what the user says stays
    before = dict(os.environ)
    with connected(LOCAL, {"OMP_NUM_THREADS": "2"}, "--ray local", "") as inherited:
        assert inherited == {"OMP_NUM_THREADS": "2"}
        assert dict(os.environ) == before
        assert ray.asked[0]["include_dashboard"] is False
    assert ray.environment["OMP_NUM_THREADS"] == "2"
    assert ray.environment["RAY_prestart_worker_first_driver"] == "1"
    assert not ray.running


def test_a_connection_that_is_there_is_used_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = fake(monkeypatch, FakeRay(running=True))
    with connected("auto", {}, "--ray auto", "") as inherited:
        assert inherited == {}
    assert ray.running
    assert ray.asked == []


def test_one_line_says_that_there_is_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = fake(monkeypatch, FakeRay(error=ConnectionError("Could not find any\nrunning Ray instance")))
    with (
        pytest.raises(UsageError, match=r"^--ray auto finds no cluster \(Could not find any\): start one$"),
        reached("auto", "--ray auto", "start one"),
    ):
        pass
    expected = r"^--ray X finds no cluster at 127\.0\.0\.1:1 \(Connection refused\): start one$"
    with pytest.raises(UsageError, match=expected), reached(NOBODY, "--ray X", "start one"):
        pass
    assert len(ray.asked) == 1  # Ray itself would wait for a minute where nobody listens


def test_nothing_is_started_to_see_whether_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = fake(monkeypatch, FakeRay())
    with reached(LOCAL, "--ray local", ""):
        assert ray.asked == []
