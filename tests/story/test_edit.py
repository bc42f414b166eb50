"""The edit is exact to a frame: shots from cut to cut, transitions centred, handles where they are needed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.story.edit import frames_of, plan_edit
from tests.story.stories import shots


def test_a_dissolve_is_centred_at_its_cut() -> None:
    first, second = plan_edit(
        shots({"duration": 2}, {"duration": 3, "transition": "dissolve 0.5"}, fps=10)
    ).placed
    assert (first.start, first.length, first.tail) == (0, 20, 3)
    assert (second.start, second.length, second.head) == (20, 30, 2)
    assert (second.before, second.after) == (2, 3)
    assert (first.generated, second.generated) == (23, 32)


def test_fades_need_no_handles() -> None:
    edit = plan_edit(
        shots(
            {"duration": 1, "transition": "fade black 0.2"},
            {"duration": 1, "transition": "dip white 0.4"},
            {"duration": 1, "transition": "fade to red 0.3"},
            end="fade black 0.5",
            fps=10,
        )
    )
    assert [(p.fade_in, p.fade_out, p.generated) for p in edit.placed] == [(2, 2, 10), (2, 3, 10), (0, 5, 10)]
    assert [p.color_out for p in edit.placed] == [(255, 255, 255), (255, 0, 0), (0, 0, 0)]


def test_a_match_starts_a_frame_early_and_a_morph_needs_no_handles() -> None:
    edit = plan_edit(
        shots({}, {"transition": "match"}, {"transition": "morph 0.5"}, duration=1, fps=8, handles=0.25)
    )
    assert [(p.head, p.tail) for p in edit.placed] == [(0, 2), (1, 2), (2, 0)]
    assert (edit.placed[2].before, edit.placed[2].after) == (2, 2)


def test_a_shot_lasts_as_long_as_its_words() -> None:
    film = shots({"duration": 1}, {"duration": 2}, fps=12)
    edit = plan_edit(film, [Fraction(3, 2) + Fraction(1, 1000), Fraction(0)])
    assert [placed.length for placed in edit.placed] == [19, 24]


@pytest.mark.parametrize(
    ("given_shots", "line_of"),
    [
        ([{"duration": 1}, {"duration": 0.3, "transition": "dissolve 1"}], "shots[2].transition"),
        ([{"duration": 0.5}, {"duration": 4, "transition": "fade black 1"}], "shots[2].transition"),
        ([{"duration": 0.01}], "shots[1].duration"),
    ],
)
def test_shots_that_are_too_short_are_refused(given_shots: list[dict], line_of: str) -> None:
    with pytest.raises(UsageError) as error:
        plan_edit(shots(*given_shots, fps=12))
    assert line_of in str(error.value)


transitions = st.sampled_from(
    ["cut", "match", "dissolve 0.5", "wipe left 0.4", "fade black 0.3", "dip 0.2", "morph 0.5", "radial 0.3"]
)


@given(
    st.lists(st.tuples(st.integers(100, 900), transitions), min_size=1, max_size=8),
    st.sampled_from(["8", "12", "24", "24000/1001", "30"]),
)
def test_lengths_and_starts_are_exact(given_shots: list[tuple[int, str]], fps: str) -> None:
    listed = [
        {"duration": hundredths / 100} | ({"transition": transition} if index else {})
        for index, (hundredths, transition) in enumerate(given_shots)
    ]
    edit = plan_edit(shots(*listed, fps=fps))
    assert edit.num_frames == sum(placed.length for placed in edit.placed)
    for placed, (hundredths, _) in zip(edit.placed, given_shots, strict=True):
        assert abs(Fraction(hundredths, 100) * edit.fps - placed.length) <= Fraction(1, 2)
        assert placed.length == frames_of(placed.shot.duration, edit.fps)
    for one, following in zip(edit.placed, edit.placed[1:], strict=False):
        assert following.start == one.end
        if following.transition.kind not in ("morph", "match"):
            assert one.tail >= following.after
            assert following.head >= following.before
