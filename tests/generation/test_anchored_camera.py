"""A camera over images that stay: when a new one is needed, what was seen stays, runs resume exactly."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.frames import Frame, as_float
from framesmooth.generation.anchor_images import AnchorImage, composed, scale_of
from framesmooth.generation.anchor_plan import LARGEST_ENLARGEMENT, PlannedImage, plan_images
from framesmooth.generation.anchored_camera import AnchoredCamera
from framesmooth.generation.specs import Feedback
from framesmooth.interpolation.detail_matching import detail_energy
from framesmooth.models.text_to_image import TextToImage
from framesmooth.motion.camera.homography import Camera, homography_flow
from framesmooth.motion.camera.moves import Moves
from framesmooth.motion.warping import inside_frame
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.generate.planning import is_anchored
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_as_record, settings_from_record
from tests.generators import camera_feedback, make_keyframes
from tests.scenes import texture
from tests.small_clip import small_clip

FRAMES, SIZE = 9, (48, 64)
PICTURE = np.asarray(texture(*SIZE, seed=5) * 255, np.uint8)
MOVES = (
    {"zoom": "1.02"},
    {"zoom": "0.98"},
    {"pan_x": "2", "pan_y": "-1"},
    {"roll": "1.5"},
    {"zoom": "1.01", "pan_x": "1.5", "roll": "-1"},
    {"translate_z": "1", "pan_x": "4*sin(t/5)"},
)


def create(
    model: TextToImage, moves: Mapping[str, str], prompts: tuple[str, ...] = ("a cat",), strength: float = 0.5
) -> AnchoredCamera:
    times = [round(index * (FRAMES - 1) / max(1, len(prompts) - 1)) for index in range(len(prompts))]
    timeline = Timeline(tuple(Keyframe(*key, 3) for key in zip(times, prompts, strict=True)), FRAMES)
    plan = Feedback(
        moves=Moves(**moves).values(FRAMES, Fraction(12)),
        strengths=[strength] * FRAMES,
        color_anchor=0.3,
        anchored=True,
        first=PICTURE,
    )
    made = camera_feedback(model, timeline, plan, width=SIZE[1], height=SIZE[0], steps=3, cadence=4)
    assert isinstance(made, AnchoredCamera)
    return made


def planned(moves: Mapping[str, str], frames: int = 40) -> tuple[Camera, tuple[PlannedImage, ...]]:
    camera = Camera(Moves(**moves).values(frames, Fraction(12)), SIZE)
    plan = plan_images(SIZE, lambda time: camera.between(0, time), [0] * frames, range(0, frames, 8))
    return camera, plan


@pytest.mark.parametrize("moves", MOVES)
def test_all_that_a_frame_shows_is_generated_before_it(moves: dict[str, str]) -> None:
    camera, plan = planned(moves)
    assert plan[0].kind == "first"
    assert np.allclose(plan[0].pose, np.eye(3))
    assert len({one.key for one in plan}) == len(plan)
    for time in range(40):
        seen = np.zeros(SIZE, np.bool_)
        for one in plan:
            if one.since <= time:
                back = one.pose @ np.linalg.inv(camera.between(0, time))
                seen |= inside_frame(homography_flow(back, SIZE))
        assert seen.mean() > 0.97


def test_an_image_is_refined_before_it_is_enlarged_much() -> None:
    camera, plan = planned({"zoom": "1.02"})
    for time in range(40):
        sharpest = min(
            scale_of(camera.between(0, time) @ np.linalg.inv(one.pose), SIZE)
            for one in plan
            if one.full <= time
        )
        assert sharpest < LARGEST_ENLARGEMENT * 1.02


def test_a_camera_that_stands_still_needs_one_image() -> None:
    assert len(planned({"zoom": "1"})[1]) == 1


def test_images_lie_where_the_motion_takes_them() -> None:
    """A pan by whole pixels shows the picture's own pixels, and beside them those of the image below."""
    pose = Camera(Moves(pan_x="4").values(2, Fraction(12)), SIZE).between(0, 1)
    other = np.full_like(PICTURE, 200)
    images = [AnchorImage.of(other, pose), AnchorImage.of(PICTURE, np.eye(3))]
    view = composed(images, [1.0, 1.0], pose)
    shown = np.rint(view.image * 255).astype(int)
    inside = shown[2:-2, 6:] - PICTURE[2:-2, 2:-4]  # at its border it fades in
    assert np.abs(inside).max() <= 1
    assert (shown[:, :4] == 200).all()
    assert view.known[2:-2, 2:-2].min() == 1
    assert view.enlarged == pytest.approx(1, abs=1e-6)
    assert np.abs(composed(images, [1.0, 0.0], pose).image * 255 - 200).max() < 1


def test_what_was_seen_stays(model: TextToImage) -> None:
    """Whatever an untrained model makes of the rest."""
    source = create(model, {"pan_x": "2"})
    made = list(source)
    assert np.array_equal(made[0], PICTURE)
    for time in (1, 4, 8):
        inside = made[time][:, 2 * time + 12 :].astype(int) - PICTURE[:, 12 : SIZE[1] - 2 * time]
        assert np.abs(inside).max() <= 1


def frames(source: AnchoredCamera) -> list[Frame]:
    return list(source)


