"""Wobble is told from motion and undone; every step of it has a known answer."""

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from framesmooth.smoothing.trajectory.flow_chains import Trajectory
from framesmooth.smoothing.trajectory.jitter import Jitter, find_jitter, steady_span
from framesmooth.smoothing.trajectory.registration import evened, steadied, steps_onto_mean
from framesmooth.smoothing.trajectory.smoother import TrajectorySmoother
from tests.scenes import Frame, add_flicker, moving_scene, texture

SIZE = (96, 128)
WAVES = np.sin(np.arange(SIZE[1]) * 2 * np.pi / 32)[None, :, None] * [1, 0] * np.ones((*SIZE, 1))
WOBBLE = np.array([-0.4, 0.6, -0.5, 0.7, -0.6, 0.5, -0.3])[:, None, None, None] * WAVES


def paths_of(displacement: Any, middle: int | None = None) -> dict[int, Trajectory]:
    """Trajectories from one frame, else the middle one, of points at ``displacement[t]`` in frame t.

    They are (2,) or (96, 128, 2).
    """
    middle = len(displacement) // 2 if middle is None else middle
    trust = np.ones(SIZE, np.float32)
    steps = {t - middle: where - displacement[middle] for t, where in enumerate(displacement)}
    return {
        k: Trajectory(k, np.broadcast_to(step, (*SIZE, 2)).astype(np.float32), trust)
        for k, step in steps.items()
        if k
    }


def wobble_of(displacement: Any, frame: int | None = None) -> Jitter:
    found = find_jitter(paths_of(displacement, frame))
    assert found is not None
    return found


def test_wobble_is_undone() -> None:
    wobble = WOBBLE[1:-1]
    found = wobble_of(wobble)
    wanted = wobble[2] - wobble.mean(axis=0)
    seen = np.abs(wanted) > 0.3
    np.testing.assert_allclose(found.own[seen], wanted[seen], atol=0.15)
    assert found.presence == 1


def test_film_that_weaves_in_its_gate_is_put_straight() -> None:
    weave = np.array([0.6, -0.5, 0.7, -0.6, 0.5])[:, None] * [1, -1]
    for motion in ([0, 0], [1.5, 1.5]):  # across the weave
        found = wobble_of(weave + np.arange(5.0)[:, None] * motion)
        np.testing.assert_allclose(found.weave, weave[2] - weave.mean(axis=0), atol=0.2)
        np.testing.assert_allclose(found.own, 0, atol=1e-5)


def test_motion_is_not_undone() -> None:
    time = np.arange(5.0)[:, None]
    shaken = 0.15 * np.array([[0.6, 0], [-0.5, 0], [0.7, 0], [-0.6, 0], [0.5, 0]])
    stuttering = np.array([0.0, 1, 1, 3, 3])[:, None] * [8.0, 3.0]
    runner = np.zeros((*SIZE, 1))
    runner[10:30, 20:40] = 1
    # A runner in a clip that shows two of its frames twice.
    repeated = np.array([0, 1, 1, 3, 3])[:, None, None, None] * runner * [2.0, 0.5]
    for motion in (time * [3.0, 1.0], time**2 * [0.5, 0.2], shaken, stuttering, repeated):
        found = wobble_of(motion)
        np.testing.assert_allclose(found.own + found.weave, 0, atol=1e-5)
        assert found.presence == 0


def test_flow_that_leads_anywhere_is_no_wobble() -> None:
    rng = np.random.default_rng(5)
    white = np.stack([cv2.GaussianBlur(rng.standard_normal((*SIZE, 2)), (0, 0), 8) for _ in range(5)])
    size = float(white.std())
    assert wobble_of(0.4 * white / size).presence == 1
    lost = wobble_of(1.2 * white / size)
    assert lost.presence == 0
    assert not lost.own.any()


def test_a_frame_in_which_points_go_their_own_ways_does_not_weave() -> None:
    rng = np.random.default_rng(3)
    ways = np.stack([cv2.GaussianBlur(rng.standard_normal((*SIZE, 2)), (0, 0), 6) for _ in range(5)])
    ways *= 1.5 / ways.std()
    weave = np.array([0.6, -0.5, 0.7, -0.6, 0.5])[:, None, None, None] * [1, -1]
    assert np.abs(wobble_of(weave * np.ones((*SIZE, 1))).weave).max() > 0.3
    assert np.abs(wobble_of(weave + ways).weave).max() < 0.05


