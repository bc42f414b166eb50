"""The nodes for ComfyUI do in its interface what the functions of framesmooth do."""

import asyncio
import json
import math
import re
import sys
import tomllib
import tracemalloc
from collections.abc import Callable, Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from packaging.requirements import Requirement
from PIL import Image

import framesmooth
from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import FrameList, as_float
from framesmooth.video import open_sink, open_source
from tests.comfyui import ComfyNode, InterruptProcessingException, Server, VideoFromFile, load_nodes
from tests.scenes import add_flicker, moving_scene

ROOT = Path(__file__).parents[2]
PACK = ROOT / "integrations" / "comfyui"
SMOOTHING = {"automatic": False, "strength": 0.6, "smoother": "ema", "loop": False}
WRITING = {"filename_prefix": "video/made", "format": "mp4", "crf": 17}
OF_COMFYUI = {"torch", "av", "numpy", "pillow", "scipy"}

Nodes = dict[str, type[ComfyNode]]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A stand-in for ComfyUI with its folders; what is imported of it goes when the test ends."""
    for name in ("input", "output", "temp"):
        (tmp_path / name).mkdir()
    found = Server(tmp_path)
    for name, module in found.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    yield found
    loaded = str(PACK).replace(".", "_x_")
    for name in [name for name in sys.modules if name == loaded or name.startswith(f"{loaded}.")]:
        del sys.modules[name]


@pytest.fixture
def nodes(server: Server) -> Nodes:
    return load_nodes(PACK)


def flickering(frames: int = 6, size: tuple[int, int] = (48, 64)) -> list[framesmooth.Frame]:
    return add_flicker(moving_scene(frames=frames, size=size, pan=(1.0, 0.5)).frames, seed=1)


def as_images(frames: list[framesmooth.Frame]) -> torch.Tensor:
    return torch.from_numpy(np.stack([as_float(frame) for frame in frames]))


def as_frames(images: torch.Tensor) -> Any:
    return (images.numpy() * 255).round().astype(np.uint8)


@pytest.fixture
def clip(server: Server) -> str:
    """A video in ComfyUI's input folder."""
    with open_sink(Path(server.folder("input")) / "in.mp4", fps=Fraction(12), size=(48, 64)) as sink:
        for frame in flickering():
            sink.write(frame)
    return "in.mp4"


def test_every_node_has_the_inputs_of_its_schema(nodes: Nodes) -> None:
    assert len(nodes) == 8
    for node in nodes.values():
        schema = node.GET_SCHEMA()
        given = set(node.execute.__annotations__) - {"return"}  # type: ignore[attr-defined]
        assert given == {each.id for each in schema.inputs}
        assert schema.category == "framesmooth"
        assert schema.description
        for each in schema.inputs:
            assert each.optional or each.io_type in {"IMAGE", "VIDEO"} or "default" in each.options


def test_smoothed_images_are_those_of_the_function(nodes: Nodes) -> None:
    frames = flickering()
    made = nodes["FramesmoothSmooth"].EXECUTE_NORMALIZED(images=as_images(frames), **SMOOTHING)
    expected = list(framesmooth.smooth(frames, smooth_strength=0.6, smoother="ema").frames)
    assert made[0].dtype == torch.float32
    assert np.array_equal(as_frames(made[0]), np.stack(expected))
    assert "flicker_score" in made[1]


def test_automatic_leaves_a_clean_clip_as_it_is(nodes: Nodes) -> None:
    images = as_images(moving_scene(frames=6, size=(48, 64)).frames)
    chosen = SMOOTHING | {"automatic": True, "smoother": "trajectory"}
    assert torch.equal(nodes["FramesmoothSmooth"].EXECUTE_NORMALIZED(images=images, **chosen)[0], images)


def test_interpolated_images_keep_those_that_were_there(nodes: Nodes) -> None:
    images = as_images(flickering(frames=4))
    chosen = {"cadence": 3, "at_cuts": "hold", "loop": False}
    made = nodes["FramesmoothInterpolate"].EXECUTE_NORMALIZED(images=images, **chosen)
    assert made[0].shape == (10, 48, 64, 3)
    assert torch.equal(made[0][::3], images)


def test_a_measurement_is_a_figure_a_text_and_a_plot(nodes: Nodes, server: Server) -> None:
    frames = flickering()
    made = nodes["FramesmoothMeasure"].EXECUTE_NORMALIZED(images=as_images(frames), fps=12.0)
    expected = framesmooth.measure(FrameList(frames, Fraction(12)))
    assert made[1] == expected["flicker_score"].mean
    assert re.search(r"^warping_error +\d", made[0], re.MULTILINE)
    [shown] = made.ui["images"]
    with Image.open(Path(server.folder(shown["type"])) / shown["filename"]) as plot:
        assert plot.size == (made[2].shape[2], made[2].shape[1])
    assert made.ui["text"] == (made[0],)


