"""Keyframes in time, easing, and the ways to write prompts."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.timeline.prompts import TimedPrompt, parse_prompts, place_prompts
from framesmooth.timeline.timeline import EASINGS, Keyframe, Timeline


def timeline(*times: int, num_frames: int = 101, easing: str = "linear", hold: float = 0.0) -> Timeline:
    return Timeline(tuple(Keyframe(time, f"p{time}", 0) for time in times), num_frames, easing, hold)


def test_between_before_and_after_the_keyframes() -> None:
    line = timeline(10, 20, 60)
    assert line.at(0) == (0, 0, 0.0)
    assert line.at(10) == (0, 1, 0.0)
    assert line.at(15) == (0, 1, 0.5)
    assert line.at(20) == (1, 2, 0.0)
    assert line.at(30) == (1, 2, 0.25)
    assert line.at(60) == (2, 2, 0.0)
    assert line.at(100) == (2, 2, 0.0)


def test_hold_rests_at_the_start_of_each_segment() -> None:
    line = timeline(0, 100, hold=0.5)
    assert [line.at(time)[2] for time in (0, 25, 50, 75)] == [0, 0, 0, 0.5]


def test_a_jump_is_half_a_segment_to_another_prompt_from_one_frame_to_the_next() -> None:
    assert timeline(0, 50, 100).jumps == frozenset()
    assert timeline(0, 50, 51, 100).jumps == {51}
    assert timeline(0, 100, hold=0.99).jumps == {100}
    same = Timeline((Keyframe(0, "a cat", 1), Keyframe(1, "a cat", 2)), 2)
    assert same.jumps == frozenset()


@pytest.mark.parametrize("easing", EASINGS)
def test_easings_are_monotonic_from_0_to_1(easing: str) -> None:
    values = [EASINGS[easing](step / 100) for step in range(101)]
    assert values[0] == pytest.approx(0)
    assert values[-1] == pytest.approx(1)
    assert values == sorted(values)


@pytest.mark.parametrize("easing", ["linear", "smooth", "cosine", "ease-in-out"])
def test_symmetric_easings(easing: str) -> None:
    ease = EASINGS[easing]
    assert all(ease(x / 10) + ease(1 - x / 10) == pytest.approx(1) for x in range(11))


@given(
    st.lists(st.integers(0, 100), min_size=1, max_size=8, unique=True).map(sorted),
    st.sampled_from(list(EASINGS)),
    st.floats(0, 0.99),
)
def test_at_moves_forward_and_stays_in_range(times: list[int], easing: str, hold: float) -> None:
    line = timeline(*times, easing=easing, hold=hold)
    places = [line.at(time) for time in range(101)]
    assert [place[0] + place[2] for place in places] == sorted(place[0] + place[2] for place in places)
    for time, (start, end, mix) in enumerate(places):
        within = times[0] <= time < times[-1]
        assert (end - start, time < times[start]) == (int(within), time < times[0])
        assert 0 <= mix <= 1
        if time in times:
            assert (start, mix) == (times.index(time), 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"times": ()}, "at least one keyframe"),
        ({"times": (0, 101)}, "outside the clip"),
        ({"times": (5, 5)}, "put them in order"),
        ({"times": (0,), "easing": "bouncy"}, "unknown easing"),
        ({"times": (0,), "hold": 1.0}, "hold 1.0"),
    ],
)
def test_timelines_that_make_no_sense(arguments: dict[str, object], message: str) -> None:
    times = arguments.pop("times")
    assert isinstance(times, tuple)
    with pytest.raises(UsageError, match=message):
        timeline(*times, **arguments)  # type: ignore[arg-type]


def test_prompts_are_spread_from_the_first_frame_to_the_last() -> None:
    assert place_prompts([TimedPrompt("a")], 24) == (0,)
    assert place_prompts([TimedPrompt("a"), TimedPrompt("b")], 24) == (0, 23)
    assert place_prompts([TimedPrompt("a"), TimedPrompt("b"), TimedPrompt("c")], 24) == (0, 12, 23)
    assert place_prompts([TimedPrompt("a", -1), TimedPrompt("b", 3)], 24) == (23, 3)


@given(st.integers(1, 20), st.integers(0, 500))
def test_spread_prompts_are_in_order_and_inside(count: int, more: int) -> None:
    placed = place_prompts([TimedPrompt(str(index)) for index in range(count)], count + more)
    assert placed[0] == 0
    assert len(set(placed)) == count
    assert list(placed) == sorted(placed)
    assert count == 1 or placed[-1] == count + more - 1


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ([], "at least one prompt"),
        ([TimedPrompt("a", 0), TimedPrompt("b")], "only some prompts have a time"),
        ([TimedPrompt("a", 24)], "frame 24 is outside"),
        ([TimedPrompt("a", -25)], "frame -25 is outside"),
        ([TimedPrompt("a")] * 25, "don't fit in 24 frames"),
    ],
)
def test_prompts_that_cannot_be_placed(prompts: list[TimedPrompt], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        place_prompts(prompts, 24)


def test_prompts_on_the_command_line() -> None:
    assert parse_prompts(["a cat", "a lion --neg people, text"]) == (
        TimedPrompt("a cat"),
        TimedPrompt("a lion", negative="people, text"),
    )
    assert parse_prompts(["30: a lion: close | 0: a cat --neg fog | -1: sea"]) == (
        TimedPrompt("a cat", 0, "fog"),
        TimedPrompt("a lion: close", 30),
        TimedPrompt("sea", -1),
    )
    assert parse_prompts(["a screen with prompts.json"]) == (TimedPrompt("a screen with prompts.json"),)
    assert parse_prompts(["a --negative thing"]) == (TimedPrompt("a --negative thing"),)


CONTENT = {"30": {"prompt": "a lion", "negative": "people", "seed": 7}, "0": "a cat --neg fog"}
EXPECTED = (TimedPrompt("a cat", 0, "fog"), TimedPrompt("a lion", 30, "people", 7))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("p.json", json.dumps(CONTENT), EXPECTED),
        ("p.yaml", "0: a cat --neg fog\n30: {prompt: a lion, negative: people, seed: 7}\n", EXPECTED),
        ("p.yml", "- a cat\n- no\n", (TimedPrompt("a cat"), TimedPrompt("no"))),
        ("list.yaml", "- a cat\n- prompt: a lion\n  negative: people\n",
         (TimedPrompt("a cat"), TimedPrompt("a lion", None, "people"))),
        ("my prompts.yaml", "- a cat\n", (TimedPrompt("a cat"),)),
        ("null.json", '[{"prompt": "a cat --neg fog", "negative": null, "seed": null}]',
         (TimedPrompt("a cat", None, "fog"),)),
    ],
)  # fmt: skip
def test_prompt_files(tmp_path: Path, name: str, text: str, expected: tuple[TimedPrompt, ...]) -> None:
    (tmp_path / name).write_text(text)
    assert parse_prompts([str(tmp_path / name)]) == expected


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.json", "{", r"p\.json, line 1, column 2"),
        ("p.yaml", "a: [", r"p\.yaml is no YAML"),
        ("p.yaml", "1:3: a cat", "no frame number"),
        ("p.yaml", "3", "holds no prompts"),
        ("p.yaml", "", "holds no prompts"),
        ("p.yaml", "0: {promt: a cat}", "is no prompt"),
        ("p.yaml", "0: {prompt: a cat, sead: 3}", "did you mean seed"),
        ("p.yaml", "0: {prompt: a cat, seed: yes}", "whole number"),
        ("p.json", '{"0": {"prompt": "a cat", "negative": ["fog"]}}', r"negative is \['fog'\]"),
        ("p.json", '{"0": {"prompt": "a cat", "negative": 3}}', "negative is 3"),
    ],
)
def test_prompt_files_that_cannot_be_read(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=message) as caught:
        parse_prompts([str(tmp_path / name)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a prompt is empty"),
        ("--neg people", "a prompt is empty"),
        ("0: a cat | 30:", "empty at frame 30"),
        ("0: a cat | a lion", "has no time"),
        ("0: a cat | 0: a lion", "two prompts at frame 0"),
        ("a --neg b --neg c", "--neg twice"),
        ("missing.yaml", "cannot read the prompt file"),
    ],
)
def test_prompts_that_make_no_sense(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_prompts([text])


def test_a_loop_travels_from_the_last_keyframe_to_the_first() -> None:
    line = Timeline(timeline(10, 60).keyframes, 100, loop=True)
    assert line.at(60) == (1, 0, 0.0)
    assert line.at(85) == (1, 0, 0.5)
    assert line.at(0) == (1, 0, 0.8)
    assert line.at(9)[2] == pytest.approx(0.98)
    assert line.at(10) == (0, 1, 0.0)
    assert Timeline(timeline(0).keyframes, 100, loop=True).at(50) == (0, 0, 0.0)


@pytest.mark.parametrize(("count", "times"), [(1, (0,)), (2, (0, 48)), (3, (0, 32, 64))])
def test_a_loop_leaves_room_for_the_way_back(count: int, times: tuple[int, ...]) -> None:
    assert place_prompts([TimedPrompt("p")] * count, 96, loop=True) == times
