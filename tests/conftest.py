"""Fixtures that several test files share."""

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

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