def test_a_measurement_against_a_clean_clip_knows_the_flicker_that_is_left(nodes: Nodes) -> None:
    clean = as_images(moving_scene(frames=6, size=(48, 64), pan=(1.0, 0.5)).frames)
    made = nodes["FramesmoothMeasure"].EXECUTE_NORMALIZED(
        images=as_images(flickering()), reference=clean, fps=12.0
    )
    assert "flicker_residual" in made[0]


def test_what_cannot_be_measured_is_not_a_number(nodes: Nodes) -> None:
    made = nodes["FramesmoothMeasure"].EXECUTE_NORMALIZED(images=as_images(flickering(frames=1)), fps=12.0)
    assert math.isnan(made[1])
    assert "unknown" in made[0]


def test_the_clean_clip_is_better_than_the_flickering_one(nodes: Nodes) -> None:
    clean = as_images(moving_scene(frames=6, size=(48, 64), pan=(1.0, 0.5)).frames)
    compare = nodes["FramesmoothCompare"].EXECUTE_NORMALIZED
    better = compare(before=as_images(flickering()), after=clean, reference=clean)
    worse = compare(before=clean, after=as_images(flickering()), reference=clean)
    assert better[1] is True
    assert worse[1] is False
    assert worse[0].startswith("not better: ")


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (torch.zeros(4, 32, 32, 4), "4 channels"),
        (torch.zeros(32, 32, 3), "has shape"),
        (torch.zeros(0, 32, 32, 3), "has shape"),
        (torch.full((4, 32, 32, 3), torch.nan), "image 0 has values that are not numbers"),
    ],
)
def test_tensors_that_are_no_frames_are_refused(nodes: Nodes, images: torch.Tensor, said: str) -> None:
    with pytest.raises(MediaError, match=said):
        nodes["FramesmoothSmooth"].EXECUTE_NORMALIZED(images=images, **SMOOTHING)


def test_images_of_half_precision_and_beyond_their_range_are_taken(nodes: Nodes) -> None:
    images = (as_images(flickering()) * 1.2).to(torch.float16).flip(2)
    made = nodes["FramesmoothSmooth"].EXECUTE_NORMALIZED(images=images, **SMOOTHING)[0]
    assert made.dtype == torch.float32
    assert 0 <= made.min() <= made.max() <= 1


