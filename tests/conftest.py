"""Fixtures that several test files share."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from framesmooth.models.text_to_image import TextToImage

os.environ["HF_HUB_OFFLINE"] = "1"

# On a busy machine examples are drawn slowly: that says nothing of the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
os.environ["FRAMESMOOTH_CACHE"] = os.path.join(tempfile.gettempdir(), f"framesmooth-tests-{os.getpid()}")


@pytest.fixture(autouse=True)
def exact_floats() -> Iterator[None]:
    """Training flushes denormal numbers to zero in the whole process; other tests need them."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_flush_denormal(False)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny, untrained StableDiffusionPipeline; don't write into it."""
    from tests.tiny_model import build_tiny_model

    return build_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> "TextToImage":
    """The tiny model, loaded anew for each file of tests, since tests may change it."""
    from framesmooth.models.loading import load_pipeline

    return load_pipeline(str(tiny_model), device="cpu", dtype="float32")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium; a test that needs it is skipped where there is none."""
    api = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = next(filter(None, map(shutil.which, names)), None)
    with api.sync_playwright() as playwright:
        if executable is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("there is no Chromium")
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield chromium
        chromium.close()
