"""Workers get their share of threads and GPUs, and their end is noticed."""

import os
import signal
import time
from pathlib import Path

import pytest

from framesmooth.workflows.crew.base import Died, News, Ready
from framesmooth.workflows.crew.processes import ProcessCrew, places

DOING = "framesmooth.workflows.batch.work:do_plain"


@pytest.mark.parametrize(
    ("workers", "gpus", "environment", "threads", "devices"),
    [
        (2, [], {"OMP_NUM_THREADS": "8"}, ["4", "4"], [None, None]),
        (3, [], {"OMP_NUM_THREADS": "2"}, ["1", "1", "1"], [None] * 3),
        (None, [], {"OMP_NUM_THREADS": "2"}, ["2"], [None]),
        (None, ["0", "3"], {"OMP_NUM_THREADS": "8"}, ["4", "4"], ["0", "3"]),
        (3, ["0", "1"], {"OMP_NUM_THREADS": "9"}, ["3"] * 3, ["0", "1", "0"]),
    ],
)
def test_threads_and_gpus_are_shared_out(
    workers: int | None,
    gpus: list[str],
    environment: dict[str, str],
    threads: list[str],
    devices: list[str | None],
) -> None:
    found = places(workers, gpus, environment)
    assert [place.environment["OMP_NUM_THREADS"] for place in found] == threads
    assert [place.environment.get("CUDA_VISIBLE_DEVICES") for place in found] == devices
    assert len({place.name for place in found}) == len(found)


def wait_for(crew: ProcessCrew, count: int) -> list[News]:
    found: list[News] = []
    end = time.monotonic() + 60
    while len(found) < count and time.monotonic() < end:
        found += crew.news(1.0)
    return found


@pytest.mark.slow
def test_a_killed_worker_is_news_and_one_that_is_asked_ends(tmp_path: Path) -> None:
    crew = ProcessCrew(places(2, [], os.environ), tmp_path, DOING)
    try:
        crew.start(0)
        crew.start(1)
        assert sorted(wait_for(crew, 2), key=lambda news: news.worker) == [Ready(0), Ready(1)]
        os.kill(crew._processes[0].popen.pid, signal.SIGKILL)
        assert wait_for(crew, 1) == [Died(0, f"killed by SIGKILL, see {tmp_path / 'worker-1.log'}")]
        crew.ask_to_stop()
        assert wait_for(crew, 1) == [Died(1, f"ended with exit code 0, see {tmp_path / 'worker-2.log'}")]
    finally:
        crew.close()


@pytest.mark.slow
def test_a_worker_ends_with_its_driver(tmp_path: Path) -> None:
    crew = ProcessCrew(places(1, [], os.environ), tmp_path, DOING)
    crew.start(0)
    wait_for(crew, 1)
    worker = crew._processes[0].popen
    assert worker.stdin is not None
    worker.stdin.close()  # as the system does for a driver that is killed
    assert worker.wait(timeout=60) == 70
    crew.close()
