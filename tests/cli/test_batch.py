"""``framesmooth batch``: what it prints, and its exit codes."""

import json
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from framesmooth.cli.batch_progress import batch_watcher
from framesmooth.cli.main import cli
from framesmooth.events import Notice
from framesmooth.workflows.batch.watching import BatchEvent, BatchStarted, JobChanged, JobStage

EVENTS: tuple[BatchEvent, ...] = (
    BatchStarted(4, 1, 2),
    JobChanged("a", "running", "worker 1"),
    JobStage("a", "worker 1", "smooth", 3, 8),
    Notice("a: too small", warning=True),
    JobChanged("a", "complete", "worker 1", "", 2.5),
    JobChanged("b", "waiting", "worker 2", "broken; retry 1 of 1 follows"),
    JobChanged("b", "failed", "worker 2", "broken"),
)


def batch(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["batch", *arguments])


def test_plain_progress_is_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    with batch_watcher("plain") as watch:
        for event in EVENTS:
            watch(event)
    assert capsys.readouterr().err.splitlines() == [
        "4 jobs, 1 of them done already; 2 workers ...",
        "warning: a: too small",
        "a: done in 2.5 s (2 of 4)",
        "b: waiting, broken; retry 1 of 1 follows",
        "b: failed, broken",
    ]


def test_json_progress_is_an_object_for_each_event(capsys: pytest.CaptureFixture[str]) -> None:
    with batch_watcher("json") as watch:
        for event in EVENTS:
            watch(event)
    found = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [one["event"] for one in found] == [type(event).__name__ for event in EVENTS]
    assert found[2] == {"event": "JobStage", "name": "a", "worker": "worker 1", "stage": "smooth", "done": 3,
                        "total": 8}  # fmt: skip


def test_the_live_table_shows_what_each_worker_does() -> None:
    from rich.console import Console

    from framesmooth.cli.batch_progress import _Board, _table

    board = _Board()
    for event in EVENTS[:4]:
        board.hear(event)
    console = Console(width=100, record=True, file=StringIO())
    console.print(_table(board))
    text = console.export_text()
    assert "1 of 4 jobs done" in text
    assert "worker 1" in text
    assert "smooth 3/8" in text


def test_status_does_nothing_and_is_json_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "jobs.csv").write_text("name,prompts\na,a cat\nb,a dog\n", encoding="utf-8")
    arguments = [str(tmp_path / "jobs.csv"), "-o", str(tmp_path / "out"), "--status"]
    plain = batch(*arguments)
    assert plain.exit_code == 0
    assert plain.stdout.splitlines() == ["2 jobs: 2 waiting", "  a  waiting", "  b  waiting"]
    found = json.loads(batch(*arguments, "--json", "-").stdout)
    assert found["counts"] == {"waiting": 2}
    assert [job["name"] for job in found["jobs"]] == ["a", "b"]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("- {prompts: a cat, sede: 1}\n", [], "jobs.yaml:1: [1].sede: unknown key: did you mean seed?"),
        ("- a cat\n", ["--shard", "3/2"], "write 2/8"),
        ("- a cat\n", ["--retries", "-1"], "--retries"),
    ],
)
def test_wrong_usage_is_exit_code_2(tmp_path: Path, text: str, options: list[str], message: str) -> None:
    (tmp_path / "jobs.yaml").write_text(text, encoding="utf-8")
    result = batch(str(tmp_path / "jobs.yaml"), "-o", str(tmp_path / "out"), *options)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not (tmp_path / "out").exists()
