"""One server for all tests that only look at it or submit jobs of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.server import Server


@pytest.fixture(scope="session")
def server(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that takes clips of 60 frames and uploads of 2 MB at most."""
    pytest.importorskip("gradio")
    runs = tmp_path_factory.mktemp("served") / "runs"
    bounds = ("--max-upload", "2mb", "--max-frames", "60", "--max-pixels", "100000")
    running = Server.start(runs, "--model", str(tiny_model), *bounds)
    yield running
    assert running.stop() in (0, 130)
