"""Compiled networks draw what others draw, and say in one line when they cannot be compiled.

PyTorch's own kernels need a C++ compiler: most tests run what they would be made from as it is ("eager").
"""

import shutil
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import ModelError
from framesmooth.models import loading
from framesmooth.models.loading import load_pipeline
from framesmooth.models.optimization.compile import check_compiler, compile_networks
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.generators import prompt_travel

CLIP = Timeline((Keyframe(0, "a cat", 3), Keyframe(4, "red sea", 3)), 5)
HOW: dict[str, Any] = {"width": 48, "height": 32, "steps": 4, "guidance_end": 0.5, "batch_size": 2}


def broken(_graph: Any, _inputs: Any) -> NoReturn:
    raise RuntimeError("no compiler\nanywhere")


def loaded(folder: Path, monkeypatch: pytest.MonkeyPatch, backend: Any) -> TextToImage:
    monkeypatch.setattr(loading, "check_compiler", partial(check_compiler, backend="eager"))
    monkeypatch.setattr(loading, "compile_networks", partial(compile_networks, backend=backend))
    return load_pipeline(str(folder), device="cpu", dtype="float32", compiled=True)


@pytest.fixture(autouse=True)
def no_older_kernels() -> None:
    torch._dynamo.reset()


def test_a_compiled_network_draws_the_same(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guidance ends midway: the network is compiled for both sizes of batches, and not at every step."""
    made = []

    def counted(graph: Any, _inputs: Any) -> Any:
        made.append(graph)
        return graph.forward

    plain = prompt_travel(load_pipeline(str(tiny_model), device="cpu", dtype="float32"), CLIP, **HOW)
    quick = prompt_travel(loaded(tiny_model, monkeypatch, counted), CLIP, **HOW)
    usual, compiled = (np.stack(list(source)).astype(int) for source in (plain, quick))
    once = len(made)
    assert once > 0
    assert np.abs(usual - compiled).max() <= 1
    list(prompt_travel(quick.path.model, CLIP, **HOW))
    assert len(made) == once


def test_a_network_that_cannot_be_compiled_is_one_line(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = prompt_travel(loaded(tiny_model, monkeypatch, broken), CLIP, **HOW)
    with pytest.raises(ModelError, match=r"no compiler anywhere.*--compile") as told:
        list(source)
    assert "\n" not in str(told.value)


def test_a_missing_compiler_is_told_before_anything_is_drawn() -> None:
    check_compiler(torch.device("cpu"), backend="eager")
    with pytest.raises(ModelError, match="without --compile"):
        check_compiler(torch.device("cpu"), backend=broken)  # type: ignore[arg-type]


def test_a_compiled_network_attends_to_no_other_frame(tiny_model: Path, tmp_path: Path) -> None:
    clip = ["generate", "a cat", "-o", str(tmp_path / "clip.mp4"), "--model", str(tiny_model), "--compile"]
    refused = CliRunner().invoke(cli, [*clip, "--cross-frame-attention"])
    assert refused.exit_code == 2
    assert "--compile and --cross-frame-attention cannot be combined" in refused.stderr


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="there is no C++ compiler")
def test_a_clip_from_compiled_kernels(tiny_model: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    asked = ["generate", "a cat", "-o", str(clip), "--model", str(tiny_model), "--device", "cpu", "--compile"]
    asked += ["--num-frames", "3", "-W", "32", "-H", "32", "--steps", "2", "--smooth-strength", "0"]
    done = CliRunner().invoke(cli, asked, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    assert clip.exists()
