"""Parsers and the media reader against input that nobody wrote by hand: understood, or refused."""

import json
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import yaml
from fuzz import TARGETS, attempt, mutated, seeds
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.timeline.prompts import TimedPrompt, parse_prompts, place_prompts
from framesmooth.timeline.schedule import Schedule
from framesmooth.timeline.timeline import EASINGS, Keyframe, Timeline

CORPUS = sorted(path for path in (Path(__file__).parent / "corpus").iterdir() if path.is_file())


@contextmanager
def seconds(limit: int) -> Iterator[None]:
    """Fail when the block takes longer: a hang is a finding as much as a crash."""

    def late(_signal: int, _frame: FrameType | None) -> None:
        raise AssertionError(f"took more than {limit} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_inputs_that_once_failed(path: Path, tmp_path: Path) -> None:
    with seconds(10):
        attempt(path.name.split("-")[0], path.read_bytes(), tmp_path)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        *[("schedule", 200), ("prompts", 100), ("story", 150), ("jobs", 60), ("record", 200)],
        *[("stage", 100), ("media", 60)],
    ],
)
def test_mutations_of_whole_inputs(name: str, count: int, tmp_path: Path) -> None:
    dice, pool = random.Random(1), seeds(name, tmp_path)
    for data in pool:
        refused = name in ("prompts", "story", "jobs")  # all but one of the forms that are tried
        attempt(name, data, tmp_path) if refused else TARGETS[name](data, tmp_path)
    for _ in range(count):
        data = mutated(dice.choice(pool), pool, dice)
        with seconds(10):
            attempt(name, data, tmp_path)


numbers = st.integers(-999, 999).map(str) | st.floats(-1e3, 1e3).map(repr)
variables = st.sampled_from(["t", "s", "max_f", "fps", "pi", "e"])
expressions = st.recursive(
    numbers | variables,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/%"), inner).map(lambda parts: f"({''.join(parts)})"),
        st.tuples(st.sampled_from(["sin", "abs", "floor", "exp", "sqrt"]), inner).map(
            lambda p: f"{p[0]}({p[1]})"
        ),
        st.tuples(inner, inner, inner).map(lambda parts: f"where({parts[0]} > {parts[1]}, {parts[2]}, 1)"),
        st.tuples(inner, inner).map(lambda parts: f"max({parts[0]}, {parts[1]})"),
    ),
    max_leaves=8,
)
keys = st.one_of(st.integers(-12, 30).map(str), st.sampled_from(["+3", "max_f/2", "max_f", "2 hold"]))
schedules = st.lists(st.tuples(keys, expressions), min_size=1, max_size=4).map(
    lambda entries: ", ".join(f"{key}:({value})" for key, value in entries)
)


@given(st.one_of(schedules, expressions, st.text(max_size=60)), st.integers(1, 30))
def test_a_schedule_is_finite_everywhere_or_refused(text: str, num_frames: int) -> None:
    try:
        values = Schedule.parse(text, num_frames).values(num_frames)
    except UsageError:
        return
    assert len(values) == num_frames
    assert all(isfinite(value) for value in values)


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.floats(-5, 5)), min_size=1, max_size=6, unique_by=lambda k: k[0]
    )
)
def test_between_its_keys_a_schedule_stays_between_their_values(entries: list[tuple[int, float]]) -> None:
    schedule = Schedule.parse(", ".join(f"{frame}:({value!r})" for frame, value in entries), 41)
    for frame, value in entries:
        assert schedule(frame) == value
    lowest, highest = (pick(value for _, value in entries) for pick in (min, max))
    slack = 1e-12 * max(1.0, highest - lowest)
    assert all(lowest - slack <= value <= highest + slack for value in schedule.values(41))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
prompt_like = st.one_of(
    st.lists(st.one_of(st.text(max_size=12), anything)),
    st.dictionaries(
        st.one_of(st.integers(-9, 99).map(str), st.text(max_size=4)),
        st.one_of(
            st.text(max_size=12),
            st.fixed_dictionaries(
                {"prompt": st.text(max_size=12)},
                optional={"seed": anything, "negative": anything, "time": anything},
            ),
            anything,
        ),
    ),
    anything,
)


@given(prompt_like)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_prompt_file_is_read_or_refused(tmp_path: Path, content: Any) -> None:
    texts = {"a.json": json.dumps(content), "a.yaml": yaml.safe_dump(content, allow_unicode=True)}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            prompts = parse_prompts([str(tmp_path / name)])
        except UsageError:
            continue
        assert all(prompt.prompt.strip() == prompt.prompt != "" for prompt in prompts)


words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9)


@given(
    st.dictionaries(st.integers(-500, 500), st.tuples(words, words, st.integers(-1, 2**32 - 1)), min_size=1)
)
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_prompt_files_of_both_kinds_say_the_same(
    tmp_path: Path, content: dict[int, tuple[str, str, int]]
) -> None:
    plain = {
        str(time): {"prompt": prompt, "negative": negative, "seed": seed}
        for time, (prompt, negative, seed) in content.items()
    }
    read = []
    for name, text in (("a.json", json.dumps(plain)), ("a.yaml", yaml.safe_dump(plain, allow_unicode=True))):
        (tmp_path / name).write_text(text, encoding="utf-8")
        read.append(parse_prompts([str(tmp_path / name)]))
    assert read[0] == read[1]
    assert {prompt.time: (prompt.prompt, prompt.negative, prompt.seed) for prompt in read[0]} == content


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=6, unique=True),
    st.integers(61, 90),
    st.sampled_from(sorted(EASINGS)),
    st.floats(0, 0.99),
)
def test_a_timeline_only_goes_forwards(times: list[int], num_frames: int, easing: str, hold: float) -> None:
    keyframes = tuple(Keyframe(time, f"prompt {time}", 0) for time in sorted(times))
    timeline = Timeline(keyframes, num_frames, easing, hold)
    positions = [start + mix for start, _, mix in map(timeline.at, range(num_frames))]
    assert positions == sorted(positions)
    assert positions[-1] == len(times) - 1
    for index, key in enumerate(keyframes):
        assert timeline.at(key.time)[::2] == (index, 0.0)


@given(st.integers(1, 40), st.integers(1, 200))
def test_prompts_without_times_spread_evenly(count: int, num_frames: int) -> None:
    prompts = [TimedPrompt(f"prompt {index}") for index in range(count)]
    if count > num_frames:
        with pytest.raises(UsageError, match="don't fit"):
            place_prompts(prompts, num_frames)
        return
    times = place_prompts(prompts, num_frames)
    assert times[0] == 0
    assert len(times) == 1 or times[-1] == num_frames - 1
    gaps = {Fraction(later - earlier) for earlier, later in pairwise(times)}
    assert not gaps or max(gaps) - min(gaps) <= 1
    assert min(gaps, default=Fraction(1)) >= 1
