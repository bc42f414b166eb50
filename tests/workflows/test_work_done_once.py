"""No frame is decoded, and no model is loaded, more often than it takes."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import framesmooth as fs
from framesmooth.frames import Frame
from framesmooth.runs import stages
from framesmooth.video import images, read_image
from framesmooth.workflows.generate import frames_stage
from framesmooth.workflows.generate.result import GeneratedClip
from tests.scenes import add_flicker, moving_scene

FRAMES = moving_scene(frames=9, seed=3).frames


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each image was decoded, by folder and file; the first of a folder is left out.

    That one is decoded once more when the folder is opened, to say early that it is no clip.
    """
    count: Counter[str] = Counter()

    def counted(path: str | Path, **options: Any) -> Frame:
        if Path(path).name != "frame_000000.png":
            count["/".join(Path(path).parts[-2:])] += 1
        return read_image(path, **options)

    for module in (images, stages, frames_stage):
        monkeypatch.setattr(module, "read_image", counted)
    return count


def most(decoded: Counter[str], folder: str) -> int:
    return max((count for name, count in decoded.items() if name.startswith(f"{folder}/")), default=0)


def generate(tiny_model: Path, output: Path, **settings: Any) -> GeneratedClip:
    return fs.generate(
        ["a cat on the beach", "the lion at sunset"],
        output,
        **{
            "model": str(tiny_model),
            "num_frames": 8,
            "cadence": 4,
            "width": 32,
            "height": 24,
            "steps": 2,
            "smoother": "ema",
            "dtype": "float32",
            **settings,
        },
    )


def test_generate_decodes_no_frame_it_made(tiny_model: Path, tmp_path: Path, decoded: Counter[str]) -> None:
    made = generate(tiny_model, tmp_path / "clip.webp", smooth_strength=0.5)
    assert most(decoded, "frames") == 0  # smoothed, measured and shown in the report as they are made
    assert len(decoded) == 7
    assert set(decoded.values()) == {1}  # the smoothed ones, for the clip
    assert (made.run_folder / "strip.png").stat().st_size > 0


def test_smoothed_frames_of_a_run_are_written_again_without_its_raw_ones(
    tiny_model: Path, tmp_path: Path, decoded: Counter[str]
) -> None:
    made = generate(tiny_model, tmp_path / "clip.webp", smooth_strength=0.5)
    decoded.clear()
    report = tmp_path / "report"
    again = fs.smooth(
        made.run_folder, tmp_path / "again.webp", smoother="ema", smooth_strength=0.5, report=report
    )
    assert most(decoded, "frames") == 0
    assert max(decoded.values()) == 1
    assert (report / "strip.png").read_bytes() == (made.run_folder / "strip.png").read_bytes()
    np.testing.assert_array_equal(np.stack(list(again.frames)), np.stack(list(made.frames)))
    # A run of an earlier version has no strip: it is made, from as many frames as it shows.
    (strip,) = made.run_folder.glob("smoothed/*/strip.image")
    strip.unlink()
    decoded.clear()
    fs.smooth(made.run_folder, tmp_path / "third.webp", smoother="ema", smooth_strength=0.5, report=report)
    assert most(decoded, "frames") == 1
    assert strip.is_file()
    assert (report / "strip.png").read_bytes() == (made.run_folder / "strip.png").read_bytes()


def test_smooth_and_compare_decode_each_clip_once(tmp_path: Path, decoded: Counter[str]) -> None:
    for name, frames in (("before", add_flicker(FRAMES, "G", strength=2)), ("after", FRAMES)):
        fs.assemble(frames, f"{tmp_path}/{name}/")
    fs.smooth(tmp_path / "before", report=tmp_path / "report")
    assert most(decoded, "before") == 1
    decoded.clear()
    fs.compare(tmp_path / "before", [tmp_path / "after"])
    assert most(decoded, "after") == 1
    assert most(decoded, "before") == 2  # once more as the reference of the other's detail


def test_a_second_clip_with_the_same_model_loads_nothing(tiny_model: Path, tmp_path: Path) -> None:
    pool = fs.ModelPool()
    alone = generate(tiny_model, tmp_path / "alone.webp", seed=3)
    generate(tiny_model, tmp_path / "first.webp", seed=1, cross_frame_attention=True, pool=pool)
    made = generate(tiny_model, tmp_path / "second.webp", seed=3, pool=pool)
    assert (pool.loads, len(pool)) == (1, 1)
    for one, other in zip(
        alone.frames, made.frames, strict=True
    ):  # the first clip left no trace in the model
        np.testing.assert_array_equal(one, other)
    pool.clear()
    assert len(pool) == 0
