"""Shots that motion is learned from: cuts are found, frames evenly spread, windows in a row."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

import framesmooth as fs
from framesmooth.training.clips import ClipLessons, check_clips, shots_of
from framesmooth.training.dataset import Example, read_dataset
from framesmooth.training.lessons import Lesson
from tests.scenes import moving_scene
from tests.training.pictures import write_pictures

SIZE = (64, 96)
FIRST = moving_scene(frames=20, size=SIZE, seed=1).frames
SECOND = moving_scene(frames=8, size=SIZE, seed=5).frames


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One shot of 20 frames, a clip with a cut before frame 20, a still one, a picture."""
    for name, frames in (("one", FIRST), ("two", [*FIRST, *SECOND]), ("still", [FIRST[0]] * 12)):
        fs.assemble(fs.FrameList(frames, Fraction(16)), tmp_path / f"{name}.mkv", codec="ffv1")
        (tmp_path / f"{name}.txt").write_text(f"a {name}")
    write_pictures(tmp_path, 1)
    return tmp_path


def test_a_clip_is_divided_at_its_cut_and_thinned_to_the_rate(folder: Path) -> None:
    shots = list(shots_of(Example(folder / "two.mkv", ""), fps=8))
    assert [(shot.first, len(shot.frames)) for shot in shots] == [(0, 10), (20, 4)]
    for taken, expected in ((shots[0], FIRST[::2]), (shots[1], SECOND[::2])):
        np.testing.assert_array_equal(np.stack(taken.frames), np.stack(expected))
    (whole,) = shots_of(Example(folder / "one.mkv", ""), fps=60)
    assert len(whole.frames) == 20, "no frame comes twice"


def test_what_is_wrong_with_clips_is_said(folder: Path) -> None:
    data = read_dataset(folder)
    problems = check_clips(data, 6, 8.0, lambda _: None)
    told = {problem.kind: problem for problem in problems}
    assert told["cuts"].files == ("two.mkv",)
    assert "before frame 20" in told["cuts"].message
    assert told["short"].files == ("two.mkv (10, 4)",)
    assert {name for problem in problems if problem.kind == "still" for name in problem.files} == {
        "still.mkv",
        "0.png",
    }
    assert not any(problem.fatal for problem in problems)
    (fatal,) = (one for one in check_clips(data, 16, 8.0, lambda _: None) if one.fatal)
    assert "no clip holds 16 frames at 8 a second" in fatal.message


def test_a_batch_holds_frames_in_a_row_from_anywhere_in_a_shot() -> None:
    lengths = (5, 9)
    shots = tuple(
        Lesson(Example(Path(f"{k}.mkv"), ""), torch.arange(length).float().view(-1, 1, 1, 1) + 100 * k)
        for k, length in enumerate(lengths)
    )
    lessons = ClipLessons(shots, {"": {"prompt_embeds": torch.zeros(1, 2, 3)}}, frames=4)
    starts = set()
    for seed in range(60):
        latents, meaning = lessons.batch(2, 0.0, np.random.default_rng(seed))
        assert latents.shape == (2, 4, 1, 1, 1)
        assert len(meaning["prompt_embeds"]) == 2
        assert bool((latents.diff(dim=1) == 1).all())
        starts |= set(latents[:, 0].flatten().tolist())
    assert starts == {0.0, 1.0, *(100.0 + start for start in range(6))}
    assert lessons.judged(shots[1]).flatten().tolist() == [102, 103, 104, 105]
