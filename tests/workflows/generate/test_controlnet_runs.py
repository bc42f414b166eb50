"""Clips under a control from the command line: what is recorded, reused, resumed and refused."""

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.main import cli
from framesmooth.errors import FramesmoothError, RunChanged, UsageError
from framesmooth.events import Event, Progress
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import open_sink, write_png
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.listeners import nothing
from tests.tiny_controls import build_tiny_control
from tests.tiny_families import build_tiny_family

NAME = "stable_diffusion_2"


def moving_square(index: int) -> Any:
    frame = np.zeros((24, 32, 3), np.uint8)
    frame[6:18, 2 + 3 * index : 14 + 3 * index] = 255
    return frame


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A tiny pipeline and its ControlNet."""
    root = tmp_path_factory.mktemp("control")
    model = build_tiny_family(NAME, root)
    return model, build_tiny_control(NAME, model, root)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder of six pictures."""
    folder = tmp_path / "elsewhere" / "walk"
    folder.mkdir(parents=True)
    for index in range(6):
        write_png(folder / f"{index:03}.png", moving_square(index))
    return folder


WITHOUT_CONTROL = dict.fromkeys(("control", "control_model", "control_scale", "control_end"))


@pytest.fixture
def settings(folders: tuple[Path, Path], source: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip that follows it."""
    return GenerateSettings.of(
        prompts=parse_prompts(["a cat", "the lion"]),
        output=tmp_path / "clips" / "clip.mp4",
        model=str(folders[0]),
        control=("canny", source),
        control_model=str(folders[1]),
        control_scale="0:(1), 5:(0.5)",
        control_end=0.5,
        num_frames=6,
        cadence=3,
        width=32,
        height=24,
        steps=2,
        smoother="ema",
        dtype="float32",
    )


@pytest.fixture
def arguments(folders: tuple[Path, Path], source: Path, tmp_path: Path) -> list[str]:
    """The same on the command line, without the control."""
    size = ["-W", "32", "-H", "24", "--num-frames", "6", "--steps", "2", "--smoother", "ema"]
    return [
        "generate",
        "a cat",
        "the lion",
        "-o",
        str(tmp_path / "clip.mp4"),
        "--model",
        str(folders[0]),
        *size,
    ]


def frames_of(settings: GenerateSettings) -> list[bytes]:
    folder = RunFolder.beside(settings.output).folder / "frames"
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)


def test_a_stopped_run_goes_on_with_the_record_of_its_control(settings: GenerateSettings) -> None:
    control = settings.conditioning.controlnet
    assert control is not None
    whole = settings.but(output=settings.output.with_name("whole.mp4"))
    make_clip(whole, nothing)

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "frames":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_clip(settings, stop)
    folder = RunFolder.beside(settings.output)
    raw = folder.record["settings"]["raw"]["conditioning"]
    assert {name: value for name, value in raw.items() if value is not None} == {
        "control": ["canny", "walk"],
        "control_model": f"{NAME}_control",
        "control_scale": "0:(1), 5:(0.5)",
        "control_end": 0.5,
    }
    where = Resume(paths=[("model", settings.model.name), ("control-model", control.model)])
    with pytest.raises(FramesmoothError, match="walk"):
        resume_run(folder.folder, where, nothing)
    resume_run(folder.folder, replace(where, paths=[*where.paths, ("control", control.source)]), nothing)
    assert frames_of(settings) == frames_of(whole)


def test_no_absolute_path_is_written(settings: GenerateSettings, tmp_path: Path) -> None:
    make_clip(settings, nothing)
    folder = RunFolder.beside(settings.output).folder
    for path in folder.rglob("*.json"):
        assert str(tmp_path) not in path.read_text()
    record = json.loads((folder / "record.json").read_text())
    assert any(name.startswith("control: ") for name in record["model"]["sha256"])


@pytest.mark.parametrize("changed", ["source", "controlnet", "scale", "end", "kind"])
def test_what_decides_the_frames_is_known(changed: str, settings: GenerateSettings, tmp_path: Path) -> None:
    control = settings.conditioning.controlnet
    assert control is not None
    before = resolve(settings)
    if changed == "source":
        write_png(control.source / "005.png", moving_square(2))
    elif changed == "controlnet":
        folder = shutil.copytree(control.model, tmp_path / "other")
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | {"note": "another"}))
        settings = settings.but(control_model=str(folder))
    else:
        changes: dict[str, dict[str, Any]] = {
            "scale": {"control_scale": "0.5"},
            "end": {"control_end": 0.75},
            "kind": {"control": ("depth", control.source)},
        }
        settings = settings.but(**changes[changed])
    after = resolve(settings)
    assert before.keyframes_key != after.keyframes_key
    assert before.frames_key != after.frames_key
    assert resolve(settings.but(**WITHOUT_CONTROL)).keyframes_key.get("control") is None


def test_a_changed_source_is_refused(settings: GenerateSettings) -> None:
    control = settings.conditioning.controlnet
    assert control is not None
    make_clip(settings, nothing)
    write_png(control.source / "005.png", moving_square(2))
    how = Resume(
        paths=[("model", settings.model.name), ("control", control.source), ("control-model", control.model)],
        overwrite=True,
    )
    with pytest.raises(RunChanged, match=r"control\.source: .*, now "):
        resume_run(RunFolder.beside(settings.output).folder, how, nothing)


def test_the_command_follows_a_video(
    arguments: list[str], folders: tuple[Path, Path], source: Path, tmp_path: Path
) -> None:
    """A video is followed at its own time: at twice the clip's rate every second frame."""
    video = tmp_path / "walk.mkv"
    with open_sink(video, fps=Fraction(24), size=(24, 32), codec="ffv1") as sink:
        for index in range(12):
            sink.write(moving_square(index // 2))
    control = ["--control", "canny", video, "--control-model", folders[1]]
    made = run(*arguments, *control, "--control-scale", "0:(1), 5:(0.2)", "--control-end", "0.5")
    assert made.exit_code == 0, made.stderr
    folder = tmp_path / "clip.framesmooth" / "frames"
    by_video = [path.read_bytes() for path in sorted(folder.glob("*.png"))]
    control[2] = source
    again = run(
        *arguments, *control, "--control-scale", "0:(1), 5:(0.2)", "--control-end", "0.5", "--overwrite"
    )
    assert again.exit_code == 0, again.stderr
    assert [path.read_bytes() for path in sorted(folder.glob("*.png"))] == by_video
    assert "control" in (tmp_path / "clip.framesmooth" / "report.html").read_text()
    where = ["--model", arguments[arguments.index("--model") + 1], *control]
    resumed = run("resume", tmp_path / "clip.framesmooth", "--overwrite", *where)
    assert resumed.exit_code == 0, resumed.stderr
    assert [path.read_bytes() for path in sorted(folder.glob("*.png"))] == by_video


@pytest.mark.parametrize(
    ("options", "exit_code", "told"),
    [
        (["--control", "canny", "SOURCE"],
         2, "--control needs its ControlNet: add --control-model"),
        (["--control-scale", "1"],
         2, "--control-scale needs a --control KIND SOURCE"),
        (["--control-end", "0.5"],
         2, "--control-end needs a --control KIND SOURCE"),
        (["--control-model", "NET"],
         2, "--control-model needs a --control KIND SOURCE"),
        (["--control", "edges", "SOURCE", "--control-model", "NET"], 2, "'edges' is not one of"),
        (["--control", "canny", "SOURCE", "--control-model", "NET", "--num-frames", "9"], 2,
         "walk has 6 frames at 12 per second, the clip 9: give a longer --control source, or --num-frames 6"),
        (["--control", "canny", "SOURCE", "--control-model", "NET", "--control-scale", "0:(1), 5:(-1)"],
         2, "--control-scale: -0.2 at frame 3 is outside 0 to 10"),
        (["--control", "canny", "SOURCE", "--control-model", "NET", "--control-scale", "0:(1"],
         2, "--control-scale: schedule, column 3"),
        (["--control", "canny", "missing.mp4", "--control-model", "NET"], 1, "missing.mp4 does not exist"),
        (["--control", "canny", "SOURCE", "--control-model", "SOURCE"], 1, "is no ControlNet"),
        (["--control", "canny", "SOURCE", "--control-model", "missing"], 1, "no ControlNet at missing"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(
    options: list[str],
    exit_code: int,
    told: str,
    arguments: list[str],
    folders: tuple[Path, Path],
    source: Path,
) -> None:
    named = {"SOURCE": str(source), "NET": str(folders[1])}
    made = run(*arguments, *(named.get(option, option) for option in options))
    assert made.exit_code == exit_code
    assert told in made.stderr
    assert "Traceback" not in made.stderr


def test_a_run_without_control_has_none_to_find(settings: GenerateSettings) -> None:
    make_clip(settings.but(**WITHOUT_CONTROL), nothing)
    how = Resume(paths=[("model", settings.model.name), ("control-model", "net")], overwrite=True)
    with pytest.raises(UsageError, match="the run has no --control-model"):
        resume_run(RunFolder.beside(settings.output).folder, how, nothing)
