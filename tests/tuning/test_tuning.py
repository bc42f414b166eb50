"""Strengths are judged without the clean clip, and the search finds what one who knows it would choose."""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from framesmooth.cli.main import cli
from framesmooth.errors import UsageError
from framesmooth.events import Event
from framesmooth.frames import FrameList
from framesmooth.metrics.measure import measure
from framesmooth.motion.flow.base import FlowField
from framesmooth.motion.flow.dis import DIS_FAST
from framesmooth.registry import SMOOTHERS
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.trajectory.smoother import TrajectorySmoother
from framesmooth.streams import fan_out
from framesmooth.timeline.schedule import Schedule
from framesmooth.tuning import sweep as sweeping
from framesmooth.tuning.blind_quality import explained_mean
from framesmooth.tuning.jitter import jitter_evidence
from framesmooth.tuning.search import (
    COARSE,
    Experiment,
    Goal,
    SmootherConfig,
    _leader,
    _suits_any,
    around,
    search,
)
from framesmooth.tuning.segments import (
    SEGMENT,
    Overview,
    Shot,
    choose_segments,
)
from framesmooth.tuning.trial import Trial, retention
from framesmooth.tuning.tuner import parse_target, tune_clip
from framesmooth.video import write_png
from tests.scenes import Frame, add_flicker, moving_scene, texture


@pytest.fixture(scope="module")
def clean() -> list[Frame]:
    return moving_scene(frames=14, size=(72, 104), pan=(1.2, 0.6), occluder=True, seed=2).frames


@pytest.fixture(scope="module")
def spoiled(clean: list[Frame]) -> list[Frame]:
    return add_flicker(clean, "GLT", seed=3)


def silent(event: Event) -> None:
    del event


def write_frames(folder: Path, frames: Sequence[Frame]) -> Path:
    for index, frame in enumerate(frames):
        write_png(folder / f"{index:03}.png", frame)
    return folder


def trial(strength: float, *, flicker: float = 1, harm: float = 0, detail: float = 1) -> Trial:
    return Trial(strength, flicker**2, flicker, detail, flicker, harm)


@pytest.mark.parametrize("name", SMOOTHERS)
def test_one_pass_at_several_strengths_is_as_good_as_several(name: str, spoiled: list[Frame]) -> None:
    frames = spoiled[:7]
    schedule = Schedule.parse("0:(0), 3:(0.4), 6:(1)", len(frames))
    strengths: tuple[float | Schedule, ...] = (0.0, 0.3, schedule, 0.7, 1.0)
    together = list(create_smoother(name, 0.5).at_strengths(frames, strengths))  # type: ignore[attr-defined]
    for lane, strength in enumerate(strengths):
        alone = create_smoother(name, strength)(frames)
        assert all(np.array_equal(all_of[lane], one) for all_of, one in zip(together, alone, strict=True))


def test_one_pass_estimates_motion_once(spoiled: list[Frame]) -> None:
    calls = []

    def counting(image0: Frame, image1: Frame) -> FlowField:
        calls.append(1)
        return DIS_FAST(image0, image1)

    smoother = TrajectorySmoother(flow=counting)
    assert len(list(smoother.at_strengths(spoiled, [0.2, 0.5, 0.8, 1]))) == len(spoiled)
    assert len(calls) == 2 * (len(spoiled) - 1)


def test_fanned_out_items_are_read_once_and_not_before_they_are_asked_for() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for item in range(3):
            read.append(item)
            yield item

    first, second = fan_out(items(), 2)
    assert read == []
    assert [next(first), next(second)] == [0, 0]
    assert read == [0]
    assert [*first, *second] == [1, 2, 1, 2]
    assert read == [0, 1, 2]


def test_what_is_everywhere_is_explained_and_what_is_in_a_few_places_is_not() -> None:
    rng = np.random.default_rng(0)
    light, slope = rng.uniform(20, 200, 200), rng.uniform(1, 40, 200)
    flicker = 2 + 0.05 * light + 0.3 * slope
    harmed = flicker + np.where(np.arange(200) % 6 == 0, 60, 0)
    assert explained_mean(harmed, light, slope, 0.5) == pytest.approx(flicker.mean(), rel=0.02)


def test_detail_counts_as_lost_from_its_peak_on() -> None:
    trials = [trial(s, detail=d) for s, d in ((0, 1), (0.2, 1.1), (0.4, 1.1), (1, 1.056))]
    assert retention(trials) == pytest.approx([1, 1, 1, 0.96**2.5])


