"""The painter in time: a scene at time 0 is the still picture; what is said to move goes where it is said."""

from zlib import crc32

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from storybook.captions import caption
from storybook.clips import paint_clip, times
from storybook.motion import (
    BEAT,
    CAMERAS,
    TRAVEL,
    clip_at,
    combinations,
    held_out_motion,
    travelled,
)
from storybook.moving_captions import STILL_AFTER, STILL_BEFORE, caption_pair
from storybook.painter import _compose, paint, subject_mask
from storybook.world import COLORS, LIGHTS, PLACES, SUBJECTS, Motion, Scene

# CRC-32 of pictures and masks that the painter made before it knew time, for the scenes of _before_time.
BEFORE_TIME = (
    0xB040AD2C,
    0x929693E7,
    0x6DC99C91,
    0x3C503784,
    0x929B9A01,
    0x5BFD1261,
    0x2285A134,
    0xAFEF80CB,
    0xFC0348D7,
    0xEA8EF3DE,
    0x83719736,
    0x39D893CE,
    0xEBCA1736,
    0xBB8C2E7A,
    0x2CEF8B60,
    0x50AF41A1,
    0xB442CEDB,
    0xC7CA30A6,
    0x9C61E4E1,
    0x804DF807,
    0x018FC063,
    0xF1947328,
    0x36AB197E,
    0xB3640EF1,
    0x52781F3D,
    0xC937DA32,
    0x7145DECB,
    0xCDAAF936,
    0xDAB2C656,
    0x651E06E3,
    0xDAFB6B7E,
    0xD888A6B2,
    0x0BEE6AC1,
    0x5C64CA05,
    0x7EC879EB,
    0x932A9D3E,
    0xB559796A,
    0x35954B96,
    0x8B959043,
    0xB7F07CD6,
    0x6FD7A50F,
    0xA767CE4A,
    0x46D00931,
    0x583D94E6,
    0xE0EC48A0,
    0x2E048FFA,
    0xAA400988,
    0x5154970B,
    0xD0C22A36,
    0xE45FA314,
    0x25C92F0E,
    0xEEEE864B,
)
CLEAR = [light for light in LIGHTS if light != "fog"]
TO = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}


