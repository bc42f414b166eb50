"""``framesmooth assemble``: frames, sound and tags stay as they are."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framesmooth.runs import RunFolder
from framesmooth.video import has_audio, open_sink, open_source, read_metadata
from tests.cli.clips import FPS, SIZE, flickering, sound_only, write
from tests.command_line import run


def test_assemble_there_and_back(tmp_path: Path, folder: Path) -> None:
    assert (
        run("assemble", folder, "-o", tmp_path / "a.mkv", "--codec", "ffv1", "--fps", "23.976").exit_code == 0
    )
    source = open_source(tmp_path / "a.mkv")
    assert (source.fps, source.num_frames) == (Fraction(24000, 1001), 5)
    assert run("assemble", tmp_path / "a.mkv", "-o", tmp_path / "back", "--frame-range", "1:4").exit_code == 0
    pairs = zip(open_source(tmp_path / "back"), flickering()[1:4], strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)


def test_a_run_folder_gives_its_frames_and_rate(tmp_path: Path) -> None:
    kept = RunFolder(tmp_path / "clip.framesmooth")
    write(f"{kept.frames.folder}/", flickering())
    kept.frames.note(complete=True)
    kept.write_record({"settings": {"resolved": {"fps": "25/2"}}})
    result = run("smooth", kept.folder, "-o", tmp_path / "out.mp4", "--no-measure")
    assert result.exit_code == 0, result.output
    assert open_source(tmp_path / "out.mp4").fps == Fraction(25, 2)
    kept.frames.note(complete=False)
    unfinished = run("measure", kept.folder)
    assert unfinished.exit_code == 2
    assert "not all of its frames" in unfinished.stderr


def test_odd_sides(tmp_path: Path) -> None:
    write(f"{tmp_path}/in/", flickering(2, (47, 63)))
    refused = run("assemble", tmp_path / "in", "-o", tmp_path / "out.mp4")
    assert refused.exit_code == 1
    assert "--odd-size pad" in refused.stderr
    assert run("assemble", tmp_path / "in", "-o", tmp_path / "out.mp4", "--odd-size", "crop").exit_code == 0
    assert open_source(tmp_path / "out.mp4").size == (46, 62)


def test_pictures_that_are_no_rgb(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for index, mode in enumerate(["RGB", "L", "P", "RGBA", "CMYK", "1"]):
        name = f"{index}.{'jpg' if mode == 'CMYK' else 'png'}"
        Image.new(mode, (64, 48)).save(tmp_path / "in" / name)
    assert run("assemble", tmp_path / "in", "-o", f"{tmp_path}/out/").exit_code == 0
    assert all(frame.shape == (48, 64, 3) for frame in open_source(tmp_path / "out"))


@pytest.mark.parametrize("arguments", [["smooth", "--no-measure"], ["assemble"]])
def test_tags_go_along(tmp_path: Path, arguments: list[str]) -> None:
    tags = {"title": "a cat", "comment": "made by hand"}
    with open_sink(tmp_path / "in.mp4", fps=FPS, size=SIZE, metadata=tags) as sink:
        for frame in flickering():
            sink.write(frame)
    command, *options = arguments
    assert run(command, tmp_path / "in.mp4", "-o", f"{tmp_path}/frames/", *options).exit_code == 0
    assert run(command, tmp_path / "frames", "-o", tmp_path / "out.webp", *options).exit_code == 0
    assert run(command, tmp_path / "out.webp", "-o", tmp_path / "out.mp4", *options).exit_code == 0
    for name in ("frames", "out.webp", "out.mp4"):
        found = read_metadata(tmp_path / name)
        assert found["title"] == "a cat"
        assert found["comment"].startswith("made by hand")


@pytest.mark.parametrize("command", ["smooth", "assemble"])
def test_sound_goes_along(tmp_path: Path, folder: Path, command: str) -> None:
    sound = sound_only(tmp_path)
    options = ["--no-measure"] if command == "smooth" else []
    assert run("assemble", folder, "-o", tmp_path / "in.mp4", "--audio", sound).exit_code == 0
    for name, more, expected in (
        ("with.mp4", [], True),
        ("without.mp4", ["--no-audio"], False),
        ("later.mp4", ["--frame-range", "1:"], True),
    ):
        result = run(command, tmp_path / "in.mp4", "-o", tmp_path / name, *options, *more)
        assert result.exit_code == 0, result.output
        assert has_audio(tmp_path / name) == expected


@pytest.mark.parametrize("command", ["smooth", "assemble"])
def test_a_run_hands_on_its_origin_and_sound(tmp_path: Path, command: str) -> None:
    kept = RunFolder(tmp_path / "clip.framesmooth")
    write(f"{kept.frames.folder}/", flickering())
    kept.frames.note(complete=True)
    raw = {"prompts": [{"prompt": "a cat"}, {"prompt": "a lion"}], "audio": "../bad.wav"}
    resolved = {"fps": "12", "seeds": [7], "steps": 4, "guidance_scale": 2.0}
    kept.write_record({"settings": {"raw": raw, "resolved": resolved}, "model": {"name": "tiny"}})
    options = ["--no-measure"] if command == "smooth" else []
    silent = run(command, kept.folder, "-o", tmp_path / "silent.mp4", *options)
    assert silent.exit_code == 0, silent.output
    assert "bad.wav, isn't there" in silent.stderr
    sound_only(tmp_path)
    assert run(command, kept.folder, "-o", tmp_path / "out.mp4", *options).exit_code == 0
    assert has_audio(tmp_path / "out.mp4")
    tags = read_metadata(tmp_path / "out.mp4")
    assert tags["title"] == "a cat | a lion"
    origin = "prompt: a cat | a lion; seed: 7; model: tiny; steps: 4; guidance scale: 2.0"
    assert tags["comment"].startswith(f"framesmooth (AI-generated); {origin}")
    assert ("smoothed by" in tags["comment"]) == (command == "smooth")
