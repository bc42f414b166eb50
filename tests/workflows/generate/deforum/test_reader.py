"""Settings files of Deforum: what is taken over, which way things move, and what is said of the rest."""

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from framesmooth.cli import generate as command
from framesmooth.cli.main import cli
from framesmooth.errors import UsageError
from framesmooth.motion.camera.homography import Camera
from framesmooth.motion.camera.moves import Moves
from framesmooth.video import open_sink
from framesmooth.workflows.generate.deforum.reader import Deforum, read_deforum
from framesmooth.workflows.generate.settings import GenerateSettings

SETTINGS = {
    "W": 512, "H": 384, "seed": 7, "sampler": "Euler a", "steps": 25, "seed_behavior": "iter",
    "restore_faces": False, "tiling": False, "batch_name": "Deforum", "use_init": False,
    "prompts": {"0": " a bunny --neg nsfw, nude", "(max_f+1)/2-10": "a cat | a dog", "200": "a coconut"},
    "positive_prompts": "", "negative_prompts": "blurry", "animation_mode": "2D", "max_frames": 60,
    "angle": "0: (2)", "zoom": "0:(1.02+0.02*sin(2*3.14*t/20)), 30:(1.0)", "translation_x": "0: (3)",
    "translation_y": "0: (0)", "translation_z": "0: (1.75)", "noise_schedule": "0: (0.065)",
    "strength_schedule": "0: (0.65), 30: (0.5)", "contrast_schedule": "0: (1.0)",
    "cfg_scale_schedule": "0: (7)", "color_coherence": "LAB", "diffusion_cadence": 2, "fps": 15,
    "cn_1_enabled": False, "cn_1_weight": "0:(1)", "zooom": 3,
}  # fmt: skip


def read(tmp_path: Path, *without: str, **changed: Any) -> Deforum:
    path = tmp_path / "settings.txt"
    kept = {key: value for key, value in SETTINGS.items() if key not in without}
    path.write_text(json.dumps(kept | changed, indent=4))
    return read_deforum(path, {})


def test_a_settings_file_becomes_options(tmp_path: Path) -> None:
    got = read(tmp_path)
    assert [(one.time, one.prompt, one.negative) for one in got.prompts] == [
        (0, "a bunny", "nsfw, nude"),
        (20, "a cat | a dog", ""),
    ]
    options = dict(got.options)
    assert options.pop("strength") == "0:(0.35), 30:(0.5)"
    assert options == {
        "width": 512, "height": 384, "seed": 7, "steps": 25, "num_frames": 60, "cadence": 2,
        "fps": Fraction(15), "guidance_scale": 7.0, "scheduler": "euler-a", "negative_prompt": "blurry",
        "zoom": SETTINGS["zoom"], "roll": "0: (2)", "pan_x": "0: (3)", "pan_y": "0: (0)",
    }  # fmt: skip
    assert got.unused == ("prompts from frame 200 on", "noise_schedule", "zooom")


def moved(options: Any, size: tuple[int, int], point: list[float]) -> np.ndarray:
    """Return where our camera takes a point, counted in pixels from the centre, in one frame."""
    names = [name for name in vars(Moves()) if name in options]
    values = Moves(**{name: options[name] for name in names}).values(2, Fraction(12))
    centre = np.array([(size[1] - 1) / 2, (size[0] - 1) / 2])
    x, y, depth = Camera(values, size).between(0, 1) @ [*(centre + point), 1.0]
    return np.asarray(np.array([x, y]) / depth - centre)


def test_directions_in_2d(tmp_path: Path) -> None:
    def go(**moves: str) -> np.ndarray:
        still = {"zoom": "0:(1)", "angle": "0:(0)", "translation_x": "0:(0)", "translation_y": "0:(0)"}
        return moved(read(tmp_path, **(still | moves)).options, (384, 512), [10, 0])

    assert go(translation_x="0:(3)") == pytest.approx([13, 0])
    assert go(translation_y="0:(3)") == pytest.approx([10, 3])
    assert go(zoom="0:(1.5)") == pytest.approx([15, 0])
    assert go(angle="0:(90)") == pytest.approx([0, -10], abs=1e-9)  # counter-clockwise: up


def deforum_3d(move: str, amount: float, point: list[float], **view: Any) -> np.ndarray:
    """Move a point as Deforum does without depth: by the offset of its projections, y pointing down."""
    half = np.array([view["width"], view["height"]]) / 2
    scale = np.array([1 / view["aspect"], 1]) / math.tan(math.radians(view["fov"] / 2))
    world = np.array([*(np.array(point) / half), 1.0])
    axis = "xyz".index(move[-1])
    if move.startswith("translation"):
        new = world + np.eye(3)[axis] * amount / 200 * (1 if axis == 1 else -1)
    else:
        c, s = math.cos(math.radians(amount)), math.sin(math.radians(amount))
        turn = [
            [[1, 0, 0], [0, c, -s], [0, s, c]], [[c, 0, s], [0, 1, 0], [-s, 0, c]],
            [[c, -s, 0], [s, c, 0], [0, 0, 1]],
        ][axis]  # fmt: skip
        new = world @ np.array(turn)  # rows, as PyTorch3D has them
    return np.asarray(np.array(point) + scale * (new[:2] / new[2] - world[:2] / world[2]) * half)