def _before_time(k: int) -> Scene:
    color = list(COLORS)[k % len(COLORS)] if k % 2 else None
    light = CLEAR[(k // 10 + k) % len(CLEAR)]
    return Scene(PLACES[k % 10], light, SUBJECTS[k % 26], color, "flat", frozenset(), seed=1000 + k)


def _scene(
    subject: str, motion: Motion | None, *, seed: int = 3, place: str = "hills", light: str = "noon"
) -> Scene:
    return Scene(place, light, subject, None, "flat", frozenset(), seed, motion=motion)


def _flow(scene: Scene, t: float, step: float = 0.125) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Measured motion from a time to a step later in pixels, (256, 256, 2), and the subject's first mask."""
    gray = [cv2.cvtColor(paint(scene, 256, 256, at), cv2.COLOR_RGB2GRAY) for at in (t, t + step)]
    engine = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = engine.calc(gray[0], gray[1], np.zeros((256, 256, 2), np.float32))
    return np.asarray(flow, np.float32), subject_mask(scene, 256, 256, t)


@pytest.mark.parametrize("first", [0, 26])
def test_a_scene_at_time_0_is_the_picture_from_before_there_was_time(first: int) -> None:
    height, width = (256, 256) if first == 0 else (224, 384)
    for k in range(first, first + 26):
        scene = _before_time(k)
        mask = crc32(subject_mask(scene, height, width).tobytes())
        assert crc32(paint(scene, height, width).tobytes(), mask) == BEFORE_TIME[k], scene


@pytest.mark.parametrize("light", LIGHTS)
def test_time_changes_no_random_draw(light: str) -> None:
    for k, place in enumerate(PLACES):
        subject = SUBJECTS[(3 * k + len(light)) % 26]
        scene = Scene(place, light, subject, None, "flat", frozenset(), k, motion=_any_motion(subject))
        states = []
        for t in (0.0, 0.37, 1.9):
            rng = np.random.default_rng(k)
            _compose(scene, 64, 64, rng, t)
            states.append(rng.bit_generator.state)
        assert states[0] == states[1] == states[2]


def _any_motion(subject: str) -> Motion:
    if subject in TRAVEL:
        return Motion("travel", TRAVEL[subject][0][0])
    return Motion("beat" if subject in BEAT else "rest")


def test_nothing_moves_in_a_still_picture() -> None:
    for light, place in zip(LIGHTS, ("sea", "snow", "lake", "beach", "sea", "city"), strict=True):
        scene = _scene("sailboat", None, place=place, light=light)
        assert np.array_equal(paint(scene, 96, 96), paint(scene, 96, 96, 1.3))


def test_at_time_0_only_the_way_that_a_subject_faces_depends_on_its_motion() -> None:
    ways = {way: paint(_scene("train", Motion("travel", way)), 96, 96) for way in ("left", "right")}
    still = paint(_scene("train", None), 96, 96)
    assert sum(np.array_equal(still, picture) for picture in ways.values()) == 1


@pytest.mark.parametrize(
    ("subject", "direction"), [(s, d) for s, action, d in combinations() if action == "travel"]
)
def test_a_subject_goes_where_it_is_said_to_go(subject: str, direction: str) -> None:
    scene = _scene(subject, Motion("travel", direction), place="sea" if subject == "whale" else "hills")
    t = 0.5  # wings and legs are on their way back to where they were a beat ago
    flow, mask = _flow(scene, t)
    across, up = np.subtract(travelled(scene, t + 0.125), travelled(scene, t))
    wanted = 256 * np.array([across, -up])
    if subject != "rocket":  # which flies where its nose points
        assert np.allclose(wanted / np.linalg.norm(wanted), TO[direction])
    moved = np.median(flow[mask], axis=0)
    assert moved @ TO[direction] > 0.4 * abs(wanted @ TO[direction])
    beside = ~cv2.dilate(mask.astype(np.uint8), np.ones((41, 41))).astype(bool)
    assert np.abs(np.median(flow[beside], axis=0)).max() < 0.2


@pytest.mark.parametrize("camera", CAMERAS[1:])
def test_the_world_moves_against_the_camera(camera: str) -> None:
    scene = _scene("castle", Motion(camera=camera), place="city")
    flow, _ = _flow(scene, 0.1)
    textured = np.abs(flow).max(axis=2) > 0.3
    kind, way = camera.split()
    if kind == "zoom":
        y, x = np.mgrid[:256, :256] - 127.5
        outwards = (flow[..., 0] * x + flow[..., 1] * y)[textured]
        assert np.sign(np.median(outwards)) == (1 if way == "in" else -1)
    else:
        moved = np.median(flow[textured], axis=0)
        assert moved @ TO[way] < -0.5 * 0.16 * 256 * 0.125
        assert abs(moved @ TO[way]) > 5 * abs(moved[::-1] @ TO[way])


@pytest.mark.parametrize("subject", sorted(BEAT))
def test_what_beats_moves_where_it_is(subject: str) -> None:
    scene = _scene(subject, Motion("beat"))
    before, after = (paint(scene, 128, 128, t).astype(int) for t in (0.0, 0.2))
    changed = np.abs(before - after).max(axis=2) > 40
    assert changed.sum() > 20
    middles = [np.argwhere(subject_mask(scene, 128, 128, t)).mean(axis=0) for t in (0.0, 0.2)]
    assert np.abs(middles[1] - middles[0]).max() < 8


def test_the_sun_sets_and_it_grows_dark() -> None:
    scene = _scene("house", Motion(sky="sun sets"), light="sunset")
    first, last = paint(scene, 128, 128), paint(scene, 128, 128, 3.0)
    assert last.mean() < 0.8 * first.mean()
    risen = _scene("house", Motion(sky="day breaks"), light="night")
    assert paint(risen, 128, 128, 3.0).mean() > 1.2 * paint(risen, 128, 128).mean()


def test_clouds_drift_where_they_are_said_to() -> None:
    for way, sign in (("left", -1), ("right", 1)):
        scene = _scene("none", Motion(sky=f"clouds {way}"), light="storm", place="desert", seed=8)
        before, after = (
            cv2.cvtColor(_compose(scene, 256, 256, np.random.default_rng(8), t)[0], cv2.COLOR_RGB2GRAY)
            for t in (0.5, 0.75)
        )
        across = cv2.DISOpticalFlow.create().calc(before, after, np.zeros((256, 256, 2), np.float32))[
            :90, :, 0
        ]
        assert sign * np.median(across[np.abs(across) > 0.5]) > 1.0


def test_training_never_sees_a_held_out_motion() -> None:
    held = {
        combination
        for combination in combinations()
        if held_out_motion(combination[0], _as_motion(combination))
    }
    assert 5 <= len(held) <= len(combinations()) / 3
    for k in range(2000):
        scene = clip_at(k)
        assert scene.motion is None or not held_out_motion(scene.subject, scene.motion)
        if scene.motion:
            assert (scene.subject, scene.motion.action, scene.motion.direction) not in held
    seen = clip_at(1, held_out=True, complete=True)
    assert seen.motion is not None
    assert held_out_motion(seen.subject, seen.motion)


def _as_motion(combination: tuple[str, str, str]) -> Motion:
    return Motion(action=combination[1], direction=combination[2])


def test_captions_name_the_direction_in_words_of_their_own() -> None:
    rng = np.random.default_rng(0)
    opposite = {"left": "right", "right": "left"}
    phrasings = set()
    for k in range(3000):
        scene = clip_at(k, complete=True)
        motion = scene.motion
        if (
            motion is None
            or motion.direction not in opposite
            or motion.camera != "still"
            or motion.sky != "still"
        ):
            continue
        words, plain = caption_pair(scene, rng)
        phrasings.add(words)
        assert motion.direction in words
        assert "from" in words or f"{opposite[motion.direction]} " not in words.replace("bright ", "")
        assert not set(plain.replace(",", "").split()) & {"left", "right", "leftwards", "rightwards"}
    assert len(phrasings) > 300


def test_a_still_picture_is_called_one() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        words, plain = caption_pair(_scene("sailboat", None), rng)
        assert any(words.startswith(start) for start in STILL_BEFORE) or any(
            words.endswith(end) for end in STILL_AFTER
        )
        assert plain in words


def test_a_caption_without_motion_is_as_before() -> None:
    scene = _scene("sailboat", Motion("travel", "left"))
    assert caption(scene, np.random.default_rng(4)) == caption(
        _scene("sailboat", None), np.random.default_rng(4)
    )


def test_a_clip_is_painted_frame_by_frame() -> None:
    scene = _scene("car", Motion("travel", "right"))
    moments = times(scene, 7, frames=4)
    assert np.allclose(np.diff(moments), 0.125)
    frames, masks = paint_clip(scene, moments, 64, 64)
    assert frames.shape == (4, 64, 64, 3)
    assert masks.shape == (4, 64, 64)
    middles = [np.argwhere(mask)[:, 1].mean() for mask in masks]
    assert middles == sorted(middles)
    assert np.array_equal(frames[2], paint(scene, 64, 64, moments[2]))
    still, _ = paint_clip(_scene("car", None), moments, 64, 64)
    assert all(np.array_equal(frame, still[0]) for frame in still)
