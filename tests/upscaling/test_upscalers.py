"""What every upscaler promises, and what steady enlarging adds."""

import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from framesmooth.errors import FramesmoothError, ModelError, UsageError, missing_packages
from framesmooth.frames import Frame
from framesmooth.motion.flow.base import load_flow
from framesmooth.registry import UPSCALERS
from framesmooth.upscaling.acnet import Acnet
from framesmooth.upscaling.base import Enlarging, Upscaler, create_upscaler, size_of
from framesmooth.upscaling.diffusion import DiffusionUpscaler
from framesmooth.upscaling.lanczos import Lanczos
from framesmooth.upscaling.steady import steadily
from framesmooth.upscaling.storybook_x2 import StorybookX2
from framesmooth.upscaling.tiles import in_tiles
from tests.scenes import texture
from tests.tiny_upscalers import build_compact, build_upscaling_pipeline


@pytest.fixture(scope="session")
def swin_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Swin2SR of the true class with few, random weights."""
    import torch
    from transformers import Swin2SRConfig, Swin2SRForImageSuperResolution

    torch.manual_seed(0)
    config = Swin2SRConfig(
        image_size=32, embed_dim=12, depths=[1], num_heads=[2], window_size=4, upscale=2, mlp_ratio=1.0
    )
    folder = tmp_path_factory.mktemp("swin2sr")
    Swin2SRForImageSuperResolution(config).save_pretrained(folder, safe_serialization=True)
    return folder


@pytest.fixture(scope="session")
def models(swin_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What upscalers are loaded from, those that come without weights."""
    folder = tmp_path_factory.mktemp("upscalers")
    return {
        "swin2sr": swin_folder,
        "esrgan": build_compact(folder / "compact.safetensors"),
        "diffusion": build_upscaling_pipeline(folder / "x4", "StableDiffusionUpscalePipeline"),
        "latent": build_upscaling_pipeline(folder / "x2", "StableDiffusionLatentUpscalePipeline"),
    }


def loaded(name: str, models: dict[str, Path]) -> Upscaler:
    needed = {"acnet": "pyanime4k", "esrgan": "spandrel"}.get(name)
    if needed is not None and missing_packages([needed]):
        pytest.skip(f"{needed} is not installed")
    made = create_upscaler(str(models.get(name, name)), "cpu")
    return replace(made, steps=1) if isinstance(made, DiffusionUpscaler) else made


@pytest.fixture(params=sorted({*UPSCALERS, "latent"}))
def upscaler(request: pytest.FixtureRequest, models: dict[str, Path]) -> Upscaler:
    return loaded(request.param, models)


def picture(height: int = 40, width: int = 56) -> Frame:
    return np.asarray(texture(height, width, seed=3) * 255, np.uint8)


def test_every_upscaler_makes_larger_frames_and_leaves_its_input_alone(upscaler: Upscaler) -> None:
    assert isinstance(upscaler, Upscaler)
    frame = picture(12, 17)
    kept = frame.copy()
    large = upscaler(frame)
    assert large.shape == (upscaler.factor * 12, upscaler.factor * 17, 3)
    assert large.dtype == np.uint8
    assert np.array_equal(frame, kept)
    assert np.array_equal(upscaler(frame), large), "the same frame becomes the same frame"


def test_tiles_give_the_whole_frame(upscaler: Upscaler) -> None:
    if isinstance(upscaler, DiffusionUpscaler):
        pytest.skip("its attention sees all of a tile")
    frame = picture(72, 88)
    whole, tiled = upscaler(frame), in_tiles(upscaler, frame, 48)
    assert tiled.shape == whole.shape
    off = np.abs(tiled.astype(int) - whole)
    assert off.max() <= (40 if "Swin" in type(upscaler).__name__ else 2)


@pytest.mark.parametrize("name", ["lanczos", "storybook-x2"])
def test_a_painted_picture_keeps_its_tone_and_gains_on_nearest_pixels(name: str) -> None:
    wanted = cv2.GaussianBlur(picture(96, 96), (0, 0), 1.5)
    small = np.asarray(cv2.resize(wanted, (48, 48), interpolation=cv2.INTER_AREA), np.uint8)
    made = create_upscaler(name, "cpu")(small).astype(float)
    nearest = small.repeat(2, axis=0).repeat(2, axis=1).astype(float)
    assert np.abs(made.mean(axis=(0, 1)) - wanted.mean(axis=(0, 1))).max() < 1.5
    assert np.square(made - wanted).mean() < 0.5 * np.square(nearest - wanted).mean()


def test_one_pixel_and_flat_frames(upscaler: Upscaler) -> None:
    flat = np.full((24, 24, 3), 130, np.uint8)
    if not isinstance(upscaler, Acnet):
        assert upscaler(flat[:1, :1]).shape == (upscaler.factor, upscaler.factor, 3)
    if isinstance(upscaler, Lanczos | StorybookX2):
        assert np.abs(upscaler(flat).astype(int) - 130).max() <= 3


