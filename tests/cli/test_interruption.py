"""Ctrl-C while a clip is generated: what is kept, and a command that goes on with it."""

import shlex
from pathlib import Path

import pytest
from click.testing import Result

from framesmooth.generation.keyframes import batches_of
from framesmooth.runs import FrameFolder, RunFolder
from framesmooth.runs.stages import LatentFolder
from tests.command_line import run


def generate(model: Path, clip: Path) -> Result:
    tiny = ("-W", "32", "-H", "24", "--steps", "2", "--smoother", "ema", "--dtype", "float32")
    return run(
        "generate", "a cat", "-o", clip, "--model", model, "--num-frames", "6", "--cadence", "1", *tiny
    )


def interrupt(monkeypatch: pytest.MonkeyPatch, kind: type, method: str, after: int) -> None:
    """Let Ctrl-C come when ``method`` of ``kind`` is called once more than ``after`` times."""
    whole, calls = getattr(kind, method), 0

    def stopped(*arguments: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls > after:
            raise KeyboardInterrupt
        return whole(*arguments, **options)

    monkeypatch.setattr(kind, method, stopped)


def test_it_says_what_is_kept_and_the_command_that_goes_on(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip, whole = tmp_path / "a clip.mp4", tmp_path / "whole.mp4"
    generate(tiny_model, whole)
    with monkeypatch.context() as patch:
        interrupt(patch, LatentFolder, "__setitem__", after=1)
        stopped = generate(tiny_model, clip)
    assert stopped.exit_code == 130
    folder = tmp_path / "a clip.framesmooth"
    said = stopped.stderr.splitlines()[-1]
    kept, _, command = said.partition("; resume with: ")
    assert kept == f"interrupted: 1 keyframe is kept in {folder}"
    program, *arguments = shlex.split(command)
    assert (program, arguments[:2]) == ("framesmooth", ["resume", str(folder)])
    resumed = run(*arguments)
    assert resumed.exit_code == 0, resumed.stderr
    made, expected = (RunFolder.beside(path).frames.folder.glob("*.png") for path in (clip, whole))
    assert [path.read_bytes() for path in sorted(made)] == [path.read_bytes() for path in sorted(expected)]


def test_keyframes_and_frames_are_counted(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, FrameFolder, "write", after=2)
    stopped = generate(tiny_model, tmp_path / "clip.mp4")
    assert stopped.exit_code == 130
    assert "interrupted: 6 keyframes and 2 frames are kept in " in stopped.stderr.splitlines()[-1]


def test_before_anything_is_made_there_is_nothing_to_go_on_with(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import framesmooth.workflows.generate.run as running

    interrupt(monkeypatch, running, "resolve", after=0)  # type: ignore[arg-type]
    stopped = generate(tiny_model, tmp_path / "clip.mp4")
    assert stopped.exit_code == 130
    assert "interrupted: nothing was made yet" in stopped.stderr
    assert "resume" not in stopped.stderr


def test_the_first_keyframe_is_stored_alone() -> None:
    assert [len(batch) for batch in batches_of(range(40), 16)] == [1, 4, 16, 16, 3]
    assert [len(batch) for batch in batches_of(range(5), 2)] == [1, 2, 2]
    assert [time for batch in batches_of(range(7), 3) for time in batch] == list(range(7))
    assert [len(batch) for batch in batches_of(range(7), 3, growing=False)] == [3, 3, 1]
