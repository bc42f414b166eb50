"""In-betweens: exact ends, known motion, even sharpness, and an honest cross-fade."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.events import Event, Notice
from framesmooth.frames import FrameList
from framesmooth.interpolation.frame_pair import crossfade_pair, interpolate_pair, prepare_pair
from framesmooth.interpolation.upsampler import Upsampler
from framesmooth.metrics.detail_retention import detail
from framesmooth.motion.flow.dis import DIS_FINE, DIS_MEDIUM
from framesmooth.motion.flow_completion import complete_flow
from framesmooth.video import open_sink
from framesmooth.workflows.clip_steps import upsample_clip
from tests.scenes import Frame, moving_scene, texture


def psnr(first: Frame, second: Frame, margin: int = 6) -> float:
    gap = (first.astype(float) - second)[margin:-margin, margin:-margin]
    return float(10 * np.log10(255**2 / np.mean(gap**2)))


@pytest.fixture(scope="module")
def clip() -> list[Frame]:
    return moving_scene(frames=5, size=(80, 112), pan=(1.5, -0.5), occluder=True).frames


def test_both_ends_are_the_keyframes(clip: list[Frame]) -> None:
    ends = list(interpolate_pair(clip[0], clip[4], [0, 1], flow=DIS_FINE))
    np.testing.assert_array_equal(ends[0], clip[0])
    np.testing.assert_array_equal(ends[1], clip[4])


def test_a_pan_is_found_between_and_beats_the_cross_fade(clip: list[Frame]) -> None:
    times = [0.25, 0.5, 0.75]
    made = list(interpolate_pair(clip[0], clip[4], times, flow=DIS_FINE))
    faded = list(crossfade_pair(clip[0], clip[4], times))
    for index, (mine, fade) in enumerate(zip(made, faded, strict=True), start=1):
        assert psnr(mine, clip[index]) > psnr(fade, clip[index]) + 5


def test_sharpness_does_not_pump(clip: list[Frame]) -> None:
    made = list(interpolate_pair(clip[0], clip[4], [0, 0.25, 0.5, 0.75, 1], flow=DIS_FINE))
    energy = np.array([np.sqrt(np.mean(np.square(detail(frame)[8:-8, 8:-8]))) for frame in made])
    assert energy.min() / energy.max() > 0.9


def test_detail_keeps_its_energy() -> None:
    """A fine texture that turns is resampled and blended in every in-between, which softens it."""
    frames = moving_scene(frames=5, size=(96, 128), pan=(0.7, 0.4), rotation=1.5, occluder=True).frames
    made = interpolate_pair(frames[0], frames[4], [0.25, 0.5, 0.75], flow=DIS_FINE)
    energy = np.mean([np.mean(np.square(detail(frame))) for frame in made])
    assert 0.95 < energy / np.mean([np.mean(np.square(detail(frames[k]))) for k in (0, 4)]) < 1.05


def test_small_things_are_followed_far() -> None:
    """A square of 16 pixels moves by 44, which no pyramid sees: it is found midway and nowhere else."""
    ground = (texture(96, 160, 3) * 160).astype(np.uint8)
    thing = (255 * texture(16, 16, 7)).astype(np.uint8) | np.array([192, 0, 0], np.uint8)

    def at(x: int) -> Frame:
        frame = ground.copy()
        frame[40:56, x : x + 16] = thing
        return frame

    pair = prepare_pair(at(24), at(68), flow=DIS_FINE)
    np.testing.assert_allclose(np.median(pair.motion.forward[42:54, 28:36], axis=(0, 1)), [44, 0], atol=1)
    made = pair.frame_at(0.5)
    assert np.abs(made[43:53, 49:59].astype(int) - at(46)[43:53, 49:59]).mean() < 8
    for start, end in ((24, 40), (68, 84)):
        assert np.abs(made[43:53, start:end].astype(int) - ground[43:53, start:end]).mean() < 8


def test_points_that_speed_up_are_followed() -> None:
    """A plane under a camera that speeds up, 1 pixel a keyframe more each time: straight ways lag behind."""
    plane = (texture(72, 200, 5) * 255).astype(np.uint8)

    def at(frame: int) -> Frame:
        return plane[:, 2 * frame + frame * frame // 4 :][:, :110]  # whole pixels at even frames

    keyframes = [at(frame) for frame in (0, 4, 8, 12)]
    bent = list(Upsampler(DIS_FINE, Fraction(1, 2))(keyframes))
    for index in (1, 3, 5):
        first, second = keyframes[index // 2 : index // 2 + 2]
        (straight,) = interpolate_pair(first, second, [0.5], flow=DIS_FINE)
        assert psnr(bent[index], at(2 * index)) > psnr(straight, at(2 * index)) + 1


def test_neighbours_of_another_scene_bend_nothing(clip: list[Frame]) -> None:
    other = [255 - frame // 2 for frame in moving_scene(frames=1, size=(80, 112), seed=90).frames]
    made = list(Upsampler(DIS_FINE, Fraction(1, 2))([*other, clip[0], clip[4], *other]))
    (straight,) = interpolate_pair(clip[0], clip[4], [0.5], flow=DIS_FINE)
    np.testing.assert_array_equal(made[3], straight)


def test_unknown_flow_is_carried_on_within_what_looks_alike() -> None:
    image = np.zeros((40, 60, 3), np.uint8)
    image[:, 30:] = 255
    flow = np.zeros((40, 60, 2), np.float32)
    flow[:, :30], flow[:, 30:] = (4, 1), (-2, 0)
    known = np.ones((40, 60), np.bool_)
    known[10:30, 20:40] = False
    spoiled = np.where(known[..., None], flow, 99).astype(np.float32)
    np.testing.assert_allclose(complete_flow(image, spoiled, known), flow, atol=0.1)


def test_the_same_keyframe_twice_stands_still() -> None:
    image = (texture(64, 80) * 255).astype(np.uint8)
    pair = prepare_pair(image, image, flow=DIS_FINE)
    assert pair.method == "flow"
    assert pair.coverage > 0.99
    assert np.abs(pair.frame_at(0.5).astype(int) - image).max() <= 2


def test_unlike_keyframes_are_cross_faded() -> None:
    first, second = ((texture(64, 80, seed) * 255).astype(np.uint8) for seed in (1, 30))

    def random_flow(image0: Frame, image1: Frame) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        seed = int(image0[0, 0, 0]) + 1
        return np.random.default_rng(seed).normal(0, 9, (*image0.shape[:2], 2)).astype(np.float32)

    pair = prepare_pair(first, second, flow=random_flow)
    assert pair.method == "cross-fade"
    assert psnr(pair.frame_at(0.5), next(crossfade_pair(first, second, [0.5]))) > 25


@pytest.mark.parametrize(
    ("count", "step", "positions"),
    [
        (3, Fraction(1, 4), [k / 4 for k in range(9)]),
        (4, Fraction(2, 3), [0, 2 / 3, 4 / 3, 2, 8 / 3]),
        (5, Fraction(2), [0, 2, 4]),
        (4, Fraction(5, 2), [0, 2.5]),
        (1, Fraction(1, 8), [0]),
        (0, Fraction(1, 8), []),
    ],
)
def test_frames_come_at_even_steps(count: int, step: Fraction, positions: list[float]) -> None:
    """Frames brighten by 20 levels each, so that their brightness tells the time."""
    frames = [np.full((32, 40, 3), 20 * k, np.uint8) for k in range(count)]
    upsampler = Upsampler(DIS_MEDIUM, step)
    made = list(upsampler(iter(frames)))
    assert len(made) == upsampler.length(count)
    np.testing.assert_allclose([frame.mean() / 20 for frame in made], positions, atol=0.03)


@pytest.mark.parametrize(
    ("count", "step", "positions"),
    [
        (3, Fraction(1, 4), [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 1.5, 1, 0.5]),
        (2, Fraction(1, 2), [0, 0.5, 1, 0.5]),
        (3, Fraction(2, 3), [0, 2 / 3, 4 / 3, 2, 2 / 3]),
        (3, Fraction(2), [0, 2]),
        (1, Fraction(1, 4), [0, 0, 0, 0]),
        (0, Fraction(1, 4), []),
    ],
)
def test_a_loop_closes_without_a_doubled_frame(count: int, step: Fraction, positions: list[float]) -> None:
    frames = [np.full((32, 40, 3), 20 * k, np.uint8) for k in range(count)]
    upsampler = Upsampler(DIS_MEDIUM, step, loop=True)
    made = list(upsampler(iter(frames)))
    assert len(made) == upsampler.length(count)
    np.testing.assert_allclose([frame.mean() / 20 for frame in made], positions, atol=0.03)


def test_a_cut_is_held_or_faded() -> None:
    first = moving_scene(frames=2, size=(64, 96), seed=1).frames
    second = [255 - frame // 2 for frame in moving_scene(frames=2, size=(64, 96), seed=90).frames]
    held = Upsampler(DIS_FINE, Fraction(1, 4), "hold")
    made = list(held([*first, *second]))
    assert held.held == [1]
    for index, nearest in ((5, first[1]), (6, second[0]), (7, second[0])):
        np.testing.assert_array_equal(made[index], nearest)
    fading = Upsampler(DIS_FINE, Fraction(1, 4))
    faded = list(fading([*first, *second]))
    np.testing.assert_array_equal(faded[6], next(crossfade_pair(first[1], second[0], [0.5])))
    told = fading.as_dict()
    assert told["pairs"] == 3
    assert told["cross_faded_after"] == [1]
    assert told["coverage_after"]["1"] < 0.5 < told["coverage_after"]["0"]


def test_pairs_that_hardly_follow_are_told(tmp_path: Path) -> None:
    upsampler = Upsampler(DIS_FINE, Fraction(1, 2))
    upsampler.coverages |= {0: 0.9, 1: 0.41, 2: 0.2, 3: 0.1}
    upsampler.faded, upsampler.held = [2], [3]
    assert upsampler.torn == [1]
    told: list[Event] = []
    frames = [np.full((16, 16, 3), 90, np.uint8)] * 2
    source = FrameList(frames, Fraction(12))
    with open_sink(tmp_path / "out", fps=Fraction(12), size=(16, 16)) as sink:
        upsample_clip(source, sink, told.append, upsampler)
    warned = [event.message for event in told if isinstance(event, Notice) and event.warning]
    assert warned == [
        "less than half of the image could be followed after frame 1: look at what is between, or give "
        "frames that are nearer to each other"
    ]


def test_mistakes_are_told(clip: list[Frame]) -> None:
    with pytest.raises(UsageError, match="outside 0 to 1"):
        prepare_pair(clip[0], clip[1], flow=DIS_FINE).frame_at(1.5)
    with pytest.raises(UsageError, match="scale"):
        prepare_pair(clip[0], clip[1][:40], flow=DIS_FINE)
    with pytest.raises(UsageError, match="above 0"):
        Upsampler(DIS_FINE, Fraction(0))
