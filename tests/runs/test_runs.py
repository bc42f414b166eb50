"""The run folder by itself: checksums, stages, the lock, the record's schema, what is kept and pruned."""

import json
import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesmooth.errors import MediaError, OutputExists, RunLocked, UsageError
from framesmooth.runs import (
    Checksums,
    FrameFolder,
    LatentFolder,
    RunFolder,
    Stage,
    check_record,
    differences,
)
from framesmooth.video import atomic_path, open_sink, read_image, write_png
from framesmooth.video.atomic import remove_leftovers
from framesmooth.workflows.settings_reference import record_schema
from tests.command_line import run

FRAME = np.full((8, 12, 3), 90, np.uint8)

RECORD: dict[str, Any] = {
    "version": 2,
    "status": "complete",
    "ai_generated": True,
    "settings": {"raw": {}, "resolved": {"fps": "12", "seeds": [0], "steps": 4, "guidance_scale": 7.5}},
    "keyframes": [{"time": 0, "prompt": "a cat", "seed": 0, "negative": ""}],
    "model": {"name": "tiny", "sha256": {}},
    "versions": {},
    "timings": {},
}


def make_run(folder: Path, num_frames: int = 4) -> RunFolder:
    """A complete run folder, without a model."""
    made = RunFolder(folder)
    made.frames.open({"made": "by hand"})
    frames = FrameFolder(made.frames)
    for index in range(num_frames):
        frames.write(index, FRAME + np.uint8(20 * (index % 2)))
    made.frames.note(complete=True)
    made.write_record(RECORD)
    return made


