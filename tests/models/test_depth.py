"""Models that tell depth: tiny ones of true classes, from disk, and a clip made with one."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from framesmooth.errors import ModelError, RunChanged, UsageError
from framesmooth.models.depth import depth_of, load_depth
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.listeners import Stop, nothing, stop_at
from tests.scenes import texture

PICTURE = np.asarray(texture(48, 64, seed=5) * 255, np.uint8)


def build_dpt(folder: Path) -> Path:
    """Save a tiny, untrained DPT: its positions are resized for pictures of other sizes."""
    from transformers import DPTConfig, DPTForDepthEstimation

    torch.manual_seed(0)
    config = DPTConfig(
        hidden_size=8,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=8,
        image_size=32,
        patch_size=8,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[4, 4, 4, 4],
        fusion_hidden_size=4,
        readout_type="ignore",
        use_auxiliary_head=False,
    )
    DPTForDepthEstimation(config).save_pretrained(folder, safe_serialization=True)
    about = {"size": {"height": 32, "width": 32}, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(about))
    return folder


def build_depth_anything(folder: Path) -> Path:
    """Save a tiny, untrained Depth Anything."""
    from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

    torch.manual_seed(0)
    backbone = Dinov2Config(
        hidden_size=8,
        num_hidden_layers=4,
        num_attention_heads=2,
        mlp_ratio=1,
        image_size=28,
        patch_size=7,
        out_indices=[1, 2, 3, 4],
        apply_layernorm=True,
        reshape_hidden_states=False,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        patch_size=7,
        reassemble_hidden_size=8,
        neck_hidden_sizes=[4, 4, 4, 4],
        fusion_hidden_size=4,
        head_hidden_size=4,
    )
    DepthAnythingForDepthEstimation(config).save_pretrained(folder, safe_serialization=True)
    about = {"size": {"height": 28, "width": 28}, "keep_aspect_ratio": True, "ensure_multiple_of": 7}
    (folder / "preprocessor_config.json").write_text(json.dumps(about))
    return folder


@pytest.fixture(scope="module")
def dpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_dpt(tmp_path_factory.mktemp("depth") / "dpt")


@pytest.mark.parametrize("build", [build_dpt, build_depth_anything])
def test_every_pixel_has_a_depth_around_one(build: Callable[[Path], Path], tmp_path: Path) -> None:
    model = load_depth(build(tmp_path / "model"), torch.device("cpu"))
    depth = model(PICTURE)
    assert depth.shape == (48, 64)
    assert depth.dtype == np.float32
    assert np.median(depth) == pytest.approx(1, abs=1e-3)
    assert 0.2 <= depth.min() < depth.max() <= 5
    assert np.array_equal(depth, model(PICTURE))


def test_the_network_sees_what_transformers_own_preparation_gives(dpt: Path) -> None:
    """Scaled to its size, normalised: against the formula, on a picture that scaling leaves alone."""
    model = load_depth(dpt, torch.device("cpu"))
    square = PICTURE[:32, :32]
    prepared = model.prepare(np.ascontiguousarray(square))
    assert np.allclose(prepared[0].transpose(1, 2, 0), square / 127.5 - 1, atol=1e-5)


def test_disparity_of_any_scale_and_distance_become_depth() -> None:
    disparity = np.tile(np.linspace(0, 1, 101, dtype=np.float32), (4, 1))
    depth = depth_of(disparity, is_distance=False)
    assert np.allclose(depth, depth_of(300 * disparity - 70, is_distance=False), atol=1e-4)
    assert np.all(np.diff(depth[0]) <= 0)  # what has more disparity is nearer
    assert (1 / depth[0, -1] - 1 / depth[0, 0]) == pytest.approx(1.2, abs=1e-3)
    assert np.array_equal(depth_of(np.full((4, 4), 7.0), is_distance=False), np.ones((4, 4)))
    distance = np.array([[1.0, 2.0, 4.0]], np.float32)
    assert np.allclose(depth_of(distance, is_distance=True), [[0.5, 1, 2]])


@pytest.fixture
def settings(tiny_model: Path, dpt: Path, tmp_path: Path) -> GenerateSettings:
    return GenerateSettings.of(
        prompts=parse_prompts(["a cat on the beach"]),
        output=tmp_path / "clip.mkv",
        model=str(tiny_model),
        num_frames=7,
        cadence=2,
        width=36,
        height=24,
        steps=3,
        translate_z="4",
        pan_x="1",
        depth_model=dpt,
        smoother="ema",
        dtype="float32",
    )


def kept(settings: GenerateSettings) -> list[bytes]:
    folder = RunFolder.beside(settings.output).folder
    return [path.read_bytes() for path in sorted(folder.glob("frames/*.png"))]


def test_a_clip_with_depth_is_another_one_and_goes_on(settings: GenerateSettings, tmp_path: Path) -> None:
    whole, plane = (settings.but(output=tmp_path / name) for name in ("whole.mkv", "plane.mkv"))
    make_clip(whole, nothing)
    make_clip(plane.but(depth_model=None, camera_anchor="off"), nothing)
    assert kept(plane)[0] == kept(whole)[0]
    assert kept(plane)[1:] != kept(whole)[1:]
    with pytest.raises(Stop):
        make_clip(settings, stop_at("keyframes", 6))
    run = RunFolder.beside(settings.output)
    assert run.record["settings"]["raw"]["camera"]["depth_model"] == "dpt"
    other = build_dpt(tmp_path / "other")
    (other / "preprocessor_config.json").unlink()
    with pytest.raises(RunChanged, match="depth: "):
        resume_run(
            run.folder, Resume(paths=[("model", settings.model.name), ("depth-model", other)]), nothing
        )
    depth = str(settings.camera.depth_model)
    resume_run(run.folder, Resume(paths=[("model", settings.model.name), ("depth-model", depth)]), nothing)
    assert kept(settings) == kept(whole)


def test_wrong_models_are_refused_in_one_line(settings: GenerateSettings, dpt: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--depth-model.*--pan-x"):
        resolve(settings.but(translate_z=None, pan_x=None))
    with pytest.raises(ModelError, match=r"config\.json"):
        resolve(settings.but(depth_model=tmp_path / "missing"))
    folder = build_dpt(tmp_path / "changed")
    config = json.loads((folder / "config.json").read_text())
    for changes in ({"architectures": ["CLIPModel"]}, {"auto_map": {"AutoModel": "evil.py"}}):
        (folder / "config.json").write_text(json.dumps(config | changes))
        with pytest.raises(ModelError, match="--depth-model takes one"):
            resolve(settings.but(depth_model=folder))
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelError):
        load_depth(folder, torch.device("cpu"))
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"pickled")
    with pytest.raises(ModelError):
        resolve(settings.but(depth_model=folder))
