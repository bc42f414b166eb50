"""The public Python API: its examples run, it takes frames of every kind, and it stays cheap to import."""

import doctest
import inspect
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import framesmooth as fs
from framesmooth.errors import OutputExists, UsageError
from framesmooth.events import Event, Notice, Progress, StageStarted
from framesmooth.frames import Frame
from framesmooth.setting import settings_of
from framesmooth.video import write_png
from framesmooth.video.reading import reading_words
from framesmooth.workflows.workflow import silent
from tests.scenes import add_flicker, moving_scene
from tests.training.pictures import write_pictures

CLEAN = moving_scene(frames=6, seed=3).frames
FLICKERING = add_flicker(CLEAN, "G", strength=2)
VERBS = ("assemble", "compare", "generate", "interpolate", "measure", "smooth", "sweep", "tune")


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with flickering.webp and clean.webp, which is the working directory."""
    monkeypatch.chdir(tmp_path)
    for name, frames in (("flickering", FLICKERING), ("clean", CLEAN)):
        fs.assemble(frames, f"{name}.webp")
    write_pictures(tmp_path / "pictures", 4)
    return tmp_path


TRAINING = ("check_data", "evaluate", "train_lora")


@pytest.mark.parametrize("name", [*VERBS, *TRAINING, "measure_clips", "storyboard", "ModelPool"])
def test_examples_in_docstrings_run(name: str, clips: Path) -> None:
    verb = getattr(fs, name)
    test = doctest.DocTestParser().get_doctest(inspect.getdoc(verb) or "", {}, name, None, None)
    assert len(test.examples) >= 2
    told: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(test, out=told.append)
    assert result.failed == 0, "".join(told)


@pytest.mark.parametrize("name", [verb for verb in VERBS if verb != "generate"])
def test_every_argument_is_typed_and_documented(name: str) -> None:
    verb = getattr(fs, name)
    signature = inspect.signature(verb)
    settings = inspect.signature(verb.__wrapped__).parameters["settings"].annotation
    told = {field.path[0]: field.setting.help for field in settings_of(settings)}
    assert set(signature.parameters) == {each.name for each in fields(settings)} == set(told)
    for parameter in signature.parameters.values():
        assert parameter.annotation is not inspect.Parameter.empty
        assert told[parameter.name].endswith((".", ")"))
    assert signature.return_annotation is not inspect.Signature.empty


KINDS: dict[str, Callable[[Path], Any]] = {
    "list": lambda folder: list(FLICKERING),
    "array": lambda folder: np.stack(FLICKERING),
    "generator": lambda folder: (frame for frame in FLICKERING),
    "source": lambda folder: fs.FrameList(FLICKERING),
    "path": lambda folder: folder,
    "text": lambda folder: str(folder),
}


@pytest.mark.parametrize("kind", KINDS)
def test_frames_of_every_kind_are_taken_alike(kind: str, tmp_path: Path) -> None:
    for index, frame in enumerate(FLICKERING):
        write_png(tmp_path / f"frame_{index:06d}.png", frame)
    expected = list(fs.create_smoother("trajectory", strength=0.6)(FLICKERING))
    made = fs.smooth(KINDS[kind](tmp_path))
    assert made.output is None
    np.testing.assert_array_equal(np.stack(list(made.frames)), np.stack(expected))
    assert made.after is not None
    measured = fs.measure(KINDS[kind](tmp_path), metrics=["warping_error"])
    assert made.before is not None
    assert measured["warping_error"] == made.before["warping_error"]


def test_a_listener_is_told_and_notices_are_in_the_result(clips: Path) -> None:
    events: list[Event] = []
    shorter = fs.FrameList(CLEAN[:5], Fraction(24))
    found = fs.compare("flickering.webp", [shorter], on_event=events.append)
    told = [event for event in events if isinstance(event, Notice)]
    assert found.notices == tuple(told)
    assert any("the first 5 are compared" in notice.message for notice in found.notices)
    stages = {event.stage: event.total for event in events if isinstance(event, StageStarted)}
    assert all(total == 5 for total in stages.values())
    for stage, total in stages.items():
        assert total == sum(
            event.advance for event in events if isinstance(event, Progress) and event.stage == stage
        )
    assert list(found.verdicts) == ["frames in memory"]


def test_a_listener_may_stop_the_work_and_nothing_is_left(clips: Path) -> None:
    class Enough(Exception):
        pass

    def stop(event: Event) -> None:
        if isinstance(event, Progress) and event.stage == "smooth":
            raise Enough

    before = sorted(clips.rglob("*"))
    with pytest.raises(Enough):
        fs.smooth("flickering.webp", "steady.webp", on_event=stop)
    assert sorted(clips.rglob("*")) == before


def test_nothing_is_replaced_unless_asked(clips: Path) -> None:
    with pytest.raises(OutputExists):
        fs.smooth("flickering.webp", "clean.webp")
    with pytest.raises(UsageError):
        fs.assemble("clean.webp", "clean.webp", overwrite=True)
    before = (clips / "clean.webp").read_bytes()
    made = fs.smooth("flickering.webp", "clean.webp", overwrite=True, measure=False)
    assert made.before is None
    assert (clips / "clean.webp").read_bytes() != before


def test_a_part_at_another_rate_is_taken(clips: Path) -> None:
    part = fs.assemble("clean.webp", frame_range=(1, 4)).frames
    assert part.num_frames == 3
    np.testing.assert_array_equal(np.stack(list(part)), np.stack(list(fs.open_source("clean.webp"))[1:4]))
    assert fs.assemble(CLEAN, fps=Fraction(30)).frames.fps == 30
    with pytest.raises(UsageError):
        fs.assemble(fs.FrameList(CLEAN, Fraction(24)), fps=Fraction(30))


def test_a_memory_result_is_not_the_input(clips: Path) -> None:
    source: list[Frame] = [frame.copy() for frame in CLEAN]
    made = list(fs.assemble(source).frames)
    source[0][:] = 0
    np.testing.assert_array_equal(made[0], CLEAN[0])


def test_an_argument_that_does_not_exist_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="strenght"):
        fs.smooth(CLEAN, strenght=0.5)  # type: ignore[call-arg]


@pytest.mark.parametrize(("former", "value"), [("strength", 0.5), ("method", "ema"), ("measured", False)])
def test_names_of_older_versions_are_accepted(former: str, value: object) -> None:
    """They mean what they did, and a warning names what is written today."""
    now = {"strength": "smooth_strength", "method": "smoother", "measured": "measure"}[former]
    with pytest.warns(DeprecationWarning, match=f"{former}= is now {now}="):
        old = fs.smooth(CLEAN, **{former: value})  # type: ignore[arg-type]
    assert old.smoothing == fs.smooth(CLEAN, **{now: value}).smoothing  # type: ignore[arg-type]


def test_arguments_are_named_as_options_are() -> None:
    """Those of a group are given flat, too; what is given twice is refused."""
    from framesmooth.workflows.settings.smooth import SmoothSettings as Settings

    flat = Settings(**Settings.arguments({"source": CLEAN, "sort": "time", "no_audio": True}))
    assert flat.reading == fs.Reading(sort="time")
    with pytest.raises(UsageError, match="sort is given twice"):
        Settings.arguments({"source": CLEAN, "reading": fs.Reading(), "sort": "time"})


def test_the_default_listener_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    fs.smooth(CLEAN, measure=False)
    assert capsys.readouterr() == ("", "")
    silent(Notice("anything"))
    assert capsys.readouterr() == ("", "")


def test_how_files_are_read_is_one_setting(tmp_path: Path) -> None:
    (folder := tmp_path / "in").mkdir()
    for index in (0, 1, 3):
        Image.fromarray(np.full((16, 16, 4), (90, 40 * index, 0, 0), np.uint8)).save(folder / f"{index}.png")
    made = fs.assemble(folder, reading=fs.Reading(background=(255, 255, 255)))
    assert all((frame == 255).all() for frame in made.frames)
    assert any("laid over white" in notice.message for notice in made.notices)
    with pytest.raises(fs.FramesmoothError, match=r"jumps from 1\.png to 3\.png"):
        fs.assemble(folder, reading=fs.Reading(strict=True))


def test_the_same_again_reads_alike() -> None:
    reading = fs.Reading(sort="time", strict=True, background=(1, 2, 3), deinterlace="off")
    words = ["--sort", "time", "--strict", "--background", "#010203", "--deinterlace", "off"]
    assert reading_words(reading) == words
    assert reading_words(fs.Reading()) == []
