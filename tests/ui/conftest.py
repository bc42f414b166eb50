"""One server for all tests that only look at it or submit jobs of their own."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; a test that needs it is skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api")
    executable = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    with api.sync_playwright() as playwright:
        if executable is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("there is no Chromium")
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()