@pytest.mark.parametrize("frame", range(5))
def test_wobble_is_undone_at_the_ends_of_a_shot(frame: int) -> None:
    wobble = WOBBLE[1:-1]
    found = wobble_of(wobble, frame)
    wanted = (wobble[frame] - wobble.mean(axis=0)) * (0.5, 0.875, 1, 0.875, 0.5)[frame]
    seen = np.abs(wanted) > 0.15
    np.testing.assert_allclose(found.own[seen], wanted[seen], atol=0.15)
    assert found.presence == 1
    assert list(found.span) == [t - frame for t in range(5)]


@pytest.mark.parametrize("frame", [0, 1, 3, 4])
def test_motion_that_is_even_is_not_undone_at_the_ends_of_a_shot(frame: int) -> None:
    time = np.arange(5.0)[:, None, None, None]
    for motion in (time * [3.0, 1.0] * np.ones((*SIZE, 1)), 2 * time * WAVES, time**2 * WAVES / 4):
        found = wobble_of(motion, frame)
        np.testing.assert_allclose(found.own + found.weave, 0, atol=1e-5)
        assert found.presence == 0


@pytest.mark.parametrize("frame", [0, 4])
def test_what_wobbles_and_moves_at_the_end_of_a_shot_keeps_its_motion(frame: int) -> None:
    motion = 2.0 * np.arange(5.0)[:, None, None, None] * WAVES
    found = wobble_of(motion + WOBBLE[1:-1], frame)
    assert np.abs(found.own).max() < 0.5  # without the slope it would be 2 and more


def test_as_many_frames_are_looked_at_wherever_the_frame_lies() -> None:
    for frame in range(7):
        span = steady_span([t - frame for t in range(7) if t != frame])
        assert span is not None
        assert [frame + k for k in span] == list(
            range(min(max(frame - 2, 0), 2), min(max(frame - 2, 0), 2) + 5)
        )


@pytest.mark.parametrize("cut", [-2, 1])
def test_less_than_five_frames_say_nothing(cut: int) -> None:
    paths = paths_of(WOBBLE[1:-1])
    paths.pop(cut)
    assert find_jitter(paths) is None


def test_even_trajectories_lead_where_the_points_would_be_without_wobble() -> None:
    motion = np.arange(7.0)[:, None, None, None] * (np.array([1.5, -0.5]) + 0.2 * WAVES)
    before = paths_of(motion + 0.4 * WOBBLE)
    after = evened(before, 1.0)

    def largest_error(paths: dict[int, Trajectory]) -> float:
        return max(float(np.abs(paths[k].flow - (motion[3 + k] - motion[3])).max()) for k in paths)

    assert largest_error(before) > 0.5
    assert largest_error(after) < 0.05
    assert evened(before, 0.0) == before


@settings(max_examples=20, deadline=None)
@given(speed=st.tuples(st.floats(-9, 9), st.floats(-9, 9)), share=st.floats(0, 1), first=st.integers(0, 6))
def test_even_motion_stays_as_it_is(speed: tuple[float, float], share: float, first: int) -> None:
    motion = np.arange(7.0)[:, None, None, None] * (np.array(speed) + 0.3 * WAVES)
    paths = {k: path for k, path in paths_of(motion).items() if k + 3 >= first}
    for k, path in evened(paths, share).items():
        np.testing.assert_allclose(path.flow, paths[k].flow, atol=1e-4)


def test_a_jump_is_no_wobble() -> None:
    jumping = np.array([0.0, 0, 0, 0, 9, 9, 9])[:, None, None, None] * (WAVES > 0.5)
    before = paths_of(jumping)
    for k, path in evened(before, 1.0).items():
        inside = WAVES[..., 0] > 0.9
        np.testing.assert_allclose(path.flow[inside], before[k].flow[inside], atol=0.1)


@pytest.mark.parametrize("hold", [1, 2])
def test_drawings_that_are_held_do_not_weave(hold: int) -> None:
    plane = np.asarray(cv2.GaussianBlur(texture(*SIZE, seed=4), (0, 0), 2.0) * 255, np.float32)
    weave = (0.8, -0.7, 0.9, -0.8, 0.7, -0.9, 0.8, -0.6, 0.9)
    pictures = [shifted(plane, x, -x).round().clip(0, 255).astype(np.uint8) for x in weave]
    smoothed = list(TrajectorySmoother(strength=1.0)([each for each in pictures for _ in range(hold)]))

    def place(picture: Frame) -> float:
        """Return by how much a picture is moved to the right."""
        before, after = (
            cv2.cvtColor(each, cv2.COLOR_RGB2GRAY)[12:-12, 12:-12] for each in (pictures[4], picture)
        )
        return float(cv2.phaseCorrelate(before.astype(np.float32), after.astype(np.float32))[0][0])

    places = [place(each) for each in smoothed[::hold]]
    shaken = float(np.abs(np.diff(places)).mean() / np.abs(np.diff(weave)).mean())
    assert shaken < 0.15 if hold == 1 else shaken > 0.25