def test_only_whole_frames_are_there(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.open({"a": 1})
    frames = FrameFolder(stage)
    for index in range(5):
        frames.write(index, FRAME + np.uint8(index))
    changed = {1: b"", 2: frames.path(2).read_bytes()[:-9], 3: frames.path(4).read_bytes()}
    for index, content in changed.items():
        frames.path(index).write_bytes(content)
    again = FrameFolder(Stage(tmp_path))
    assert [index for index in range(6) if index in again] == [0, 4]
    assert again.damaged(6) == [1, 2, 3]
    again.write(3, FRAME)
    assert 3 in again
    assert 3 in FrameFolder(Stage(tmp_path))


def test_latents_come_back_and_damaged_ones_are_not_there(tmp_path: Path) -> None:
    latents = LatentFolder(Stage(tmp_path))
    latents[3] = np.arange(12, dtype=np.float32).reshape(2, 1, 2, 3)
    assert np.array_equal(LatentFolder(Stage(tmp_path))[3], latents[3])
    path = tmp_path / "latents_000003.npy"
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    assert 3 not in LatentFolder(Stage(tmp_path))


def test_checksums_are_those_of_sha256sum(tmp_path: Path) -> None:
    Checksums(tmp_path).write("a.png", b"abc")
    assert (tmp_path / "a.png").read_bytes() == b"abc"
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-2, appendix B.1
    assert (tmp_path / "checksums.sha256").read_text() == f"{known}  a.png\n"


@pytest.mark.parametrize("torn", [b"ba7816bf8f01", b"\xff\xfe\0", b"ba7816bf  ../../etc/passwd"])
def test_a_torn_line_of_checksums_is_not_believed(tmp_path: Path, torn: bytes) -> None:
    Checksums(tmp_path).write("a", b"a")
    with (tmp_path / "checksums.sha256").open("ab") as file:
        file.write(torn)
    checksums = Checksums(tmp_path)
    checksums.write("b", b"b")
    again = Checksums(tmp_path)
    assert again.intact("a")
    assert again.intact("b")
    assert not again.intact("../../etc/passwd")


def test_a_stage_of_other_settings_is_emptied(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.open({"seed": 1})
    frames = FrameFolder(stage)
    frames.write(0, FRAME)
    (tmp_path / "mine.txt").write_text("kept")
    stage.open({"seed": 1})
    assert 0 in frames
    stage.open({"seed": 2})
    assert 0 not in frames
    assert {path.name for path in tmp_path.iterdir()} == {"mine.txt", "stage.json"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_damaged_notes_of_a_stage_count_for_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stage.json").write_bytes(content)
    assert Stage(tmp_path).notes() == {}


def test_one_process_at_a_time(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "clip.framesmooth")
    message = rf"process {os.getpid()}\) works on .*clip.framesmooth"
    with folder.locked(), pytest.raises(RunLocked, match=message), folder.locked():
        raise AssertionError
    with folder.locked():
        pass


def test_the_lock_of_a_killed_process_holds_nobody_up(tmp_path: Path) -> None:
    folder = tmp_path / "clip.framesmooth"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom framesmooth.runs import RunFolder\n"
        f"with RunFolder(Path({str(folder)!r})).locked():\n    print('held', flush=True)\n    time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunLocked, match=f"process {holder.pid}"), RunFolder(folder).locked():
            pass
        holder.kill()
    leftover = folder / "frames" / ".frame_000000.0123abcd.part.png"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half")
    with RunFolder(folder).locked():
        assert not leftover.exists()


def test_leftovers_of_killed_processes_go_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    dead = tmp_path / ".clip.0123abcd.part.mp4"
    dead.write_bytes(b"half")
    (tmp_path / ".clip.0123abce.part.mp4").mkdir()
    mine = tmp_path / ".clip.notes.part.mp4"
    mine.write_bytes(b"mine")
    with atomic_path(clip) as alive:
        remove_leftovers(clip)
        assert {path.name for path in tmp_path.iterdir()} == {alive.name, mine.name}
        assert alive.stat().st_mode & 0o077 == 0
    assert clip.stat().st_mode & 0o400
    assert {path.name for path in tmp_path.iterdir()} == {clip.name, mine.name}


def test_a_file_that_came_into_being_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mkv"
    writing = open_sink(clip, fps=Fraction(12), size=(8, 12))
    writing.__enter__().write(FRAME)
    clip.write_bytes(b"of another")
    with pytest.raises(OutputExists, match="come into being"):
        writing.__exit__(None, None, None)
    assert clip.read_bytes() == b"of another"
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mkv"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_that_came_into_being_meanwhile_is_not_replaced(tmp_path: Path, overwrite: bool) -> None:
    folder = tmp_path / "frames"
    writing = open_sink(folder, fps=Fraction(12), size=(8, 12), overwrite=overwrite)
    writing.__enter__().write(FRAME)
    write_png(folder / "frame_000007.png", FRAME)
    if overwrite:
        writing.__exit__(None, None, None)
    else:
        with pytest.raises(OutputExists, match="come into being"):
            writing.__exit__(None, None, None)
    assert [path.name for path in folder.iterdir()] == [f"frame_00000{0 if overwrite else 7}.png"]
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


def test_frames_are_exchanged_whole_and_other_files_stay(tmp_path: Path) -> None:
    for extra in (False, True):
        folder = tmp_path / f"frames{extra}"
        for count in (5, 3):
            with open_sink(folder, fps=Fraction(12), size=(8, 12), overwrite=True) as sink:
                for _ in range(count):
                    sink.write(FRAME)
            if extra:
                (folder / "notes.txt").write_text("mine")
        assert len(list(folder.glob("frame_*.png"))) == 3
        assert (folder / "notes.txt").exists() is extra
        assert len(list(folder.iterdir())) == 3 + extra


def test_the_schema_takes_a_record_and_is_written_down() -> None:
    check_record(RECORD, Path("record.json"))
    schema = Path(__file__).parents[2] / "docs" / "record.schema.json"
    assert json.loads(schema.read_text()) == record_schema()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"version": 3}, UsageError, "of version 3, this framesmooth reads versions 1, 2"),
        ({"version": None}, UsageError, "of version None"),
        ({"version": True}, UsageError, "of version True"),
        ({"status": "odd"}, MediaError, "status: "),
        ({"keyframes": []}, MediaError, "keyframes: "),
        ({"keyframes": [{"time": "0", "prompt": "a", "seed": 0}]}, MediaError, r"keyframes\.0\.time: "),
        ({"extra": 1}, MediaError, "extra: "),
        ({"settings": {"raw": []}}, MediaError, r"settings\.raw: "),
    ],
)
def test_other_records_are_refused(change: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        check_record(RECORD | change, Path("record.json"))


@pytest.mark.parametrize(
    ("content", "exit_code", "words"),
    [
        ("", 1, "is damaged (Expecting value"),
        ("{", 1, "is damaged (Expecting property name"),
        ("[]", 1, "is damaged (not a JSON object)"),
        ("[" * 100_000, 1, "is damaged (maximum recursion depth"),
        ('{"a": "\\ud800"}', 1, "is damaged ('utf-8' codec can't encode"),
        ("\xff", 1, "is damaged ('utf-8' codec can't decode"),
        ("9" * 5000, 1, "is damaged (Exceeds the limit"),
        ('{"version": 1e999}', 2, "of version inf"),
    ],
)
def test_a_damaged_record_is_one_line(tmp_path: Path, content: str, exit_code: int, words: str) -> None:
    (tmp_path / "record.json").write_bytes(content.encode("latin-1"))
    unfinished = "has not all of its frames"
    for expected, told, command in (
        (exit_code, words, ("resume",)),
        (2, unfinished, ("smooth", "-o", tmp_path / "a.mkv")),
        (2, unfinished, ("assemble", "-o", tmp_path / "a.mkv")),
    ):
        result = run(command[0], tmp_path, *command[1:])
        assert (result.exit_code, told in result.stderr) == (expected, True), result.stderr
        assert result.stderr.startswith("error: ")
        assert result.stderr.count("\n") == 1
        assert "unexpected" not in result.stderr


def test_what_is_no_run_folder_is_one_line_that_says_which_is(tmp_path: Path) -> None:
    clip, run_folder = tmp_path / "clip.mp4", tmp_path / "clip.framesmooth"
    clip.write_bytes(b"")
    for command in (("resume", clip), ("resume", tmp_path / "nothing")):
        told = run(*command).stderr
        assert (
            told
            == f"error: {command[1]} is no run folder: check the name, they are called NAME.framesmooth\n"
        )
    run_folder.mkdir()
    assert run("resume", clip).stderr == f"error: {clip} is no run folder: give {run_folder}\n"


def test_differences_name_what_changed() -> None:
    before = {"versions": {"torch": "2.12", "numpy": "2"}, "sizes": [1, 2], "hash": "0" * 64, "only": 1}
    now = {"versions": {"torch": "2.13", "numpy": "2"}, "sizes": [1, 3], "hash": "a" * 64, "fresh": "x" * 99}
    assert list(differences(before, now)) == [
        f"fresh: none, now {'x' * 60}…",
        "hash: 000000000000, now aaaaaaaaaaaa",
        "only: 1, now none",
        "sizes[1]: 2, now 3",
        "versions.torch: 2.12, now 2.13",
    ]
    assert list(differences(before, before)) == []


def test_smoothing_a_run_is_kept_and_another_codec_smooths_nothing(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "clip.framesmooth").folder
    options = ("--smoother", "ema", "--progress", "plain")
    first = run("smooth", folder, "-o", tmp_path / "a.mkv", "--codec", "ffv1", *options)
    assert first.exit_code == 0, first.stderr
    assert "smooth: reused" not in first.stderr
    second = run("smooth", folder, "-o", tmp_path / "b", *options)
    assert "smooth: reused" in second.stderr
    assert first.stdout.splitlines()[:-1] == second.stdout.splitlines()[:-1]  # the figures too
    looped = run("smooth", folder, "-o", tmp_path / "l", *options, "--loop")
    assert "smooth: reused" not in looped.stderr
    again = run("smooth", folder, "-o", tmp_path / "m", *options, "--loop")
    assert "smooth: reused" in again.stderr
    for index in range(4):
        name = f"frame_{index:06d}.png"
        assert (tmp_path / "l" / name).read_bytes() == (tmp_path / "m" / name).read_bytes()
    assert (tmp_path / "l" / "frame_000000.png").read_bytes() != (
        tmp_path / "b" / "frame_000000.png"
    ).read_bytes()
    third = run("smooth", folder, "-o", tmp_path / "c", *options, "--smooth-strength", "0.9")
    assert "smooth: reused" not in third.stderr
    kept = next((folder / "smoothed").glob("*/frame_000002.png"))
    kept.write_bytes(kept.read_bytes()[:50])
    for name in ("d", "e"):
        assert run("smooth", folder, "-o", tmp_path / name, *options).exit_code == 0
        assert run("smooth", folder, "-o", tmp_path / f"{name}9", *options, "-s", "0.9").exit_code == 0
    for one, other in (("b", "d"), ("c", "d9"), ("b", "e")):
        ours, theirs = (read_image(tmp_path / name / "frame_000002.png") for name in (one, other))
        assert np.array_equal(ours, theirs)


def test_a_run_that_loops_is_smoothed_as_a_loop(tmp_path: Path) -> None:
    made = make_run(tmp_path / "clip.framesmooth", num_frames=6)
    settings = {"raw": {"loop": True}, "resolved": RECORD["settings"]["resolved"]}
    made.write_record(RECORD | {"settings": settings})
    for name, option in (("as-made", ()), ("loop", ("--loop",)), ("ends", ("--no-loop",))):
        result = run("smooth", made.folder, "-o", tmp_path / name, "--smoother", "ema", *option)
        assert result.exit_code == 0, result.stderr
    first, same, other = (
        (tmp_path / name / "frame_000000.png").read_bytes() for name in ("as-made", "loop", "ends")
    )
    assert first == same != other
    guided = run("smooth", made.folder, "-o", tmp_path / "guided", "--guide", made.folder)
    assert guided.exit_code == 0, guided.stderr


def test_the_cache_is_shown_and_pruned(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "clip.framesmooth").folder
    assert run("smooth", folder, "-o", tmp_path / "a.mkv", "--smoother", "ema").exit_code == 0
    shown = run("cache", tmp_path)
    assert shown.exit_code == 0
    assert "clip.framesmooth" in shown.stdout
    assert "MiB kept" in shown.stdout
    kept = json.loads(run("cache", folder, "--json", "-").stdout)["kept"]
    assert [(row["kind"], row["files"], row["complete"]) for row in kept] == [
        ("frames", 4, True),
        ("smoothed", 4, True),
    ]
    pruned = json.loads(run("cache", folder, "--prune", "smoothed", "--json", "-").stdout)
    assert pruned["freed_bytes"] == kept[1]["size_bytes"] > 0
    assert pruned["kept"] == kept[:1]
    assert run("cache", folder, "--prune", "all").exit_code == 0
    assert json.loads(run("cache", folder, "--json", "-").stdout)["kept"] == []
    assert (folder / "record.json").is_file()
    with RunFolder(folder).locked():
        refused = run("cache", folder, "--prune", "all")
    assert refused.exit_code == 1
    assert "another framesmooth" in refused.stderr
    nothing = run("cache", tmp_path / "clip.framesmooth" / "frames")
    assert nothing.exit_code == 1
    assert "holds none" in nothing.stderr


def test_a_damaged_frame_of_a_run_is_named(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "clip.framesmooth").folder
    (folder / "frames" / "frame_000001.png").write_bytes(b"\0" * 200)
    for command in ("smooth", "assemble", "interpolate --cadence 2", "measure"):
        output = () if command == "measure" else ("-o", tmp_path / "out")
        result = run(*command.split(), folder, *output)
        assert result.exit_code == 1
        assert "frame 1 of" in result.stderr
        assert "framesmooth resume" in result.stderr


def test_a_read_only_run_is_smoothed_without_being_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path / "clip.framesmooth").folder
    monkeypatch.setattr("framesmooth.workflows.smooth_run.os.access", lambda *_: False)
    assert run("smooth", folder, "-o", tmp_path / "a.mkv", "--smoother", "ema").exit_code == 0
    assert not (folder / "smoothed").exists()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_smooth_leaves_no_clip_and_the_next_one_sweeps_up(tmp_path: Path, stop: int) -> None:
    for index in range(60):
        with atomic_path(tmp_path / "in" / f"{index}.png") as path:
            from framesmooth.video.images import save_png

            save_png(path, np.full((64, 96, 3), 90 + index % 7, np.uint8))
    command = ["smooth", str(tmp_path / "in"), "-o", str(tmp_path / "out.mkv"), "--no-measure", "--progress"]
    whole = subprocess.Popen(
        [sys.executable, "-m", "framesmooth", *command, "json"], stderr=subprocess.PIPE, text=True
    )
    assert whole.stderr is not None
    for line in whole.stderr:
        if '"done": 5' in line:
            break
    whole.send_signal(stop)
    whole.communicate(timeout=60)
    assert not (tmp_path / "out.mkv").exists()
    left = list(tmp_path.glob(".out.*"))
    assert len(left) == (1 if stop == signal.SIGKILL else 0)
    assert run(*command, "none").exit_code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out.mkv"}


