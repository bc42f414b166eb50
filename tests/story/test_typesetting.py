"""Text on frames: within the safe area, readable on any ground, from right to left, missing glyphs told."""

import numpy as np
import pytest

from framesmooth.story.typesetting import MARGIN, Layer, SetText, is_right_to_left, set_text

SIZE = 180, 320


def typeset(text: str, **how: object) -> SetText:
    made = set_text(text, SIZE, **({"position": "center", "share": 0.1} | how))  # type: ignore[arg-type]
    assert made is not None
    return made


def layer(text: str, **how: object) -> Layer:
    return typeset(text, **how).layer()


def box(made: Layer) -> tuple[int, int, int, int]:
    rows, columns = np.nonzero(made.alpha[..., 0] > 0.05)
    return (
        made.top + rows.min(), made.top + rows.max(), made.left + columns.min(), made.left + columns.max()
    )  # fmt: skip


@pytest.mark.parametrize("position", ["top", "center", "bottom"])
@pytest.mark.parametrize("text", ["Dawn", "The sea at dawn, when nobody has yet gone out", "W" * 40])
def test_text_stays_within_the_safe_area(position: str, text: str) -> None:
    top, bottom, left, right = box(layer(text, position=position))
    assert top >= MARGIN * SIZE[0] - 1
    assert bottom <= (1 - MARGIN) * SIZE[0]
    assert left >= MARGIN * SIZE[1] - 1
    assert right <= (1 - MARGIN) * SIZE[1]
    assert abs((left + right) / 2 - SIZE[1] / 2) < 4, "centred"


def test_positions_are_in_their_order() -> None:
    tops = [box(layer("Dawn", position=position))[0] for position in ("top", "center", "bottom")]
    assert tops == sorted(tops)
    assert box(layer("Dawn", position="bottom", lift=30))[0] == tops[2] - 30


@pytest.mark.parametrize("ground", [0, 128, 255])
@pytest.mark.parametrize("color", [(255, 255, 255), (10, 10, 40)])
def test_text_is_seen_on_any_ground(ground: int, color: tuple[int, int, int]) -> None:
    frame = np.full((*SIZE, 3), ground, np.uint8)
    changed = np.abs(layer("Dawn", color=color).on(frame).astype(int) - ground).max(axis=2)
    assert (changed > 100).sum() > 100
    assert np.array_equal(layer("Dawn").on(frame, 0.0), frame)


def test_opacity_is_linear_and_the_frame_is_kept() -> None:
    frame = np.full((*SIZE, 3), 60, np.uint8)
    whole, half = (layer("Dawn").on(frame, share).astype(int) for share in (1.0, 0.5))
    assert np.abs((whole - 60) / 2 - (half - 60)).max() <= 1
    assert (frame == 60).all()


def test_right_to_left_text_is_shaped_and_ordered() -> None:
    """The first letter of a Hebrew word is at its right: a wide one first makes the right half heavier."""
    assert is_right_to_left("שלום")
    assert is_right_to_left("123 مرحبا")
    assert not is_right_to_left("hello שלום")
    ink = layer("ש....", share=0.2).alpha[..., 0].sum(axis=0)
    columns = np.nonzero(ink)[0]
    middle = (columns.min() + columns.max()) // 2
    assert ink[middle:].sum() > 2 * ink[:middle].sum()
    joined, apart = (np.count_nonzero(layer(text).alpha) for text in ("سلام", "س ل ا م"))
    assert joined != apart, "Arabic letters join"


def test_characters_that_no_font_has_are_told_and_boxed() -> None:
    made = typeset("a \U000f0000\U000f0001 b")
    assert made.missing == "\U000f0000\U000f0001"
    assert made.lines == ("a ▯▯ b",)
    assert typeset("Dawn é ß Ω Ж").missing == ""


def test_long_text_gets_smaller_and_what_does_not_fit_is_none() -> None:
    few, many = (typeset(text) for text in ("Dawn", "word " * 30))
    assert len(many.lines) <= 3
    assert many.points < few.points
    assert set_text("word " * 400, SIZE, position="center", share=0.1) is None
