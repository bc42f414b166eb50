"""The table of video families: rules of frames, what the files of a model say, and the guide's table."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.models.video_families import VIDEO_FAMILIES
from framesmooth.models.video_families.base import FrameRule, ModelConfig, VideoCall, VideoFamily
from tests.doc_blocks import HOME

FAMILIES = {family.title: family for family in VIDEO_FAMILIES.values()}


def of_model(family: VideoFamily, index: dict[str, Any] | None = None, **components: Any) -> VideoFamily:
    return family.adapted(ModelConfig(index or {}, lambda name: components.get(name, {})))


@given(step=st.integers(1, 20), offset=st.integers(0, 3), frames=st.integers(1, 1000))
def test_a_rule_rounds_up_to_the_next_number_that_it_allows(step: int, offset: int, frames: int) -> None:
    up = FrameRule(step, offset).up(frames)
    assert up >= frames
    assert (up - offset) % step == 0
    assert up - step < max(frames, step + offset), "none is left out between"
    assert FrameRule(step, offset).up(up) == up


@pytest.mark.parametrize(
    ("title", "frames"),
    [("CogVideoX", 49), ("LTX-Video", 97), ("Wan", 81), ("HunyuanVideo", 129), ("Mochi", 85)],
)
def test_lengths_that_the_papers_name_are_allowed(title: str, frames: int) -> None:
    assert FAMILIES[title].frame_rule.up(frames) == frames
    assert FAMILIES[title].frame_rule.up(frames + 1) > frames + 1


def test_the_default_length_is_one_that_is_generated() -> None:
    for family in FAMILIES.values():
        assert family.frame_rule.up(family.default_frames) == family.default_frames <= family.longest


def test_files_of_a_model_change_its_family() -> None:
    longer = of_model(FAMILIES["CogVideoX"], transformer={"sample_frames": 81, "patch_size_t": 2})
    assert (str(longer.frame_rule), longer.default_frames, longer.fps) == ("16k + 1", 81, Fraction(16))
    assert of_model(FAMILIES["Stable Video Diffusion"], unet={"num_frames": 14}).longest == 14
    small = of_model(FAMILIES["Wan"], {"expand_timesteps": True})
    assert (set(small.pipelines), small.size_multiple) == ({"text", "image", "video"}, 32)
    pair = of_model(FAMILIES["Wan"], {"transformer_2": ["diffusers", "WanTransformer3DModel"]})
    assert set(pair.pipelines) == {"text"}, "restyling knows one transformer only"
    assert of_model(FAMILIES["AnimateDiff XL"], unet={"motion_max_seq_length": 24}).longest == 24


def test_steps_of_a_restyled_clip_are_its_share() -> None:
    call = VideoCall(
        start="video",
        prompt="",
        frames=9,
        height=32,
        width=32,
        fps=Fraction(8),
        steps=10,
        guidance_scale=2.0,
        strength=0.35,
    )
    assert FAMILIES["Wan"].steps_of(call) == 3
    assert FAMILIES["LTX-Video"].steps_of(call) == 10
    for steps in range(1, 100):
        few = replace(call, steps=steps, strength=0.001)
        assert int(few.share * steps) == FAMILIES["Wan"].steps_of(few) == 1, "diffusers would take none"
        assert 0 < few.share <= 1
    assert FAMILIES["AnimateDiff"].steps_of(replace(call, start="text", free_init=3)) == 30


def test_the_guide_says_what_the_families_are() -> None:
    text = (HOME / "docs" / "guides" / "video-models.md").read_text(encoding="utf-8")
    table = text.partition("<!-- begin table")[2].partition("<!-- end table")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    assert [row[0] for row in rows[1:]] == list(FAMILIES)
    for row, family in zip(rows[1:], FAMILIES.values(), strict=True):
        last = "; also to a last image" if family.takes_last else ""
        assert row[1:] == [
            family.starts + last,
            str(family.frame_rule),
            f"{family.default_frames} at {family.fps} a second",
            f"× {family.size_multiple}",
            family.license,
            family.memory,
        ]
