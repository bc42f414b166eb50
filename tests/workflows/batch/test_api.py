"""What is there is kept, what is missing is made, and nothing of the user's is replaced unasked."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from framesmooth.errors import FramesmoothError, OutputExists, RunLocked, UsageError
from framesmooth.events import Notice
from framesmooth.models.pool import ModelPool
from framesmooth.runs import content_of
from framesmooth.video import write_text
from framesmooth.video.locks import lock
from framesmooth.workflows.batch import api
from framesmooth.workflows.batch.api import batch, batch_status, complete_or_raise
from framesmooth.workflows.batch.job import Job
from framesmooth.workflows.batch.plan import plan
from framesmooth.workflows.batch.records import Records
from framesmooth.workflows.batch.result import BatchResult
from framesmooth.workflows.batch.settings import BatchSettings
from framesmooth.workflows.batch.work import do
from framesmooth.workflows.crew.base import Ended, News
from framesmooth.workflows.smooth import smooth
from tests.workflows.batch.conftest import write_clip
from tests.workflows.batch.scripted import ScriptedCrew

ROOT = Path(__file__).parents[3]


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let jobs be done in this process; give the names of those that were begun."""
    begun: list[str] = []

    def work(worker: int, job: Job) -> list[News]:
        begun.append(job.name)
        return [Ended(worker, do(job, lambda event: None, ModelPool()))]

    def crew(settings: BatchSettings, jobs: Sequence[Job], records: Records) -> ScriptedCrew:
        return ScriptedCrew(settings.workers or 1, work)

    monkeypatch.setattr(api, "_crew", crew)
    return begun


def statuses(result: BatchResult) -> dict[str, str]:
    return {job.name: job.status for job in result.jobs}


def test_results_are_those_of_single_runs_and_are_kept(tmp_path: Path, jobs: Path, here: list[str]) -> None:
    out = tmp_path / "out"
    assert set(statuses(batch_status(jobs, out)).values()) == {"waiting"}
    assert not out.exists()
    result = batch(jobs, out)
    assert result.counts == {"complete": 3}
    for name in ("one", "two"):
        smooth(tmp_path / name, tmp_path / f"{name}.webp", smoother="ema", smooth_strength=0.5)
        assert content_of(out / f"{name}.webp") == content_of(tmp_path / f"{name}.webp")
    assert set(json.loads((out / "figures.json").read_text())["metrics"]) == {"coverage"}
    assert sorted(path.name for path in out.iterdir() if not path.name.startswith(".")) == [
        "batch.html", "contact-sheet.png", "figures.json", "one.webp", "two.webp",
    ]  # fmt: skip
    page = (out / "batch.html").read_text(encoding="utf-8")
    assert "3 jobs: 3 complete" in page
    assert page.count("data:image/jpeg") == 2
    again = batch(jobs, out)
    assert (again.reused, len(here)) == (3, 3)
    moved = shutil.move(out, tmp_path / "moved")
    assert statuses(batch_status(jobs, moved)) == dict.fromkeys(("one", "two", "figures"), "complete")


def test_only_what_is_missing_or_damaged_is_made(tmp_path: Path, jobs: Path, here: list[str]) -> None:
    out = tmp_path / "out"
    batch(jobs, out)
    here.clear()
    (out / "one.webp").unlink()
    record = Records(out).file("two")
    record.write_text("{", encoding="utf-8")
    (out / "two.webp").unlink()
    assert batch(jobs, out).counts == {"complete": 3}
    assert here == ["one", "two"]


def test_a_result_of_other_settings_is_replaced_only_where_that_is_asked_for(
    tmp_path: Path, jobs: Path, here: list[str]
) -> None:
    out = tmp_path / "out"
    batch(jobs, out)
    before = content_of(out / "one.webp")
    text = jobs.read_text(encoding="utf-8")
    jobs.write_text(text.replace("one, smooth-strength: 0.5", "one, smooth-strength: 0.9"), encoding="utf-8")
    here.clear()
    with pytest.raises(OutputExists, match=r"jobs.yaml:3: .*one.webp was made with other settings"):
        batch(jobs, out)
    assert here == []
    batch(jobs, out, overwrite=True)
    assert here == ["one"]
    assert content_of(out / "one.webp") != before


def test_another_input_of_the_same_name_is_noticed(tmp_path: Path, jobs: Path, here: list[str]) -> None:
    out = tmp_path / "out"
    batch(jobs, out)
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    shutil.rmtree(tmp_path / "one")
    (tmp_path / "copy").rename(tmp_path / "one")  # another file, the same content
    assert batch(jobs, out).reused == 3
    shutil.rmtree(tmp_path / "one")
    write_clip(tmp_path / "one", level=40)
    with pytest.raises(OutputExists, match="of another file"):
        batch(jobs, out)


