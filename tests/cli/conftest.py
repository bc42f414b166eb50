"""Clips that the tests of the command line work on."""

from pathlib import Path

import pytest

from tests.cli.clips import flickering, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(f"{tmp_path}/in/", flickering())
    return tmp_path / "in"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    write(tmp_path / "in.mp4", flickering())
    return tmp_path / "in.mp4"
