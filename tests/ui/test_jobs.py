"""The queue: in order, one at a time, stopped and resumed, and read back from the disk."""

import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import MediaError, RunLocked, UsageError
from framesmooth.events import Listener, stage
from framesmooth.ui.job import JOB_FILE, NAME, Job, folder_name
from framesmooth.ui.jobs import JobBoard

PATIENCE = 30.0  # seconds; only a failing test waits for so long


class Bench:
    """Work that goes on when it is allowed to, and notes what it was asked for."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.begun, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, job: Job, emit: Listener) -> dict[str, Any]:
        """Do ten steps; wait before the second one."""
        self.order.append(job.title)
        with stage(emit, "steps", 10, "steps") as advance:
            for step in range(10):
                advance(1)
                if step == 0:
                    self.begun.set()
                    assert self.may_go_on.wait(PATIENCE)
        return {"words": [job.title]}


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def board(tmp_path: Path, bench: Bench) -> Iterator[JobBoard]:
    made = JobBoard(tmp_path / "runs", {"work": bench, "bad": fail, "worse": crash}, most_waiting=4)
    made.start()
    yield made
    bench.may_go_on.set()
    made.close()


def fail(_job: Job, _emit: Listener) -> dict[str, Any]:
    raise MediaError("the clip cannot be read: choose another one")


def crash(_job: Job, _emit: Listener) -> dict[str, Any]:
    raise ZeroDivisionError("oh")


def test_jobs_are_done_in_order_one_at_a_time(board: JobBoard, bench: Bench) -> None:
    jobs = [board.submit("work", f"job {number}", {}) for number in range(3)]
    assert bench.begun.wait(PATIENCE)
    assert [job.status for job in jobs] == ["running", "queued", "queued"]
    assert [board.position(job) for job in jobs[1:]] == [1, 2]
    bench.may_go_on.set()
    assert all(board.wait(job, PATIENCE) for job in jobs)
    assert bench.order == ["job 0", "job 1", "job 2"]
    assert [job.status for job in jobs] == ["done"] * 3
    assert jobs[1].result == {"words": ["job 1"]}
    assert [job.title for job in board.all] == ["job 2", "job 1", "job 0"]


def test_a_running_job_stops_and_resumes(board: JobBoard, bench: Bench) -> None:
    job = board.submit("work", "long", {})
    assert bench.begun.wait(PATIENCE)
    board.stop(job.name)
    bench.may_go_on.set()
    assert board.wait(job, PATIENCE)
    assert json.loads((job.folder / JOB_FILE).read_text())["status"] == "stopped"
    board.resume(job.name)
    assert board.wait(job, PATIENCE)
    assert job.status == "done"
    with pytest.raises(UsageError, match="done already"):
        board.resume(job.name)


def test_a_waiting_job_is_stopped_at_once(board: JobBoard, bench: Bench) -> None:
    first, second = (board.submit("work", title, {}) for title in ("first", "second"))
    assert bench.begun.wait(PATIENCE)
    assert board.stop(second.name).status == "stopped"
    bench.may_go_on.set()
    assert board.wait(first, PATIENCE)
    assert bench.order == ["first"]


def test_a_server_that_was_killed_goes_on(board: JobBoard, bench: Bench, tmp_path: Path) -> None:
    """A copy of the folder, taken while a job ran, is what a killed server leaves."""
    for title in ("running", "waiting", "stopped"):
        board.submit("work", title, {"title": title})
    assert bench.begun.wait(PATIENCE)
    board.stop(next(job.name for job in board.all if job.title == "stopped"))
    shutil.copytree(board.folder, tmp_path / "copy")
    other = Bench()
    other.may_go_on.set()
    again = JobBoard(tmp_path / "copy", {"work": other})
    assert [job.status for job in again.all] == ["stopped", "queued", "queued"]
    again.start()
    assert all(again.wait(job, PATIENCE) for job in again.all)
    again.close()
    assert other.order == ["running", "waiting"]
    assert {job.title: job.request for job in again.all}["waiting"] == {"title": "waiting"}


def test_a_server_that_is_closed_goes_on_at_the_next_start(tmp_path: Path, bench: Bench) -> None:
    first = JobBoard(tmp_path, {"work": bench})
    first.start()
    job = first.submit("work", "long", {})
    assert bench.begun.wait(PATIENCE)
    threading.Timer(0.05, bench.may_go_on.set).start()
    first.close()
    second = JobBoard(tmp_path, {"work": bench})
    second.start()
    assert second.wait(second.get(job.name), PATIENCE)
    second.close()
    assert second.get(job.name).status == "done"


def test_errors_become_sentences_and_the_queue_goes_on(board: JobBoard, bench: Bench) -> None:
    bench.may_go_on.set()
    bad, worse, good = (board.submit(kind, kind, {}) for kind in ("bad", "worse", "work"))
    assert board.wait(good, PATIENCE)
    assert (bad.status, bad.error) == ("failed", "the clip cannot be read: choose another one")
    assert worse.status == "failed"
    assert "ZeroDivisionError" in worse.error
    assert good.status == "done"


def test_two_servers_cannot_work_in_one_folder(board: JobBoard) -> None:
    with pytest.raises(RunLocked, match="stop it, or give another --runs"):
        JobBoard(board.folder, {})


def test_the_queue_is_bounded(board: JobBoard, bench: Bench) -> None:
    first = board.submit("work", "first", {})
    assert bench.begun.wait(PATIENCE)
    waiting = [board.submit("work", "more", {}) for _ in range(4)]
    with pytest.raises(UsageError, match="wait already"):
        board.submit("work", "one too many", {})
    for job in waiting:
        board.stop(job.name)
    bench.may_go_on.set()
    assert board.wait(first, PATIENCE)


def test_a_job_is_deleted_with_its_files_but_not_while_it_runs(board: JobBoard, bench: Bench) -> None:
    job = board.submit("work", "long", {})
    assert bench.begun.wait(PATIENCE)
    with pytest.raises(UsageError, match="stop it first"):
        board.delete(job.name)
    bench.may_go_on.set()
    assert board.wait(job, PATIENCE)
    board.delete(job.name)
    assert not job.folder.exists()
    with pytest.raises(UsageError, match="deleted"):
        board.get(job.name)


def test_files_are_moved_into_the_job(board: JobBoard, bench: Bench, tmp_path: Path) -> None:
    bench.may_go_on.set()
    sent = tmp_path / "sent.mp4"
    sent.write_bytes(b"clip")
    job = board.submit("work", "../../etc/passwd", {}, [("clip.mp4", sent)])
    assert job.folder.parent == board.folder
    assert (job.folder / "input" / "clip.mp4").read_bytes() == b"clip"
    assert not sent.exists()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"kind": 3}', "{" * 5000, '{"kind": "work"}'])
def test_a_damaged_job_is_left_out(tmp_path: Path, content: str) -> None:
    (tmp_path / "00001-bad").mkdir()
    (tmp_path / "00001-bad" / JOB_FILE).write_text(content)
    board = JobBoard(tmp_path, {"work": fail})
    assert board.all == []
    assert board.submit("work", "bad", {}).folder != tmp_path / "00001-bad"
    board.close()


def test_a_link_is_no_job(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    Job(folder=tmp_path / "elsewhere", kind="work", title="x", request={}).save()
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "00001-x").symlink_to(tmp_path / "elsewhere")
    board = JobBoard(tmp_path / "runs", {})
    assert board.all == []
    board.close()


@given(st.integers(1, 10**8), st.text())
def test_every_title_makes_a_safe_folder(number: int, title: str) -> None:
    assert NAME.fullmatch(folder_name(number, title))


def test_a_request_names_no_file_outside_its_job(tmp_path: Path) -> None:
    job = Job(folder=tmp_path / "job", kind="work", title="x", request={})
    for name in ("../other", "/etc/passwd", "input/../../x"):
        with pytest.raises(MediaError, match="outside"):
            job.path(name)
    assert job.path("input/clip.mp4") == (tmp_path / "job" / "input" / "clip.mp4").resolve()
