"""The jump at key frames becomes a line; what doesn't pump stays to the last bit."""

from collections.abc import Sequence

import numpy as np
import pytest
from smoothing_bench.forum_kinds import FORUM_KINDS, KEY_EVERY
from smoothing_bench.judging import Judge

from framesmooth.frames import Frame
from framesmooth.smoothing.base import create_smoother
from framesmooth.smoothing.pumping import RADIUS, key_frames, share_of_jump
from tests.scenes import moving_scene, texture

COUNT = 26


@pytest.fixture(scope="module")
def clean() -> list[Frame]:
    return moving_scene(frames=COUNT, size=(96, 144), pan=(0.8, 0.4), occluder=True, seed=3).frames


def lit(frames: Sequence[Frame], gains: Sequence[float]) -> list[Frame]:
    return [np.asarray((f * g).clip(0, 255).round(), np.uint8) for f, g in zip(frames, gains, strict=True)]


def test_the_jump_at_the_key_frames_of_a_codec_goes_and_detail_stays(clean: list[Frame]) -> None:
    pumping = FORUM_KINDS["codec pumping"][0](clean, np.random.default_rng(0))
    evened = list(create_smoother("pumping", 0.6)(pumping))
    judge = Judge(clean)
    before, after = (judge.jump(clip, KEY_EVERY) for clip in (pumping, evened))
    assert before > 3
    assert after < 0.5 * before
    score = judge.score(pumping, evened)
    assert score.gain > 0
    assert score.loss < 0.02


def test_a_look_that_changes_at_once_changes_along_a_line() -> None:
    """Grain that stands still and is renewed every tenth frame, under fainter grain of every frame."""
    scene, rng = 60 + 120 * texture(96, 144, 9), np.random.default_rng(1)
    looks = [scene + rng.normal(0, 3, scene.shape) for _ in range(5)]
    clip = [np.asarray((looks[t // 10] + rng.normal(0, 1, scene.shape)).round(), np.uint8) for t in range(50)]
    evened = list(create_smoother("pumping", 0.6)(clip))
    jump, left = (np.diff(np.asarray(frames, np.float32), axis=0) for frames in (clip, evened))
    sizes, least = (np.sqrt(np.square(each).mean(axis=(1, 2, 3)))[8:-8] for each in (jump, left))
    assert sizes.max() > 2 * np.median(sizes)
    assert least.max() < 1.3 * np.median(least)
    assert np.median(least) < 1.15 * np.median(sizes)


def test_where_nothing_moves_a_jump_much_larger_than_the_others_goes_too() -> None:
    """A quarter of a still picture is renewed four times as strongly as the rest."""
    scene, rng = 60 + 120 * texture(96, 144, 9), np.random.default_rng(1)
    size = np.full((96, 144, 1), 2.0)
    size[:48, :72] = 8
    looks = [scene + size * rng.standard_normal(scene.shape) for _ in range(4)]
    noise = rng.normal(0, 0.5, (40, *scene.shape))
    clip = [np.asarray((looks[t // 10] + noise[t]).clip(0, 255).round(), np.uint8) for t in range(40)]
    evened = list(create_smoother("pumping", 0.6)(clip))
    jump, left = (frames[20].astype(float) - frames[19] for frames in (clip, evened))
    assert left[8:40, 8:64].std() < 0.35 * jump[8:40, 8:64].std()


@pytest.mark.parametrize(
    "gains",
    [
        np.ones(COUNT),
        np.where(np.arange(COUNT) < 13, 0.6, 1.0),
        np.where(np.isin(np.arange(COUNT), (12, 13)), 1.3, 0.8),
        1 - 0.02 * np.arange(COUNT),
    ],
    ids=["clean", "lamp", "lightning", "fade"],
)
def test_what_does_not_pump_stays_to_the_last_bit(gains: Sequence[float], clean: list[Frame]) -> None:
    real = lit(clean, gains)
    assert np.array_equal(list(create_smoother("pumping", 1.0)(real)), real)


def test_key_frames_are_those_that_renew_more_than_all_beside_them() -> None:
    renewals = [0, 1, 1.2, 1, 4, 1, 1, 1, 3, 1, 1]
    assert key_frames(renewals) == {4: 1.0, 8: 1.0}
    assert key_frames([0, 1, 1, 3, 3, 1, 1]) == {}  # something moves for a while
    assert key_frames([0, 0.1, 0.1, 0.4, 0.1, 0.1]) == {}
    assert key_frames([0, 4]) == {}
    assert key_frames([0, 1, 1, np.nan, 4, np.nan, 1, 1]) == {}  # lightning


def test_shares_make_a_line_of_a_step() -> None:
    line = [share_of_jump(k) + (k >= 0) for k in range(-RADIUS, RADIUS)]
    assert np.allclose(np.diff(line), 1 / (2 * RADIUS))
    assert share_of_jump(-RADIUS - 1) == share_of_jump(RADIUS) == 0
