"""The half of framesmooth that works on frames needs neither torch nor the libraries of models."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

import framesmooth
from framesmooth.cli.main import COMMANDS
from framesmooth.errors import ModelError, require_packages
from tests.without_models import HIDDEN, commands

ROOT = Path(__file__).parent.parent
NEEDS_MODELS = (
    "smooth raft",
    "generate",
    "generate dry run",
    "generate preview",
    "resume",
    "upscale learned",
)
WORKS = [name for name in commands() if name not in NEEDS_MODELS]
PRODUCTS = {
    "smooth": "report/report.html",
    "smooth run": "again/frame_000003.png",
    "measure": "a.html",
    "compare": "both.mkv",
    "tune": "tuned.tuning/report.html",
    "sweep": "grid/grid.mp4",
    "interpolate": "more/frame_000010.png",
    "assemble run": "run.mkv",
}
FUNCTIONS = {
    "smooth": 6,
    "interpolate": 11,
    "upscale": 6,
    "assemble": 6,
    "measure_clips": 2,
    "compare": 1,
    "tune": 6,
    "sweep": 1,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("frames")


@pytest.fixture(scope="module")
def found(folder: Path) -> dict[str, Any]:
    """What every command and function did in a process without the libraries of models."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.without_models", folder],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.parametrize("name", [*WORKS, *(f"{command} --help" for command in COMMANDS)])
def test_it_works_without_them(name: str, found: dict[str, Any], folder: Path) -> None:
    told = found["commands"][name]
    assert told["exit_code"] == 0, told["stderr"]
    assert name not in PRODUCTS or (folder / PRODUCTS[name]).stat().st_size > 0


@pytest.mark.parametrize("name", NEEDS_MODELS)
def test_what_needs_models_says_in_one_line_what_is_missing(name: str, found: dict[str, Any]) -> None:
    told = found["commands"][name]
    assert told["exit_code"] == ModelError.exit_code
    [error] = [line for line in told["stderr"].splitlines() if line.startswith("error: ")]
    assert re.search(r"needs torch, .*safetensors.*, which are not installed: install framesmooth", error)


def test_learned_metrics_are_skipped_with_the_reason(found: dict[str, Any]) -> None:
    metrics = json.loads(found["commands"]["measure learned"]["stdout"])["metrics"]
    notes = {name: metric["note"] for name, metric in metrics.items()}
    assert notes["lpips"].startswith("skipped: the package ")
    assert notes["clip_consistency"].startswith("skipped: ")
    assert notes["coverage"] == ""


def test_the_built_in_model_is_listed_with_a_warning(found: dict[str, Any]) -> None:
    told = found["commands"]["models"]
    assert [model["name"] for model in json.loads(told["stdout"])] == [
        "storybook",
        "storybook-gpt",
        "storybook-gan",
    ]
    assert told["stderr"].startswith("warning: generating is not possible here: torch, ")


def test_the_functions_work_without_them(found: dict[str, Any]) -> None:
    assert {name: found["functions"][name] for name in FUNCTIONS} == FUNCTIONS
    assert found["functions"]["measure"] > 0
    assert found["functions"]["names"] == sorted(framesmooth.__all__)
    assert found["loaded"] == []


def test_a_single_missing_package_is_named() -> None:
    require_packages("this", ["json"])
    with pytest.raises(ModelError, match=r"^this needs no_such_package, which is not installed: "):
        require_packages("this", ["json", "no_such_package"])


def test_the_list_for_frames_is_all_that_models_do_not_need() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    whole = set(project["dependencies"])
    lines = (ROOT / "requirements-frames.txt").read_text(encoding="utf-8").splitlines()
    frames = {line for line in lines if line and not line.startswith("#")}
    for_models = {text for text in whole if Requirement(text).name in HIDDEN}
    assert frames == whole - for_models
    assert {"torch", "diffusers", "transformers"} <= {Requirement(text).name for text in for_models}
