"""The report's files: readable by machines, safe, self-contained."""

import csv
import errno
import json
import re
from pathlib import Path

import pytest

from framesmooth.errors import MediaError
from framesmooth.metrics.measure import measure
from framesmooth.metrics.report import Report
from framesmooth.reports import (
    Strip,
    metric_rows,
    plot_metrics,
    write_csv,
    write_html,
    write_json,
    write_report,
)
from framesmooth.video import read_image
from tests.scenes import Frame, add_flicker, moving_scene


@pytest.fixture(scope="module")
def clips() -> tuple[list[Frame], list[Frame]]:
    clean = moving_scene(frames=4).frames
    return add_flicker(clean, seed=1), clean


@pytest.fixture(scope="module")
def reports(clips: tuple[list[Frame], list[Frame]]) -> tuple[Report, Report]:
    spoiled, clean = clips
    return measure(spoiled), measure(clean, reference=spoiled, flow_on="self")


def test_rows_tell_direction_and_change(reports: tuple[Report, Report]) -> None:
    rows = {row.name: row for row in metric_rows(*reports)}
    assert rows["warping_error"].better is True
    assert rows["warping_error"].arrow == "↓"
    assert rows["warping_error"].change.startswith("-")
    assert rows["detail_retention"].before == "–"
    assert rows["detail_retention"].better is None
    assert rows["dynamic_degree"].change != "–"
    assert (rows["dynamic_degree"].better, rows["dynamic_degree"].wanted) == (None, "")
    assert (rows["warping_error"].wanted, rows["coverage"].wanted) == ("↓ lower", "↑ higher")
    assert metric_rows(None, reports[0])[0].change == "–"


def test_json_holds_every_number(tmp_path: Path, reports: tuple[Report, Report]) -> None:
    write_json(tmp_path / "metrics.json", {"before": reports[0], "after": reports[1]})
    content = json.loads((tmp_path / "metrics.json").read_text())
    assert content["after"] == json.loads(json.dumps(reports[1].as_dict()))


def test_csv_has_a_line_per_frame(tmp_path: Path, reports: tuple[Report, Report]) -> None:
    write_csv(tmp_path / "metrics.csv", {"after": reports[1]})
    with (tmp_path / "metrics.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["frame"] for line in lines] == ["0", "1", "2", "3"]
    assert lines[0]["after.warping_error"] == ""
    assert float(lines[2]["after.warping_error"]) == pytest.approx(reports[1]["warping_error"].per_frame[2])


def test_the_plot_is_a_png_of_any_report(reports: tuple[Report, Report]) -> None:
    for before in (reports[0], None):
        assert plot_metrics(before, reports[1]).startswith(b"\x89PNG")


def test_the_strip_shows_frames_and_slices(clips: tuple[list[Frame], list[Frame]]) -> None:
    strip = Strip(start=1, count=2)
    for before, after in zip(*clips, strict=True):
        strip.add(before, after)
    picture = strip.draw()
    assert picture.shape[1:] == (1440, 3)
    single = Strip()
    single.add(clips[0][0])
    assert 0 < single.draw(("clip",)).shape[0] < picture.shape[0]
    assert Strip().draw().shape[1] == 1440


def test_the_page_is_escaped_and_self_contained(tmp_path: Path, reports: tuple[Report, Report]) -> None:
    path = tmp_path / "report.html"
    write_html(path, *reports, title="<script>a cat</script>", facts={"prompt": '"><img src=x>'})
    page = path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;a cat" in page
    assert "<img src=x>" not in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert str(tmp_path) not in page
    assert "warping error" in page


def test_all_files_of_a_run(
    tmp_path: Path, clips: tuple[list[Frame], list[Frame]], reports: tuple[Report, Report]
) -> None:
    strip = Strip(count=2)
    for before, after in zip(*clips, strict=True):
        strip.add(before, after)
    write_report(tmp_path, *reports, title="clip", strip=strip.draw())
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "metrics.csv",
        "metrics.json",
        "metrics.png",
        "report.html",
        "strip.png",
    ]
    assert read_image(tmp_path / "strip.png").shape[1] == 1440
    write_report(tmp_path, None, measure([clips[0][0]]), title="one frame")
    assert not (tmp_path / "metrics.png").exists()


def test_a_full_disk_is_told_in_plain_words(
    tmp_path: Path, reports: tuple[Report, Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(MediaError, match="no space left"):
        write_report(tmp_path, *reports, title="clip")
    assert not list(tmp_path.glob(".*"))
