"""The page on measured clips: heat maps with known answers, worst frames, nothing from outside."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

from framesmooth.frames import FrameList
from framesmooth.metrics.measure import measure
from framesmooth.metrics.report import Report
from framesmooth.motion.bidirectional import BidirectionalFlow
from framesmooth.reports import (
    HeatMeter,
    all_notes,
    clip_rows,
    write_clips_html,
)
from framesmooth.reports.chart import metrics_chart
from framesmooth.reports.formulas import typeset
from framesmooth.reports.heat import FAINTEST_PEAK, paint
from framesmooth.reports.worst import worst_frames
from tests.scenes import Frame, add_flicker, moving_scene, texture

STILL = BidirectionalFlow(np.zeros((40, 60, 2), np.float32), np.zeros((40, 60, 2), np.float32))


def patch_clip(step: int) -> list[Frame]:
    """A still texture in which one square jumps by ``step`` levels at every second frame."""
    picture = (60 + 120 * texture(40, 60)).astype(np.uint8)
    other = picture.copy()
    other[10:20, 30:45] += np.uint8(step)
    return [picture, other, picture, other]


def test_the_heat_is_the_difference_where_it_is() -> None:
    heat = HeatMeter()
    for index, frame in enumerate(patch_clip(20)):
        heat.update(frame, motion=STILL if index else None)
    assert heat.levels is not None
    expected = np.zeros((40, 60))
    expected[10:20, 30:45] = 20
    np.testing.assert_allclose(heat.levels, expected, atol=1e-3)
    assert heat.peak == pytest.approx(20)
    painted = paint(patch_clip(20)[0], heat.levels, heat.peak)
    assert painted[15, 40].astype(int).sum() > painted[30, 10].astype(int).sum()


def test_nothing_glows_in_a_still_clip_and_nothing_is_followed_across_a_cut() -> None:
    still, cut = HeatMeter(), HeatMeter()
    for frame in patch_clip(0):
        still.update(frame, motion=STILL)
        cut.update(frame, motion=None, cut=True)
    assert still.peak == FAINTEST_PEAK
    assert cut.levels is None
    assert cut.worst == []


def test_the_worst_pairs_are_those_of_the_warping_error() -> None:
    heat = HeatMeter()
    spoiled = add_flicker(moving_scene(frames=7).frames, "GT")
    report = measure(spoiled, metrics=["warping_error"], watchers=[heat])
    per_frame = [value or 0.0 for value in report["warping_error"].per_frame]
    assert len(heat.worst) == 3
    worst = sorted(heat.worst, reverse=True)
    assert [pair.second for pair in worst] == list(np.argsort(per_frame)[::-1][:3])
    assert [pair.error for pair in worst] == pytest.approx(sorted(per_frame)[::-1][:3], rel=1e-4)


def test_worst_frames_look_in_the_better_direction() -> None:
    clean = moving_scene(frames=6).frames
    spoiled = [*clean]
    spoiled[3] = add_flicker([clean[3]], "T", strength=3)[0]
    report = measure(spoiled, reference=clean, metrics=["psnr", "dynamic_degree"])
    assert worst_frames(report) == {3: ["psnr"]}
    assert worst_frames(measure(clean[:1], reference=clean[:1])) == {}


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    clean = moving_scene(frames=4).frames
    return {"one": measure(add_flicker(clean, seed=1)), "two": measure(clean), "short": measure(clean[:1])}


def test_the_best_is_marked_once_and_ties_as_ties(reports: dict[str, Report]) -> None:
    rows = {row.name: row for row in clip_rows({**reports, "three": reports["one"]})}
    assert [cell.mark for cell in rows["warping_error"].cells] == ["", "★", "", ""]
    assert [cell.text for cell in rows["warping_error"].cells][2] == "–"
    assert {cell.mark for cell in rows["dynamic_degree"].cells} == {""}
    equals = {"a": reports["two"], "b": reports["two"], "c": reports["one"]}
    tied = {row.name: row for row in clip_rows(equals)}
    assert [cell.mark for cell in tied["warping_error"].cells] == ["=", "=", ""]
    assert tied["warping_error"].arrow == "↓"
    assert tied["coverage"].arrow == "↑"
    assert {cell.mark for row in clip_rows({"one": reports["one"]}) for cell in row.cells} == {""}


def test_what_is_missing_is_told_in_plain_words(reports: dict[str, Report]) -> None:
    notes = all_notes(reports)
    assert notes
    assert all(note.startswith("short: ") and "too short: needs" in note for note in notes)


def test_the_chart_is_one_that_plotly_knows(reports: dict[str, Report]) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    chart = metrics_chart({"<b>one</b>": reports["one"], "two": reports["two"]})
    assert chart is not None
    figure = graph_objects.Figure(chart)  # refuses what is not in its schema
    assert {trace.xaxis for trace in figure.data} == {"x"}
    assert len({trace.yaxis for trace in figure.data}) == len(reports["one"])
    assert figure.data[0].name == "&lt;b&gt;one&lt;/b&gt;"
    assert metrics_chart({"short": reports["short"]}) is None


def test_formulas_are_typeset_and_names_left_alone() -> None:
    assert typeset("sqrt(mean_t (Y_(t-1) - 2 Y_t)^2 / 6)") == (
        "√(mean<sub>t</sub> (Y<sub>t−1</sub> − 2 Y<sub>t</sub>)<sup>2</sup> / 6)"
    )
    assert typeset("read luma_flicker and <b> of F_(0 -> t)") == (
        "read luma_flicker and ⟨b⟩ of F<sub>0 → t</sub>"
    )


def static_part(page: str) -> str:
    """The page without plotly."""
    return page[: page.index("<script>")] + page[page.rindex("<script>") :] if "<script>" in page else page


def test_the_page_is_escaped_self_contained_and_free_of_nan(tmp_path: Path) -> None:
    name = '"><img src=x onerror=alert(1)></script><b>'
    clean = moving_scene(frames=5).frames
    clips = {name: FrameList(add_flicker(clean)), "one": FrameList(clean[:1]), "two": FrameList(clean[:2])}
    heats = {label: HeatMeter() for label in clips}
    reports = {label: measure(clip, watchers=[heats[label]]) for label, clip in clips.items()}
    path = tmp_path / "report.html"
    write_clips_html(path, reports, clips, heats, title=name, facts={"prompt": name})
    page = path.read_text(encoding="utf-8")
    shown = static_part(page)
    assert "<img src=x" not in page
    assert page.count("</script>") == 2
    assert not re.search(r'(?:src|href)="(?!data:)', shown)
    assert not re.search(r"\bnan\b", shown, re.IGNORECASE)
    assert "default-src 'none'" in shown
    assert shown.count("<figure>") >= 6
    assert "Mean squared error per colour sample" in shown
    assert str(tmp_path) not in page
    chart = re.search(r"const chart = (.*);", shown)
    assert chart
    assert json.loads(chart[1])["data"]


def test_a_clip_of_one_frame_has_a_page_without_plots(tmp_path: Path) -> None:
    clip, heat = FrameList(moving_scene(frames=1).frames), HeatMeter()
    report = measure(clip, watchers=[heat])
    write_clips_html(tmp_path / "a.html", {"a": report}, {"a": clip}, {"a": heat}, title="a", facts={})
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "too short" in page
