"""Camera moves in words: what they compile to, and what optical flow finds in a picture that they move."""

from fractions import Fraction

import cv2
import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.frames import as_uint8
from framesmooth.motion.camera.depth_camera import DepthCamera
from framesmooth.motion.camera.homography import Camera
from framesmooth.motion.camera.moves import Moves
from framesmooth.timeline.camera_grammar import (
    SPEEDS,
    camera_words_in,
    read_camera_words,
    without_camera_words,
)
from framesmooth.timeline.camera_words import camera_schedules

SIZE = HEIGHT, WIDTH = 108, 192
FPS, NUM_FRAMES = Fraction(12), 25
SPEED_WORDS = {"slow ": "slow", "": "normal", "fast ": "fast"}


def picture() -> np.ndarray:
    """Return a picture with detail of several sizes, on which flow is well defined."""
    rng = np.random.default_rng(3)
    layers = [cv2.GaussianBlur(rng.normal(0, 1, (*SIZE, 3)), (0, 0), sigma) * sigma for sigma in (1.5, 3, 6)]
    total = np.sum(layers, axis=0)
    return np.asarray(np.clip(128 + 60 * total / total.std(), 0, 255), np.uint8)


PICTURE = picture()


def camera(words: str, depth: float = 1.0) -> Camera:
    """Return the camera that ``words`` move, over a plane or over a wall at ``depth``."""
    moves = Moves(**camera_schedules(words, num_frames=NUM_FRAMES, fps=FPS, size=SIZE))
    values = moves.values(NUM_FRAMES, FPS)
    if depth == 1:
        return Camera(values, SIZE)
    return DepthCamera(values, SIZE, lambda _picture: np.full(SIZE, depth, np.float32))


def measured(words: str, depth: float = 1.0, stride: int = 4) -> np.ndarray:
    """Return what DIS flow finds over ``stride`` frames, per frame: (n, 6), the affine motion of the middle.

    The columns are x and y of the shift in pixels, and its changes dx/dx, dx/dy, dy/dx and dy/dy.
    """
    moved, found = camera(words, depth), []
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = cv2.cvtColor(PICTURE, cv2.COLOR_RGB2GRAY)
    inner = np.s_[HEIGHT // 4 : -HEIGHT // 4, WIDTH // 4 : -WIDTH // 4]
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    grid = np.stack([np.ones(SIZE), x - (WIDTH - 1) / 2, y - (HEIGHT - 1) / 2], -1)[inner].reshape(-1, 3)
    for time in range(stride, NUM_FRAMES, stride):
        view = as_uint8(moved.view(PICTURE, time, time - stride)[0])
        flow = dis.calc(grey, cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), np.zeros((*SIZE, 2), np.float32))
        found.append(np.linalg.lstsq(grid, flow[inner].reshape(-1, 2), rcond=None)[0].T.ravel())
    columns = np.array(found) / stride
    return columns[:, [0, 3, 1, 2, 4, 5]]


def by_name(words: str, depth: float = 1.0) -> dict[str, float]:
    """Return the mean speed of each kind of motion, as a share of the width a second."""
    stride = 1 if "fast" in words else 4  # DIS is exact to a tenth of a pixel, and finds a few pixels at most
    x, y, dx_dx, dx_dy, dy_dx, dy_dy = measured(words, depth, stride).mean(axis=0) * float(FPS)
    return {
        "right": x / WIDTH,
        "down": y / WIDTH,
        "growth": (dx_dx + dy_dy) / 2,
        "anticlockwise": (dx_dy - dy_dx) / 2 / 2,  # of the edges, half a width from the middle
    }


@pytest.mark.parametrize("speed", SPEED_WORDS)
@pytest.mark.parametrize(
    ("words", "kind", "sign"),
    [
        ("pan left", "right", 1),
        ("pan right", "right", -1),
        ("tilt up", "down", 1),
        ("tilt down", "down", -1),
        ("truck left", "right", 1),
        ("truck right", "right", -1),
        ("crane up", "down", 1),
        ("crane down", "down", -1),
        ("dolly in", "growth", 1),
        ("dolly out", "growth", -1),
        ("zoom in", "growth", 1),
        ("zoom out", "growth", -1),
        ("roll left", "anticlockwise", -1),
        ("roll right", "anticlockwise", 1),
    ],
)
def test_flow_has_the_named_direction_and_speed(words: str, kind: str, sign: int, speed: str) -> None:
    found = by_name(speed + words)
    stated = SPEEDS[SPEED_WORDS[speed]]
    assert found[kind] * sign == pytest.approx(stated, rel=0.2)
    assert all(abs(value) < 0.15 * stated for name, value in found.items() if name != kind)


