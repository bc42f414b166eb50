"""Aspect ratios as people write them, and sizes in them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.errors import UsageError
from framesmooth.models.aspect import parse_aspect, size_in


@pytest.mark.parametrize(
    ("text", "aspect"),
    [("9:16", "9/16"), ("16/9", "16/9"), ("2.39:1", "239/100"), ("1.85", "37/20"), ("4x3", "4/3")],
)
def test_what_people_write_is_read(text: str, aspect: str) -> None:
    assert parse_aspect(text) == Fraction(aspect)


@pytest.mark.parametrize("text", ["", "wide", "0:1", "1:0", "-1:2", "1:9", "100:1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="aspect"):
        parse_aspect(text)


@given(
    st.fractions(Fraction(1, 8), 8),
    st.sampled_from([(256, 256), (512, 512), (768, 1360)]),
    st.sampled_from([8, 16]),
)
def test_sizes_have_the_area_of_the_model(aspect: Fraction, native: tuple[int, int], multiple: int) -> None:
    height, width = size_in(aspect, native, multiple)
    assert height % multiple == width % multiple == 0
    assert height * width == pytest.approx(native[0] * native[1], rel=0.12)
    assert width / height == pytest.approx(float(aspect), rel=0.12)
