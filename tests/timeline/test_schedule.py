"""The schedule grammar: known values, properties, and errors that point at the column."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.timeline.schedule import Schedule

FINITE = st.floats(-1000, 1000, allow_nan=False).map(lambda value: round(value, 4))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.65", {0: 0.65, 99: 0.65}),
        (0.65, {5: 0.65}),
        ("0:(1.0), 30:(1.5)", {0: 1.0, 15: 1.25, 30: 1.5, 99: 1.5}),
        ("10:(1), 20:(2)", {0: 1, 10: 1, 15: 1.5, 20: 2}),
        ("0: 1e-3, 10: 2E+1", {0: 0.001, 10: 20}),
        ("0:(1), 10:(2),", {10: 2}),
        ("30:(3), 0:(0)", {0: 0, 10: 1}),
        ("where(t>5, 1, 0.5)", {5: 0.5, 6: 1}),
        ("0:(max(1, min(t, 3))), 10:(7)", {0: 1, 2: 2, 9: 3, 10: 7}),
        ("0:(5), -1:(0)", {0: 5, 99: 0}),
        ("0:(1), +10:(2), +10:(4)", {10: 2, 15: 3, 20: 4}),
        ("0 hold:(1), 10:(2)", {0: 1, 9: 1, 10: 2}),
        ("0:(0), max_f:(99)", {50: 50, 99: 99}),
        ("0:(sin(2*pi*t/fps))", {0: 0, 3: 1, 6: 0, 9: -1}),
        ("0:(s), 10:(s+1)", {0: 7, 10: 8}),
        ("0:(2**3 + abs(-1))", {0: 9}),
        ("where(t>0, 1/t, 0)", {0: 0, 4: 0.25}),
        ("0:(where(t<50 and not t==3, 1, where(t==3, 2, 3)))", {0: 1, 3: 2, 60: 3}),
        ("'0': (1), \"max_f-9\": (2)", {0: 1, 90: 2}),
        ("0:\n (1),\n 10:\n (2)", {5: 1.5}),
        ("0:(2*1), 71:(-2*1)", {0: 2, 36: 2 - 4 * 36 / 71, 71: -2}),
        ("0:(arcsin(t/99) + log10(100) + round(2.4) + hypot(3, 4))", {0: 9}),
        ("0:(where((t>5) & (t<9) | (t>50), 1, 2))", {5: 2, 6: 1, 9: 2, 60: 1}),
    ],
)
def test_known_values(text: str | float, expected: dict[int, float]) -> None:
    schedule = Schedule.parse(text, 100, Fraction(12), seed=7)
    assert {frame: schedule(frame) for frame in expected} == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "missing"),
        ("0:(1), 30 (2)", 8, "expected 'frame: value'"),
        ("0:(1", 3, "unmatched '('"),
        ("0:(1))", 6, "unmatched ')'"),
        ("0:(1), 30:()", 11, "missing"),
        ("0:(1), 30:", 11, "missing"),
        ("0:(1),, 2:(1)", 7, "expected"),
        ("0:(1), 5:(foo(2))", 11, "unknown function 'foo'"),
        ("0:(1), 5:(2 + foo)", 15, "unknown variable 'foo'"),
        ("0:(1), 0:(2)", 8, "has a value already"),
        ("0:(1), 2.5:(2)", 8, "whole numbers"),
        ("0:(1), 5-9:(2)", 8, "'5 hold: 1'"),
        ("0:(1), 5..9:(2)", 8, "'5 hold: 1'"),
        ("0:(1), [5–9]:(2)", 8, "'5 hold: 1'"),
        ("0:(1); 20:(2)", 6, "a comma is missing"),
        ("0:(1) 20:(2)", 6, "a comma is missing"),
        ("0:1 20 hold: 2", 4, "a comma is missing"),
        ("0:(arcsine(2))", 4, "did you mean arcsin?"),
        ("0:(t & 1.5)", 3, "& and | combine conditions"),
        ("0:(1), -200:(2)", 8, "before the start"),
        ("0:(1), t:(2)", 8, "t"),
        ("0:(1/0)", 3, "division"),
        ("0:(9**9**9)", 3, "9**9**9"),
        ("0:(1), 9:(1 2)", 11, "cannot read"),
        ("0:('a')", 4, "'a'"),
        ("0:(__import__('os'))", 4, "__import__"),
        ("0:(9^2)", 4, "write ** for a power"),
        ("0:(2**3000000)", 3, "range"),
        ("0:(t is 1)", 4, "Is is no"),
        ("0:(max(*t))", 8, "only numbers"),
        ("0:(1<<99)", 4, "no arithmetic"),
        ("0:(f'{t}')", 4, "only numbers"),
        ("0:(where(t, 1))", 4, "three values"),
        ("0:(1), " + "-" * 3000 + "1:(2)", 8, "nested too deeply"),
        ("9" * 5000, 1, "cannot read"),
        ("0:((1).__class__)", 4, "only numbers"),
        ("0:(1e999)", 3, "inf"),
    ],
)
def test_errors_name_the_column(text: str, column: int, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Schedule.parse(text, 100)
    assert f"column {column}:" in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_an_expression_that_fails_later_says_so() -> None:
    schedule = Schedule.parse("0:(1/(t-5))", 10)
    assert schedule(4) == -1
    with pytest.raises(UsageError, match=r"column 3: .* at frame 5"):
        schedule(5)


@given(st.lists(st.tuples(st.integers(0, 500), FINITE), min_size=1, unique_by=lambda key: key[0]))
def test_numbers_are_interpolated_linearly(keys: list[tuple[int, float]]) -> None:
    text = ", ".join(f"{frame}:({value:.4f})" for frame, value in keys)
    schedule = Schedule.parse(text, 501)
    ordered = sorted(keys)
    assert [schedule(frame) for frame, _ in ordered] == pytest.approx([value for _, value in ordered])
    for (start, low), (end, high) in pairwise(ordered):
        middle = (start + end) / 2
        assert schedule(middle) == pytest.approx((low + high) / 2, abs=1e-6)
    assert schedule(-1) == pytest.approx(ordered[0][1])
    assert schedule(1000) == pytest.approx(ordered[-1][1])


@given(st.text(alphabet="0123456789:(),.+-*/ tsholdminax", max_size=30))
def test_any_text_is_a_schedule_or_a_usage_error(text: str) -> None:
    try:
        values = Schedule.parse(text, 50).values(50)
    except UsageError:
        return
    assert len(values) == 50