@pytest.mark.parametrize("speed", SPEED_WORDS)
@pytest.mark.parametrize(("words", "sign"), [("orbit left", 1), ("orbit right", -1)])
def test_an_orbit_keeps_what_it_looks_at_and_moves_what_is_nearer(words: str, sign: int, speed: str) -> None:
    stated = SPEEDS[SPEED_WORDS[speed]]
    assert abs(by_name(speed + words)["right"]) < 0.1 * stated
    assert by_name(speed + words, depth=0.5)["right"] * sign == pytest.approx(stated, rel=0.2)
    assert by_name(speed + words, depth=100)["right"] * sign == pytest.approx(-stated, rel=0.2)


@pytest.mark.parametrize("speed", SPEED_WORDS)
def test_handheld_trembles_at_its_speed_and_goes_nowhere(speed: str) -> None:
    stated = SPEEDS[SPEED_WORDS[speed]]
    steps = measured(f"{speed}handheld", stride=1)[:, :2] * float(FPS) / WIDTH
    assert np.sqrt((steps**2).sum(axis=1).mean()) == pytest.approx(stated, rel=0.2)
    assert np.abs(steps.mean(axis=0)).max() < 0.4 * stated


def test_near_things_tell_a_truck_from_a_pan_and_a_dolly_from_a_zoom() -> None:
    for words, kind, factor in (
        ("pan left", "right", 1),
        ("truck left", "right", 2),
        ("zoom in", "growth", 1),
        ("dolly in", "growth", 2),
    ):
        near = by_name(words, depth=0.5)[kind]
        assert near == pytest.approx(factor * SPEEDS["normal"], rel=0.25), words


def test_static_stands_still() -> None:
    assert camera_schedules("static", num_frames=NUM_FRAMES, fps=FPS, size=SIZE) == {}


def test_moves_start_and_end_at_rest() -> None:
    shift = measured("fast truck left", stride=1)[:, 0]
    assert shift[0] < 0.2 * shift.max()
    assert shift[-1] < 0.2 * shift.max()


def test_then_parts_what_comma_joins() -> None:
    assert len(read_camera_words("slow dolly in, pan left")) == 1
    both = camera_schedules("slow dolly in, pan left", num_frames=NUM_FRAMES, fps=FPS, size=SIZE)
    assert set(both) == {"translate_z", "rotate_3d_y"}
    turn = camera("tilt up then pan left").value
    first, second = ([turn(time) for time in span] for span in (range(13), range(13, 25)))
    assert max(value["rotate_3d_x"] for value in first) > 0 == max(value["rotate_3d_x"] for value in second)
    assert min(value["rotate_3d_y"] for value in second) < 0 == min(value["rotate_3d_y"] for value in first)


@pytest.mark.parametrize(
    ("said", "same"),
    [
        ("slowly pan to the left", "slow pan left"),
        ("zoom-in", "zoom in"),
        ("rolling-clockwise", "roll right"),
        ("the camera pushes in", "dolly in"),
        ("pull back quickly", "fast dolly out"),
        ("dolly left", "truck left"),
        ("pan up", "tilt up"),
        ("hand-held", "handheld"),
        ("pan left 12%", "pan left"),
    ],
)
def test_other_words_for_the_same(said: str, same: str) -> None:
    assert read_camera_words(said) == read_camera_words(same)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("pann left", "did you mean pan"),
        ("pan", "left or right"),
        ("zoom left", "zoom in or out"),
        ("dance wildly", "camera: unknown word"),
        ("left", "names no move"),
        ("", "is empty"),
        ("pan left 900%", "out of range"),
        ("pan left %", "unknown word"),
    ],
)
def test_what_names_no_move_is_refused_with_advice(words: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        camera_schedules(words, num_frames=NUM_FRAMES, fps=FPS, size=SIZE)


@pytest.mark.parametrize(
    ("prompt", "said", "left"),
    [
        ("a castle, the camera pans right, oil painting", "pans right", "a castle, oil painting"),
        ("a boat as the camera moves to the left at dawn", "moves to the left", "a boat at dawn"),
        ("camera: slow pan left, a castle", "slow pan left", "a castle"),
        ("a castle while the camera is static", "is static", "a castle"),
        ("a camera on a table", None, "a camera on a table"),
        ("a fast train moves left", None, "a fast train moves left"),
    ],
)
def test_prompts_say_how_the_camera_moves(prompt: str, said: str | None, left: str) -> None:
    assert camera_words_in(prompt) == said
    assert without_camera_words(prompt) == left