def test_memory_grows_by_less_than_the_images_themselves(nodes: Nodes) -> None:
    """numpy tells tracemalloc what it takes, torch doesn't: so this is all but the IMAGEs."""
    pixels = 96 * 128 * 3

    def peak(count: int) -> int:
        images = as_images(flickering(frames=6, size=(96, 128))).repeat(count // 6, 1, 1, 1)
        tracemalloc.start()
        nodes["FramesmoothSmooth"].EXECUTE_NORMALIZED(images=images, **SMOOTHING)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(12)  # what is loaded once
    grown = peak(72) - peak(24)
    assert grown < 48 * pixels * 2  # 8 bits a value; those of an IMAGE have 32


def test_cancelling_stops_the_work_and_leaves_no_file(nodes: Nodes, server: Server, clip: str) -> None:
    server.cancelled = True
    with pytest.raises(InterruptProcessingException):
        nodes["FramesmoothSmoothVideo"].EXECUTE_NORMALIZED(path=clip, **SMOOTHING, **WRITING)
    assert [path for path in Path(server.folder("output")).rglob("*") if path.is_file()] == []


def test_every_stage_fills_its_bar(nodes: Nodes, server: Server) -> None:
    nodes["FramesmoothSmooth"].EXECUTE_NORMALIZED(images=as_images(flickering()), **SMOOTHING)
    assert server.bars
    assert all(done == total for done, total in server.bars)


def test_a_video_is_smoothed_beside_no_other(nodes: Nodes, server: Server, clip: str) -> None:
    smooth = nodes["FramesmoothSmoothVideo"].EXECUTE_NORMALIZED
    first = smooth(path=clip, **SMOOTHING, **WRITING)
    video = VideoFromFile(str(Path(server.folder("input")) / clip))
    second = smooth(video=video, path="", **SMOOTHING, **WRITING)
    folder = Path(server.folder("output")) / "video"
    assert [first[1], second[1]] == [str(folder / f"made_0000{n}_.mp4") for n in (1, 2)]
    assert Path(first[1]).read_bytes() == Path(second[1]).read_bytes()
    assert first[0].get_stream_source() == first[1]
    assert first.ui.as_dict()["images"] == [
        {"filename": "made_00001_.mp4", "subfolder": "video", "type": "output"}
    ]


def test_a_trimmed_video_is_read_as_it_was_trimmed(nodes: Nodes, server: Server, clip: str) -> None:
    video = VideoFromFile(str(Path(server.folder("input")) / clip), trim=(1 / 6, 1 / 4))
    chosen = {"cadence": 2, "at_cuts": "hold", "loop": False} | WRITING
    made = nodes["FramesmoothInterpolateVideo"].EXECUTE_NORMALIZED(video=video, **chosen)
    source = open_source(made[1])
    assert len(list(source)) == 5
    assert source.fps == 24
    assert list(Path(server.folder("temp")).iterdir()) == []


def test_videos_are_measured_and_compared(nodes: Nodes, server: Server, clip: str) -> None:
    path = str(Path(server.folder("input")) / clip)
    made = nodes["FramesmoothMeasureVideo"].EXECUTE_NORMALIZED(path=clip)
    assert made[1] == framesmooth.measure(path)["flicker_score"].mean
    same = nodes["FramesmoothCompareVideos"].EXECUTE_NORMALIZED(before_path=clip, after=VideoFromFile(path))
    assert same[1] is False
    assert "unchanged" in same[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "connect a video"),
        ({"path": "  "}, "connect a video"),
        ({"path": "in.mp4", "video": VideoFromFile("in.mp4")}, "not both"),
        ({"path": "../secret.mp4"}, "outside ComfyUI's input"),
        ({"path": "/etc/passwd"}, "outside ComfyUI's input"),
        ({"path": "../../x.mp4 [output]"}, "outside ComfyUI's input"),
        ({"path": "nothing.mp4"}, "is not there"),
    ],
)
def test_paths_stay_in_the_folders_of_comfyui(
    nodes: Nodes, server: Server, clip: str, given: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        nodes["FramesmoothMeasureVideo"].EXECUTE_NORMALIZED(**given)


def test_the_request_in_the_guide_is_one_that_works(nodes: Nodes, server: Server, clip: str) -> None:
    guide = (ROOT / "docs" / "guides" / "comfyui.md").read_text(encoding="utf-8")
    [request] = re.findall(r"^```json\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    [asked] = json.loads(request)["prompt"].values()
    Path(server.folder("input"), clip).rename(Path(server.folder("input"), asked["inputs"]["path"]))
    made = nodes[asked["class_type"]].EXECUTE_NORMALIZED(**asked["inputs"])
    assert Path(made[1]).name == "steady_00001_.mp4"


def missing(*names: str) -> Callable[..., Any]:
    """Return find_spec of a machine without some packages."""
    return lambda name, *more: None if name in names else find_spec(name, *more)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"find_spec": missing("framesmooth")}, r"framesmooth is missing \(pip install --no-deps frames"),
        ({"FRAMESMOOTH": "99.1"}, r"framesmooth [\d.]+ is too old"),
        (
            {"find_spec": missing("skimage", "av")},
            r"av, scikit-image missing \(pip install av scikit-image\)",
        ),
        ({"OPENCV": 99}, r"OpenCV [\d.]+ is older than 99"),
    ],
)
def test_what_is_missing_is_said_in_one_line(
    server: Server, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], said: str
) -> None:
    load_nodes(PACK)
    name = str(PACK).replace(".", "_x_")
    for attribute, value in change.items():
        monkeypatch.setattr(sys.modules[f"{name}.installed"], attribute, value)
    with pytest.raises(ImportError, match=said) as caught:
        asyncio.run(sys.modules[name].comfy_entrypoint())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (None, r"OpenCV cannot be imported: .*'opencv-contrib-python>=5'"),
        ({"__version__": "4.12.0"}, "OpenCV 4.12.0 is older than 5"),
        ({"__version__": cv2.__version__}, "OpenCV lacks its contributed modules"),
    ],
)
def test_another_opencv_is_named_and_left_alone(
    server: Server, monkeypatch: pytest.MonkeyPatch, module: dict[str, str] | None, said: str
) -> None:
    other = None if module is None else ModuleType("cv2")
    if other is not None and module is not None:
        vars(other).update(module)
    monkeypatch.setitem(sys.modules, "cv2", other)  # None: an import fails
    with pytest.raises(ImportError, match=said):
        load_nodes(PACK)


def requirements() -> set[str]:
    lines = (PACK / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def test_no_requirement_replaces_what_comfyui_or_its_user_chose(nodes: Nodes) -> None:
    installed = sys.modules[f"{str(PACK).replace('.', '_x_')}.installed"]
    whole = {Requirement(line).name for line in requirements()}
    assert whole == set(installed.PACKAGES.values()) - OF_COMFYUI
    assert not [name for name in whole if name.startswith(("torch", "opencv", "framesmooth"))]
    frames = (ROOT / "requirements-frames.txt").read_text(encoding="utf-8").splitlines()
    assert requirements() <= set(frames)


def test_the_registry_reads_what_is_true() -> None:
    project = tomllib.loads((PACK / "pyproject.toml").read_text(encoding="utf-8"))
    described = project["project"]
    assert set(described["dependencies"]) == requirements()
    assert described["version"] == framesmooth.__version__
    assert (PACK / described["license"]["file"]).read_bytes() == (ROOT / "LICENSE").read_bytes()
    assert (PACK / described["readme"]).is_file()
    assert re.fullmatch(r">=\d+\.\d+\.\d+", project["tool"]["comfy"]["requires-comfyui"])