@pytest.mark.parametrize(
    ("size", "expected"), [((80, 112), (80, 112)), ((100, 100), (100, 100)), ((81, 160), (81, 160))]
)
def test_frames_reach_the_size_that_is_asked_for(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert Enlarging(Lanczos(), size)(picture()).shape[:2] == expected


def test_the_middle_is_kept_where_the_shape_is_another_one() -> None:
    frame = np.zeros((20, 40, 3), np.uint8)
    frame[:, 15:25] = 200
    square = Enlarging(Lanczos(), (40, 40))(frame)
    assert square[:, 20].mean() > 190
    assert square[:, :5].max() < 30
    assert square[:, -5:].max() < 30


def test_sizes_that_make_no_sense_are_refused() -> None:
    assert size_of((256, 384), 2.0, None) == (512, 768)
    assert size_of((256, 384), None, (1080, 1920)) == (1080, 1920)
    for scale, size, word in (
        (None, None, "--scale"),
        (2.0, (10, 10), "either"),
        (None, (100, 100), "smaller"),
        (16.0, None, "16384"),
    ):
        with pytest.raises(UsageError, match=word):
            size_of((2256, 384), scale, size)


def test_what_is_no_upscaler_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "weights.safetensors").write_bytes(b"no weights")
    for name in (str(tmp_path), str(tmp_path / "weights.safetensors"), "waifu", "swin2sr"):
        with pytest.raises(FramesmoothError) as caught:
            create_upscaler(name, "cpu")
        assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="bert"):
        create_upscaler(str(tmp_path), "cpu")


@pytest.mark.parametrize("name", ["x.pth", "x.pt", "x.ckpt"])
def test_pickles_are_refused_before_they_are_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(UsageError, match="may run programs"):
        create_upscaler(str(tmp_path / name), "cpu")


@pytest.mark.skipif(bool(missing_packages(["spandrel"])), reason="spandrel is not installed")
def test_networks_that_do_not_enlarge_are_one_line(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"weight": torch.zeros(3)}, tmp_path / "unknown.safetensors")
    build_compact(tmp_path / "same.safetensors", scale=1)
    for name, word in (("unknown", "no network that is known"), ("same", "enlarges 1 times|doesn't enlarge")):
        with pytest.raises(ModelError, match=word) as caught:
            create_upscaler(str(tmp_path / f"{name}.safetensors"), "cpu")
        assert "\n" not in str(caught.value)


@pytest.mark.skipif(bool(missing_packages(["spandrel"])), reason="spandrel is not installed")
def test_a_network_of_spandrel_is_what_torch_makes_of_its_layers(models: dict[str, Path]) -> None:
    import torch
    from safetensors.torch import load_file
    from torch.nn.functional import conv2d, interpolate, pixel_shuffle, prelu

    frame, weights = picture(16, 16), load_file(models["esrgan"])
    x = given = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
    for layer in range(5):
        weight = weights[f"body.{layer}.weight"]
        x = prelu(x, weight) if layer % 2 else conv2d(x, weight, weights[f"body.{layer}.bias"], padding=1)
    wanted = (pixel_shuffle(x, 2) + interpolate(given, scale_factor=2)).clamp(0, 1)[0] * 255
    made = create_upscaler(str(models["esrgan"]), "cpu")(frame)
    assert np.abs(made - wanted.permute(1, 2, 0).numpy()).max() < 0.51
    whole = sys.modules.get("spandrel")
    assert whole is None or hasattr(whole, "MAIN_REGISTRY"), "no half of a package is left behind"


@pytest.mark.parametrize("content", ["{", "[]", '{"_class_name": "StableDiffusionPipeline"}'])
def test_pipelines_that_do_not_enlarge_are_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "model_index.json").write_text(content)
    with pytest.raises(ModelError) as caught:
        create_upscaler(str(tmp_path), "cpu")
    assert "\n" not in str(caught.value)


def test_a_clip_that_is_gone_on_with_is_the_whole_one() -> None:
    wide = np.asarray(texture(24, 48, seed=4) * 255, np.uint8)
    frames = [np.ascontiguousarray(wide[:, t : t + 32]) for t in range(5)]
    enlarging, flow = Enlarging(Lanczos(), (48, 64)), load_flow("dis-medium")
    whole = list(steadily(frames, enlarging, flow, 0.5))
    rest = list(steadily(frames[3:], enlarging, flow, 0.5, before=(frames[2], whole[2])))
    assert all(np.array_equal(a, b) for a, b in zip(whole[3:], rest, strict=True))


class Boiling:
    """Adds another pattern to every frame, as an upscaler that flickers does."""

    factor, reach = 2, 4

    def __init__(self) -> None:
        self.rng = np.random.default_rng(0)

    def __call__(self, frame: Frame) -> Frame:
        large = Lanczos()(frame).astype(float)
        return np.asarray(np.clip(large + self.rng.normal(0, 8, large.shape), 0, 255), np.uint8)


def test_steady_enlarging_takes_flicker_out_of_what_is_added_and_nothing_out_of_motion() -> None:
    wide = np.asarray(cv2.GaussianBlur(texture(48, 80, seed=4), (0, 0), 1) * 255, np.uint8)
    frames = [np.ascontiguousarray(wide[:, t : t + 64]) for t in range(8)]
    flow = load_flow("dis-medium")

    def off(strength: float) -> float:
        made = steadily(frames, Enlarging(Boiling(), (96, 128)), flow, strength)
        true = [Lanczos()(frame).astype(float) for frame in frames]
        inner = slice(8, -8)
        return float(
            np.mean([np.abs(a - b)[inner, inner].mean() for a, b in zip(made, true, strict=True)][3:])
        )

    assert off(0.5) < 0.75 * off(0.0)
    plain = Enlarging(Lanczos(), (96, 128))
    moved = list(steadily(frames, plain, flow, 0.5))
    assert max(np.abs(a.astype(int) - plain(b)).mean() for a, b in zip(moved, frames, strict=True)) < 1.0
