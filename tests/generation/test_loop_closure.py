"""A loop under a camera ends where it began: the way back, and the noise on it."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch

from framesmooth.frames import Frame
from framesmooth.generation.camera_feedback import CameraFeedback
from framesmooth.generation.loop_closure import LoopClosure, closing_moves
from framesmooth.generation.specs import Feedback
from framesmooth.models.latents import noise_of
from framesmooth.models.text_to_image import TextToImage
from framesmooth.motion.camera.homography import Camera
from framesmooth.motion.camera.moves import Moves
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.generators import camera_feedback
from tests.scenes import texture

FRAMES, SIZE = 24, (48, 64)
MIDDLE = slice(4, -4), slice(4, -4)  # what the camera sees of the first frame next to it
PICTURE = np.asarray(texture(*SIZE, seed=5) * 255, np.uint8)


def create(
    model: TextToImage, moves: dict[str, str], *, strength: float, cadence: int = 2, loop: bool = True
) -> CameraFeedback:
    timeline = Timeline((Keyframe(0, "a cat", 3), Keyframe(8, "red sea", 3)), FRAMES, loop=loop)
    values = Moves(**moves).values(FRAMES, Fraction(12))
    plan = Feedback(moves=values, strengths=[strength] * FRAMES, color_anchor=0.3, first=PICTURE)
    size = {"width": SIZE[1], "height": SIZE[0]}
    return camera_feedback(model, timeline, plan, **size, steps=4, cadence=cadence)


def steps_between(frames: list[Frame]) -> list[float]:
    """The mean difference of the middle from every frame to the next, from the last to the first."""
    following = [*frames[1:], frames[0]]
    return [
        float(np.abs(one.astype(int) - other)[MIDDLE].mean())
        for one, other in zip(frames, following, strict=True)
    ]


@pytest.mark.parametrize(
    "moves", [{"zoom": "1.03"}, {"zoom": "0.97"}, {"pan_x": "2", "roll": "1"}, {"translate_z": "2"}]
)
def test_the_last_frame_leads_into_the_first(model: TextToImage, moves: dict[str, str]) -> None:
    source = create(model, moves, strength=0)
    looped, apart = (
        steps_between(list(one)) for one in (source, create(model, moves, strength=0, loop=False))
    )
    seen, _ = source.camera.view(PICTURE, FRAMES - 1, FRAMES)
    moved = float(np.abs(seen * 255 - PICTURE)[MIDDLE].mean())
    assert looped[-1] < 1.1 * moved
    assert looped[-1] < 0.5 * apart[-1]


def test_at_its_end_a_loop_shows_its_first_frame_from_where_the_camera_is(model: TextToImage) -> None:
    source = create(model, {"pan_x": "-2"}, strength=0)
    last = list(source)[-1]
    seen, _ = source.camera.view(PICTURE, FRAMES - 1, FRAMES)
    assert np.abs(last / 255 - seen)[MIDDLE].mean() < 0.02
    assert source.camera.between(FRAMES - 1, FRAMES)[0, 2] == pytest.approx(-2)


def test_the_way_home_grows_and_begins_after_the_last_prompt() -> None:
    def timeline(last: int, num_frames: int = 240) -> Timeline:
        return Timeline((Keyframe(0, "a", 1), Keyframe(last, "b", 1)), num_frames, loop=True)

    assert closing_moves(timeline(120), Fraction(24)) == 60
    assert closing_moves(timeline(220), Fraction(24)) == 19
    assert closing_moves(timeline(1, 10), Fraction(24)) == 4
    assert closing_moves(timeline(1, 2), Fraction(24)) == 1


def loop_closure(pan: float = 1.5) -> LoopClosure:
    moves = {
        name: [*values, values[0]] for name, values in Moves(pan_x=str(pan)).values(48, Fraction(12)).items()
    }
    noise = torch.randn(4, 48, 64, generator=torch.Generator().manual_seed(1))
    return LoopClosure(
        camera=Camera(moves, (384, 512)), first=np.zeros((384, 512, 3), np.uint8), num_frames=48,
        length=24, noise=noise, seed=7,
    )  # fmt: skip


def test_shares_of_the_first_frame_grow() -> None:
    home = loop_closure()
    shares = [float(home.share(time).mean()) for time in range(48)]
    assert shares[:25] == [0.0] * 25
    assert all(later > earlier for earlier, later in pairwise(shares[24:]))
    assert shares[-1] > 0.98


def test_noise_on_the_way_home_is_white_and_becomes_that_of_the_first_frame() -> None:
    home = loop_closure()
    other = torch.randn(4, 48, 64, generator=torch.Generator().manual_seed(2))
    assert torch.equal(home.joined_noise(other, 21), other)
    for time in (30, 36, 42, 45):
        noise = home.joined_noise(other, time)
        assert abs(float(noise.mean())) < 0.03
        assert float(noise.var()) == pytest.approx(1, abs=0.05)
        assert abs(float((noise[:, :, 1:] * noise[:, :, :-1]).mean())) < 0.03
    kept = (home.joined_noise(other, 45) == other).float().mean()
    assert float(kept) < 0.1
    still = loop_closure(pan=0)
    assert float(torch.isclose(still.joined_noise(other, 45), still.noise, atol=1e-4).float().mean()) > 0.9


def test_which_noise_comes_home_does_not_depend_on_its_values() -> None:
    """The seed of the chance is that of the noise; PyTorch makes 16 values at once, the second 8 by sines."""
    noise = noise_of(7, (4, 48, 64))
    other = torch.randn(4, 48, 64, generator=torch.Generator().manual_seed(2))
    joined = replace(loop_closure(pan=0), noise=noise).joined_noise(other, 36)[0]
    for half in joined.reshape(-1, 2, 8).unbind(1):
        assert abs(float(half.mean())) < 0.1
        assert float(half.var()) == pytest.approx(1, abs=0.15)


def test_frames_at_the_end_lead_to_the_first_one_and_none_is_diffused_there_for_its_own_sake(
    model: TextToImage,
) -> None:
    source = create(model, {"zoom": "1.02"}, strength=0, cadence=8)
    assert source.keyframe_indices == (0, 8, 16)
    assert source.batches[-1] == range(16, 24)
    assert create(model, {}, strength=0, cadence=8, loop=False).keyframe_indices == (0, 8, 16, 23)