@pytest.mark.parametrize(("width", "height", "old"), [(512, 512, False), (768, 512, True), (640, 512, False)])
@pytest.mark.parametrize(
    ("move", "point"),
    [
        ("translation_x", [0, 0]), ("translation_y", [0, 0]), ("translation_z", [0, 60]),
        ("rotation_3d_x", [0, 0]), ("rotation_3d_y", [0, 0]),
    ],
)  # fmt: skip
def test_3d_moves_as_deforum_does(
    tmp_path: Path, move: str, point: list[float], width: int, height: int, old: bool
) -> None:
    view = {"fov": 70, "aspect": width / height if old else 1, "width": width, "height": height}
    changed = {move: "0:(0.5)", "aspect_ratio_schedule": "0: (1)", "aspect_ratio_use_old_formula": old}
    still = ("translation_x", "translation_y", "translation_z")
    got = read(tmp_path, *still, animation_mode="3D", W=width, H=height, **changed)
    there = moved(got.options, (height, width), point) - point
    expected = deforum_3d(move, 0.5, point, **view) - point
    assert np.abs(expected).max() > 0.1
    assert there == pytest.approx(expected, rel=0.01, abs=0.01)


def test_rolling_in_3d(tmp_path: Path) -> None:
    got = read(tmp_path, *("translation_x", "translation_z"), animation_mode="3D", H=512, rotation_3d_z=0.5)
    view = {"fov": 70, "aspect": 1, "width": 512, "height": 512}
    assert moved(got.options, (512, 512), [100, 0]) == pytest.approx(
        deforum_3d("rotation_3d_z", 0.5, [100, 0], **view), abs=0.02
    )


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"zoom": "0:(1.0), 30:(1.5+t"}, ", zoom: schedule, column 1"),
        ({"zoom": "0:(1), 9:(0)"}, ", zoom: 0 or less at frame 9"),
        ({"cfg_scale_schedule": "0:(x)"}, ", cfg_scale_schedule: schedule, column 4"),
        ({"steps": "many"}, "line 6, steps: 'many' is no number"),
        ({"animation_mode": "Sideways"}, ", animation_mode: 'Sideways'"),
        ({"animation_mode": "Video Input"}, ", animation_mode: Video Input needs a video_init_path"),
        (
            {"animation_mode": "Video Input", "video_init_path": "https://host/a.mp4"},
            ", video_init_path: ",
        ),
        ({"prompts": {"0": 7}}, ", prompts: the prompt of frame 0 is no text"),
        ({"prompts": {"x": "a cat"}}, ", prompts: schedule, column 1"),
    ],
)
def test_wrong_values_are_one_line(tmp_path: Path, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, **changed)
    message = str(caught.value)
    assert words in message
    assert message.startswith(f"{tmp_path / 'settings.txt'}, line ")
    assert message.count("line ") == 1
    assert "\n" not in message


def test_a_video_is_drawn_over(tmp_path: Path) -> None:
    """The clip is as long as the video, whatever max_frames says; the camera's moves have no say."""
    with open_sink(tmp_path / "walk.mp4", fps=Fraction(15), size=(32, 48)) as sink:
        for level in range(10):
            sink.write(np.full((32, 48, 3), 40 + level, np.uint8))
    asked = {"animation_mode": "Video Input", "video_init_path": "walk.mp4", "extract_nth_frame": 2}
    prompts = {"0": "a bunny", "max_f": "a cat", "10": "a coconut"}
    got = read(tmp_path, "zooom", **asked, prompts=prompts)
    assert [(one.time, one.prompt) for one in got.prompts] == [(0, "a bunny"), (9, "a cat")]
    assert got.options["init_video"] == tmp_path / "walk.mp4"
    assert got.options["num_frames"] == 10
    assert got.options["strength"] == "0.35"
    assert not {"zoom", "pan_x", "cadence", "seed_behavior", "color_anchor"} & set(got.options)
    unused = (
        "extract_nth_frame",
        "seed_behavior",
        "strength_schedule at frame 30",
        "prompts from frame 10 on",
    )
    assert got.unused == unused
    assert read(tmp_path, "zooom", **asked, prompts=prompts, fps=30).unused[0] == "fps"
    (tmp_path / "other.mp4").write_bytes((tmp_path / "walk.mp4").read_bytes())
    path = tmp_path / "settings.txt"
    path.write_text(path.read_text().replace("walk.mp4", "gone.mp4"))
    mine = read_deforum(path, {"init_video": tmp_path / "other.mp4"})
    assert (mine.options["init_video"], mine.options["fps"]) == (tmp_path / "other.mp4", 15)


def test_options_go_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[GenerateSettings] = []
    monkeypatch.setattr(command, "make_and_show", lambda settings, *_, **__: asked.append(settings))
    read(tmp_path)
    arguments = ["generate", str(tmp_path / "settings.txt"), "-o", str(tmp_path / "clip.mp4")]
    result = CliRunner().invoke(cli, [*arguments, "-W", "64", "--zoom", "1.1", "--num-frames", "30"])
    assert result.exit_code == 0
    assert "not used: strength_schedule at frame 30, " in result.stderr
    assert "prompts from frame 200 on, noise_schedule, zooom" in result.stderr
    (settings,) = asked
    assert (settings.sampling.width, settings.sampling.height, settings.timeline.num_frames) == (64, 384, 30)
    assert settings.camera.moves is not None
    assert (settings.camera.moves.zoom, settings.camera.moves.roll) == ("1.1", "0: (2)")
    assert [prompt.time for prompt in settings.prompts] == [0, 5]
    assert CliRunner().invoke(cli, [*arguments, "a cat"]).exit_code == 2
