"""Clips of the baselines: made, stopped and resumed to the same bytes, refused in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesmooth.errors import FramesmoothError, ModelError
from framesmooth.events import Event, Notice, Progress
from framesmooth.models.checkpoints import weight_hashes
from framesmooth.runs import RunFolder
from framesmooth.video import read_image
from framesmooth.workflows.generate.frames_stage import FramesStage
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import estimate_clip, make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.listeners import Stop, nothing, stop_at
from tests.tiny_baselines import SIDE, build_tiny_gan, build_tiny_gpt

BUILDERS = {"gpt": build_tiny_gpt, "gan": build_tiny_gan}
Clip = Callable[..., GenerateSettings]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("baselines")
    return {name: build(root / f"tiny-{name}") for name, build in BUILDERS.items()}


@pytest.fixture
def clip(folders: dict[str, Path], tmp_path: Path) -> Clip:
    def settings(kind: str, output: str = "clip.mkv", **asked: Any) -> GenerateSettings:
        given: dict[str, Any] = {"prompts": ["a red boat sailing left"], "num_frames": 8, "smoother": "ema"}
        given |= {"model": str(folders[kind]), "output": tmp_path / output, "device": "cpu"}
        return GenerateSettings.of(**given | asked)

    return settings


def make_frames(settings: GenerateSettings) -> tuple[np.ndarray, str]:
    """Return the frames of a clip and the notices, a line each."""
    lines: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Notice):
            lines.append(event.message)

    run = RunFolder.beside(settings.output)
    run.frames.folder.mkdir(parents=True)
    FramesStage(resolve(settings), run, listen).make()
    paths = sorted(run.frames.folder.glob("*.png"))
    return np.stack([read_image(path) for path in paths]).astype(int), "\n".join(lines)


@pytest.mark.parametrize("kind", BUILDERS)
def test_a_clip_that_was_stopped_is_resumed_to_the_same_frames(kind: str, clip: Clip) -> None:
    two = {"prompts": ["a red boat sailing left", "a castle at night"], "num_frames": 8}
    whole, told = make_frames(clip(kind, "whole.mkv", **two))
    assert whole.shape == (8, SIDE, SIDE, 3)
    assert whole.std() > 1
    assert "cuts to something new at 4" in told
    settings = clip(kind, **two)
    with pytest.raises(Stop):
        make_clip(settings, stop_at("keyframes", 2))
    run = RunFolder.beside(settings.output)
    assert len(run.keyframes.results()) == 4, "the first segment is kept"
    steps = 0

    def count(event: Event) -> None:
        nonlocal steps
        steps += event.advance if isinstance(event, Progress) and event.stage == "keyframes" else 0

    resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), count)
    assert steps == 4, "one step of four frames: what is kept is not generated again"
    paths = sorted(run.frames.folder.glob("*.png"))
    assert np.array_equal(np.stack([read_image(path) for path in paths]), whole)
    assert run.record["status"] == "complete"


@pytest.mark.parametrize("kind", BUILDERS)
def test_seeds_and_prompts_decide(kind: str, clip: Clip) -> None:
    first = make_frames(clip(kind, "1.mkv", seed=1))[0]
    assert np.array_equal(make_frames(clip(kind, "2.mkv", seed=1))[0], first)
    assert not np.array_equal(make_frames(clip(kind, "3.mkv", seed=2))[0], first)
    assert not np.array_equal(make_frames(clip(kind, "4.mkv", seed=1, prompts=["a castle"]))[0], first)


def test_any_length_is_cut_from_whole_blocks(clip: Clip) -> None:
    """The tiny transformer was taught 8 frames: longer clips slide on."""
    frames, told = make_frames(clip("gpt", num_frames=18))
    assert len(frames) == 18
    assert "18 frames are cut from 20" in told
    assert len(make_frames(clip("gan", "gan.mkv", num_frames=11))[0]) == 11


def test_chance_is_asked_for_and_recorded(clip: Clip) -> None:
    plain = make_frames(clip("gpt", "plain.mkv", seed=3))[0]
    likely = clip("gpt", "likely.mkv", seed=3, temperature=0.0)
    frames, _ = make_frames(likely)
    assert not np.array_equal(frames, plain)
    assert np.array_equal(make_frames(clip("gpt", "other.mkv", seed=4, top_k=1))[0], frames)
    assert resolve(likely).keyframes_key["native_video"]["chance"] == {"temperature": 0.0}


@pytest.mark.parametrize(
    ("kind", "asked", "words"),
    [
        ("gpt", {"steps": 5}, "--steps: tiny-gpt is a VideoGPT model"),
        ("gpt", {"width": 64}, "--width"),
        ("gpt", {"scheduler": "euler"}, "--scheduler"),
        ("gpt", {"zoom": "1.01"}, "a camera"),
        ("gan", {"guidance_scale": 3.0}, "--guidance-scale: tiny-gan is a recurrent GAN model"),
        ("gan", {"top_p": 0.5}, "--top-p"),
        ("gan", {"negative_prompt": "fog"}, "--negative-prompt"),
        ("gan", {"init_image": "picture.png"}, "not from an image"),
    ],
)
def test_what_a_baseline_does_not_do_is_refused_in_one_line(
    kind: str, asked: dict[str, Any], words: str, clip: Clip
) -> None:
    with pytest.raises(FramesmoothError, match=words) as refusal:
        make_clip(clip(kind, **asked), nothing)
    assert "\n" not in str(refusal.value)


def test_other_models_draw_no_codes(clip: Clip, tiny_model: Path) -> None:
    with pytest.raises(FramesmoothError, match="--top-p: tiny generates single images"):
        make_clip(clip("gpt", model=str(tiny_model), top_p=0.5), nothing)


def test_the_estimate_counts_what_is_generated(clip: Clip) -> None:
    found = estimate_clip(clip("gpt", num_frames=10), nothing)
    assert (found.segments, found.keyframes, found.frames) == (1, 10, 10)
    assert found.seconds > 0


def test_the_shared_parts_count_as_the_models_own(folders: dict[str, Path]) -> None:
    names = set(weight_hashes(folders["gpt"]))
    assert {"model_index.json", "codes/diffusion_pytorch_model.safetensors"} < names
    assert any(name.startswith("storybook/text_encoder/") for name in names)


def test_weights_that_do_not_fit_are_named(clip: Clip, folders: dict[str, Path], tmp_path: Path) -> None:
    folder = build_tiny_gan(tmp_path / "broken")
    config = folder / "transformer" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"width": 24}))
    with pytest.raises(ModelError, match="broken could not be loaded"):
        make_clip(clip("gan", model=str(folder)), nothing)