@pytest.mark.parametrize(
    ("command", "unfinished"),
    [
        ("tune {in} -o {out}/a.mkv --report {out}/r --smoother ema", "r/.metrics.0123abcd.part.png"),
        ("tune {in} -o {out}/in.mkv --smoother ema", "in.tuning/.strip.0123abcd.part.png"),
        ("smooth {in} -o {out}/a.mkv --report {out}/r --smoother ema", "r/.report.0123abcd.part.html"),
        ("smooth {in} -o {out}/a.mkv --json {out}/a.json --smoother ema", ".a.0123abcd.part.json"),
        ("sweep {in} -o {out} --smooth-strength 0 --smoother ema", ".contact.0123abcd.part.png"),
        ("sweep {in} -o {out} --smooth-strength 0 --smoother ema", "cells/.0a.0123abcd.part.mp4"),
        ("measure {in} --csv {out}/a.csv", ".a.0123abcd.part.csv"),
        ("measure {in} --html {out}/a.html", ".a.0123abcd.part.html"),
    ],
)
def test_unfinished_reports_of_killed_processes_are_swept_up(
    tmp_path: Path, command: str, unfinished: str
) -> None:
    for index in range(3):
        write_png(tmp_path / "in" / f"{index}.png", FRAME + np.uint8(9 * index))
    left, mine = tmp_path / "out" / unfinished, tmp_path / "out" / ".metrics.notes.part.png"
    for path in (left, mine):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(b"half")
    words = [word.format_map({"in": tmp_path / "in", "out": tmp_path / "out"}) for word in command.split()]
    assert run(*words, "--progress", "none").exit_code == 0
    assert not left.exists()
    assert mine.exists()


STAMPING = ("weight_hashes.py", "listing.py", "hearing.py", "stamps.py")


def test_nothing_asks_what_time_it_is() -> None:
    """A clock that goes backwards can harm nothing that never reads it."""
    package = Path(__file__).parents[2] / "framesmooth"
    for path in package.rglob("*.py"):
        if path.parent.name == "ui":  # the page shows when a job was asked for, and forgets old uploads
            continue
        text = path.read_text()
        assert "time.time(" not in text, path
        assert "datetime" not in text, path
        # Times of files are compared with each other (hashes, order of images), never with a clock.
        assert "st_mtime" not in text or path.name in STAMPING, path
