"""Batches that workers make are those of one process, and get done whatever becomes of the workers."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import psutil
import pytest

from framesmooth.errors import UsageError
from framesmooth.events import Event, Notice, Progress
from framesmooth.frames import Frame
from framesmooth.models.devices import limited_threads
from framesmooth.models.pool import ModelPool
from framesmooth.runs import RunFolder
from framesmooth.video import read_image
from framesmooth.workflows.crew.base import Died, Ended, News, Ready, Told
from framesmooth.workflows.crew.outcome import Outcome
from framesmooth.workflows.crew.telling import telling
from framesmooth.workflows.generate.helpers import Helpers
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.pieces import PackedClip, Piece, do
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import finish_clip, make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_as_record, settings_from_record
from tests.listeners import Stop, nothing
from tests.small_clip import small_clip

Answer = Callable[[int], Callable[[int], News] | None]
"""How many pieces were given before -> what becomes of this one, by worker; None for its result."""


def killed(worker: int) -> News:
    return Died(worker, "killed by SIGKILL")


def ended(**outcome: Any) -> Callable[[int], News]:
    return lambda worker: Ended(worker, Outcome(**outcome))


class CrewHere:
    """Workers that make their pieces in this process, by what they are sent, at once."""

    def __init__(self, count: int, answer: Answer = lambda _number: None) -> None:
        self._count, self._answer = count, answer
        self._news: list[News] = []
        self.given: list[tuple[int, dict[str, Any]]] = []
        self.started: list[int] = []

    def __len__(self) -> int:
        return self._count

    def name(self, worker: int) -> str:
        return f"worker {worker + 1}"

    def start(self, worker: int) -> None:
        self.started.append(worker)
        self._news.append(Ready(worker))

    def give(self, worker: int, task: Piece) -> None:
        plain = task.as_dict()
        self.given.append((worker, plain))
        answer = self._answer(len(self.given) - 1)
        tell = telling(lambda event: self._news.append(Told(worker, event)), threading.Event())
        self._news.append(answer(worker) if answer else Ended(worker, do(plain, tell, ModelPool(), "")))

    def news(self, seconds: float) -> list[News]:
        if not self._news:
            threading.Event().wait(min(seconds, 0.01))
        found, self._news = self._news, []
        return found

    def ask_to_stop(self) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip whose keyframes share the structure of the first one, and keep an even pace."""
    return small_clip(
        tiny_model, tmp_path / "clip.mp4", num_frames=9, cadence=2, steps=3, batch_size=2, pacing="even"
    )


@contextmanager
def helped(clip: ResolvedClip, crew: CrewHere) -> Iterator[tuple[Any, Helpers, list[str]]]:
    """Give a generator whose batches only the crew makes, the helpers, and what they warn of."""
    warnings: list[str] = []
    generator: Any = load_generator(clip, None)
    helpers = Helpers(crew, PackedClip(clip), warnings.append, draws_here=False)
    try:
        helpers.expect(generator.facts())
        yield generator.shared_by(helpers), helpers, warnings
    finally:
        helpers.close()


def frames_by(clip: ResolvedClip, crew: CrewHere) -> tuple[list[Frame], dict[int, Any], int, list[str]]:
    """Return frames, latents, steps that were told of, and warnings."""
    steps: list[int] = []
    with helped(clip, crew) as (generator, helpers, warnings):
        for _ in generator.keyframes(steps.append):
            pass
        made = helpers.render(generator, list(generator.batches))
        frames = [one.frame for batch in made for one in batch]
        return frames, dict(generator.store), sum(steps), warnings


def frames_alone(clip: ResolvedClip) -> tuple[list[Frame], dict[int, Any], int]:
    generator: Any = load_generator(clip, None)
    steps: list[int] = []
    for _ in generator.keyframes(steps.append):
        pass
    frames = [one.frame for batch in generator.batches for one in generator.render(batch)]
    return frames, dict(generator.store), sum(steps)


def same(first: Any, second: Any) -> bool:
    return len(first) == len(second) and all(map(np.array_equal, first, second))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"cadence": "auto", "pacing": "linear"},
        {"inbetween": "flow"},
        {"cross_frame_attention": True, "structure_guidance": 0.5},
    ],
    ids=["even", "adaptive", "flow", "shared structure"],
)
def test_workers_make_the_frames_of_one_process(settings: GenerateSettings, changed: dict[str, Any]) -> None:
    clip = resolve(settings.but(**changed))
    frames, latents, steps = frames_alone(clip)
    crew = CrewHere(2)
    by_crew, kept, told, warnings = frames_by(clip, crew)
    assert same(frames, by_crew)
    assert kept.keys() == latents.keys()
    assert all(np.array_equal(latents[time], kept[time]) for time in latents)
    assert (told, warnings) == (steps, [])
    kinds = [piece.get("what", "load") for _, piece in crew.given]
    assert kinds.count("load") == 2  # once for each worker
    assert {"keyframes", "frames"} <= set(kinds)
    assert {worker for worker, piece in crew.given if piece.get("what")} == {0, 1}


