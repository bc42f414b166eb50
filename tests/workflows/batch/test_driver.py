"""Jobs are given out, tried again, and given up as the rules say; the crew is scripted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from framesmooth.errors import FramesmoothError, MediaError
from framesmooth.events import Notice
from framesmooth.workflows.batch.driver import Driver
from framesmooth.workflows.batch.job import Job
from framesmooth.workflows.batch.records import LEFT, Records
from framesmooth.workflows.batch.watching import BatchEvent, JobChanged
from framesmooth.workflows.crew.base import Died, Ended, News, Told
from framesmooth.workflows.crew.outcome import Outcome
from tests.workflows.batch.scripted import ScriptedCrew, job_named

Answers = dict[str, list[Outcome | str]]


def answering(answers: Answers) -> Callable[[int, Job], list[News]]:
    """Return a script: for each job its answers in turn, an outcome or how its worker died; then "done"."""
    left = {name: list(each) for name, each in answers.items()}

    def script(worker: int, job: Job) -> list[News]:
        answer = left[job.name].pop(0) if left.get(job.name) else Outcome(kind="done")
        return [Ended(worker, answer) if isinstance(answer, Outcome) else Died(worker, answer)]

    return script


def run(
    folder: Path, answers: Answers, names: str = "ab", *, workers: int = 1, retries: int = 1
) -> tuple[ScriptedCrew, dict[str, JobChanged], Driver]:
    crew = ScriptedCrew(workers, answering(answers))
    last: dict[str, JobChanged] = {}

    def watch(event: BatchEvent) -> None:
        if isinstance(event, JobChanged):
            last[event.name] = event

    driver = Driver(crew, Records(folder), watch, retries=retries)
    try:
        driver.run([job_named(name, folder, verb="generate") for name in names])
    finally:
        assert crew.closed
    return crew, last, driver


def tries(crew: ScriptedCrew, name: str) -> int:
    return sum(given == name for _, given in crew.given)


def test_every_job_is_done_once(tmp_path: Path) -> None:
    crew, last, _ = run(tmp_path, {}, "abcdefg", workers=3)
    assert sorted(name for _, name in crew.given) == list("abcdefg")
    assert {event.status for event in last.values()} == {"complete"}


@pytest.mark.parametrize(("failures", "status", "count"), [(1, "complete", 2), (2, "failed", 2)])
def test_an_error_is_tried_again_as_often_as_asked(
    tmp_path: Path, failures: int, status: str, count: int
) -> None:
    crew, last, _ = run(tmp_path, {"a": [Outcome(kind="error", message="broken")] * failures})
    assert (last["a"].status, tries(crew, "a")) == (status, count)
    assert last["b"].status == "complete"


def test_settings_that_cannot_be_are_not_tried_again(tmp_path: Path) -> None:
    crew, last, _ = run(tmp_path, {"a": [Outcome(kind="usage", message="no")]}, retries=5)
    assert (last["a"].status, last["a"].message, tries(crew, "a")) == ("failed", "no", 1)


def test_short_of_memory_a_job_is_tried_once_more_with_less(tmp_path: Path) -> None:
    asked: list[str | None] = []

    def script(worker: int, job: Job) -> list[News]:
        asked.append(job.values.get("low_vram"))
        return [Ended(worker, Outcome(kind="memory", message="out of memory"))]

    crew = ScriptedCrew(1, script)
    Driver(crew, Records(tmp_path), lambda event: None, retries=3).run(
        [job_named("a", tmp_path, verb="generate"), job_named("b", tmp_path, verb="smooth")]
    )
    assert asked == [None, "true", None]  # smooth has no --low-vram


def test_a_job_that_ends_two_workers_is_left(tmp_path: Path) -> None:
    crew, last, _ = run(tmp_path, {"a": ["killed by SIGSEGV"] * 5}, "abc")
    assert (last["a"].status, tries(crew, "a")) == ("left", 2)
    assert last["b"].status == last["c"].status == "complete"
    record = Records(tmp_path).read("a")
    assert (record["status"], record["deaths"]) == (LEFT, 2)
    assert "SIGSEGV" in record["message"]


def test_deaths_count_across_drivers(tmp_path: Path) -> None:
    job = job_named("a", tmp_path, verb="generate")
    Records(tmp_path).write(job, status="interrupted", deaths=1)
    crew, last, _ = run(tmp_path, {"a": ["killed by SIGKILL"] * 5}, "a")
    assert (last["a"].status, tries(crew, "a")) == ("left", 1)


def test_a_full_disk_stops_the_handing_out(tmp_path: Path) -> None:
    crew = ScriptedCrew(1, answering({"b": [Outcome(kind="full", message="no space left")]}))
    driver = Driver(crew, Records(tmp_path), lambda event: None, retries=3)
    with pytest.raises(MediaError, match="no space left"):
        driver.run([job_named(name, tmp_path) for name in "abcd"])
    assert [name for _, name in crew.given] == ["a", "b"]
    assert crew.closed


def test_workers_that_end_at_once_are_no_endless_loop(tmp_path: Path) -> None:
    class Stillborn(ScriptedCrew):
        def start(self, worker: int) -> None:
            self.started.append(worker)
            self._news.append(Died(worker, "ended with exit code 1"))

    crew = Stillborn(2, answering({}))
    with pytest.raises(FramesmoothError, match="cannot be started: ended with exit code 1"):
        Driver(crew, Records(tmp_path), lambda event: None, retries=0).run([job_named("a", tmp_path)] * 2)
    assert len(crew.started) <= 4


def test_a_warning_of_many_jobs_is_told_once(tmp_path: Path) -> None:
    def script(worker: int, job: Job) -> list[News]:
        return [
            Told(worker, {"event": "notice", "message": "too small"}),
            Ended(worker, Outcome(kind="done")),
        ]

    told: list[str] = []

    def watch(event: BatchEvent) -> None:
        if isinstance(event, Notice):
            told.append(event.message)

    Driver(ScriptedCrew(1, script), Records(tmp_path), watch, retries=0).run(
        [job_named(name, tmp_path) for name in "abc"]
    )
    assert told == ["a: too small"]


def test_an_interrupt_marks_what_does_not_stop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framesmooth.workflows.batch.driver._PATIENCE", 0.0)

    def interrupted(worker: int, job: Job) -> list[News]:
        raise KeyboardInterrupt

    crew = ScriptedCrew(1, interrupted)
    with pytest.raises(KeyboardInterrupt):
        Driver(crew, Records(tmp_path), lambda event: None, retries=0).run([job_named("a", tmp_path)])
    assert crew.closed
    assert Records(tmp_path).read("a")["status"] == "interrupted"
