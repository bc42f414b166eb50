"""What the baselines hear of a prompt's words of motion."""

import pytest
import torch

from framesmooth.models.baselines.caption import (
    KINDS,
    WAYS,
    CaptionReader,
    motion_classes,
    motion_tensor,
    plain_text,
)


@pytest.mark.parametrize(
    ("prompt", "kind", "way"),
    [
        ("a red boat sailing to the left on the sea", "travel", "left"),
        ("a rocket launching over the city", "travel", "up"),
        ("a horse running on the savanna", "travel", ""),
        ("a bird flapping its wings over the sea", "in place", ""),
        ("a still picture of a cat", "still", ""),
        ("a castle in the snow", "unknown", ""),
        ("", "unknown", ""),
    ],
)
def test_words_of_motion_become_classes(prompt: str, kind: str, way: str) -> None:
    assert motion_classes(prompt) == (KINDS.index(kind), WAYS.index(way))


def test_the_text_encoder_reads_no_directions() -> None:
    assert "left" not in plain_text("a red boat sailing to the left on the sea")
    assert plain_text("a still picture of a cat") == "a cat"
    assert plain_text("a castle in the snow") == "a castle in the snow"


def test_states_and_motion_both_count() -> None:
    torch.manual_seed(0)
    reader = CaptionReader(8, 6)
    states = torch.randn(1, 5, 8).expand(2, -1, -1)
    left, right = reader(states, motion_tensor(["a boat sailing left", "a boat sailing right"]))
    assert not torch.allclose(left, right)
    one, other = reader(torch.randn(2, 5, 8), motion_tensor(["", ""]))
    assert not torch.allclose(one, other)