def test_trajectories_that_are_lost_are_not_evened() -> None:
    before = paths_of(WOBBLE)
    lost = {k: Trajectory(k, path.flow, np.zeros(SIZE, np.float32)) for k, path in before.items()}
    for k, path in evened(lost, 1.0).items():
        np.testing.assert_array_equal(path.flow, before[k].flow)


def shifted(picture: NDArray[np.float32], x: float, y: float) -> NDArray[np.float32]:
    """The picture as it looks where every point stands (x, y) pixels further on."""
    matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
    size = picture.shape[1::-1]
    moved = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.float32)


def test_pictures_are_registered_onto_their_mean() -> None:
    places = {0: (0.3, -0.2), -1: (-0.3, 0.1), 1: (0.2, 0.2), 2: (-0.2, -0.1)}
    picture = cv2.GaussianBlur(texture(*SIZE, seed=4), (0, 0), 2.0).astype(np.float32) - np.float32(0.5)
    ones = np.ones(SIZE, np.float32)
    steps = steps_onto_mean(
        {k: shifted(picture, *place) for k, place in places.items()}, dict.fromkeys(places, ones)
    )
    for k, place in places.items():
        found = np.median(steps[k][16:-16, 16:-16], axis=(0, 1))
        np.testing.assert_allclose(found, place, atol=0.1)


def test_flat_pictures_are_not_moved() -> None:
    rng = np.random.default_rng(2)
    bands = {k: np.asarray(rng.normal(0, 0.5 / 255, (*SIZE, 3)), np.float32) for k in (-1, 0, 1)}
    steps = steps_onto_mean(bands, dict.fromkeys(bands, np.ones(SIZE, np.float32)))
    assert max(float(np.abs(step).max()) for step in steps.values()) < 0.05


def test_a_wobbling_frame_is_sampled_where_its_points_would_be() -> None:
    plane = cv2.GaussianBlur(texture(*SIZE, seed=4), (0, 0), 2.0).astype(np.float32) - np.float32(0.5)
    grid = np.dstack(np.meshgrid(np.arange(SIZE[1]), np.arange(SIZE[0]))).astype(np.float32)

    def seen(where: NDArray[np.float64]) -> NDArray[np.float32]:
        """The plane when the point x stands at x + where(x); wobble is slow, so where(x + where) ~ where."""
        source = grid - where.astype(np.float32)
        return np.asarray(
            cv2.remap(plane, source, np.empty(0, np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        )

    bands = {k: seen(0.8 * WOBBLE[3 + k]) for k in range(-2, 3)}
    paths = paths_of(0.8 * WOBBLE)
    wobble = find_jitter({k: path for k, path in paths.items() if abs(k) <= 2})
    assert wobble is not None
    (_, mid, _), shift = steadied((paths, paths, {}), wobble, 1.0, bands)
    inner = np.s_[16:-16, 16:-16]
    warped = [
        cv2.remap(bands[k], grid + flow, np.empty(0, np.float32), cv2.INTER_CUBIC)[inner]
        for k, flow in [(0, shift), *((k, mid[k].flow) for k in (-2, -1, 1, 2))]
    ]
    raw = np.std([bands[k][inner] for k in bands], axis=0).mean()
    assert np.std(warped, axis=0).mean() < 0.35 * raw
    # What is left is the mean of the wobble over the window.
    assert np.abs(warped[0] - plane[inner]).mean() < 0.4 * np.abs(bands[0] - plane)[inner].mean()


@pytest.fixture(scope="module")
def pan() -> list[Frame]:
    return moving_scene(frames=9, size=SIZE, pan=(1.0, 0.5)).frames


def test_the_ends_of_a_shot_wobble_as_the_rest_does(pan: list[Frame]) -> None:
    inner = np.s_[:, 12:-12, 12:-12]
    spoiled = add_flicker(pan, "W", strength=1.5, seed=3)
    steady, shaken = (
        np.square(np.subtract(list(smoother(spoiled)), pan, dtype=np.float64)[inner]).mean(axis=(1, 2, 3))
        for smoother in (TrajectorySmoother(), TrajectorySmoother(steady=False))
    )
    ends = [0, 1, -2, -1]
    assert steady[2:-2].mean() < 0.6 * shaken[2:-2].mean()
    assert steady[ends].mean() < 0.85 * shaken[ends].mean()