def test_a_killed_worker_loses_nothing(settings: GenerateSettings) -> None:
    clip = resolve(settings)
    frames, _, steps = frames_alone(clip)
    crew = CrewHere(2, lambda number: killed if number in (3, 6) else None)
    by_crew, _, told, warnings = frames_by(clip, crew)
    assert same(frames, by_crew)
    assert told == steps
    assert len(crew.started) >= 3
    assert any("was killed by SIGKILL" in line for line in warnings)


def test_this_process_goes_on_where_no_worker_is_left(settings: GenerateSettings) -> None:
    clip = resolve(settings)
    frames, _, steps = frames_alone(clip)
    crew = CrewHere(1, lambda _: ended(kind="memory", message="out of memory"))
    by_crew, _, told, warnings = frames_by(clip, crew)
    assert (same(frames, by_crew), told) == (True, steps)
    assert warnings == ["worker 1 is of no use (out of memory): this process works on"]


def test_a_worker_of_another_device_is_let_go(settings: GenerateSettings) -> None:
    clip = resolve(settings)
    facts = load_generator(clip, None).facts() | {"device": "cuda"}
    crew = CrewHere(1, lambda _: ended(kind="done", facts={"loaded": facts}))
    _, _, _, warnings = frames_by(clip, crew)
    assert len(warnings) == 1
    assert "device cuda, not cpu: its frames would be others" in warnings[0]


def test_what_follows_from_the_image_before_is_drawn_by_one_process(
    settings: GenerateSettings, tmp_path: Path
) -> None:
    events: list[Event] = []
    chain = settings.but(zoom="1.1", camera_anchor="off", cadence=4, pacing=None, workers=2)
    made = make_clip(chain, events.append)
    assert made.num_frames == 9
    told = [event.message for event in events if isinstance(event, Notice)]
    assert (
        "the pictures of this clip (camera-feedback) follow from one another: one process draws it, "
        "--workers are for its smoothing"
    ) in told


def test_a_numbered_gpu_is_refused(settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    from framesmooth.workflows.generate.sharing import executor_of

    clip = resolve(settings.but(workers=2))
    clip.settings.compute.__dict__["device"] = "cuda:1"
    with (
        pytest.raises(UsageError, match="drop --device cuda:1"),
        executor_of(clip, run := RunFolder.beside(settings.output), nothing),
    ):
        pass
    with pytest.raises(UsageError, match="drop --device cuda:1"):
        finish_clip(clip, run, nothing, asked=settings)
    assert not run.folder.exists()


def test_ray_that_is_not_installed_is_told_before_anything_is_written(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    monkeypatch.setattr(
        "framesmooth.errors.find_spec", lambda name: None if name == "ray" else find_spec(name)
    )
    with pytest.raises(UsageError, match="--workers ray needs ray, which is not installed: pip install"):
        make_clip(settings.but(workers="ray"), nothing)
    assert not RunFolder.beside(settings.output).folder.exists()
    assert not settings.output.exists()


def test_a_cluster_that_is_not_there_is_told_before_anything_is_written(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(UsageError, match=r"--workers ray finds no cluster at 127\.0\.0\.1:1 .*: start one"):
        make_clip(settings.but(workers="ray"), nothing)
    assert not RunFolder.beside(settings.output).folder.exists()
    assert not settings.output.exists()


@pytest.mark.slow
def test_processes_that_are_killed_and_a_run_that_is_stopped(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # for those that are started
    alone = settings.but(output=settings.output.with_name("alone.mp4"))
    kills = 0

    def kill_a_worker(event: Event) -> None:
        nonlocal kills
        if isinstance(event, Progress) and event.stage == "keyframes" and not kills:
            workers = [
                child for child in psutil.Process().children() if "crew.worker" in " ".join(child.cmdline())
            ]
            assert len(workers) == 1  # this process is the other one
            workers[0].kill()
            kills += 1
        if isinstance(event, Progress) and event.stage == "frames":
            raise Stop

    with limited_threads(1):  # as they have
        make_clip(alone, nothing)
        with pytest.raises(Stop):
            make_clip(settings.but(workers=2), kill_a_worker)
        assert kills == 1
        assert not [child for child in psutil.Process().children() if "crew.worker" in str(child.cmdline())]
        run = RunFolder.beside(settings.output)
        made = resume_run(run.folder, Resume(workers=2, paths=[("model", settings.model.name)]), nothing)
    assert isinstance(made, GeneratedClip)
    assert files(run) == files(RunFolder.beside(alone.output))
    assert made.clip.read_bytes() == alone.output.read_bytes()


def files(run: RunFolder) -> list[bytes]:
    return [path.read_bytes() for path in sorted(run.keyframes.folder.glob("*.npy"))] + [
        np.asarray(read_image(path)).tobytes() for path in sorted(run.frames.folder.glob("*.png"))
    ]


def test_the_record_does_not_say_how_many_worked(settings: GenerateSettings, tmp_path: Path) -> None:
    folder = RunFolder.beside(settings.output).folder
    record = settings_as_record(settings.but(workers=3), folder)
    assert record == settings_as_record(settings, folder)
    back = settings_from_record(
        {"version": 2, "settings": {"raw": record}, "keyframes": [{"seed": 0}, {"seed": 0}]}, folder
    )
    assert back.compute.workers == 1
