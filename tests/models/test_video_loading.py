"""Video pipelines in little memory give the same frames, and what doesn't fit them is refused."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from framesmooth.errors import ModelError
from framesmooth.models import video_loading
from framesmooth.models.lora_spec import Lora
from framesmooth.models.video_families.base import VideoCall
from framesmooth.models.video_loading import load_video_pipeline
from framesmooth.models.video_model import StepCounter, VideoModel
from tests.tiny_families import build_tiny_family
from tests.tiny_video_families import build_tiny_video_family, motion_adapter


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    root, made = tmp_path_factory.mktemp("pipelines"), dict[str, Path]()

    def build(name: str) -> Path:
        if name not in made:
            made[name] = build_tiny_video_family(name, root)
        return made[name]

    return build


def frames(model: VideoModel, **changes: Any) -> np.ndarray:
    asked: dict[str, Any] = {
        "start": "text",
        "prompt": "a cat",
        "frames": model.family.frame_rule.up(8),
        "height": 64,
        "width": 64,
        "fps": Fraction(8),
        "steps": 2,
        "guidance_scale": 3.0,
    }
    made = model.generate(VideoCall(**asked | changes), 5)
    return np.stack([one.frame for one in made]).astype(int)


@pytest.mark.parametrize("name", ["text_to_video_sd", "cogvideox", "wan"])
def test_layers_that_wait_in_memory_change_nothing(name: str, folder: Callable[[str], Path]) -> None:
    """On a GPU layers come and go; here they come from where they are, by the same hooks."""
    model = load_video_pipeline(folder(name), device="cpu", dtype="float32")
    before = frames(model)
    video_loading.place(model.pipe, torch.device("cpu"), cpu_offload=False, group_offload=True)
    assert np.array_equal(frames(model), before)


@pytest.mark.parametrize("name", ["cogvideox", "ltx", "text_to_video_sd", "animatediff"])
def test_the_autoencoder_in_tiles_changes_little(name: str, folder: Callable[[str], Path]) -> None:
    whole, tiled = (
        load_video_pipeline(folder(name), device="cpu", dtype="float32", low_vram=low)
        for low in (False, True)
    )
    assert np.abs(frames(whole) - frames(tiled, in_parts=True)).max() <= 1


@pytest.mark.parametrize("name", ["wan", "animatediff"])
def test_bfloat16_and_float8_are_near(name: str, folder: Callable[[str], Path]) -> None:
    exact = frames(load_video_pipeline(folder(name), device="cpu", dtype="float32"))
    for settings in ({"dtype": "bfloat16"}, {"dtype": "float32", "layerwise_casting": True}):
        near = frames(load_video_pipeline(folder(name), device="cpu", **settings))
        assert 0 < np.abs(near - exact).mean() < 8


def test_wan_keeps_its_autoencoder_exact(folder: Callable[[str], Path]) -> None:
    pipe = load_video_pipeline(folder("wan"), device="cpu", dtype="bfloat16").pipe
    assert (pipe.vae.dtype, pipe.transformer.dtype) == (torch.float32, torch.bfloat16)


def test_wan_with_two_transformers_guides_each(folder: Callable[[str], Path]) -> None:
    model = load_video_pipeline(folder("wan_pair"), device="cpu", dtype="float32", layerwise_casting=True)
    stored = {one.blocks[0].attn1.to_q.weight.dtype for one in model.family.denoisers(model.pipe)}
    assert stored == {torch.float8_e4m3fn}
    both = frames(model, steps=4, guidance_scale=3.0)
    assert np.array_equal(frames(model, steps=4, guidance_scale=3.0, guidance_scale_2=3.0), both)
    assert not np.array_equal(frames(model, steps=4, guidance_scale=3.0, guidance_scale_2=30.0), both)


def test_the_small_wan_takes_prompts_and_images(folder: Callable[[str], Path]) -> None:
    model = load_video_pipeline(folder("wan_small"), device="cpu", dtype="float32")
    dark, light = (Image.fromarray(np.full((64, 64, 3), level, np.uint8)) for level in (20, 220))
    text, image = frames(model), frames(model, start="image", first=dark)
    assert text.shape == image.shape
    assert not np.array_equal(image, frames(model, start="image", first=light))


@pytest.mark.parametrize("name", ["wan", "cogvideox"])
def test_a_lora_for_a_transformer_changes_the_clip(
    name: str, folder: Callable[[str], Path], tmp_path: Path
) -> None:
    plain = load_video_pipeline(folder(name), device="cpu", dtype="float32")
    layers = {}
    for layer, module in plain.pipe.transformer.named_modules():
        if layer.endswith("to_q"):
            layers[f"transformer.{layer}.lora_A.weight"] = torch.ones(2, module.in_features)
            layers[f"transformer.{layer}.lora_B.weight"] = torch.ones(module.out_features, 2)
    save_file(layers, str(tmp_path / "style.safetensors"))
    lora = Lora(tmp_path / "style.safetensors", 0.5)
    styled = load_video_pipeline(folder(name), device="cpu", dtype="float32", loras=[lora])
    assert not np.array_equal(frames(styled), frames(plain))


def test_a_motion_adapter_for_another_model_is_refused(tmp_path: Path) -> None:
    from diffusers import MotionAdapter

    base = build_tiny_family("stable_diffusion_2", tmp_path)
    motion_adapter().save_pretrained(tmp_path / "fits", safe_serialization=True)
    other = MotionAdapter(
        block_out_channels=(16, 16),
        motion_layers_per_block=1,
        motion_norm_num_groups=4,
        motion_num_attention_heads=2,
        use_motion_mid_block=False,
    )
    other.save_pretrained(tmp_path / "other", safe_serialization=True)
    model = load_video_pipeline(base, device="cpu", dtype="float32", motion_adapter=tmp_path / "fits")
    assert frames(model).shape == (8, 64, 64, 3)
    euler = load_video_pipeline(
        base, device="cpu", dtype="float32", motion_adapter=tmp_path / "fits", scheduler="euler"
    )
    for scheduler in (model.scheduler, euler.scheduler):
        assert scheduler.config.beta_schedule == "linear", "as motion adapters are trained"
    with pytest.raises(ModelError, match="the motion adapter other is not for stable_diffusion_2"):
        load_video_pipeline(base, device="cpu", dtype="float32", motion_adapter=tmp_path / "other")


def test_a_motion_adapter_makes_an_xl_model_move(tmp_path: Path) -> None:
    base = build_tiny_family("stable_diffusion_xl", tmp_path)
    motion_adapter().save_pretrained(tmp_path / "adapter", safe_serialization=True)
    model = load_video_pipeline(base, device="cpu", dtype="float32", motion_adapter=tmp_path / "adapter")
    assert type(model.pipe).__name__ == "AnimateDiffSDXLPipeline"
    assert frames(model, free_init=2).shape == (8, 64, 64, 3)


@pytest.mark.parametrize(("iterations", "expected"), [(4, [1, 2, 3, 4]), (7, [0, 1, 1, 2, 2, 3, 4])])
def test_iterations_of_a_second_order_solver_are_half_steps(iterations: int, expected: list[int]) -> None:
    class Scheduler:
        timesteps = range(iterations)

    done, seen = 0, []

    def step() -> None:
        nonlocal done
        done += 1

    counter = StepCounter(4, 4, Scheduler, step)
    for _ in range(iterations):
        counter.iteration_done()
        seen.append(done)
    counter.finish()
    assert (seen, done) == (expected, 4)
