"""A region that moves by itself stays as it is; what is beside it is smoothed as ever."""

from pathlib import Path

import numpy as np
import pytest

from framesmooth.runs import RunFolder
from framesmooth.runs.moving_region import keep_region, kept_region
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.keyframe_hints import sparing_region
from framesmooth.smoothing.spared import Spared
from tests.scenes import texture

SIZE = 48


def flickering(count: int = 6) -> list[np.ndarray]:
    picture = texture(SIZE, SIZE, seed=3) * 120 + 60
    rng = np.random.default_rng(0)
    return [np.clip(picture + rng.normal(0, 6), 0, 255).astype(np.uint8) for _ in range(count)]


def lower_half() -> Spared:
    share = np.zeros((SIZE, SIZE), np.uint8)
    share[SIZE // 2 :] = 255
    return Spared.of(share)


@pytest.mark.parametrize("name", ["trajectory", "ema"])
def test_the_region_stays_and_the_rest_is_smoothed_as_without_it(name: str) -> None:
    frames = flickering()
    plain = create_smoother(name, 0.8)
    sparing = sparing_region(plain, lower_half())
    middle = SIZE // 2
    changed = 0.0
    for frame, smoothed, spared in zip(frames, plain(frames), sparing(frames), strict=True):
        assert np.array_equal(spared[middle:], frame[middle:])
        assert np.array_equal(spared[:middle], smoothed[:middle])
        changed += float(np.abs(smoothed.astype(int) - frame).mean())
    assert changed > 1


def test_it_says_how_much_it_is_and_is_known_by_its_pixels() -> None:
    region = lower_half()
    assert "50% of the picture" in region.sentence
    assert region == lower_half()
    assert region != Spared.of(np.zeros((SIZE, SIZE), np.uint8))
    assert sparing_region(create_smoother("ema", 0.8), None) == create_smoother("ema", 0.8)


def test_a_run_keeps_it_beside_its_frames(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "clip.framesmooth")
    run.frames.open({"settings": 1})
    keep_region(run.frames, lower_half().share.astype(np.float32) / np.float32(255))
    assert kept_region(run.folder) is None  # no run without a record
    run.write_record({})
    assert kept_region(run.folder) == lower_half()
    assert not run.frames.results()  # it is no frame
    run.frames.clear()
    keep_region(run.frames, None)
    assert kept_region(RunFolder(run.folder).folder) is None
