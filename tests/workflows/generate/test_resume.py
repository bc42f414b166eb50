"""Runs that were stopped, damaged or meddled with: what goes on, and what is refused."""

import errno
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.errors import MediaError, OutputExists, RunChanged, UsageError
from framesmooth.events import Event, Notice, StageFinished
from framesmooth.runs import RunFolder, package_versions
from framesmooth.setting import settings_of
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import open_source
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_from_record
from tests.listeners import Stop, nothing, stop_at
from tests.small_clip import small_clip


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip of two prompts."""
    return small_clip(tiny_model, tmp_path / "clip.mp4", num_frames=6, cadence=3, steps=2, batch_size=2)


@pytest.fixture
def how(settings: GenerateSettings) -> Resume:
    """Resume with the model where it is."""
    return Resume(paths=[("model", settings.model.name)])


def files(run: RunFolder, kind: str = "frames") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run.folder / kind).rglob("*.png")}


def edit(run: RunFolder, change: Callable[[dict[str, Any]], object]) -> None:
    """Meddle with a record."""
    record = json.loads((run.folder / "record.json").read_text())
    change(record)
    (run.folder / "record.json").write_text(json.dumps(record))


def cli_resume(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["resume", *map(str, arguments)], catch_exceptions=False)


@pytest.mark.parametrize("stage", ["keyframes", "frames", "smooth", "write"])
def test_a_stopped_run_is_resumed_to_the_same_bytes(
    settings: GenerateSettings, tmp_path: Path, how: Resume, stage: str
) -> None:
    whole = settings.but(output=tmp_path / "whole.mp4")
    make_clip(whole, nothing)
    with pytest.raises(Stop):
        make_clip(settings, stop_at(stage))
    run = RunFolder.beside(settings.output)
    assert not settings.output.exists()
    assert isinstance(resume_run(run.folder, how, nothing), GeneratedClip)
    other = RunFolder.beside(whole.output)
    for kind in ("frames", "smoothed"):
        assert files(run, kind) == files(other, kind) != {}
    ours, theirs = (np.stack(list(open_source(one.output))) for one in (settings, whole))
    assert np.array_equal(ours, theirs)
    assert run.record["status"] == "complete"
    assert resume_run(run.folder, how, nothing) == settings.output


def test_a_run_killed_between_the_clip_and_its_record_is_its_own(
    settings: GenerateSettings, how: Resume
) -> None:
    make_clip(settings, nothing)
    run, clip = RunFolder.beside(settings.output), settings.output.read_bytes()
    edit(run, lambda record: record.update(status="running"))
    assert isinstance(resume_run(run.folder, how, nothing), GeneratedClip)
    assert run.record["status"] == "complete"
    assert settings.output.read_bytes() == clip
    settings.output.write_bytes(b"another clip of that name")
    with pytest.raises(OutputExists, match="--overwrite"):
        resume_run(run.folder, how, nothing)
    assert settings.output.read_bytes() == b"another clip of that name"


def test_a_run_whose_clip_is_made_anew_can_be_stopped_again(settings: GenerateSettings, how: Resume) -> None:
    make_clip(settings, nothing)
    run, clip = RunFolder.beside(settings.output), settings.output.read_bytes()
    (run.folder / "frames" / "frame_000001.png").write_bytes(b"")
    for stage in ("frames", "write"):
        with pytest.raises(Stop):
            resume_run(run.folder, how, stop_at(stage))
    assert isinstance(resume_run(run.folder, how, nothing), GeneratedClip)
    assert settings.output.read_bytes() == clip


def test_damaged_frames_of_a_complete_run_are_made_anew(settings: GenerateSettings, how: Resume) -> None:
    make_clip(settings, nothing)
    run = RunFolder.beside(settings.output)
    before = files(run)
    (run.folder / "frames" / "frame_000001.png").write_bytes(b"")
    (run.folder / "frames" / "frame_000004.png").write_bytes(before["frame_000003.png"])
    latents = sorted((run.folder / "keyframes").glob("*.npy"))[1]
    latents.write_bytes(latents.read_bytes()[:-1] + b"\1")
    events: list[Event] = []
    resume_run(run.folder, how, events.append)
    warned = [event.message for event in events if isinstance(event, Notice) and event.warning]
    assert any("are made anew: 1, 4" in message for message in warned)
    assert files(run) == before


def test_a_damaged_smoothed_frame_is_made_anew_without_the_model(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip(settings, nothing)
    run = RunFolder.beside(settings.output)
    before = files(run, "smoothed")
    next((run.folder / "smoothed").glob("*/frame_000002.png")).unlink()
    monkeypatch.setattr("framesmooth.models.loading.load_pipeline", None)
    make_clip(settings.but(overwrite=True), nothing)
    assert files(run, "smoothed") == before


def test_another_codec_neither_diffuses_nor_smooths(settings: GenerateSettings) -> None:
    make_clip(settings, nothing)
    events: list[Event] = []
    made = make_clip(settings.but(crf=30, overwrite=True), events.append)
    reused = {event.stage: event.reused for event in events if isinstance(event, StageFinished)}
    assert (reused["frames"], reused["smooth"], reused["write"]) == (True, True, False)
    record = RunFolder.beside(settings.output).record
    assert record["metrics"]["after"] == made.after.as_dict()["metrics"]


def test_another_version_is_refused_with_the_difference(
    settings: GenerateSettings, how: Resume, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Stop):
        make_clip(settings, stop_at("smooth"))
    run = RunFolder.beside(settings.output)
    frames, torch = files(run), package_versions()["torch"]
    changed = package_versions() | {"torch": "9.9"}
    for module in ("generate.resolved_clip", "generate.resume", "generate.run", "smooth_run"):
        monkeypatch.setattr(f"framesmooth.workflows.{module}.package_versions", lambda: changed)
    with pytest.raises(RunChanged, match=rf"versions.torch: {re.escape(torch)}, now 9.9 .--force"):
        resume_run(run.folder, how, nothing)
    assert files(run) == frames
    events: list[Event] = []
    resume_run(run.folder, replace(how, force=True), events.append)
    reused = [
        event.reused for event in events if isinstance(event, StageFinished) and event.stage == "frames"
    ]
    assert reused == [True]
    assert files(run) == frames
    assert run.record["continued_with"] == [f"versions.torch: {torch}, now 9.9"]


def test_another_setting_or_model_is_refused_and_forced_anew(settings: GenerateSettings, how: Resume) -> None:
    with pytest.raises(Stop):
        make_clip(settings, stop_at("smooth"))
    run = RunFolder.beside(settings.output)
    frames = files(run)
    edit(run, lambda record: record["settings"]["raw"]["sampling"].update(steps=3))
    edit(run, lambda record: record["model"]["sha256"].update({"model_index.json": "0" * 64}))
    with pytest.raises(RunChanged, match=r"model.model_index.json: 000000000000, now .*; steps: 2, now 3"):
        resume_run(run.folder, how, nothing)
    assert files(run) == frames
    resume_run(run.folder, replace(how, force=True), nothing)
    assert files(run).keys() == frames.keys()
    assert files(run) != frames


HOSTILE: list[tuple[dict[str, Any], str]] = [
    ({"output": "../../../home/clip.mp4"}, "is outside"),
    ({"output": "/etc/passwd"}, "is outside"),
    ({"output": "clip.mp4"}, "beside the run folder"),
    ({"output": "../.."}, "is outside"),
    ({"output": 7}, "no name of a file"),
    ({"output": "../clip\0.mp4"}, "no name of a file"),
    ({"audio": "/home/user/secret.mp3"}, "is outside"),
    ({"audio": "../../secret.mp3"}, "is outside"),
    ({"init_image": "/home/user/photo.jpg"}, "is outside"),
    ({"init_image": "../../photo.jpg"}, "is outside"),
    ({"control": ["canny", "/home/user/walk"], "control_model": "net"}, "is outside"),
    ({"control": ["canny", "walk"], "control_model": "../../net"}, "is outside"),
    ({"control": ["edges", "walk"], "control_model": "net"}, "--control"),
    ({"control": ["canny", "walk"]}, "--control-model"),
    ({"control": ["canny", "walk", "then"], "control_model": "net"}, "--control"),
    ({"control": "canny"}, "no usable settings"),
    ({"ip_adapter": {"path": "ip"}, "ip_adapter_image": "~/photo.jpg"}, "no name of a file"),
    ({"ip_adapter": {"path": "/models/ip"}, "ip_adapter_image": "photo.jpg"}, "is outside"),
    ({"ip_adapter": ["ip", "photo.jpg"]}, "no usable settings"),
    ({"zoom": "9**9**9"}, "--zoom: schedule, column 1: "),
    ({"zoom": "(" * 5000}, "--zoom: schedule, column "),
    ({"zoom": "1\0"}, "zoom is no valid text"),
    ({"dolly": "1"}, "unknown settings dolly"),
    ({"zoom": ["1"]}, "--zoom"),
    ({"strength": "2"}, "--strength: 2 at frame 0 is outside"),
    ({"color_anchor": 7}, "--color-anchor 7 is out of range"),
    ({"model": "~/models/mine"}, "no name of a file"),
    ({"model": "C:\\models"}, "is outside"),
    ({"fps": "1e999999999"}, "fps is"),
    ({"fps": "12/0"}, "fps is"),
    ({"num_frames": 10**9}, "--num-frames 1000000000 is out of range"),
    ({"num_frames": 10**400}, "--num-frames"),
    ({"steps": 0}, "--num-inference-steps 0 is out of range"),
    ({"width": 10**6}, "--width 1000000 is out of range"),
    ({"width": 16384, "height": 16384}, "pixels: lower"),
    ({"drift": float("nan")}, "--drift nan is out of range"),
    ({"bad_frames": "ignore"}, "--bad-frames"),
    ({"prompts": 7}, "prompts"),
    ({"prompts": [{"prompt": "a", "time": 0}, {"prompt": "a", "time": 9}]}, "outside the clip of 6 frames"),
    ({"prompts": [{"prompt": "a", "time": 10**9}] * 2, "num_frames": None}, "too far off"),
    ({"prompts": [{"prompt": "a"}] * 10_001}, "prompts are too many"),
    ({"prompts": []}, "at least one prompt"),
    ({"seeds": [1, "x"]}, "seeds"),
    ({"unheard_of": 1}, "unknown settings unheard_of"),
]


def nested(change: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """Return a change of settings, given flat, as the groups of a record have it."""
    paths = {field.key: field.path for field in settings_of(GenerateSettings)}
    groups: dict[str, Any] = {}
    for key, value in change.items():
        *group, name = paths.get(key, (key,))
        holder = groups.setdefault(group[0], dict(record["settings"]["raw"][group[0]])) if group else groups
        holder[name] = value
    return groups


def test_hostile_records_are_refused_in_one_line(settings: GenerateSettings, how: Resume) -> None:
    with pytest.raises(Stop):
        make_clip(settings, stop_at("frames"))
    run = RunFolder.beside(settings.output)
    good = (run.folder / "record.json").read_text()
    for change, words in HOSTILE:
        (run.folder / "record.json").write_text(good)
        edit(run, lambda record, change=change: record["settings"]["raw"].update(nested(change, record)))  # type: ignore[misc]
        arguments = () if "model" in change else ("--path", f"model={settings.model.name}")
        result = cli_resume(run.folder, *arguments)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), (change, result.stderr)
        assert words in result.stderr, (change, result.stderr)
        assert len(result.stderr) < 700


def test_a_record_cannot_allow_a_download(settings: GenerateSettings, how: Resume) -> None:
    with pytest.raises(Stop):
        make_clip(settings, stop_at("frames"))
    run = RunFolder.beside(settings.output)
    edit(run, lambda record: record["settings"]["raw"]["model"].update(allow_download=True, name="no/thing"))
    result = cli_resume(run.folder)
    assert result.exit_code == 1
    assert "--allow-download fetches it" in result.stderr
    assert not settings_from_record(run.record, run.folder).model.allow_download


def test_two_processes_do_not_share_a_run(settings: GenerateSettings, how: Resume) -> None:
    with pytest.raises(Stop):
        make_clip(settings, stop_at("frames"))
    run = RunFolder.beside(settings.output)
    record = run.record
    with run.locked():
        for arguments in ((), ("--force",)):
            result = cli_resume(run.folder, "--model", settings.model.name, *arguments)
            assert result.exit_code == 1
            assert f"another framesmooth (process {os.getpid()}) works on" in result.stderr
    assert run.record == record


@pytest.mark.parametrize("written", [0, 3, 11, 24, 40])
def test_a_disk_that_is_full_for_a_while(
    settings: GenerateSettings, tmp_path: Path, how: Resume, written: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = settings.but(output=tmp_path / "whole.mp4")
    make_clip(whole, nothing)
    left, fsync = written, os.fsync

    def full(descriptor: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(MediaError, match="no space left on the disk"):
            make_clip(settings, nothing)
    assert not settings.output.exists()
    run = RunFolder.beside(settings.output)
    if written:
        resume_run(run.folder, how, nothing)
    else:
        with pytest.raises(MediaError, match="stopped before it began"):
            resume_run(run.folder, how, nothing)
        make_clip(settings, nothing)
    assert files(run) == files(RunFolder.beside(whole.output))
    assert not list(tmp_path.rglob("*.part*"))


def test_a_folder_that_cannot_be_written(settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(MediaError, match="no permission to write"):
        make_clip(settings, nothing)


def test_settings_out_of_range_are_refused_in_python_too(settings: GenerateSettings) -> None:
    for change in ({"num_frames": 0}, {"fps": -1}, {"batch_size": 10**9}, {"dtype": "int8"}, {"crf": 64}):
        with pytest.raises(UsageError, match=next(iter(change)).replace("_", "-")):
            make_clip(settings.but(**change), nothing)
    for text in ("a\ud800b", "a\0b", "x" * (2**20 + 1)):
        with pytest.raises(UsageError, match="prompt"):
            make_clip(settings.but(prompts=parse_prompts([text])), nothing)
