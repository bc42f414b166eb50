"""The layout of an image in a size that the model knows: which size it is, and how it is enlarged."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from framesmooth.generation.layout_pass import LayoutSize, enlarged, layout_size
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.sampling import size_notice
from framesmooth.models.text_to_image import TextToImage
from framesmooth.timeline.timeline import Keyframe, Timeline
from tests.generators import make_keyframes, prompt_travel

SIDE = 64
"""Of the tiny model's own size."""


def create(model: TextToImage, width: int, height: int, **settings: object) -> PromptTravel:
    keys = Keyframe(0, "a cat", 1), Keyframe(4, "the lion", 1)
    given = {"width": width, "height": height, "steps": 4, "cadence": 2, "layout_pass": True}
    return prompt_travel(model, Timeline(keys, 5), **(given | settings))


@pytest.mark.parametrize(
    ("height", "width", "expected"),
    [
        (64, 64, None),
        (64, 80, None),
        (32, 32, None),
        (128, 128, (64, 64, 2.0)),
        (96, 144, (56, 80, 96 / 56)),
        (112, 64, (72, 56, 64 / 56)),
        (64, 160, (56, 80, 64 / 56)),
    ],
)
def test_the_size_of_the_layout(
    model: TextToImage, height: int, width: int, expected: tuple[int, int, float] | None
) -> None:
    assert model.native_size == (SIDE, SIDE)
    assert model.aspects == (0.8, 1.5)
    found = layout_size(model, height, width)
    assert found == (None if expected is None else LayoutSize(*expected))


def test_enlarging_without_extending_is_bicubic() -> None:
    latents = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = torch.nn.functional.interpolate(latents, size=(16, 16), mode="bicubic")
    assert torch.allclose(enlarged(latents, 16, 16), expected, atol=1e-5)


def test_extending_moves_nothing_in_the_middle_and_repeats_no_subject() -> None:
    latents = torch.zeros(1, 1, 32, 28)
    latents[..., 12:20, 10:18] = 1
    tall = enlarged(latents, 48, 28)[0, 0]
    rows = torch.nonzero(tall.mean(dim=1) > 0.1).flatten()
    assert len(rows) == 8  # as large as it was
    assert torch.equal(rows, torch.arange(int(rows[0]), int(rows[0]) + 8))  # and in one piece
    above, below = int(rows[0]) - 12, 48 - int(rows[-1]) - 1 - 12
    assert above > below > 0


def test_the_foot_of_a_thing_is_no_pillar() -> None:
    latents = torch.zeros(1, 1, 32, 28)
    latents[..., 20:, 12:16] = 1
    tall = enlarged(latents, 48, 28)[0, 0]
    assert tall[-3:].max() < 0.5


@pytest.mark.parametrize(("width", "height"), [(128, 128), (64, 112), (60, 100)])
def test_frames_have_the_size_asked_for_whatever_the_layout_has(
    model: TextToImage, width: int, height: int
) -> None:
    travel = create(model, width, height)
    assert travel.path.sampling.layout is not None
    steps: list[int] = []
    counted = travel.work().keyframe_steps
    make_keyframes(travel, steps.append)
    assert sum(steps) == counted == 3 * (4 + 2)
    assert np.stack(list(travel)).shape == (5, height, width, 3)


def test_the_layout_is_that_of_the_small_clip_and_of_the_preview(model: TextToImage) -> None:
    large, small = create(model, 128, 128), create(model, 64, 64)
    layout = large.path.layout_path
    assert layout is not None
    assert torch.equal(layout.noise(0), small.path.noise(0))
    preview = large.preview(steps=10)
    assert preview.size == (64, 64)
    assert np.array_equal(next(iter(preview)), next(iter(small)))
    tall = create(model, 128, 224).preview(steps=10)
    assert tall.path.layout_path is not None
    assert tall.size[1] / tall.size[0] == pytest.approx(128 / 224, rel=0.1)


def test_a_resumed_clip_is_the_same(model: TextToImage) -> None:
    whole = create(model, 128, 128, structure_share="auto")
    frames = np.stack(list(whole))
    resumed = create(model, 128, 128, structure_share="auto")
    resumed.store[0] = whole.store[0]
    assert np.array_equal(np.stack(list(resumed)), frames)


def test_frames_attend_to_the_refined_first_one(model: TextToImage) -> None:
    first, last = (
        np.stack(list(create(model, 128, 128, cross_frame=True, batch_size=size))).astype(int)
        for size in (1, 8)
    )
    assert np.abs(first - last).max() <= 1


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_few_steps(model: TextToImage, steps: int) -> None:
    assert np.stack(list(create(model, 128, 128, steps=steps))).shape[0] == 5


def test_sizes_far_from_the_models_are_named(model: TextToImage) -> None:
    def told(width: int, height: int, *, layout: bool = True) -> str:
        sampling = create(model, width, height).path.sampling
        notice = size_notice(model, sampling if layout else replace(sampling, layout=None), "tiny")
        return "" if notice is None else notice.message

    assert told(64, 64) == told(72, 64) == ""
    assert "layout is made at 64x64, enlarged 2.0 times and refined" in told(128, 128)
    assert "extended" in told(64, 112)
    assert "twice" in told(128, 128, layout=False)
    assert "recognized" in told(32, 32)
