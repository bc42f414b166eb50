"""Runs of frames that are drawn from each other: stopped, resumed, repaired."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from framesmooth.errors import MediaError, ModelError, RunChanged
from framesmooth.frames import GeneratedFrame
from framesmooth.generation import camera_feedback, image_to_image
from framesmooth.generation.diffusion import REROLL_STRIDE
from framesmooth.models.latents import noise_of
from framesmooth.runs import RunFolder
from framesmooth.runs.cache import prune
from framesmooth.video import write_png
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.setting_groups.sampling import BadFrames
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.listeners import Stop, nothing, stop_at
from tests.scenes import texture
from tests.small_clip import small_clip

FRAMES = 7


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip under a camera."""
    return small_clip(
        tiny_model,
        tmp_path / "clip.mkv",
        num_frames=FRAMES,
        cadence=2,
        width=36,
        steps=3,
        zoom="1.03",
        camera_anchor="off",
        roll="0:(0), -1:(2)",
    )


def pictures(settings: GenerateSettings, kind: str = "frames") -> dict[str, bytes]:
    folder = RunFolder.beside(settings.output).folder / kind
    return {path.name: path.read_bytes() for path in folder.rglob("*.png")}


def bad_frames(settings: GenerateSettings) -> list[tuple[int, str, str, int]]:
    recorded = RunFolder.beside(settings.output).record["bad_frames"]
    return [(one["frame"], one["fault"], one["action"], one["attempts"]) for one in recorded]


@pytest.mark.parametrize(
    ("stage", "count"), [("keyframes", 1), ("keyframes", 4), ("keyframes", 5), ("frames", 2), ("smooth", 3)]
)
def test_a_stopped_chain_is_resumed_to_the_same_bytes(
    settings: GenerateSettings, tmp_path: Path, stage: str, count: int
) -> None:
    whole = settings.but(output=tmp_path / "whole.mkv")
    make_clip(whole, nothing)
    with pytest.raises(Stop):
        make_clip(settings, stop_at(stage, count))
    run = RunFolder.beside(settings.output)
    assert isinstance(
        resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing), GeneratedClip
    )
    for kind in ("keyframes", "frames", "smoothed"):
        assert pictures(settings, kind) == pictures(whole, kind) != {}
    assert resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing) == settings.output


def test_a_damaged_link_of_the_chain_is_made_anew(settings: GenerateSettings) -> None:
    make_clip(settings, nothing)
    wanted = pictures(settings)
    run = RunFolder.beside(settings.output)
    for name in ("keyframes/frame_000002.png", "keyframes/frame_000006.png", "frames/frame_000005.png"):
        (run.folder / name).write_bytes(b"damaged")
    assert isinstance(
        resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing), GeneratedClip
    )
    assert pictures(settings) == wanted


def test_where_the_first_picture_is_now(
    settings: GenerateSettings, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first = tmp_path_factory.mktemp("elsewhere") / "first.png"
    write_png(first, np.asarray(texture(30, 40, seed=5) * 255, np.uint8))
    settings = settings.but(init_image=first, zoom=None, roll=None, num_frames=3)
    with pytest.raises(Stop):
        make_clip(settings, stop_at("keyframes", 1))
    run = RunFolder.beside(settings.output)
    assert run.record["settings"]["raw"]["img2img"]["init_image"] == "first.png"
    with pytest.raises(MediaError, match=r"first\.png .*--init-image"):
        resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing)
    write_png(tmp_path / "other.png", np.zeros((24, 36, 3), np.uint8))
    with pytest.raises(RunChanged, match=r"feedback\.first: "):
        resume_run(
            run.folder,
            Resume(paths=[("model", settings.model.name), ("init-image", tmp_path / "other.png")]),
            nothing,
        )
    resume_run(run.folder, Resume(paths=[("model", settings.model.name), ("init-image", first)]), nothing)
    assert settings.output.exists()


def spoil(monkeypatch: pytest.MonkeyPatch, at: dict[int, int]) -> None:
    """Let the model answer with NaN at some frames, to so many of its attempts: frame -> attempts."""
    denoise_image = image_to_image.denoise_image

    def spoiled(path: Any, time: int, noise: torch.Tensor, *others: Any, **named: Any) -> GeneratedFrame:
        drawn = denoise_image(path, time, noise, *others, **named)
        seeds = (path.seed(time) + REROLL_STRIDE * attempt + time for attempt in range(1, 4))
        attempts = [torch.equal(noise, noise_of(seed, noise.shape)) for seed in seeds]
        attempt = attempts.index(True) + 1 if any(attempts) else 0
        return GeneratedFrame(np.zeros_like(drawn.frame), "nan") if attempt < at.get(time, 0) else drawn

    monkeypatch.setattr(camera_feedback, "denoise_image", spoiled)


def test_a_chain_goes_on_from_another_noise_where_a_picture_came_out_bad(
    settings: GenerateSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, {0: 1, 2: 2, 4: 4})
    make_clip(settings, nothing)
    assert bad_frames(settings) == [
        (0, "nan", "reroll", 1), (2, "nan", "reroll", 2), (4, "nan", "interpolate", 3)]  # fmt: skip
    frames = pictures(settings)
    chain = pictures(settings, "keyframes")
    assert len(chain) == 4
    for stage, count in (("keyframes", 6), ("frames", 3), ("bad frames", 1)):
        stopped = settings.but(output=tmp_path / f"{stage}.mkv")
        with pytest.raises(Stop):
            make_clip(stopped, stop_at(stage, count))
        resume_run(
            RunFolder.beside(stopped.output).folder, Resume(paths=[("model", settings.model.name)]), nothing
        )
        assert bad_frames(stopped) == bad_frames(settings)
        assert (pictures(stopped), pictures(stopped, "keyframes")) == (frames, chain)


@pytest.mark.parametrize("how", ["hold", "interpolate", "fail"])
def test_bad_links_are_treated_as_asked(
    settings: GenerateSettings, how: BadFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, {2: 1, 4: 4})
    asked = settings.but(bad_frames=how)
    if how == "fail":
        with pytest.raises(ModelError, match="frame 2 and 1 more came out bad"):
            make_clip(asked, nothing)
        prune(RunFolder.beside(asked.output), ["keyframes"])
        make_clip(settings, nothing)  # the chain is made again for the rerolls
        assert [one[2] for one in bad_frames(settings)] == ["reroll", "interpolate"]
        return
    make_clip(asked, nothing)
    assert bad_frames(asked) == [(2, "nan", how, 0), (4, "nan", how, 0)]


def test_a_first_picture_that_only_comes_out_bad_is_an_error(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, {0: 4})
    with pytest.raises(ModelError, match=r"NaN.*--dtype float32"):
        make_clip(settings, nothing)


def test_any_frame_can_be_drawn_anew(settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that is judged bad by its looks, between diffused ones too."""
    monkeypatch.setattr(
        "framesmooth.workflows.generate.frames_stage.judge", lambda *_: {3: "black", 4: "black"}
    )
    monkeypatch.setattr("framesmooth.workflows.generate.repair.outliers", lambda _: {})
    make_clip(settings.but(smooth_strength=0), nothing)
    assert bad_frames(settings) == [(3, "black", "reroll", 1), (4, "black", "reroll", 1)]
