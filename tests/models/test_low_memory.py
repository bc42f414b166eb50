"""Little memory: tiles that don't show, pictures one by one, and what is said when it isn't enough."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor

from framesmooth.cli.main import cli
from framesmooth.errors import ModelError, UsageError
from framesmooth.generation.image_latents import encode_images
from framesmooth.models.devices import memory_errors
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.models.tiled_vae import tiled
from framesmooth.runs import RunFolder
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.generators import make_keyframes, prompt_travel

SMALL = {"tile": 32, "overlap": 12}


def autoencoder() -> Any:
    """Return an autoencoder with group normalisation whose residuals are small, as training leaves them."""
    from diffusers import AutoencoderKL

    torch.manual_seed(0)
    vae = AutoencoderKL(
        block_out_channels=(8, 8, 8),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        norm_num_groups=4,
        mid_block_add_attention=False,
    ).eval()
    with torch.no_grad():
        for name, weights in vae.decoder.named_parameters():
            if name.endswith("conv2.weight"):
                weights *= 0.25
    return vae


def scene(shift: float = 0.0) -> torch.Tensor:
    """Return latents (1, 4, 48, 64): a dark and a bright half, with texture, moved by ``shift`` pixels."""
    x, y = torch.meshgrid(torch.arange(64.0) + shift, torch.arange(48.0), indexing="xy")
    rows = [torch.tanh((x - 32) / 6), torch.sin(x / 5) * torch.cos(y / 4), y / 24 - 1, torch.sin((x + y) / 7)]
    return torch.stack(rows)[None]


def decoded(vae: Any, latents: torch.Tensor, how: Callable[..., torch.Tensor] | None = None) -> Any:
    with torch.inference_mode():
        if how is None:
            return vae.decode(latents).sample
        return how(vae, lambda one: vae.decode(one).sample, latents, **SMALL)


def test_tiles_add_no_flicker() -> None:
    """What tiles change is small beside the picture, and from frame to frame beside what moves.

    diffusers' tiles, each with statistics of its own, change three times as much.
    """
    vae = autoencoder()
    frames = [scene(shift) for shift in (0.0, 0.5)]
    whole = [decoded(vae, frame) for frame in frames]
    first, second = (decoded(vae, frame, tiled) - one for frame, one in zip(frames, whole, strict=True))
    assert float(first.std()) < 0.12 * float(whole[0].std())
    assert float((second - first).std()) < 0.2 * float((whole[1] - whole[0]).std())
    vae.tile_latent_min_size, vae.tile_sample_min_size = SMALL["tile"], 4 * SMALL["tile"]
    vae.enable_tiling()
    theirs, later = (decoded(vae, frame) - one for frame, one in zip(frames, whole, strict=True))
    assert float(first.std()) < 0.35 * float(theirs.std())
    assert float((second - first).std()) < 0.35 * float((later - theirs).std())


def test_tiles_of_the_built_in_model_dont_show() -> None:
    model = load_pipeline("storybook", device="cpu", dtype="float32")
    noise = torch.nn.functional.interpolate(model.noise(5, 320, 384)[None], scale_factor=2, mode="bicubic")
    whole = model.decode(noise)[0].astype(int)
    parts = replace(model, low_vram=True).decode(noise)[0].astype(int)
    assert whole.shape == (640, 768, 3)
    assert np.abs(whole - parts).max() <= 2
    assert np.abs(whole - parts).mean() < 0.05


def test_tiles_of_a_network_that_sees_no_further_are_exact() -> None:
    layer = torch.nn.ConvTranspose2d(4, 3, 2, stride=2)
    latents = scene()
    with torch.inference_mode():
        torch.testing.assert_close(tiled(layer, layer, latents, **SMALL), layer(latents))
        torch.testing.assert_close(
            tiled(layer, layer, latents[..., :16, :16], **SMALL), layer(latents[..., :16, :16])
        )


def test_tiles_into_latents_stay_on_the_grid() -> None:
    """The sides are such that evenly spread tiles would begin between two latent pixels."""
    model = load_pipeline("storybook", device="cpu", dtype="float32")
    y, x = np.mgrid[:520, :904]
    picture = np.stack([x % 256, y % 256, (x + y) // 8 % 256], axis=-1).astype(np.uint8)
    whole, parts = (encode_images(one, [picture]) for one in (model, replace(model, low_vram=True)))
    assert whole.shape == (1, 8, 65, 113)
    assert float((whole - parts).abs().max()) < 0.05 * float(whole.std())


def test_tiles_leave_no_hooks_behind() -> None:
    vae = autoencoder()
    before = decoded(vae, scene())
    decoded(vae, scene(), tiled)
    assert torch.equal(decoded(vae, scene()), before)


def test_the_same_clip_comes_out(model: TextToImage) -> None:
    clip = Timeline((Keyframe(0, "a cat", 3), Keyframe(6, "red sea", 3)), 7)
    settings: dict[str, Any] = {"width": 48, "height": 32, "steps": 4, "cadence": 2, "batch_size": 3}
    usual, careful = (
        np.stack(list(prompt_travel(one, clip, **settings))).astype(int)
        for one in (model, replace(model, low_vram=True))
    )
    assert np.abs(usual - careful).max() <= 1


def test_steps_are_told_once_for_the_batch(model: TextToImage) -> None:
    clip = Timeline((Keyframe(0, "a cat", 3), Keyframe(6, "red sea", 3)), 7)
    source = prompt_travel(replace(model, low_vram=True), clip, width=32, height=32, steps=4, batch_size=4)
    steps: list[int] = []
    expected = source.work().keyframe_steps
    make_keyframes(source, steps.append)
    assert sum(steps) == expected == 7 * 4


def test_offloading_is_for_gpus(tiny_model: Path) -> None:
    with pytest.raises(UsageError, match="--cpu-offload"):
        load_pipeline(str(tiny_model), device="cpu", cpu_offload=True)


@pytest.mark.parametrize(
    ("error", "used", "words"),
    [
        (torch.OutOfMemoryError("CUDA"), {}, "add --low-vram or --cpu-offload"),
        (torch.OutOfMemoryError("CUDA"), {"low_vram": True}, "add --cpu-offload"),
        (MemoryError(), {"low_vram": True, "cpu_offload": True}, "lower -W and -H"),
        (RuntimeError("MPS backend out of memory"), {}, "add --low-vram"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), {}, "add --low-vram"),
    ],
)
def test_running_out_of_memory_names_what_helps(error: Exception, used: dict[str, bool], words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught, memory_errors(**used):
        raise error
    assert "\n" not in str(caught.value)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="mat1"), memory_errors():
        raise RuntimeError("mat1 and mat2 shapes")


def test_a_run_that_ran_out_goes_on_in_less_memory(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second batch is too much at once; what the first one made is used."""
    fixed = [
        "--num-frames",
        "7",
        "--cadence",
        "2",
        "--pacing",
        "linear",
        "-W",
        "32",
        "-H",
        "24",
        "--steps",
        "2",
        "--batch-size",
        "2",
        "--structure-guidance",
        "0",
    ]
    asked = ["generate", "a cat", "red sea", "--model", str(tiny_model), *fixed, "--smoother", "ema"]
    clip = ["-o", str(tmp_path / "clip.mp4"), "--dtype", "float32", "--batch-size", "2"]
    calls: list[int] = []
    whole = type(model_family(tiny_model)).denoise

    def short(self: Any, conditioning: Any, latents: torch.Tensor, **settings: Any) -> torch.Tensor:
        calls.append(len(latents))
        if len(calls) > 1 and len(latents) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return Tensor(whole(self, conditioning, latents, **settings))

    monkeypatch.setattr(type(model_family(tiny_model)), "denoise", short)
    monkeypatch.setattr(
        "framesmooth.workflows.generate.frames_stage.FramesStage._report_cost", lambda *_: None
    )
    failed = CliRunner().invoke(cli, [*asked, *clip])
    assert failed.exit_code == 1
    assert failed.stderr.splitlines()[-1].startswith("error: out of memory: add --low-vram")
    kept = sorted(path.name for path in RunFolder(tmp_path / "clip.framesmooth").keyframes.folder.iterdir())
    made = CliRunner().invoke(cli, [*asked, *clip, "--low-vram"], catch_exceptions=False)
    assert made.exit_code == 0, made.stderr
    assert kept
    assert (tmp_path / "clip.mp4").is_file()
    assert calls[:2] == [1, 2]  # the first keyframe is diffused alone
    assert set(calls[2:]) == {1}
    assert len(calls[2:]) < 7  # keyframes of the first batch are not among them


def model_family(folder: Path) -> Any:
    return load_pipeline(str(folder), device="cpu", dtype="float32").family