@pytest.mark.parametrize("moves", [{"zoom": "1.06"}, {"roll": "3"}])
def test_a_run_that_goes_on_comes_to_the_same(model: TextToImage, moves: dict[str, str]) -> None:
    whole = create(model, moves)
    wanted, work = frames(whole), create(model, moves).work()
    assert len(whole.plan) > 1
    continued = create(model, moves)
    for one in whole.plan[:-1]:
        continued.store[one.key] = whole.store[one.key]
    steps: list[int] = []
    make_keyframes(continued, steps.append)
    assert all(map(np.array_equal, frames(continued), wanted))
    assert 0 < sum(steps) <= work.keyframe_steps
    counted: list[int] = []
    make_keyframes(create(model, moves), counted.append)
    assert sum(counted) == work.keyframe_steps


def test_what_comes_into_sight_holds_no_second_thing(model: TextToImage) -> None:
    """It is drawn as the prompt without its thing draws it; one that names no place is drawn as it is."""
    moves = {"pan_x": "4"}
    cat, beach, place = (
        create(model, moves, (text,)) for text in ("a cat on the beach", "the beach", "a cat")
    )
    for source in (cat, beach, place):
        make_keyframes(source, lambda _: None)
    made = [one.key for one in cat.plan if one.kind == "extend"]
    assert made
    assert all(np.array_equal(cat.store[key].frame, beach.store[key].frame) for key in made)
    assert not all(np.array_equal(place.store[key].frame, beach.store[key].frame) for key in made)


def test_a_refined_image_has_the_detail_of_what_it_shows(model: TextToImage) -> None:
    """A camera that goes towards what is plain doesn't fill it with the texture of what it leaves."""
    plain = PICTURE.copy()
    plain[8:-8, 10:-10] = 128
    source = create(model, {"zoom": "1.06"})
    source = replace(source, first=plain)
    make_keyframes(source, lambda _: None)
    (one, *_) = [one for one in source.plan if one.kind == "refine"][-1:]
    edges, middle = detail_energy(as_float(plain)), source._first_detail(one)
    assert middle < 0.8 * edges
    whole = replace(one, pose=np.eye(3))
    assert source._first_detail(whole) == pytest.approx(edges, rel=0.1)


def test_a_prompt_that_changes_shows(model: TextToImage) -> None:
    moves = {"zoom": "1.01"}
    one, two = create(model, moves), create(model, moves, ("a cat", "a red lion at night"))
    assert [image.kind for image in two.plan].count("change") == 2
    assert "change" not in [image.kind for image in one.plan]
    assert np.abs(list(one)[-1].astype(int) - list(two)[-1]).mean() > 1


def test_it_is_on_where_it_can_be_and_nothing_else_is_asked_for(tiny_model: Path, tmp_path: Path) -> None:
    def asked(**settings: object) -> GenerateSettings:
        return small_clip(tiny_model, tmp_path / "clip.mkv", **settings)

    assert is_anchored(asked(zoom="1.01"))
    assert is_anchored(asked(zoom="1.01", strength="0.4", camera_anchor="on"))
    for settings in (
        {},
        {"strength": "0.5"},
        {"zoom": "1.01", "strength": "0.5"},
        {"zoom": "1.01", "loop": True},
        {"zoom": "1.01", "noise_renewal": 0.5},
        {"rotate_3d_y": "1"},
        {"zoom": "1.01", "camera_anchor": "off"},
    ):
        assert not is_anchored(asked(**settings))
    with pytest.raises(UsageError, match="--camera-anchor on cannot be combined with --loop"):
        is_anchored(asked(zoom="1.01", loop=True, camera_anchor="on"))
    with pytest.raises(UsageError, match="is for a camera"):
        is_anchored(asked(camera_anchor="on"))


def test_a_run_from_before_resumes_as_it_was(tiny_model: Path, tmp_path: Path) -> None:
    settings = small_clip(tiny_model, tmp_path / "clip.mkv", zoom="1.01")
    raw = settings_as_record(settings, tmp_path / "clip.framesmooth")
    record = {"version": 2, "settings": {"raw": raw}, "keyframes": [{"seed": 0}, {"seed": 0}]}
    assert settings_from_record(record, tmp_path / "clip.framesmooth").camera.camera_anchor == "auto"
    del raw["camera"]["camera_anchor"]
    assert settings_from_record(record, tmp_path / "clip.framesmooth").camera.camera_anchor == "off"


def test_images_that_were_planned_stay_when_a_clip_is_extended() -> None:
    def pose(time: int) -> np.ndarray:
        return np.array([[1.01**time, 0, -3.0 * time], [0, 1.01**time, 0], [0, 0, 1.0]])

    def plan(frames: int, legs: tuple[int, ...]) -> list[tuple[Any, ...]]:
        planned = plan_images((48, 64), pose, ["a"] * frames, [0, frames - 1], legs)
        return [(one.key, one.kind, one.pose.tobytes(), one.since, one.full) for one in planned]

    alone, further, furthest = plan(20, ()), plan(44, (20,)), plan(60, (20, 44))
    assert further[: len(alone)] == alone
    assert furthest[: len(further)] == further
    assert len(furthest) > len(further) > len(alone)
    assert all(one[3] >= 19 for one in further[len(alone) :]), "nothing changes before the joint"
    keys = [one[0] for one in furthest]
    assert len(set(keys)) == len(keys)