def test_the_best_cell_has_the_least_error_within_the_detail_floor() -> None:
    trials = [
        trial(0, flicker=9),
        trial(0.3, flicker=4, harm=1),
        trial(0.6, flicker=2, harm=2, detail=0.99),
        trial(1, flicker=1, harm=1, detail=0.9),
    ]
    assert Goal(max_detail_loss=0.03).best(trials).strength == 0.6
    assert Goal(max_detail_loss=0.01).best(trials).strength == 0.3
    assert Goal(max_detail_loss=1).best(trials).strength == 1
    assert Goal(metric="flicker", target=4.5).best(trials).strength == 0.3


def test_refining_fills_the_gap_around_a_coarse_strength() -> None:
    for strength in COARSE:
        finer = sorted({*around(strength), strength})
        assert all(b - a < 0.051 for a, b in pairwise(finer) if a >= 0.1 or strength < 0.1)
        assert all(0 <= one <= 1 for one in finer)


def test_segments_are_where_it_flickers_and_where_it_moves_and_hold_no_cut() -> None:
    flicker, motion = [1.0] * 100, [1.0] * 100
    flicker[70], motion[20] = 50, 50
    seen = choose_segments(Overview(tuple(flicker), tuple(motion), (1.0,) * 100, (25, 66)))
    assert len(seen) == 2
    assert any(20 in range(one.start, one.stop) for one in seen)
    assert any(70 in range(one.start, one.stop) for one in seen)
    assert all(
        len(one) <= SEGMENT and not any(one.start < cut < one.stop for cut in (25, 66)) for one in seen
    )
    assert choose_segments(Overview((1.0,) * 9, (1.0,) * 9, (1.0,) * 9, (5,)), [Shot(5, 9)]) == [Shot(5, 9)]


@pytest.mark.parametrize(("kinds", "amount"), [("GLT", 1.0), ("T", 1.0), ("GLTW", 0.6)])
def test_the_strength_is_that_of_one_who_knows_the_clean_clip(
    clean: list[Frame], kinds: str, amount: float
) -> None:
    spoiled = add_flicker(clean, kinds, strength=amount, seed=11)
    found = search(Experiment([spoiled]), Goal(), [SmootherConfig()])
    assert found.kind == "tuned"
    grid = sorted({round(0.1 * k, 1) for k in range(11)} | {found.trial.strength})
    lanes = list(TrajectorySmoother().at_strengths(spoiled, grid))
    metrics = ("flicker_residual", "detail_retention")
    reports = [measure([one[k] for one in lanes], reference=clean, metrics=metrics) for k in range(len(grid))]
    residual = [report["flicker_residual"].mean or 0 for report in reports]
    detail = [report["detail_retention"].mean or 0 for report in reports]
    removed = [residual[0] - left for left in residual]
    best = max(gone for gone, kept in zip(removed, detail, strict=True) if detail[0] - kept <= 0.03)
    assert removed[grid.index(found.trial.strength)] >= 0.97 * best
    assert detail[0] - detail[grid.index(found.trial.strength)] <= 0.05


def test_a_clean_clip_is_left_alone(clean: list[Frame]) -> None:
    tuning = tune_clip(FrameList(clean), silent, goal=Goal(), setups=[SmootherConfig()])
    assert tuning.strength == 0
    assert tuning.verdict.startswith("clean: ")


def test_unrelated_images_have_no_usable_motion() -> None:
    strangers = [(texture(64, 96, seed=9 * k) * 255).astype(np.uint8) for k in range(6)]
    tuning = tune_clip(FrameList(strangers), silent, goal=Goal(), setups=[SmootherConfig()])
    assert tuning.strength == 0
    assert tuning.kind == "no-motion"
    assert tuning.verdict.startswith("no usable motion: ")
    assert "unrelated images" in tuning.verdict


def test_every_shot_gets_a_strength_that_holds_to_its_end(clean: list[Frame], spoiled: list[Frame]) -> None:
    other = moving_scene(frames=10, size=(72, 104), pan=(0.8, 0), seed=40).frames
    film = FrameList([*other, *spoiled])
    tuning = tune_clip(film, silent, goal=Goal(), setups=[SmootherConfig()], per_segment=True)
    smoother = tuning.smoother(film)
    assert isinstance(smoother.strength, Schedule)
    values = smoother.strength.values(len(film.frames))
    assert values[:10] == [0] * 10
    assert len(set(values[10:])) == 1
    assert values[10] > 0


