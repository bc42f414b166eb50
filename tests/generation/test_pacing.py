"""Even pacing: known answers for known distances, and frames that really are equally far apart."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.generation import latent_path
from framesmooth.generation.color_transfer import distance
from framesmooth.generation.keyframes import Keys
from framesmooth.generation.pacing import even_pace
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.models.latents import slerp
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.validation import check_settings
from tests.generators import prompt_travel


def timeline(num_frames: int = 17, *, loop: bool = False, hold: float = 0.0, first: int = 0) -> Timeline:
    last = 2 * num_frames // 3 if loop else num_frames - 1
    keys = ((first, "a cat", 1), ((first + last) // 2, "the lion at sunset", 2), (last, "red sea", 3))
    return Timeline(tuple(Keyframe(*key) for key in keys), num_frames, hold=hold, loop=loop)


def create(model: TextToImage, times: Timeline, **settings: object) -> PromptTravel:
    return prompt_travel(model, times, **({"width": 24, "height": 16, "steps": 4} | settings))


def steps_between(frames: list[Frame]) -> np.ndarray:
    return np.array([distance(first, last) for first, last in pairwise(frames)])


def test_equal_distances_leave_the_pace_as_it_is() -> None:
    pace = even_pace([0, 0.5, 1, 1.5, 2], [3, 3, 7, 7])
    assert [pace(position) for position in (0, 0.1, 0.7, 1, 1.9, 2)] == pytest.approx(
        [0, 0.1, 0.7, 1, 1.9, 2]
    )


def test_a_stretch_with_all_the_change_gets_the_time() -> None:
    pace = even_pace([0, 0.25, 0.5, 1], [1, 8, 1])
    assert [pace(share) for share in (0.1, 0.5, 0.9)] == pytest.approx([0.25, 0.375, 0.5])
    assert pace(0.95) == pytest.approx(0.75)


def test_a_jerk_becomes_a_constant_speed() -> None:
    """Travelled are samples of s(x) = x^3: the pace is its inverse, the cube root."""
    places = np.linspace(0, 1, 41)
    pace = even_pace(list(places), list(np.diff(places**3)))
    assert [pace(share) for share in (0.3, 0.6, 0.9)] == pytest.approx(
        [0.3 ** (1 / 3), 0.6 ** (1 / 3), 0.9 ** (1 / 3)], abs=0.02
    )


@given(
    distances=st.lists(st.floats(0, 1e3), min_size=6, max_size=6),
    frames=st.lists(st.integers(1, 999), min_size=2, max_size=2, unique=True),
)
@example(distances=[5e-324] * 6, frames=[1, 2])
@example(distances=[0.0, 1e3, 0.0, 0.0, 1e3, 0.0], frames=[1, 2])
def test_any_pace_rises_and_keeps_the_prompts(distances: list[float], frames: list[int]) -> None:
    inner = [frame / 1000 for frame in sorted(frames)]
    pace = even_pace([0, *inner, 1, *(1 + place for place in inner), 2], distances)
    shown = [pace(position) for position in np.linspace(0, 2, 65)]
    assert (shown[0], shown[32], shown[64]) == (0, 1, 2)
    assert all(earlier < later for earlier, later in pairwise(shown))


@pytest.mark.parametrize("settings", [{}, {"inbetween": "crossfade"}], ids=str)
def test_frames_are_more_evenly_apart_and_prompts_keep_theirs(
    model: TextToImage, settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path is made one that hardly moves at first."""
    monkeypatch.setattr(latent_path, "slerp", lambda start, end, mix: slerp(start, end, mix**4))
    settings = {"cadence": 2} | settings
    linear = list(create(model, timeline(33), **settings))
    even = list(create(model, timeline(33), pacing="even", **settings))
    before, after = steps_between(linear), steps_between(even)
    assert after.std() / after.mean() < 0.5 * before.std() / before.mean()
    assert after.min() > 0
    for time in (0, 16, 32):
        assert np.abs(even[time].astype(int) - linear[time]).max() <= 1


def test_a_hold_still_rests(model: TextToImage) -> None:
    clip = timeline(33, hold=0.5)
    frames = list(create(model, clip, cadence=2, pacing="even"))
    assert all(np.array_equal(frames[0], frames[time]) for time in range(1, 9))
    assert not np.array_equal(frames[8], frames[10])


@pytest.mark.parametrize("first", [0, 5])
def test_a_loop_is_even_across_its_ends(model: TextToImage, first: int) -> None:
    clip = timeline(36, loop=True, first=first)
    frames = list(create(model, clip, cadence=2, pacing="even"))
    apart = steps_between([*frames, frames[0]])
    assert apart[-1] == pytest.approx(np.median(apart), rel=0.8)
    linear = list(create(model, clip, cadence=2))
    assert np.abs(frames[first].astype(int) - linear[first]).max() <= 1


def test_in_a_loop_what_is_before_the_first_prompt_comes_from_the_last(model: TextToImage) -> None:
    every, some = (
        list(create(model, timeline(36, loop=True, first=5), cadence=cadence)) for cadence in (1, 3)
    )
    changed = np.abs(every[0].astype(int) - every[5]).mean()
    assert np.abs(every[2].astype(int) - some[2]).mean() < 0.5 * changed


def test_keys_surround_every_frame(model: TextToImage) -> None:
    source = create(model, timeline(36, loop=True), cadence=4)
    keys = Keys.of(source.path, source.key_times)
    assert keys.times[0] == keys.times[-1] == 0
    for time in range(36):
        before, after, share = keys.around(source.path.position(time))
        assert 0 <= share < 1
        assert before <= time
        assert after >= time or after == 0


@pytest.mark.parametrize(
    ("asked", "other"),
    [
        ({"pacing": "even"}, {"zoom": "1.1"}),
        ({"pacing": "even"}, {"init_video": Path("a.mp4")}),
        ({"cadence": "auto"}, {"zoom": "1.1"}),
        ({"cadence": "auto"}, {"init_video": Path("a.mp4")}),
        ({"cadence": "auto"}, {"last_image": Path("a.png")}),
    ],
    ids=str,
)
def test_other_clips_have_no_free_pace(asked: dict[str, object], other: dict[str, object]) -> None:
    settings = GenerateSettings.of(prompts=parse_prompts(["a cat"]), output=Path("x.mp4"), **asked, **other)
    with pytest.raises(UsageError, match="drop it or"):
        check_settings(settings)
