"""A guide or reference of another size is scaled to that of its clip, with a notice."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.frames import Frame, FrameList, notices_of
from framesmooth.video import open_sink
from framesmooth.video.resize import MatchedClip, matched


def clip(size: tuple[int, int], flicker: float = 0) -> list[Frame]:
    """Return 6 frames of a texture that moves by 1/32 of the width a frame, its brightness changing."""
    rng = np.random.default_rng(3)
    texture = cv2.GaussianBlur(rng.random((192, 512, 3)), (0, 0), 6)
    texture = (texture - texture.min()) / (texture.max() - texture.min()) * 180 + 40
    frames = []
    for index in range(6):
        part = texture[:, 8 * index : 8 * index + 256] + flicker * (-1) ** index
        scaled = cv2.resize(part, size[::-1], interpolation=cv2.INTER_AREA)
        frames.append(np.clip(scaled, 0, 255).astype(np.uint8))
    return frames


def write(folder: Path, frames: list[Frame]) -> str:
    height, width = frames[0].shape[:2]
    with open_sink(f"{folder}/", fps=12, size=(height, width)) as sink:  # type: ignore[arg-type]
        for frame in frames:
            sink.write(frame)
    return str(folder)


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(cli, list(arguments))
    assert result.exit_code == 0, result.output
    return result


def metrics(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)["metrics"]
    return found


@pytest.mark.input_table(
    "Pictures", "a guide or reference of another size", "scaled to the clip's size, and it is said"
)
@pytest.mark.parametrize("factor", [2, 0.5])
@pytest.mark.parametrize("option", ["--reference", "--guide"])
def test_measure_scales_what_a_clip_is_held_against(tmp_path: Path, factor: float, option: str) -> None:
    small, other = (96, 128), (int(96 * factor), int(128 * factor))
    before = write(tmp_path / "before", clip(small, flicker=8))
    same, scaled = write(tmp_path / "same", clip(small)), write(tmp_path / "scaled", clip(other))
    figures = [
        metrics(run("measure", before, option, path, "--json", "-"))["warping_error"]["mean"]
        for path in (same, scaled)
    ]
    assert figures[1] == pytest.approx(figures[0], rel=0.1)
    said = run("measure", before, option, scaled).stderr
    label = option.removeprefix("--")
    line = f"the {label} is {other[1]}x{other[0]}: scaled to 128x96, the size of the clip"
    assert said.count(line) == 1


def test_measure_of_clips_of_several_sizes_scales_for_each(tmp_path: Path) -> None:
    small, large = write(tmp_path / "a", clip((48, 64))), write(tmp_path / "b", clip((96, 128)))
    result = run("measure", small, large, "--reference", large, "--json", "-")
    found = json.loads(result.stdout)["clips"]
    assert all(report["metrics"]["psnr"]["mean"] > 30 for report in found.values())


def test_compare_scales_the_reference(tmp_path: Path) -> None:
    before, after = (
        write(tmp_path / "before", clip((48, 64), 8)),
        write(tmp_path / "after", clip((48, 64), 4)),
    )
    result = run("compare", before, after, "--reference", write(tmp_path / "clean", clip((96, 128))))
    assert "the reference clean is 128x96: scaled to 64x48" in result.stderr


@pytest.mark.parametrize("size", [(96, 128), (96, 160)])
def test_smooth_takes_motion_from_a_guide_of_another_size(tmp_path: Path, size: tuple[int, int]) -> None:
    before = write(tmp_path / "before", clip((48, 64), 8))
    guide = write(tmp_path / "filmed", clip(size))
    result = run("smooth", before, "-o", str(tmp_path / "after"), "--guide", guide, "--no-measure")
    how = "scaled to" if size == (96, 128) else "scaled to fill and cropped around the centre to"
    assert f"the guide filmed is {size[1]}x{size[0]}: {how} 64x48, the size of the clip" in result.stderr


def test_matched_frames_are_scaled_and_cropped() -> None:
    source = FrameList(clip((96, 160)))
    assert matched(source, (96, 160), "it") is source
    other = matched(source, (48, 64), "it")
    assert isinstance(other, MatchedClip)
    assert (other.num_frames, other.fps, other.size) == (6, source.fps, (48, 64))
    half = cv2.resize(source.frames[2], (80, 48), interpolation=cv2.INTER_AREA)
    assert np.array_equal(list(other)[2], half[:, 8:72])
    assert len(notices_of(other)) == 1