def test_without_time_the_coarse_search_decides(spoiled: list[Frame]) -> None:
    tuning = tune_clip(FrameList(spoiled), silent, goal=Goal(), setups=[SmootherConfig()], budget=0)
    assert tuning.strength in COARSE
    assert "best so far" in tuning.verdict


def test_a_stopped_search_keeps_what_it_has(spoiled: list[Frame]) -> None:
    class Stopped(Experiment):
        def run(self, setup: SmootherConfig, strengths: Sequence[float]) -> None:
            if self.tried:
                raise KeyboardInterrupt
            super().run(setup, strengths)

    found = search(Stopped([spoiled]), Goal(), [SmootherConfig(), SmootherConfig(method="ema")])
    assert found.stopped
    assert found.setup == SmootherConfig()
    with pytest.raises(KeyboardInterrupt):
        search(Stopped([spoiled], trials={SmootherConfig(): {0.5: trial(0.5)}}), Goal(), [SmootherConfig()])


@pytest.mark.parametrize("text", ["psnr=3", "warping_error", "warping_error=-1", "flicker=x"])
def test_targets_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"--target"):
        parse_target(text)


def test_tune_writes_the_clip_its_curve_and_how_to_make_it_again(
    spoiled: list[Frame], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = write_frames(tmp_path / "in", spoiled), tmp_path / "out"
    words = ["tune", str(source), "-o", f"{out}/", "--json", "-", "--progress", "none"]
    cli(words, standalone_mode=False)
    told = json.loads(capsys.readouterr().out)
    assert 0 < told["strength"] <= 1
    assert told["verdict"].startswith("tuned: ")
    assert {"strength", "warping_error", "luma_flicker", "detail_retention"} <= set(told["pareto"][0])
    assert told["command"].endswith(f"--smooth-strength {told['strength']:g}")
    for name in ("pareto.png", "report.html", "tuning.json", "metrics.csv", "strip.png"):
        assert (tmp_path / "out.tuning" / name).stat().st_size > 0
    assert len(list(out.glob("frame_*.png"))) == len(spoiled)


def test_a_sweep_makes_no_cell_twice(
    spoiled: list[Frame], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, folder = write_frames(tmp_path / "in", spoiled[:6]), tmp_path / "grid"
    words = ["sweep", str(source), "-o", str(folder), "--progress", "none", "--json", "-", "--smoother"]
    cli([*words, "ema,trajectory", "--smooth-strength", "0:1:0.5"], standalone_mode=False)
    first = json.loads(capsys.readouterr().out)
    assert [(row["method"], row["strength"]) for row in first["cells"]] == [
        (method, strength) for method in ("ema", "trajectory") for strength in (0, 0.5, 1)
    ]
    assert first["best"]["flicker"] == min(row["flicker"] for row in first["cells"])
    for name in ("sweep.csv", "sweep.json", "report.html", "contact.png", "grid.mp4"):
        assert (folder / name).stat().st_size > 0
    made: list[int] = []
    monkeypatch.setattr(sweeping, "run_trials", lambda store, group, on_frame: made.append(len(group)))
    cli([*words, "trajectory", "--smooth-strength", "0,0.5"], standalone_mode=False)
    assert made == []
    assert json.loads(capsys.readouterr().out)["cells"] == first["cells"][3:5]


def test_wobble_is_told_from_motion(clean: list[Frame]) -> None:
    assert not jitter_evidence([clean]).is_seen
    assert jitter_evidence([add_flicker(clean, "W", seed=4)]).is_seen
    assert not jitter_evidence([clean[:3]]).is_seen
    hurried = moving_scene(frames=10, size=(72, 104), pan=(0, 0), zoom=1.02, rotation=2).frames
    assert not jitter_evidence([[*hurried, *hurried[-2::-1]]]).is_seen


@pytest.mark.parametrize(("left", "chosen"), [(2.0, "pumping"), (3.0, "trajectory")])
def test_key_frames_are_tuned_by_the_method_for_them(left: float, chosen: str) -> None:
    """They move less than grain may: the usual method alone would call such a clip clean."""
    methods = [SmootherConfig(), SmootherConfig(method="pumping")]
    experiment = Experiment([])
    for setup, least in zip(methods, (1.5, left), strict=True):
        experiment.trials[setup] = {
            strength: Trial(strength, 0.3, 0.2, 1.0, 3.0 - min(2 * strength, 1) * (3.0 - least), 0.0)
            for strength in COARSE
        }
    assert _suits_any(experiment, Goal(), methods[1:]) is (chosen == "pumping")
    assert _leader(experiment, Goal()).method == chosen
