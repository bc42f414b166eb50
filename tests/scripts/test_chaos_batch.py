"""Workers and drivers are killed, the disk is full, and every result is that of a single run."""

import random
from pathlib import Path

import pytest
from chaos_batch import Chaos, single_runs, small_disk, verdict, write_jobs

from framesmooth.workflows.batch.plan import plan


@pytest.mark.slow
def test_nothing_is_lost_twice_or_different(tmp_path: Path) -> None:
    with small_disk(tmp_path / "out") as mounted:
        file = write_jobs(tmp_path, 6, seed=1)
        jobs = plan([file], tmp_path / "out")
        expected = single_runs(jobs, tmp_path / "single")
        chaos = Chaos(file, tmp_path / "out", ["--workers", "2"], 4.0, random.Random(1), fill=int(mounted))
        assert chaos.run()
        found = verdict(jobs, expected, chaos)
    assert (found["lost"], found["differ"], found["twice"]) == ([], [], [])
