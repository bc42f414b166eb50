"""The frames of a film, against known frames of its shots."""

from collections.abc import Iterator

import numpy as np
import pytest

from framesmooth.errors import MediaError
from framesmooth.frames import Frame
from framesmooth.story.blends import dissolve, film_frames, toward, wipe
from framesmooth.story.edit import Edit, Placed, plan_edit
from tests.story.stories import shots


def numbered(placed: Placed) -> list[Frame]:
    """Return frames that show their shot in red and their number, from the cut on, in green."""
    made = []
    for index in range(placed.generated):
        frame = np.zeros((4, 6, 3), np.uint8)
        frame[..., 0], frame[..., 1] = 40 * placed.shot.number, 100 + index - placed.head
        made.append(frame)
    return made


def no_morph(_placed: Placed) -> Iterator[Frame]:
    raise AssertionError("there is no morph")


def film(edit: Edit) -> list[Frame]:
    return list(film_frames(edit, numbered, no_morph))


def test_cuts_show_every_frame_of_every_shot() -> None:
    edit = plan_edit(shots({"duration": 1}, {"duration": 0.5}, fps=8, handles=0.5))
    seen = [(int(frame[0, 0, 0]), int(frame[0, 0, 1]) - 100) for frame in film(edit)]
    assert seen == [(40, t) for t in range(8)] + [(80, t) for t in range(4)]


def test_a_dissolve_mixes_the_frames_at_the_same_time() -> None:
    edit = plan_edit(shots({}, {"transition": "dissolve 0.5"}, duration=1, fps=8))
    made = film(edit)
    assert len(made) == 16
    for k, t in enumerate(range(6, 10), start=1):  # film frames 6 to 9, the cut at 8
        share = k / 5
        assert made[t][0, 0, 0] == pytest.approx(40 * (1 - share) + 80 * share, abs=0.51)
        assert made[t][0, 0, 1] == pytest.approx(100 + t * (1 - share) + (t - 8) * share, abs=0.51)
    assert made[5][0, 0].tolist() == [40, 105, 0]
    assert made[10][0, 0].tolist() == [80, 102, 0]


def test_a_match_leaves_out_the_frame_that_both_shots_have() -> None:
    edit = plan_edit(shots({}, {"transition": "match"}, duration=1, fps=4))
    assert [int(frame[0, 0, 1]) - 100 for frame in film(edit)] == [0, 1, 2, 3, 0, 1, 2, 3]


def test_fades_reach_their_colour_at_the_cut() -> None:
    edit = plan_edit(shots({}, {"transition": "fade white 0.5"}, duration=1, fps=8, end="fade black 0.5"))
    made = film(edit)
    assert (made[7] == 255).all()
    assert (made[8] == 255).all()
    assert (made[15] == 0).all()
    assert made[4][0, 0, 2] == round(255 / 4)
    assert made[3][0, 0].tolist() == [40, 103, 0]


def test_a_morph_stands_in_the_place_of_both_shots() -> None:
    edit = plan_edit(shots({}, {"transition": "morph 0.5"}, duration=1, fps=8))
    bridge = [np.full((4, 6, 3), 200 + n, np.uint8) for n in range(4)]
    made = list(film_frames(edit, numbered, lambda _placed: bridge))
    assert [int(frame[0, 0, 2]) for frame in made[6:10]] == [200, 201, 202, 203]
    assert made[5][0, 0, 1] == 105
    assert made[10][0, 0].tolist() == [80, 102, 0]


@pytest.mark.parametrize("name", ["circleopen", "slideleft", "fadewhite"])
def test_a_transition_of_ffmpeg_takes_as_many_frames(name: str) -> None:
    edit = plan_edit(shots({}, {"transition": f"{name} 0.5"}, duration=1, fps=8))
    made = film(edit)
    assert len(made) == 16
    assert made[5][0, 0].tolist() == [40, 105, 0]
    assert made[10][0, 0].tolist() == [80, 102, 0]


@pytest.mark.parametrize(("way", "axis", "reverse"), [("right", 1, False), ("left", 1, True),
                                                      ("down", 0, False), ("up", 0, True)])  # fmt: skip
def test_the_edge_of_a_wipe_moves_where_it_is_told(way: str, axis: int, reverse: bool) -> None:
    old, new = np.zeros((40, 40, 3), np.uint8), np.full((40, 40, 3), 240, np.uint8)
    line = wipe(old, new, 0.25, way)[..., 0].mean(axis=1 - axis)
    line = line[::-1] if reverse else line
    assert line[:9].min() == 240
    assert line[11:].max() == 0
    assert wipe(old, new, 0, way).max() == 0
    assert wipe(old, new, 1, way).min() == 240


def test_mixing_is_exact_at_both_ends() -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 256, (5, 7, 3), np.uint8) for _ in range(2))
    assert np.array_equal(dissolve(a, b, 0), a)
    assert np.array_equal(dissolve(a, b, 1), b)
    assert np.array_equal(toward(a, (1, 2, 3), 1), a)
    assert (toward(a, (1, 2, 3), 0) == (1, 2, 3)).all()


def test_a_shot_that_lacks_frames_is_told() -> None:
    edit = plan_edit(shots({"duration": 1}, fps=8))
    with pytest.raises(MediaError, match="shot 1 has 3 frames less"):
        list(film_frames(edit, lambda placed: numbered(placed)[:5], no_morph))
