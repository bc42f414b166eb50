"""Clips that follow their sound: prompts on beats, schedules by its variables."""

from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.workflows.generate.hearing import facts_of, heard_by, in_time
from framesmooth.workflows.generate.keyframes import keyframes_of, timeline_of
from framesmooth.workflows.generate.planning import plan_feedback
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.sound.tracks import RATE, drums, write

BPM, START = 120, 0.5


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("song") / "song.wav", drums(BPM, 12, start=START)[0])


def asked(*prompts: str, **settings: object) -> GenerateSettings:
    return GenerateSettings.of(prompts=prompts, output=Path("clip.mp4"), **settings)


def times(settings: GenerateSettings) -> list[int | None]:
    return [prompt.time for prompt in in_time(settings).prompts]


def test_prompts_stand_at_seconds_and_beats(song: Path) -> None:
    assert times(asked("0s: a cat | 0:01.5: a dog")) == [0, 18]
    assert times(asked("beat 0: a cat | beat 4: a dog", audio=song)) == [6, 30]
    assert times(asked("4s: a cat | 0:01: a dog")) == [12, 48]


def test_a_pace_puts_prompts_on_beats(song: Path) -> None:
    paced = in_time(asked("a cat", "a dog", "an owl", audio=song, pace="beats:4"))
    assert [prompt.time for prompt in paced.prompts] == [6, 30, 54]
    assert paced.timeline.num_frames == 55
    assert times(asked("a cat", "a dog", audio=song, pace="bars:1")) == [6, 30]
    alone = in_time(asked("a cat", audio=song, pace="beats:4", num_frames=60, seed=7))
    assert [key.seed for key in timeline_of(alone, keyframes_of(alone)).keyframes] == [7, 8, 9]


def test_a_camera_follows_the_beat(song: Path) -> None:
    settings = asked("a cat", audio=song, zoom="1 + 0.04*beat", num_frames=40, bpm=120, beat_offset=0.5)
    plan = plan_feedback(settings, timeline_of(settings, keyframes_of(settings)))
    assert plan is not None
    zoom = np.array(plan.moves["zoom"])
    assert set(np.flatnonzero(zoom == 1.04)) == {6, 12, 18, 24, 30, 36}
    facts = facts_of(settings)
    assert facts is not None
    assert (facts["bpm"], len(facts["sha256"])) == (120, 64)


def test_a_sound_that_nothing_follows_is_not_heard(tmp_path: Path) -> None:
    settings = asked("a cat", audio=tmp_path / "missing.mp3", zoom="1.01")
    assert heard_by(settings, 40) is None
    assert facts_of(settings) is None


@pytest.mark.parametrize(
    ("prompts", "settings", "told"),
    [
        (["beat 4: a cat", "beat 8: a dog"], {}, "needs a sound"),
        (["a cat", "a dog"], {"pace": "beats:4"}, "add --audio"),
        (["a cat"], {"bpm": 90.0}, "add --audio"),
        (["0s: a cat", "0.01s: a dog"], {}, "two prompts at frame 0"),
    ],
)
def test_what_needs_a_sound_says_so(prompts: list[str], settings: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        in_time(asked(*prompts, **settings))


@pytest.mark.parametrize(
    ("prompts", "settings", "told"),
    [
        (["a cat", "a dog"], {"pace": "fast"}, "is no pace"),
        (["0: a cat", "4: a dog"], {"pace": "beats:4"}, "times of their own"),
        (["a cat"] * 40, {"pace": "beats:4"}, "beat 24 is none"),
        (["beat 500: a cat", "beat 8: a dog"], {}, "beat 500 is none"),
        (["a cat"], {"pace": "beats:2", "zoom": "1.1"}, "two prompts or more"),
    ],
)
def test_a_pace_that_cannot_be_kept_says_why(
    song: Path, prompts: list[str], settings: dict[str, object], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        in_time(asked(*prompts, audio=song, **settings))


def test_silence_cannot_be_followed(tmp_path: Path) -> None:
    silent = write(tmp_path / "silent.wav", np.zeros(RATE * 2))
    with pytest.raises(UsageError, match="is silent"):
        heard_by(asked("a cat", audio=silent, zoom="1+beat"), 24)
    with pytest.raises(UsageError, match="has no beats"):
        in_time(asked("a cat", "a dog", audio=silent, pace="beats:4"))
