"""What the jobs do, with small clips and a tiny model, and no page."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from framesmooth.errors import FramesmoothError, MediaError, UsageError
from framesmooth.events import Event, KeyframeDone, Stop
from framesmooth.runs import write_json
from framesmooth.ui.creation import checked_request
from framesmooth.ui.job import INPUT_FOLDER, RESULT_FILE, Job
from framesmooth.ui.settings import ServerSettings
from framesmooth.ui.stories import story_request, with_new_seed
from framesmooth.ui.work import Workshop
from framesmooth.video import open_sink, open_source, write_png
from tests.scenes import add_flicker, moving_scene
from tests.ui.server import SMALL

ROWS = [{"time": None, "text": text, "seed": None} for text in ("a cat", "a lion")]


@pytest.fixture
def owner(tiny_model: Path) -> ServerSettings:
    return ServerSettings(models=(str(tiny_model),), max_frames=20, max_pixels=100 * 100)


@pytest.fixture
def jobs() -> dict[str, Job]:
    return {}


@pytest.fixture
def workshop(owner: ServerSettings, jobs: dict[str, Job]) -> Workshop:
    return Workshop(owner, lambda name: jobs[name])


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder with clean.mp4 and flickering.mp4 of 8 frames of an odd size."""
    clean = moving_scene(frames=8, size=(48, 64)).frames
    for name, frames in (("clean", clean), ("flickering", add_flicker(clean))):
        with open_sink(tmp_path / f"{name}.mp4", fps=Fraction(12), size=(48, 64)) as sink:
            for frame in frames:
                sink.write(frame)
    return tmp_path


def job(folder: Path, kind: str, request: dict[str, Any], *files: Path) -> Job:
    made = Job(folder=folder / "00001-job", kind=kind, title="job", request=request)
    (made.folder / INPUT_FOLDER).mkdir(parents=True)
    for path in files:
        path.rename(made.folder / INPUT_FOLDER / path.name)
    return made


def is_there(made: Job, name: Any) -> bool:
    return isinstance(name, str) and (made.folder / name).is_file()


def test_a_clip_that_was_stopped_goes_on_and_can_be_smoothed_again(
    workshop: Workshop, owner: ServerSettings, jobs: dict[str, Job], tmp_path: Path
) -> None:
    request = checked_request(ROWS, SMALL | {"seed": -1}, "webp", owner)
    made = jobs["made"] = job(tmp_path / "one", "create", request)

    def stop_after_one(event: Event) -> None:
        made.progress(event)
        if isinstance(event, KeyframeDone):
            raise Stop

    with pytest.raises(Stop):
        workshop.create(made, stop_after_one)
    assert len(made.progress.images) == 1
    result = workshop.create(made, made.progress)
    assert all(is_there(made, result[name]) for name in ("clip", "report", "plot", "strip", "thumbnail"))
    assert result["facts"] == {"frames": 4, "fps": 12.0, "size": [32, 24]}
    assert result["command"].startswith("framesmooth generate 'a cat' 'a lion' -o clip.webp")
    assert {row["name"] for row in result["figures"]} >= {"warping error", "luma flicker"}
    assert workshop.pool.loads == 1

    again = job(tmp_path / "two", "steady", {"of": "made", "strength": 0.4, "smoother": "ema"})
    with pytest.raises(UsageError, match="resume it first"):
        workshop.steady(again, again.progress)
    made.status = "done"
    assert workshop.steady(again, again.progress)["facts"]["frames"] == 4

    write_json(made.folder / RESULT_FILE, result)
    large = job(tmp_path / "three", "upscale", {"of": "made"})
    assert workshop.upscale(large, large.progress)["facts"]["size"] == [64, 48]


def test_a_preview_tells_the_cost(workshop: Workshop, owner: ServerSettings, tmp_path: Path) -> None:
    made = job(tmp_path, "preview", checked_request(ROWS, SMALL, "mp4", owner))
    result = workshop.preview(made, made.progress)
    assert is_there(made, result["sheet"])
    assert ["frames", "4"] in result["rows"]
    assert result["words"][0].startswith("The clip takes about")


