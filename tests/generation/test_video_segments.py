"""Clips cut into calls of a pipeline: all frames, each once, none longer than the model was made for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesmooth.generation.video_segments import segments_of
from framesmooth.models.video_families import VIDEO_FAMILIES
from framesmooth.models.video_families.base import Start
from framesmooth.timeline.timeline import Keyframe, Timeline

FAMILIES = {family.title: family for family in VIDEO_FAMILIES.values()}
timelines = st.lists(st.integers(1, 400), min_size=1, max_size=4, unique=True).map(
    lambda times: Timeline(
        tuple(Keyframe(time, str(index), 5) for index, time in enumerate([0, *sorted(times)[:-1]])),
        max(times) + 1,
    )
)


@given(timeline=timelines, title=st.sampled_from(list(FAMILIES)), start=st.sampled_from(["text", "video"]))
def test_segments_are_the_clip(timeline: Timeline, title: str, start: Start) -> None:
    family = FAMILIES[title]
    segments = segments_of(timeline, family, start)
    assert [time for segment in segments for time in segment.frames] == list(range(timeline.num_frames))
    for segment in segments:
        shown = {timeline.at(time)[0] for time in segment.frames}
        assert shown == {segment.key} or family.travels
        assert segment.leads_on == (family.leads_on and start != "video" and segment.frames.start > 0)
        if start == "video" or family.leads_on or family.longest_is_limit:
            assert segment.generated <= family.longest


def test_parts_of_a_prompt_are_about_equally_long_and_have_their_own_noise() -> None:
    timeline = Timeline((Keyframe(0, "a", 7),), 60)
    segments = segments_of(timeline, FAMILIES["Stable Video Diffusion"], "image")
    assert [len(segment.frames) for segment in segments] == [20, 20, 20]
    assert [segment.generated for segment in segments] == [20, 21, 21]
    assert [segment.seed for segment in segments] == [7, 8, 9]


@pytest.mark.parametrize(("title", "count"), [("Wan", 1), ("LTX-Video", 2), ("AnimateDiff", 1)])
def test_long_prompts_are_cut_only_where_the_parts_fit_together(title: str, count: int) -> None:
    timeline = Timeline((Keyframe(0, "a", 7),), 300)
    assert len(segments_of(timeline, FAMILIES[title], "text")) == count
