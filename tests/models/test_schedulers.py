"""Schedulers by the names that people use, and presets for models that need few steps."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from framesmooth.errors import UsageError
from framesmooth.models.families.base import Guidance
from framesmooth.models.loading import load_pipeline
from framesmooth.models.scheduler_spec import SCHEDULERS
from framesmooth.timeline.prompts import TimedPrompt
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.generators import prompt_travel
from tests.tiny_families import build_tiny_family


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp("schedulers")
    return cache(lambda name: build_tiny_family(name, root / name))


def scheduler_of(folder: Path, **settings: Any) -> Any:
    return load_pipeline(str(folder), device="cpu", dtype="float32", **settings).scheduler


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_short_name_draws_a_picture(name: str, folders: Any) -> None:
    model = load_pipeline(str(folders("stable_diffusion_xl")), device="cpu", dtype="float32", scheduler=name)
    assert type(model.scheduler).__name__ == f"{SCHEDULERS[name].kind}Scheduler"
    latents = model.denoise(
        model.noise(5, 32, 32)[None],
        model.encode("a cat", "", guided=True),
        [5],
        steps=4,
        guidance=Guidance(scale=3.0),
    )
    assert torch.isfinite(latents).all()


def test_names_are_read_as_people_write_them(folders: Any) -> None:
    folder = folders("stable_diffusion_xl")
    for name in ("Euler A", "euler_a", "EulerAncestralDiscrete", "euler-ancestral-discrete"):
        assert type(scheduler_of(folder, scheduler=name)).__name__ == "EulerAncestralDiscreteScheduler"
    assert scheduler_of(folder, scheduler="dpm++ karras").config.use_karras_sigmas
    with pytest.raises(UsageError, match=r"dpm\+\+"):
        scheduler_of(folder, scheduler="dpm+++")


def test_a_name_means_what_fits_the_model(folders: Any) -> None:
    assert (
        type(scheduler_of(folders("flux"), scheduler="euler")).__name__ == "FlowMatchEulerDiscreteScheduler"
    )
    sd3 = scheduler_of(folders("stable_diffusion_3"), scheduler="heun")
    assert type(sd3).__name__ == "FlowMatchHeunDiscreteScheduler"
    with pytest.raises(UsageError, match="use euler"):
        scheduler_of(folders("flux"), scheduler="ddim")
    with pytest.raises(UsageError, match="does not fit a FluxPipeline"):
        scheduler_of(folders("flux"), scheduler="heun")
    with pytest.raises(UsageError, match="does not fit"):
        scheduler_of(folders("latent_consistency"), scheduler="euler")


@pytest.mark.parametrize(
    ("preset", "kind"),
    [("turbo", "EulerAncestralDiscrete"), ("lcm", "LCM"), ("lightning", "EulerDiscrete")],
)
def test_presets_fill_in_what_isnt_asked_for(preset: str, kind: str, folders: Any, tmp_path: Path) -> None:
    folder = folders("stable_diffusion_xl")
    asked = GenerateSettings.of(
        prompts=(TimedPrompt("a cat"),), output=tmp_path / "clip.mp4", model=str(folder), preset=preset
    )
    clip = resolve(asked)
    assert (clip.steps, clip.guidance_scale) == (4, 1.0)
    model = load_pipeline(str(folder), device="cpu", dtype="float32", preset=preset)
    assert type(model.scheduler).__name__ == f"{kind}Scheduler"
    assert model.scheduler.config.timestep_spacing == "trailing"
    frames = list(
        prompt_travel(
            model,
            Timeline((Keyframe(0, "a cat", 1), Keyframe(2, "red sea", 1)), 3),
            width=32,
            height=32,
            steps=4,
            guidance_scale=1.0,
            cadence=2,
        )
    )
    assert len(frames) == 3


def test_options_go_before_a_preset(folders: Any, tmp_path: Path) -> None:
    folder = folders("stable_diffusion_xl")
    clip = resolve(
        GenerateSettings.of(
            prompts=(TimedPrompt("a cat"),),
            output=tmp_path / "clip.mp4",
            model=str(folder),
            preset="turbo",
            steps=2,
            guidance_scale=1.5,
        )
    )
    assert (clip.steps, clip.guidance_scale) == (2, 1.5)
    scheduler = scheduler_of(folder, preset="turbo", scheduler="euler")
    assert type(scheduler).__name__ == "EulerDiscreteScheduler"
    assert scheduler.config.timestep_spacing == "trailing"


def test_models_trained_by_flow_matching_keep_their_scheduler_for_a_preset(folders: Any) -> None:
    scheduler = scheduler_of(folders("flux_schnell"), preset="turbo")
    assert type(scheduler).__name__ == "FlowMatchEulerDiscreteScheduler"


def test_a_consistency_model_keeps_its_guidance(folders: Any, tmp_path: Path) -> None:
    asked = GenerateSettings.of(
        prompts=(TimedPrompt("a cat"),),
        output=tmp_path / "clip.mp4",
        model=str(folders("latent_consistency")),
        preset="lcm",
    )
    assert resolve(asked).guidance_scale == 7.5