@pytest.mark.parametrize("strength", ["auto", 0.6])
def test_a_steadied_clip_is_there_before_and_after(
    workshop: Workshop, clips: Path, strength: float | str
) -> None:
    request = {"source": "flickering.mp4", "title": "flickering.mp4", "strength": strength, "smoother": None}
    made = job(clips, "steady", request, clips / "flickering.mp4")
    result = workshop.steady(made, made.progress)
    before, after = (open_source(made.folder / result[name]) for name in ("before", "after"))
    assert (before.num_frames, before.fps, before.size) == (after.num_frames, after.fps, after.size)
    assert all(is_there(made, result[name]) for name in ("report", "plot", "strip", "thumbnail"))
    assert result["verdict"]
    word = "smooth flickering.mp4 -o flickering-steady.mp4 --smooth-strength"
    assert word in result["command"]
    flicker = next(row for row in result["figures"] if row["name"] == "warping error")
    assert flicker["better"] is True


def test_frames_are_a_clip(workshop: Workshop, tmp_path: Path) -> None:
    paths = [tmp_path / f"frame_{number:06d}.png" for number in range(4)]
    for path, frame in zip(paths, moving_scene(frames=4, size=(33, 47)).frames, strict=True):
        write_png(path, frame)
    request = {"source": "", "title": "4 images", "strength": 0.6, "smoother": "ema"}
    made = job(tmp_path, "steady", request, *paths)
    result = workshop.steady(made, made.progress)
    assert result["facts"] == {"frames": 4, "fps": 12.0, "size": [48, 34]}  # even, as players want it


def test_gates_are_applied_to_what_was_measured(workshop: Workshop, clips: Path) -> None:
    request = {"sources": ["flickering.mp4", "clean.mp4"], "gates": [["luma_flicker", 1]]}
    made = job(clips, "measure", request, clips / "flickering.mp4", clips / "clean.mp4")
    result = workshop.measure(made, made.progress)
    assert is_there(made, result["report"])
    assert not result["gates"]["passed"]
    assert [line.partition(":")[0] for line in result["gates"]["lines"]] == ["flickering.mp4"]
    assert result["command"] == "framesmooth compare flickering.mp4 clean.mp4 --html report.html"
    assert len(result["words"]) == 1


@pytest.mark.parametrize("source", ["../../clean.mp4", "/etc/passwd", "none.mp4"])
def test_a_forged_job_reads_no_other_file(workshop: Workshop, clips: Path, source: str) -> None:
    request = {"source": source, "title": "x", "strength": 0.6, "smoother": None}
    made = job(clips / "runs", "steady", request)
    with pytest.raises(MediaError):
        workshop.steady(made, made.progress)


def test_a_clip_beyond_the_bounds_is_refused(workshop: Workshop, tmp_path: Path) -> None:
    with open_sink(tmp_path / "long.mp4", fps=Fraction(12), size=(16, 16)) as sink:
        for frame in moving_scene(frames=21, size=(16, 16)).frames:
            sink.write(frame)
    request = {"source": "long.mp4", "title": "x", "strength": 0.6, "smoother": None}
    made = job(tmp_path, "steady", request, tmp_path / "long.mp4")
    with pytest.raises(FramesmoothError, match="more than 20 frames"):
        workshop.steady(made, made.progress)


def test_one_shot_of_a_film_is_made_again_and_no_other(
    workshop: Workshop, owner: ServerSettings, tmp_path: Path
) -> None:
    shots = [{"prompt": text, "duration": "0.5"} for text in ("a cat", "a lion")]
    request = story_request(shots, {"size": "32x24", "fps": "8", "steps": "1"}, owner)
    made = job(tmp_path, "story", request)
    first = workshop.story(made, made.progress)
    clips = [made.folder / shot["clip"] for shot in first["shots"]]
    stamps = [path.stat().st_mtime_ns for path in clips]
    assert all(is_there(made, first[name]) for name in ("clip", "story", "thumbnail"))
    assert (first["facts"]["frames"], len(clips)) == (8, 2)
    made.request = with_new_seed(request, 2)
    second = workshop.story(made, made.progress)
    assert [
        shot["clip"] == before["clip"] for shot, before in zip(second["shots"], first["shots"], strict=True)
    ] == [
        True,
        False,
    ]
    assert clips[0].stat().st_mtime_ns == stamps[0]
    sheet = workshop.board(made, made.progress)
    assert is_there(made, sheet["sheet"])
