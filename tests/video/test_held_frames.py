"""Held frames: animation on twos and threes, pulldown, and what measures, smooths and interpolates them."""

import json
from collections.abc import Callable, Sequence
from fractions import Fraction
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.frames import Frame, FrameList
from framesmooth.interpolation.upsampler import Upsampler
from framesmooth.metrics.measure import create_metrics, measure
from framesmooth.metrics.report import Report
from framesmooth.motion.bidirectional import estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.motion.scene_cuts import is_cut
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.loop import looped
from framesmooth.tuning.search import Goal, SmootherConfig
from framesmooth.tuning.tuner import tune_clip
from framesmooth.video import open_sink
from framesmooth.video.held_frames import LONGEST_HOLD, Repeat, change_between, find_repeats
from framesmooth.video.picture_times import even_times, picture_times, simplest_between
from tests.scenes import add_flicker, moving_scene, texture

SIZE = 96, 128
SMOOTHERS = "trajectory", "ema", "poisson", "deflicker"


def held(frames: Sequence[Frame], times: int) -> list[Frame]:
    """Show every frame so many times; each is an array of its own."""
    return [frame.copy() for frame in frames for _ in range(times)]


def pulled_down(frames: Sequence[Frame]) -> list[Frame]:
    """Return 24 frames a second as 30: one of four is shown twice."""
    return [frames[index * 4 // 5] for index in range(len(frames) * 5 // 4)]


def compressed(frames: Sequence[Frame], crf: int = 23) -> list[Frame]:
    """Return the frames after H.264."""
    file = BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream: Any = container.add_stream("libx264", rate=24, options={"crf": str(crf)})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    file.seek(0)
    written: Any = av.open(file)
    with written as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def kinds(frames: Sequence[Frame]) -> list[Repeat]:
    return [repeat for _, repeat in find_repeats(frames, lambda frame: frame)]


def mean(report: Report, name: str = "flicker_score") -> float:
    value = report[name].mean
    assert value is not None
    return value


def pan(count: int, step: float) -> list[Frame]:
    return moving_scene(frames=count, size=SIZE, pan=(step, step / 2)).frames


def square_moves(count: int, step: int) -> list[Frame]:
    """Return a red square that crosses a still picture."""
    ground = np.asarray(texture(*SIZE, seed=3) * 255, np.uint8)
    frames = [ground.copy() for _ in range(count)]
    for index, frame in enumerate(frames):
        frame[36:60, 8 + step * index : 32 + step * index] = (220, 40, 40)
    return frames


def flat_square_moves(count: int, step: int) -> list[Frame]:
    """Return a dark square on white: nothing around it tells that it stands still."""
    frames = [np.full((*SIZE, 3), 240, np.uint8) for _ in range(count)]
    for index, frame in enumerate(frames):
        frame[30:62, 4 + step * index : 36 + step * index] = 20
    return frames


def text_scrolls(count: int, step: int) -> list[Frame]:
    page = np.full((SIZE[0] + count * step, SIZE[1], 3), 16, np.uint8)
    for line, top in enumerate(range(14, len(page), 16)):
        cv2.putText(page, f"Line {line} of credits", (4, top), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (240, 240, 230))
    return [np.ascontiguousarray(page[index * step : index * step + SIZE[0]]) for index in range(count)]


@pytest.fixture(scope="module")
def smooth_pan() -> list[Frame]:
    return pan(24, 2)


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("crf", [None, 18, 23, 28])
def test_repeated_frames_are_found_exact_and_after_compression(times: int, crf: int | None) -> None:
    for pictures in (pan(10, 4), square_moves(10, 9)):
        clip = held(pictures, times)
        clip = clip if crf is None else compressed(clip, crf)
        assert kinds(clip) == [Repeat.HELD if index % times else Repeat.NEW for index in range(len(clip))]


def test_pulldown_is_found(smooth_pan: list[Frame]) -> None:
    found = kinds(pulled_down(smooth_pan))
    assert [index for index, kind in enumerate(found) if kind is Repeat.HELD] == [1, 6, 11, 16, 21, 26]


@pytest.mark.parametrize("strength", [0.25, 1.0])
def test_frames_that_differ_are_not_held(strength: float, smooth_pan: list[Frame]) -> None:
    still = [smooth_pan[0]] * 12
    for kind in "GLTW":
        assert set(kinds(add_flicker(still, kind, strength=strength, seed=1))) == {Repeat.NEW}
        assert set(kinds(add_flicker(smooth_pan[:12], kind, strength=strength, seed=1))) == {Repeat.NEW}
    assert set(kinds(pan(12, 0.25))) == {Repeat.NEW}
    assert set(kinds(compressed(pan(12, 0.5)))) == {Repeat.NEW}


def test_flicker_between_held_frames_is_not_taken_for_compression() -> None:
    lighter = [
        np.clip(frame.astype(int) + 3 * (index % 2), 0, 255) for index, frame in enumerate(held(pan(6, 4), 2))
    ]
    assert set(kinds([np.asarray(frame, np.uint8) for frame in lighter])) == {Repeat.NEW}


@pytest.mark.parametrize("gain", [0.5, 1.7])
def test_light_that_changes_makes_no_held_frames(gain: float) -> None:
    """Slow motion between lightning and lightning is motion; pictures on twos are held under it, too."""
    slow = moving_scene(frames=14, size=SIZE, pan=(0.2, 0.1), seed=4).frames
    slow = [np.asarray(0.4 * frame + 20, np.uint8) for frame in slow]
    lit = [np.asarray(np.clip((1 if t % 7 else gain) * f, 0, 255), np.uint8) for t, f in enumerate(slow)]

    def are_held(frames: Sequence[Frame]) -> list[bool]:
        return [repeat is Repeat.HELD for _, repeat in find_repeats(frames, lambda frame: frame)]

    assert not any(are_held(lit))
    assert are_held(held(lit, 2)) == [False, True] * 14


def test_a_picture_that_stays_is_a_still(smooth_pan: list[Frame]) -> None:
    assert kinds([smooth_pan[0]] * 3) == [Repeat.NEW, Repeat.STILL, Repeat.STILL]
    first, second = smooth_pan[:2]
    longest = [first] * LONGEST_HOLD
    assert kinds([*longest, second]) == [Repeat.NEW, *[Repeat.HELD] * (LONGEST_HOLD - 1), Repeat.NEW]
    assert kinds([*longest, first, second]) == [Repeat.NEW, *[Repeat.STILL] * LONGEST_HOLD, Repeat.NEW]


def test_the_finder_reads_no_further_than_it_says(smooth_pan: list[Frame]) -> None:
    read: list[int] = []

    def counted(frames: Sequence[Frame]) -> Any:
        for index, frame in enumerate(frames):
            read.append(index)
            yield frame

    for ahead, clip in ((1, smooth_pan), (LONGEST_HOLD + 1, [smooth_pan[0]] * 40), (3, held(smooth_pan, 3))):
        read.clear()
        for index, _ in enumerate(find_repeats(counted(clip), lambda frame: frame)):
            assert len(read) <= index + 1 + ahead


def test_changes_are_measured_in_levels() -> None:
    grey = np.full((32, 64, 3), 100, np.uint8)
    assert change_between(grey, grey).is_slight
    assert change_between(grey, grey + 3).mean == pytest.approx(3)
    spot = grey.copy()
    spot[8:16, 8:16] += 80
    found = change_between(grey, spot)
    assert found.worst == 80
    assert found.mean == pytest.approx(80 / 32)


@pytest.mark.input_table(
    "Held frames and flashes",
    "the same pan as 24 frames and as 12 held twice",
    "the same scores; held frames are said",
)
def test_a_held_pan_scores_as_a_true_one(smooth_pan: list[Frame]) -> None:
    true, twice = measure(smooth_pan), measure(held(pan(12, 4), 2))
    assert mean(twice, "flicker_score") == pytest.approx(mean(true, "flicker_score"), abs=0.1)
    assert mean(twice, "warping_error") == pytest.approx(mean(true, "warping_error"), abs=0.01)
    assert mean(twice, "dynamic_degree") == pytest.approx(mean(true, "dynamic_degree"), rel=0.1)
    assert mean(twice, "coverage") == pytest.approx(mean(true, "coverage"), abs=5)
    assert twice.held == tuple(range(1, 24, 2))
    assert twice.as_dict()["held_frames"] == {"share": 0.5, "frames": list(range(1, 24, 2))}
    assert [len(series.per_frame) for series in twice.values()] == [24] * len(twice)
    assert all(twice["warping_error"].per_frame[index] is None for index in twice.held)


@pytest.mark.input_table(
    "Held frames and flashes",
    "animation on threes, film at 30 frames a second",
    "no flicker is found in either",
)
def test_held_clips_without_flicker_score_near_zero(smooth_pan: list[Frame]) -> None:
    assert mean(measure(held(pan(8, 6), 3)), "flicker_score") < 0.3
    assert mean(measure(held(square_moves(8, 9), 3)), "flicker_score") < 3
    assert mean(measure(pulled_down(smooth_pan)), "flicker_score") < 0.2
    assert mean(measure(compressed(held(pan(12, 4), 2), 18)), "flicker_score") < 1.5


def test_flicker_of_held_pictures_counts() -> None:
    pictures = add_flicker(pan(12, 2), "G", strength=1.0, seed=4)
    assert mean(measure(held(pictures, 2)), "flicker_score") == mean(measure(pictures), "flicker_score")
    assert mean(measure(held(pictures, 2)), "flicker_score") > 4


def test_a_slide_show_of_short_shots_stands_still() -> None:
    shots = [moving_scene(frames=1, size=SIZE, seed=seed).frames[0] for seed in range(4)]
    report = measure(held(shots, 6))
    assert report.cuts == (6, 12, 18)
    assert report.held == ()
    assert mean(report, "flicker_score") == 0


def plain_report(frames: Sequence[Frame], names: Sequence[str], reference: Sequence[Frame] | None) -> Any:
    """Feed every frame to every metric, as if nothing were known of held and odd frames."""
    metrics: dict[str, Any] = create_metrics(names, {}, reference is not None, True)
    flow, before, cuts = load_flow("dis-fine"), None, []
    for index, frame in enumerate(frames):
        ideal = None if reference is None else reference[index]
        seen, motion, cut = frame if ideal is None else ideal, None, False
        if before is not None:
            motion = estimate_bidirectional_flow(flow, before, seen)
            cut = is_cut(before, seen, motion)
        before = seen
        cuts += [index] * cut
        for metric in metrics.values():
            metric.update(frame, ideal, None if cut else motion, cut=cut)
    return tuple(cuts), {name: metric.compute() for name, metric in metrics.items()}


@pytest.mark.parametrize("with_reference", [False, True])
def test_clips_without_held_frames_measure_as_before_to_the_last_bit(
    with_reference: bool, smooth_pan: list[Frame]
) -> None:
    clean = [*smooth_pan[:7], *moving_scene(frames=6, size=SIZE, seed=8).frames]
    spoiled = add_flicker(clean, "GTW", strength=0.5, seed=2)
    names = [
        "flicker_score",
        "warping_error",
        "luma_flicker",
        "luma_flicker_local",
        "sharpness_pumping",
        "coverage",
    ]
    names += ["warping_error_long", "detail_retention", "flicker_residual", "psnr"] if with_reference else []
    names += [] if with_reference else ["dynamic_degree", "vbench_temporal_flickering"]
    reference = clean if with_reference else None
    cuts, expected = plain_report(spoiled, names, reference)
    found = measure(spoiled, reference=reference, metrics=names)
    assert (found.cuts, found.held, found.odd) == (cuts, (), {}) == ((7,), (), {})
    assert dict(found.series) == expected


def test_the_dynamic_degree_is_that_of_the_clip_not_of_its_reference(smooth_pan: list[Frame]) -> None:
    clean, frozen = smooth_pan[:8], [smooth_pan[0]] * 8
    assert mean(measure(frozen, reference=clean), "dynamic_degree") == 0
    assert mean(measure(frozen, guide=clean), "dynamic_degree") == 0
    assert measure(clean, reference=frozen)["dynamic_degree"] == measure(clean)["dynamic_degree"]
    gate = "vbench_temporal_flickering"
    assert measure(frozen, reference=clean, metrics=[gate])[gate].note.startswith("static")


@pytest.mark.parametrize("name", SMOOTHERS)
@pytest.mark.parametrize("crf", [None, 23])
def test_smoothed_held_frames_stay_equal(name: str, crf: int | None) -> None:
    for pictures in (add_flicker(pan(7, 4), "GT", strength=0.5, seed=1), square_moves(7, 9)):
        clip = held(pictures, 3)
        clip = clip if crf is None else compressed(clip, crf)
        found = list(create_smoother(name, 0.8)(clip))
        assert len(found) == len(clip)
        assert all(np.array_equal(found[index], found[index // 3 * 3]) for index in range(len(clip)))


@pytest.mark.parametrize("name", SMOOTHERS)
def test_held_pictures_are_smoothed_as_the_shorter_clip(name: str) -> None:
    pictures = add_flicker(pan(9, 3), "GLT", strength=0.6, seed=5)
    alone = list(create_smoother(name, 0.7)(pictures))
    for clip, starts in (
        (held(pictures, 2), range(0, 18, 2)),
        (held(pictures, LONGEST_HOLD), range(0, 72, 8)),
    ):
        found = list(create_smoother(name, 0.7)(clip))
        assert all(np.array_equal(found[start], frame) for start, frame in zip(starts, alone, strict=True))


@pytest.mark.input_table(
    "Held frames and flashes",
    "a square that moves on threes, scrolling text",
    "smoothed without dents, halos or shifts",
)
@pytest.mark.parametrize(
    ("make", "step"), [(square_moves, 9), (flat_square_moves, 12), (flat_square_moves, 6), (text_scrolls, 3)]
)
def test_a_jump_is_not_taken_for_jitter(make: Callable[[int, int], list[Frame]], step: int) -> None:
    clip = held(make(8, step), 3)
    report = measure(list(create_smoother("trajectory", 0.6)(clip)), reference=clip, flow_on="self")
    assert mean(report, "detail_retention") == pytest.approx(1, abs=0.015)
    assert mean(measure(list(create_smoother("trajectory", 0.6)(clip)), reference=clip), "psnr") > 38


@pytest.mark.parametrize("name", SMOOTHERS)
def test_stills_stay_still_and_strength_0_gives_every_frame_back(name: str) -> None:
    clip = compressed([*pan(4, 4), *[pan(5, 4)[4]] * 20, *held(pan(4, 5), 2)])
    found = list(create_smoother(name, 0.8)(clip))
    repeats = [index for index, kind in enumerate(kinds(clip)) if kind is Repeat.STILL]
    assert all(np.array_equal(found[index], found[index - 1]) for index in repeats)
    lanes = list(create_smoother(name, 0.8).at_strengths(clip, (0.0, 0.8)))  # type: ignore[attr-defined]
    assert all(np.array_equal(first, frame) for (first, _), frame in zip(lanes, clip, strict=True))
    assert all(np.array_equal(second, frame) for (_, second), frame in zip(lanes, found, strict=True))


def test_a_held_loop_is_smoothed_as_the_shorter_loop() -> None:
    pictures = add_flicker(pan(20, 1), "G", strength=0.6, seed=5)
    for name in ("trajectory", "deflicker"):
        alone, twice = FrameList(pictures), FrameList(held(pictures, 2))
        expected = list(looped(create_smoother(name, 0.7), alone)(alone))
        found = list(looped(create_smoother(name, 0.7), twice)(twice))
        assert all(np.array_equal(*pair) for pair in zip(found[::2], expected, strict=True))


@pytest.mark.parametrize(
    ("starts", "times"),
    [
        ([0, 3, 6, 9], [0, 3, 6, 9]),
        ([0, 2, 5, 7, 10], [0, 2.5, 5, 7.5, 10]),
        ([0, 1, 2, 3, 5, 6, 7, 8, 10, 11], [1.25 * index for index in range(9)] + [11]),
        ([0, 3, 6, 9, 10, 11, 12], [0, 3, 6, 9, 10, 11, 12]),
        ([0, 1, 2, 3], [0, 1, 2, 3]),
        ([0], [0]),
        ([], []),
    ],
)
def test_pictures_get_even_times(starts: list[int], times: list[float]) -> None:
    assert [float(time) for time in even_times(starts)] == times


def test_times_increase_and_are_less_than_a_frame_off() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        starts = [0, *np.cumsum(rng.integers(1, 5, 40)).tolist()]
        times = even_times(starts)
        assert all(abs(time - start) < 1 for time, start in zip(times, starts, strict=True))
        assert all(later > earlier for earlier, later in pairwise(times))


def test_the_simplest_fraction_lies_between() -> None:
    assert simplest_between(Fraction(6, 5), Fraction(13, 10)) == Fraction(5, 4)
    assert simplest_between(Fraction(0), Fraction(1, 3)) == Fraction(1, 4)
    assert simplest_between(Fraction(2), Fraction(4)) == 3


def psnr(first: Frame, second: Frame) -> float:
    gap = first[12:-12, 12:-12].astype(float) - second[12:-12, 12:-12]
    return float(10 * np.log10(255**2 / max(float(np.mean(gap**2)), 1e-9)))


@pytest.mark.parametrize("times", [2, 3])
def test_motion_is_even_once_repeats_are_dropped(times: int) -> None:
    true = pan(2 * times * 5 + 1, 1)
    clip = held(true[:: 2 * times][:5], times)
    upsampler = Upsampler(load_flow("dis-fine"), Fraction(1, 2), "hold", times=picture_times(clip).times)
    found = list(upsampler(clip))
    assert len(found) == upsampler.length(len(clip))
    moving = 2 * times * 4 + 1
    assert min(psnr(*pair) for pair in zip(found[:moving], true, strict=False)) > 40
    assert all(np.array_equal(frame, clip[-1]) for frame in found[moving:])
    assert upsampler.as_dict()["held_frames_dropped"] == (times - 1) * 5


def test_a_cut_stays_where_it_is_when_repeats_are_dropped() -> None:
    clip = held([*pan(4, 3), *moving_scene(frames=4, size=SIZE, seed=8).frames], 3)
    upsampler = Upsampler(load_flow("dis-fine"), Fraction(1, 2), "hold", times=picture_times(clip).times)
    found = list(upsampler(clip))
    assert np.array_equal(found[22], clip[11])
    assert np.array_equal(found[24], clip[12])


def write_clip(path: Path, frames: Sequence[Frame]) -> str:
    with open_sink(str(path), fps=Fraction(24), size=SIZE, crf=0) as sink:
        for frame in frames:
            sink.write(frame)
    return str(path)


@pytest.mark.input_table(
    "Held frames and flashes",
    "a clip with held frames to interpolate",
    "repeats are dropped where they recur, and it is said",
)
def test_interpolate_drops_repeats_and_says_so(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "twos.mkv", held(pan(8, 2), 2))

    def interpolate(*options: str) -> tuple[str, list[Frame]]:
        target = tmp_path / "out.mkv"
        arguments = ["interpolate", source, "-o", str(target), "--to-fps", "48", "--crf", "0", "--overwrite"]
        result = CliRunner().invoke(cli, [*arguments, *options], catch_exceptions=False)
        assert result.exit_code == 0
        with av.open(str(target)) as container:
            frames: list[Any] = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        return result.output + result.stderr, frames

    said, even = interpolate()
    assert "8 of 16 frames repeat the one before and are dropped" in said
    said, juddering = interpolate("--drop-repeats", "off")
    assert "dropped" not in said
    assert len(even) == len(juddering)
    changes = [float(np.abs(first.astype(int) - second).mean()) for first, second in pairwise(even[:28])]
    assert min(changes) > max(changes) / 3


def test_interpolate_leaves_a_pause_among_keyframes(tmp_path: Path) -> None:
    keyframes = pan(6, 2)
    source = write_clip(tmp_path / "keys.mkv", [*keyframes[:3], keyframes[2], *keyframes[3:]])
    arguments = ["interpolate", source, "-o", str(tmp_path / "out"), "--cadence", "2", "--json", "-"]
    for options, dropped in ((["--drop-repeats", "auto"], 0), (["--drop-repeats", "on", "--overwrite"], 1)):
        result = CliRunner().invoke(cli, [*arguments, *options], catch_exceptions=False)
        assert json.loads(result.stdout)["held_frames_dropped"] == dropped


def test_measure_says_how_much_is_held(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "twos.mkv", held(pan(6, 2), 2))
    page = tmp_path / "page.html"
    result = CliRunner().invoke(cli, ["measure", source, "--html", str(page)], catch_exceptions=False)
    assert "held frames: 50%" in result.output
    assert "held frames: 50%" in page.read_text()
    result = CliRunner().invoke(cli, ["measure", source, "--json", "-"], catch_exceptions=False)
    assert json.loads(result.stdout)["held_frames"]["share"] == 0.5


def test_reports_are_equal_when_read_again() -> None:
    from pydantic import TypeAdapter

    report = measure(held(pan(4, 2), 2))
    adapter = TypeAdapter(Report)
    again = adapter.validate_json(adapter.dump_json(report))
    assert (again.held, again.odd, again.as_dict()) == (report.held, report.odd, report.as_dict())


def test_tuning_looks_at_pictures_and_answers_in_frames() -> None:

    pictures = add_flicker(pan(14, 3), "GLT", strength=1.0, seed=1)
    alone, thrice = (
        tune_clip(FrameList(clip), lambda event: None, goal=Goal(), setups=[SmootherConfig()])
        for clip in (pictures, held(pictures, 3))
    )
    assert thrice.strength == alone.strength
    assert thrice.main is not None
    assert alone.main is not None
    assert thrice.main.found.before.flicker == alone.main.found.before.flicker
    assert (thrice.main.shot.start, thrice.main.shot.stop) == (0, 42)
    assert [3 * segment.start for segment in alone.main.segments] == [
        part.start for part in thrice.main.segments
    ]
