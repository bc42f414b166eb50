"""What every upscaler promises, and what steady enlarging adds."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from framesmooth.errors import FramesmoothError, ModelError, UsageError, missing_packages
from framesmooth.frames import Frame
from framesmooth.motion.flow.base import load_flow
from framesmooth.registry import UPSCALERS
from framesmooth.upscaling.base import Enlarging, Upscaler, create_upscaler, size_of
from framesmooth.upscaling.lanczos import Lanczos
from framesmooth.upscaling.steady import steadily
from framesmooth.upscaling.tiles import in_tiles
from tests.scenes import texture


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


@pytest.fixture(params=sorted(UPSCALERS))
def upscaler(request: pytest.FixtureRequest, swin_folder: Path) -> Upscaler:
    if request.param == "acnet" and missing_packages(["pyanime4k"]):
        pytest.skip("pyanime4k is not installed")
    return create_upscaler(str(swin_folder) if request.param == "swin2sr" else request.param, "cpu")


def picture(height: int = 40, width: int = 56) -> Frame:
    return np.asarray(texture(height, width, seed=3) * 255, np.uint8)


def test_every_upscaler_makes_larger_frames_and_leaves_its_input_alone(upscaler: Upscaler) -> None:
    assert isinstance(upscaler, Upscaler)
    frame = picture()
    kept = frame.copy()
    large = upscaler(frame)
    assert large.shape == (upscaler.factor * 40, upscaler.factor * 56, 3)
    assert large.dtype == np.uint8
    assert np.array_equal(frame, kept)
    assert np.array_equal(upscaler(frame), large), "the same frame becomes the same frame"


def test_tiles_give_the_whole_frame(upscaler: Upscaler) -> None:
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
    if type(upscaler).__name__ in ("Lanczos", "StorybookX2"):
        assert upscaler(flat[:1, :1]).shape == (2, 2, 3)
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