def test_what_is_no_result_of_the_batch_is_not_touched(tmp_path: Path, jobs: Path, here: list[str]) -> None:
    out = tmp_path / "out"
    write_text(out / "one.webp", "mine")
    with pytest.raises(OutputExists, match="is not of this batch"):
        batch(jobs, out)
    assert here == []
    assert (out / "one.webp").read_text() == "mine"
    (out / "one.webp").unlink()
    batch(jobs, out)
    write_text(out / "one.webp", "mine")
    with pytest.raises(OutputExists, match="is not of this batch"):
        batch(jobs, out)
    assert batch(jobs, out, overwrite=True).counts == {"complete": 3}
    assert (out / "one.webp").read_bytes() != b"mine"


def test_what_an_unfinished_try_has_left_is_replaced(tmp_path: Path, jobs: Path, here: list[str]) -> None:
    out = tmp_path / "out"
    batch(jobs, out)
    record = Records(out).file("one")
    record.write_text(record.read_text().replace('"complete"', '"running"'), encoding="utf-8")
    assert statuses(batch_status(jobs, out))["one"] == "interrupted"
    with lock(Records(out).lock_file("one")):
        assert statuses(batch_status(jobs, out))["one"] == "running"
    here.clear()
    assert batch(jobs, out).counts == {"complete": 3}
    assert here == ["one"]


def test_failures_are_listed_and_tried_again_by_the_next_run(
    tmp_path: Path, jobs: Path, here: list[str]
) -> None:
    out = tmp_path / "out"
    (tmp_path / "two" / "1.png").write_bytes(b"no picture")
    result = batch(jobs, out, retries=0)
    assert result.counts == {"complete": 2, "failed": 1}
    assert "1.png" in result.failed[0].message
    with pytest.raises(FramesmoothError, match=r"^1 of 3 jobs failed: two; .*batch.html says why$"):
        complete_or_raise(result)
    assert "1.png" in (out / "batch.html").read_text(encoding="utf-8")
    write_clip(tmp_path / "two")
    assert batch(jobs, out).counts == {"complete": 3}


def test_a_job_that_was_left_waits_for_again(tmp_path: Path, jobs: Path, here: list[str]) -> None:
    out = tmp_path / "out"
    planned = plan([jobs], out)
    Records(out).write(planned[0], status="left", message="its worker was killed by SIGKILL", deaths=2)
    told: list[str] = []

    def watch(event: object) -> None:
        if isinstance(event, Notice):
            told.append(event.message)

    result = batch(jobs, out, on_event=watch)
    assert statuses(result)["one"] == "left"
    assert told == ["one is left (its worker was killed by SIGKILL); --again tries it again"]
    assert batch(jobs, out, again=True).counts == {"complete": 3}


def test_parts_are_done_apart(tmp_path: Path, jobs: Path, here: list[str]) -> None:
    out = tmp_path / "out"
    first = batch(jobs, out, shard="1/2")
    assert statuses(first) == {"one": "complete"}
    second = batch(jobs, out, shard="2/2")
    assert (out / "batch-1-of-2.html").exists()
    assert (out / "contact-sheet-2-of-2.png").exists()
    assert statuses(second) == {"two": "complete", "figures": "complete"}
    assert batch(jobs, out).reused == 3


def test_two_drivers_do_not_do_one_folder(tmp_path: Path, jobs: Path, here: list[str]) -> None:
    out = tmp_path / "out"
    batch(jobs, out)
    with lock(Records(out).state / "driver.lock"), pytest.raises(RunLocked, match="another framesmooth"):
        batch(jobs, out)


@pytest.mark.slow
def test_workers_do_the_jobs_and_go_on_after_an_interrupt(tmp_path: Path, jobs: Path) -> None:
    import signal

    write_clip(tmp_path / "long", frames=600)  # so that no machine is done before it is interrupted
    with jobs.open("a", encoding="utf-8") as file:
        file.write("- {smooth: long, smooth-strength: 0.5}\n")
    out = tmp_path / "out"
    command = [sys.executable, "-P", "-m", "framesmooth", "batch", str(jobs), "-o", str(out), "--progress",
               "json", "--workers", "2"]  # fmt: skip
    here = {**os.environ, "PYTHONPATH": str(ROOT)}

    def hears_ctrl_c() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # what a shell runs in the background ignores it

    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=here, preexec_fn=hears_ctrl_c
    ) as driver:
        assert driver.stderr is not None
        for line in driver.stderr:
            if json.loads(line).get("status") == "running":
                driver.send_signal(signal.SIGINT)
                break
        driver.stderr.read()
    assert driver.returncode == 130
    result = batch(jobs, out, workers=2)
    assert result.counts == {"complete": 4}
    smooth(tmp_path / "one", tmp_path / "one.webp", smoother="ema", smooth_strength=0.5)
    assert content_of(out / "one.webp") == content_of(tmp_path / "one.webp")
    assert not [path for path in out.iterdir() if path.name.endswith(".part")]


def test_a_cluster_that_is_not_there_is_told_before_anything_is_written(
    tmp_path: Path, jobs: Path, here: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    out, nobody = tmp_path / "out", "127.0.0.1:1"
    with pytest.raises(UsageError, match=f"--ray {nobody} finds no cluster"):
        batch(jobs, out, ray=nobody)
    assert not out.exists()
    batch(jobs, out)
    assert batch(jobs, out, ray=nobody).reused == 3  # nothing to do: none is needed
