"""What smoothing doesn't help stays as it was, bit for bit, and it is said."""

import json
from pathlib import Path

import numpy as np

import framesmooth as fs
from framesmooth.frames import Frame
from tests.scenes import add_flicker, moving_scene

CLEAN = moving_scene(frames=8, size=(48, 64), pan=(1.0, 0.5)).frames
FLICKERING = add_flicker(moving_scene(frames=8, size=(48, 64), pan=(0.0, -1.0), seed=9).frames, "GL")


def same(frames: fs.FrameSource, wanted: list[Frame]) -> list[bool]:
    return [np.array_equal(one, other) for one, other in zip(frames, wanted, strict=True)]


def test_a_clean_clip_is_left_as_it_was(tmp_path: Path) -> None:
    made = fs.smooth(CLEAN, tmp_path / "out", report=tmp_path / "report")
    assert made.left is not None
    assert made.left.startswith("left as it was: ")
    assert any(made.left in notice.message for notice in made.notices)
    assert made.smoothing.strength == 0
    assert all(same(made.frames, CLEAN))
    assert made.after is not None
    assert made.before is not None
    assert all(made.after[name].mean == made.before[name].mean for name in made.before)
    assert made.as_dict()["left_as_it_was"] == made.left
    assert not list(tmp_path.glob(".*"))


def test_a_strength_that_is_given_is_obeyed() -> None:
    made = fs.smooth(CLEAN, smooth_strength=0.6)
    assert made.left is None
    assert not all(same(made.frames, CLEAN))


def test_only_the_shot_that_flickers_is_smoothed() -> None:
    made = fs.smooth(CLEAN + FLICKERING)
    assert made.left is not None
    assert "frame 0" in made.left
    assert same(made.frames, CLEAN + FLICKERING)[:8] == [True] * 8
    assert not any(same(made.frames, CLEAN + FLICKERING)[8:])
    assert made.before is not None
    assert made.after is not None
    assert (made.after["luma_flicker"].mean or 0) < 0.3 * (made.before["luma_flicker"].mean or 0)


def test_a_generated_clip_never_ends_with_worse_figures(tiny_model: Path, tmp_path: Path) -> None:
    made = fs.generate(
        ["a cat on the beach", "the lion at sunset"],
        tmp_path / "clip",
        model=str(tiny_model),
        dtype="float32",
        width=32,
        height=24,
        num_frames=8,
        cadence=4,
        steps=2,
    )
    for name in ("flicker_score", "luma_flicker_local", "sharpness_pumping"):
        first, second = made.before[name].mean, made.after[name].mean
        assert first is None or second is None or second <= 1.02 * first + 0.02
    record = json.loads((made.run_folder / "record.json").read_text())
    assert record.get("left_as_it_was") == made.left
    rendered = list(fs.open_source(made.run_folder / "frames"))
    assert all(same(made.frames, rendered)) is (made.left is not None)
