"""Actors of Ray do the same jobs; one that is killed is replaced."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ray")

CODE = """
import sys
from framesmooth.workflows.batch.api import batch
result = batch(sys.argv[1], sys.argv[2], ray="local", workers=2)
print(result.counts)
"""


@pytest.mark.slow
def test_actors_do_the_jobs(tmp_path: Path, jobs: Path) -> None:
    """In a process of its own, which Ray leaves nothing behind in."""
    command = [sys.executable, "-c", CODE, str(jobs), str(tmp_path / "out")]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=here)
    assert "{'complete': 3}" in done.stdout
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert set(figures["metrics"]) == {"coverage"}
