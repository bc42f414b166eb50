"""The camera of a clip from schedules, from words, and from words in its prompts."""

from pathlib import Path

import pytest

from framesmooth.errors import UsageError
from framesmooth.workflows.generate.camera import camera_moves
from framesmooth.workflows.generate.keyframes import keyframes_of, timeline_of
from framesmooth.workflows.generate.settings import GenerateSettings

SIZE = 108, 192


def asked(*prompts: str, **settings: object) -> GenerateSettings:
    return GenerateSettings.of(prompts=prompts, output=Path("clip.mp4"), num_frames=24, **settings)


def moves(settings: GenerateSettings) -> dict[str, list[float]]:
    return camera_moves(settings, 24, SIZE).values(24, settings.timeline.rate)


def test_a_schedule_takes_precedence_over_words() -> None:
    found = moves(asked("a cat", camera="pan left, zoom in", zoom="1.5"))
    assert set(found["zoom"]) == {1.5}
    assert min(found["rotate_3d_y"]) < 0


def test_words_in_prompts_hold_until_the_next_prompt() -> None:
    settings = asked("0: a cat, the camera pans left | 12: a dog, the camera zooms in")
    assert settings.feeds_back
    found = moves(settings)
    assert min(found["rotate_3d_y"][:12]) < 0 == min(found["rotate_3d_y"][12:])
    assert max(found["zoom"][:13]) == 1 < max(found["zoom"][13:])
    timeline = timeline_of(settings, keyframes_of(settings))
    assert [key.prompt for key in timeline.keyframes] == ["a cat", "a dog"]


def test_a_static_camera_silences_the_prompts() -> None:
    settings = asked("a cat, the camera pans left", camera="static")
    assert not settings.feeds_back
    assert set(moves(settings)["rotate_3d_y"]) == {0}


def test_other_things_that_lead_the_frames_exclude_words() -> None:
    assert not asked("a cat, the camera pans left", init_video="filmed.mp4").feeds_back
    with pytest.raises(UsageError, match="names no move"):
        _ = asked("a cat", camera="left").feeds_back
