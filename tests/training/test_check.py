"""What is wrong with a data set is found, and nothing else."""

from pathlib import Path

import cv2
import numpy as np
import pytest

import framesmooth as fs
from framesmooth.frames import Frame
from framesmooth.video import write_png
from framesmooth.workflows.check_data import DataReport
from tests.training.pictures import picture, write_pictures


def check(folder: Path, **settings: object) -> DataReport:
    return fs.check_data(folder, resolution=64, **settings)  # type: ignore[arg-type]


def kinds(report: DataReport) -> dict[str, tuple[str, ...]]:
    return {problem.kind: problem.files for problem in report.problems}


def noise(number: int, size: tuple[int, int]) -> Frame:
    coarse = np.random.default_rng(number).integers(0, 256, (9, 9, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (size[1], size[0]), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    write_pictures(tmp_path, 9)
    for number in range(9):
        write_png(tmp_path / f"{number}.png", noise(number, (64, 64)))
        (tmp_path / f"{number}.txt").write_text(f"a red boat at sea, {'far ' * number}", encoding="utf-8")
    return tmp_path


def test_a_good_one_has_no_problem(good: Path) -> None:
    report = check(good)
    assert report.usable
    assert set(kinds(report)) <= {"unknown"}
    assert report.sizes == {(64, 64): 9}


def test_bad_pictures_are_named(good: Path) -> None:
    (good / "cut.png").write_bytes((good / "0.png").read_bytes()[:60])
    write_png(good / "twin.png", noise(1, (64, 64)))
    nearly = np.asarray(cv2.convertScaleAbs(noise(2, (64, 64)), alpha=0.97, beta=3), np.uint8)
    write_png(good / "near.png", nearly)
    write_png(good / "small.png", noise(20, (24, 24)))
    write_png(good / "long.png", noise(21, (64, 400)))
    write_png(good / "blank.png", np.full((64, 64, 3), 9, np.uint8))
    report = check(good, trigger_word="boat")
    found = [(one.kind, one.files) for one in report.problems]
    assert report.problems[0].kind == "unreadable"
    assert not report.usable
    assert ("unreadable", ("cut.png",)) in found
    assert ("duplicate", ("1.png", "twin.png")) in found
    assert ("duplicate", ("2.png", "near.png")) in found
    assert ("small", ("small.png (24x24)",)) in found
    assert ("cropped", ("long.png (400x64)",)) in found
    assert ("blank", ("blank.png",)) in found
    assert sum(kind == "duplicate" for kind, _ in found) == 2


def test_bad_captions_are_named(good: Path) -> None:
    (good / "0.txt").unlink()
    (good / "1.txt").write_bytes(b"\xff\xfe\x00")
    (good / "2.txt").write_text("a boat " * 40, encoding="utf-8")
    (good / "3.txt").write_text("a red xylophone", encoding="utf-8")
    (good / "lost.txt").write_text("a cat", encoding="utf-8")
    report = check(good)
    found = kinds(report)
    assert found["tokens"][0].startswith("2.png (")
    assert found["orphan"] == ("lost.txt",)
    assert any("xylophone" in problem.message for problem in report.problems)
    by_file = {problem.files: problem for problem in report.problems if problem.kind == "caption"}
    assert by_file["1.png",].fatal
    assert not by_file["0.png",].fatal


def test_without_any_caption_a_trigger_word_is_advised(tmp_path: Path) -> None:
    write_png(tmp_path / "a.png", noise(0, (64, 64)))
    write_png(tmp_path / "b.png", noise(1, (64, 64)))
    report = check(tmp_path)
    assert not report.usable
    assert any("--trigger-word" in problem.message for problem in report.problems)
    assert check(tmp_path, trigger_word="my style").usable
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text("the same", encoding="utf-8")
    assert "same" in kinds(check(tmp_path))


def test_frames_of_one_clip_are_no_duplicates(tmp_path: Path) -> None:
    from fractions import Fraction

    with fs.open_sink(tmp_path / "clip.gif", fps=Fraction(5), size=(64, 64)) as sink:
        for _ in range(4):
            sink.write(picture(1))
    (tmp_path / "clip.txt").write_text("a boat", encoding="utf-8")
    report = check(tmp_path)
    assert (report.clips, report.sizes) == (1, {(64, 64): 4})
    assert "duplicate" not in kinds(report)
