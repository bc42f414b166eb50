"""compare, and measure of several clips, from the command line: what they judge, write, print and refuse."""

import csv
import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from framesmooth import registry
from framesmooth.cli.main import cli
from framesmooth.frames import Frame
from framesmooth.metrics.measure import measure
from framesmooth.metrics.per_frame import FrameMetric
from framesmooth.video import open_sink, open_source
from framesmooth.workflows.compare_inputs import clip_names
from tests.scenes import FlowField, add_flicker, moving_scene

CLEAN = moving_scene(frames=6, seed=3).frames


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [*(str(argument) for argument in arguments), "--progress", "none"])


def write(path: Path | str, frames: Sequence[Frame]) -> str:
    height, width = frames[0].shape[:2]
    with open_sink(path, fps=Fraction(12), size=(height, width), crf=0) as sink:
        for frame in frames:
            sink.write(frame)
    return str(path)


def blurred(frames: Sequence[Frame]) -> list[Frame]:
    return [np.asarray(cv2.GaussianBlur(frame, (0, 0), 2), np.uint8) for frame in frames]


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The clean clip; flicker of the exposure; the clean clip again, blurred, and frozen; as folders."""
    folder = tmp_path_factory.mktemp("clips")
    versions = {
        "clean": CLEAN,
        "before": add_flicker(CLEAN, "G", strength=2),
        "good": CLEAN,
        "blurred": blurred(CLEAN),
        "frozen": [CLEAN[0]] * len(CLEAN),
    }
    return {name: write(f"{folder}/{name}/", frames) for name, frames in versions.items()}


def figures(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("with_reference", [False, True])
def test_the_good_one_wins_and_the_cheats_do_not(clips: dict[str, str], with_reference: bool) -> None:
    against = ["--reference", clips["clean"]] if with_reference else []
    after = [clips[name] for name in ("good", "blurred", "frozen")]
    content = figures(run("compare", clips["before"], *after, *against, "--json", "-"))
    verdicts = content["verdicts"]
    assert next(iter(verdicts)) == "good"
    assert {name: verdict["better"] for name, verdict in verdicts.items()} == {
        "good": True,
        "blurred": False,
        "frozen": False,
    }
    assert any("(blur" in reason for reason in verdicts["blurred"]["reasons"])
    assert any("(frozen" in reason for reason in verdicts["frozen"]["reasons"])
    assert content["before"] == "before"
    assert set(content["clips"]) == {"before", "good", "blurred", "frozen"}


def test_motion_is_that_of_the_reference_or_guide_and_dynamic_degree_the_own(clips: dict[str, str]) -> None:
    base = figures(run("compare", clips["before"], clips["frozen"], "--json", "-"))["clips"]
    for option, flow_on in (("--reference", "reference"), ("--guide", "guide")):
        content = figures(
            run("compare", clips["before"], clips["frozen"], option, clips["clean"], "--json", "-")
        )
        for name, report in content["clips"].items():
            own = base[name]["metrics"]
            assert report["settings"]["flow_on"] == flow_on
            assert report["metrics"]["dynamic_degree"] == own["dynamic_degree"]
            assert report["metrics"]["warping_error_own_flow"]["mean"] == own["warping_error"]["mean"]
            assert report["metrics"]["warping_error"]["mean"] != own["warping_error"]["mean"]
        assert ("psnr" in content["clips"]["frozen"]["metrics"]) == (option == "--reference")


def test_a_guide_gives_the_motion_that_a_reference_gives(clips: dict[str, str]) -> None:
    spoiled = add_flicker(CLEAN, "G", strength=2)
    guided = measure(spoiled, guide=CLEAN, metrics=["warping_error"])
    referred = measure(spoiled, reference=CLEAN, metrics=["warping_error"])
    assert guided["warping_error"] == referred["warping_error"]
    content = figures(run("measure", clips["before"], "--guide", clips["clean"], "--json", "-"))
    assert content["metrics"]["warping_error"]["mean"] == pytest.approx(guided["warping_error"].mean)
    short = run("measure", clips["before"], "--guide", clips["clean"], "--frame-range", "9:")
    assert short.exit_code == 2


def test_the_table_and_the_verdict_are_printed(clips: dict[str, str]) -> None:
    result = run("compare", clips["before"], clips["good"], clips["blurred"])
    assert result.exit_code == 0, result.output
    assert "★" in result.stdout
    assert "warping_error" in result.stdout
    assert "good: steadier: warping error −" in result.stdout
    assert "blurred: not better: detail loss" in result.stdout
    assert "nan" not in result.stdout.lower()


def test_exit_codes(clips: dict[str, str]) -> None:
    assert run("compare", clips["before"], clips["blurred"]).exit_code == 0
    gate = run("compare", clips["before"], clips["good"], clips["blurred"], "--fail-unless-better")
    assert gate.exit_code == 3
    assert gate.stderr == "error: gate: blurred is not better\n"
    assert run("compare", clips["before"], clips["good"], "--fail-unless-better").exit_code == 0


def test_a_folder_of_clips_is_a_leaderboard(tmp_path: Path) -> None:
    before = write(tmp_path / "results" / "before.mp4", add_flicker(CLEAN, "G", strength=2))
    for name, frames in (("good", CLEAN), ("equal", CLEAN), ("soft", blurred(CLEAN))):
        write(tmp_path / "results" / f"{name}.mp4", frames)
    result = run("compare", before, tmp_path / "results")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines() if ".mp4" in line and "%" in line]
    assert [(line[0], line[1]) for line in lines[:3]] == [
        ("1=", "equal.mp4"),
        ("1=", "good.mp4"),
        ("3", "soft.mp4"),
    ]
    (tmp_path / "results" / "plot.png").write_bytes(b"")
    both = run("compare", before, tmp_path / "results")
    assert both.exit_code == 0
    assert "holds 4 clips: before.mp4, equal.mp4, good.mp4, soft.mp4; not used: plot.png" in both.stderr
    write(tmp_path / "alone" / "one.mp4", CLEAN)
    alone = run("compare", tmp_path / "alone" / "one.mp4", tmp_path / "alone")
    assert alone.exit_code == 2
    assert "no clip but those" in alone.stderr


def test_lengths_and_sizes_that_differ(tmp_path: Path, clips: dict[str, str]) -> None:
    shorter = write(f"{tmp_path}/shorter/", CLEAN[:4])
    result = run("compare", clips["before"], shorter, "--json", "-")
    assert "before has 6, shorter has 4 frames: the first 4 are compared" in result.stderr
    assert {report["num_frames"] for report in figures(result)["clips"].values()} == {4}
    smaller = write(f"{tmp_path}/smaller/", [frame[:48] for frame in CLEAN])
    refused = run("compare", clips["before"], smaller)
    assert refused.exit_code == 1
    assert "smaller is 96x48 and before 96x64: scale one of them" in refused.stderr


def test_measure_refuses_a_reference_that_does_not_fit_before_it_measures(
    tmp_path: Path, clips: dict[str, str]
) -> None:
    shorter = write(f"{tmp_path}/shorter/", CLEAN[:4])
    for option, label in (("--reference", "the reference"), ("--guide", "the guide")):
        refused = CliRunner().invoke(cli, ["measure", clips["before"], option, shorter])
        assert refused.exit_code == 1
        assert refused.stderr.startswith("error: ")
        assert f"before has 6 frames and {label} 4" in refused.stderr
    result = run("measure", clips["before"], "--reference", shorter, "--frame-range", ":4")
    assert result.exit_code == 0, result.output


def test_measure_takes_a_folder_of_clips_and_tables_fit_in_80_columns(tmp_path: Path) -> None:
    for index in range(5):
        write(tmp_path / "results" / f"some_long_name_{index}.mp4", CLEAN[: 1 + index])
    measured = run("measure", tmp_path / "results")
    board = run("compare", tmp_path / "results" / "some_long_name_4.mp4", tmp_path / "results")
    for result in (measured, board):
        assert result.exit_code == 0, result.output
        assert "some_long_name_3.mp4" in result.stdout
        tables = [line for line in result.stdout.splitlines() if line.startswith(" ")]
        assert max(map(len, tables)) <= 80


@pytest.mark.parametrize(("layout", "size"), [("side-by-side", (64, 196)), ("wipe", (64, 96))])
def test_the_video_shows_both(
    tmp_path: Path, clips: dict[str, str], layout: str, size: tuple[int, int]
) -> None:
    output = tmp_path / "both.mp4"
    arguments = ["compare", clips["before"], clips["good"], "--video", output, "--layout", layout, "--crf", 4]
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith(f"{output}\n")
    written = open_source(output)
    assert (written.size, written.num_frames, written.fps) == (size, 6, Fraction(12))
    frame = next(iter(written))
    bottom = slice(size[0] // 2, None)
    np.testing.assert_allclose(frame[bottom, -30:], CLEAN[0][bottom, -30:], atol=40)
    assert run(*arguments).exit_code == 2
    assert run(*arguments, "--overwrite").exit_code == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--video", "out"], "no video's name"),
        (["good", "--video", "out.mp4", "--layout", "wipe"], "two clips, not 3"),
        (["--csv", "same", "--html", "same"], "another name"),
    ],
)
def test_what_cannot_be_written_is_refused_first(
    tmp_path: Path, clips: dict[str, str], options: list[str], message: str
) -> None:
    asked = [clips.get(option, option if "-" in option[:1] else str(tmp_path / option)) for option in options]
    asked = ["wipe" if option.endswith("/wipe") else option for option in asked]
    result = run("compare", clips["before"], clips["good"], *asked)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


def test_reports_never_replace_an_input_or_what_is_there(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.mp4", CLEAN[:2])
    there = tmp_path / "there.csv"
    there.write_text("mine")
    for arguments in (["--html", clip, "--overwrite"], ["--csv", there], ["--json", there]):
        assert run("measure", clip, *arguments).exit_code == 2
    assert there.read_text() == "mine"
    assert open_source(clip).num_frames == 2
    assert run("measure", clip, "--csv", there, "--overwrite").exit_code == 0
    assert there.read_text().startswith("frame,flicker_score,")


def test_several_clips_have_a_table_json_and_csv(tmp_path: Path, clips: dict[str, str]) -> None:
    single = figures(run("measure", clips["good"], "--json", "-"))
    both = ["measure", clips["before"], clips["good"]]
    result = run(*both, "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv")
    assert result.exit_code == 0, result.output
    header = next(line for line in result.stdout.splitlines() if "metric" in line)
    assert header.split() == ["metric", "before", "good", "unit", "better"]
    content = json.loads((tmp_path / "a.json").read_text())
    assert list(content) == ["clips"]
    assert content["clips"]["good"] == single
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert float(rows[2]["good.warping_error"]) == pytest.approx(
        single["per_frame"]["warping_error"][2], rel=1e-4
    )
    gates = run(*both, "--fail-above", "luma_flicker=0.5")
    assert gates.exit_code == 3
    assert gates.stderr.startswith("error: before: gate: luma_flicker is ")
    assert len(gates.stderr.splitlines()) == 1


@pytest.mark.parametrize("count", [1, 2])
def test_very_short_clips_are_told_in_words(tmp_path: Path, count: int) -> None:
    one, two = (write(f"{tmp_path}/{name}/", CLEAN[:count]) for name in ("one", "two"))
    alone = run("measure", one, "--html", tmp_path / "one.html")
    assert "too short" in alone.stdout
    result = run("compare", one, two, "--html", tmp_path / "both.html", "--json", tmp_path / "both.json")
    assert result.exit_code == 0, result.output
    assert "two: no verdict: " in result.stdout or "two: not better: " in result.stdout
    for text in (alone.stdout, result.stdout, (tmp_path / "both.json").read_text()):
        assert "nan" not in text.lower()
    assert "too short" in (tmp_path / "one.html").read_text()


def lost(image0: Frame, image1: Frame) -> FlowField:
    """A flow that never comes back to where it started."""
    return np.full((*image0.shape[:2], 2), 5, np.float32)


def test_clips_that_cannot_be_followed_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.FLOWS, "dis-fine", f"{__name__}:lost")
    ramp = np.broadcast_to(np.linspace(90, 110, 64)[None, :, None], (48, 64, 3)).astype(np.uint8)
    clip = write(f"{tmp_path}/clip/", [ramp] * 4)
    result = run("measure", clip, "--json", tmp_path / "a.json", "--html", tmp_path / "a.html")
    assert "no motion could be followed" in result.stdout
    found = json.loads((tmp_path / "a.json").read_text())["metrics"]
    assert (found["warping_error"]["mean"], found["coverage"]["mean"]) == (None, 0)
    page = (tmp_path / "a.html").read_text()
    assert page.count("no motion could be followed") >= 2
    compared = run("compare", clip, clip)
    assert "clip (2): not better: luma flicker unchanged at 0" in compared.stdout


class Undefined(FrameMetric):
    """A metric that divides by nothing."""

    name = "undefined"
    unit = "%"
    higher_is_better = True

    def _value(self, *_: object, **__: object) -> float:
        self._coverages.append(float("nan"))
        return float("nan")


def test_nan_of_a_metric_never_comes_out(
    tmp_path: Path, clips: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.METRICS, "undefined", f"{__name__}:Undefined")
    content = figures(run("measure", clips["good"], "--json", "-"))
    assert content["metrics"]["undefined"]["mean"] is None
    assert content["metrics"]["undefined"]["coverage"] is None
    assert content["per_frame"]["undefined"] == [None] * 6
    table = run("measure", clips["good"], clips["before"], "--html", tmp_path / "a.html")
    assert "nan" not in table.stdout.lower()
    assert "good: undefined: nothing could be measured" in table.stdout


def test_names_are_short_and_all_different() -> None:
    assert clip_names(["/a/one.mp4", "b/two.mp4"]) == ["one.mp4", "two.mp4"]
    assert clip_names(["a/x/1.mp4", "b/x/1.mp4", "2.mp4"]) == ["a/x/1.mp4", "b/x/1.mp4", "2.mp4"]
    assert clip_names(["/a/1.mp4", "/a/1.mp4"]) == ["1.mp4", "1.mp4 (2)"]
