"""Where a subject is in each frame: known directions, speeds and turns."""

import cv2
import numpy as np
import pytest

from framesmooth.generation.subject_layers import Layers, cut_out, filled, hole_of, layers_of
from framesmooth.generation.subject_path import Pose, composed, facing, poses, towards_room
from framesmooth.timeline.motion_words import read_motion
from tests.scenes import texture

SIZE, FPS, FRAMES = 128, 8.0, 17
DISC = (64, 80)
"""Its middle (across, down)."""


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return np.asarray(texture(SIZE, SIZE, seed=2) * 90 + 100, np.uint8)


@pytest.fixture(scope="module")
def layers(scene: np.ndarray) -> Layers:
    mask = cv2.circle(np.zeros((SIZE, SIZE), np.float32), DISC, 14, 1.0, -1)
    subject = np.where(mask[..., None] > 0, np.array((200, 20, 20), np.uint8), scene)
    alpha = np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.7), np.float32)
    return Layers(subject.astype(np.uint8), alpha, scene)


def middle(frame: np.ndarray) -> tuple[float, float]:
    red = (frame[..., 0].astype(int) - frame[..., 1]) > 100
    down, across = np.nonzero(red)
    return float(across.mean()), float(down.mean())


@pytest.mark.parametrize(
    ("words", "way"),
    [
        ("moving to the left", (-1, 0)),
        ("moving right", (1, 0)),
        ("moving upwards", (0, -1)),
        ("moving down", (0, 1)),
    ],
)
def test_it_goes_where_the_words_say_at_their_speed(layers: Layers, words: str, way: tuple[int, int]) -> None:
    motion = read_motion(f"a ball {words} in a room")
    found = poses([motion], [(0, 0, 0.0)] * FRAMES, layers.alpha, fps=FPS, speed=1.0, loop=False)
    places = np.array([middle(composed(layers, pose)) for pose in found])
    whole = places[-1] - places[0]
    assert whole == pytest.approx(np.array(way) * 0.14 * SIZE * (FRAMES - 1) / FPS, abs=0.7)
    steps = np.diff(places, axis=0) @ np.array(way)
    assert steps.min() > 0
    halfway = places[FRAMES // 2] @ np.abs(way)
    assert halfway == pytest.approx(SIZE / 2, abs=0.7)


def test_a_pose_turns_about_the_foot(layers: Layers, scene: np.ndarray) -> None:
    assert np.array_equal(composed(layers, Pose(0, 0)), composed(layers, Pose(0, 0, lean=0.0)))
    foot = DISC[1] + 14
    turned = middle(composed(layers, Pose(0, 0, lean=30.0)))
    assert turned == pytest.approx((DISC[0] - 14 * 0.5, foot - 14 * 3**0.5 / 2), abs=0.7)
    far = composed(layers, Pose(SIZE, 0))
    assert np.abs(far.astype(int) - scene).max() <= 1, "behind a subject that is gone is its scene"


def test_a_long_clip_keeps_the_subject_in_the_picture_and_a_loop_comes_full_circle(layers: Layers) -> None:
    motion = read_motion("a ball moving right in a room")
    long = poses([motion], [(0, 0, 0.0)] * 400, layers.alpha, fps=FPS, speed=1.0, loop=False)
    assert max(pose.across for pose in long) - min(pose.across for pose in long) <= 0.9 * SIZE + 1
    loop = poses([motion], [(0, 0, 0.0)] * 32, layers.alpha, fps=FPS, speed=1.0, loop=True)
    step = loop[1].across - loop[0].across
    whole = loop[-1].across + step - loop[0].across
    assert whole > SIZE + 28, "it leaves on one side before it comes back on the other"
    first, last = composed(layers, loop[0]), composed(layers, loop[-1])
    assert np.abs(first.astype(int) - layers.scene).max() <= 1
    assert np.abs(last.astype(int) - layers.scene).max() <= 1


def test_where_the_words_name_no_direction_it_goes_where_there_is_room() -> None:
    alpha = np.zeros((64, 64), np.float32)
    alpha[20:30, 5:20] = 1
    assert towards_room(alpha) == "right"
    assert towards_room(alpha[:, ::-1]) == "left"
    assert towards_room(np.zeros((64, 64), np.float32)) in ("left", "right")


def test_an_outline_is_found_from_a_vague_map(layers: Layers) -> None:
    true = cv2.circle(np.zeros((SIZE, SIZE), np.uint8), DISC, 14, 1, -1)
    blurred = cv2.GaussianBlur(true.astype(np.float32), (0, 0), 9)
    vague = np.asarray(cv2.resize(blurred, (16, 16), interpolation=cv2.INTER_AREA), np.float32)
    found = cut_out(layers.subject, vague) > 0.5
    common, either = (found & (true > 0)).sum(), (found | (true > 0)).sum()
    assert common / either > 0.85
    assert np.array_equal(cut_out(layers.subject, vague), cut_out(layers.subject, vague))


def test_a_scene_takes_the_tone_around_its_hole(layers: Layers, scene: np.ndarray) -> None:
    darker = np.asarray(scene * 0.8, np.uint8)
    made = layers_of(layers.subject, layers.alpha, darker)
    hole = hole_of(layers.alpha) > 0
    off = made.scene.astype(float) - scene
    assert abs(off[hole].mean()) < 3 < abs((darker.astype(float) - scene)[hole].mean())
    far = ~(cv2.dilate(hole.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0)
    assert np.array_equal(made.scene[far], layers.subject[far])
    assert (filled(layers.subject, hole_of(layers.alpha))[..., 0][hole].astype(int) < 195).all()


@pytest.mark.parametrize("value", [0.0, 1.0, float("nan")])
def test_a_map_that_tells_nothing_finds_no_subject(scene: np.ndarray, value: float) -> None:
    found = cut_out(scene, np.full((16, 16), value, np.float32))
    assert found.shape == scene.shape[:2]
    assert not found.any()
    whole = layers_of(scene, found, scene)
    assert np.array_equal(composed(whole, Pose(9, 0)), scene), "what has no subject stands still"


@pytest.mark.parametrize("words", ["moving to the left", "moving right", "moving upwards", "rolling right"])
def test_a_way_that_goes_on_keeps_its_start_and_its_speed_and_stays_in_the_picture(
    layers: Layers, words: str
) -> None:
    motion = read_motion(f"a ball {words} in a room")

    def places(frames: int, planned: int | None) -> np.ndarray:
        found = poses(
            [motion], [(0, 0, 0.0)] * frames, layers.alpha, fps=FPS, speed=1.0, loop=False, planned=planned
        )
        return np.array([(pose.across, pose.down, pose.lean) for pose in found])

    alone, further, furthest = places(FRAMES, None), places(60, FRAMES), places(200, FRAMES)
    assert np.array_equal(further[:FRAMES], alone)
    assert np.array_equal(furthest[:60], further)
    speeds = np.linalg.norm(np.diff(furthest[:, :2], axis=0), axis=1)
    assert speeds[FRAMES - 1] == pytest.approx(speeds[FRAMES - 2], rel=0.1)
    middles = furthest[:, :2] + DISC
    assert middles.min() > 0
    assert middles.max() < SIZE


@pytest.fixture
def horse() -> Layers:
    """An animal of boxes that looks to the left: body, legs, neck."""
    alpha = np.zeros((SIZE, SIZE), np.float32)
    for top, left, foot, right in ((60, 40, 80, 90), (80, 42, 105, 48), (80, 80, 105, 86), (35, 36, 62, 48)):
        alpha[top:foot, left:right] = 1
    subject = np.where(alpha[..., None] > 0, np.array((120, 60, 20), np.uint8), np.uint8(200))
    return Layers(subject.astype(np.uint8), alpha, np.full((SIZE, SIZE, 3), 200, np.uint8))


@pytest.mark.parametrize(("way", "mirrored"), [("right", True), ("left", False), ("", False)])
def test_an_animal_on_legs_looks_where_it_goes(horse: Layers, way: str, mirrored: bool) -> None:
    assert facing(horse.alpha) == "left"
    motion = read_motion(f"a horse galloping {way} in a room".replace("  ", " "))
    found = poses([motion], [(0, 0, 0.0)] * FRAMES, horse.alpha, fps=FPS, speed=1.0, loop=False)
    assert {pose.mirrored for pose in found} == {mirrored}
    step = found[-1].across - found[0].across
    assert step > 0 if way == "right" else step < 0, "and without a word it goes where it looks"
    seen = (np.abs(composed(horse, found[FRAMES // 2])[..., 0].astype(int) - 200) > 40).astype(np.float32)
    assert facing(seen) == ("right" if way == "right" else "left")


def test_what_has_its_upper_part_in_the_middle_looks_nowhere(layers: Layers) -> None:
    assert facing(layers.alpha) == ""
    assert facing(np.zeros((8, 8), np.float32)) == ""


@pytest.mark.parametrize(("words", "cut"), [("right", "left"), ("left", "left"), ("left", "right")])
def test_a_border_that_cuts_a_subject_off_stays_outside(words: str, cut: str) -> None:
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[60:90, :40] = 1
    alpha = alpha if cut == "left" else alpha[:, ::-1]
    motion = read_motion(f"a train moving {words}")
    shares = [(0, 0, 0.0)] * FRAMES
    found = poses([motion], shares, alpha, fps=FPS, speed=1.0, loop=False)
    across = [pose.across for pose in found]
    assert max(across) <= 0.01 if cut == "left" else min(across) >= -0.01
    assert (across[-1] > across[0]) == (words == "right")


@pytest.mark.parametrize("loop", [False, True])
def test_sails_turn_steadily_and_a_loop_by_whole_quarters(loop: bool) -> None:
    motion = read_motion("a windmill turning on a hill")
    alpha = np.zeros((SIZE, SIZE), np.float32)
    alpha[40:90, 40:80] = 1
    found = poses([motion], [(0, 0, 0.0)] * FRAMES, alpha, fps=FPS, speed=1.0, loop=loop)
    turns = np.array([pose.turn for pose in found])
    assert all(pose.rests for pose in found)
    assert turns[0] == 0
    assert np.ptp(np.diff(turns)) == pytest.approx(0, abs=1e-6)
    if loop:
        quarters = turns[1] * FRAMES / 90
        assert quarters == pytest.approx(max(round(quarters), 1))
