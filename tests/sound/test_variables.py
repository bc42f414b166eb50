"""The variables of schedules: at their frames, released, and silent after the end."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.sound.beats import HOP_RATE, Beats
from framesmooth.sound.listening import Listening
from framesmooth.sound.variables import beat_frame, variables_of
from framesmooth.timeline.expression import SOUND_VARIABLES, ScheduleError
from framesmooth.timeline.schedule import Schedule
from framesmooth.video.audio_filters import Loudness

FPS = Fraction(10)
BEATS = np.arange(0.5, 5, 0.5)
LEVEL = np.where(np.arange(5 * HOP_RATE) // HOP_RATE % 2, 1.0, 0.25)


def heard(beats: np.ndarray = BEATS) -> Listening:
    levels = dict.fromkeys(("rms", "low", "mid", "high"), LEVEL)
    onsets = np.array([1.0]), np.array([0.5])
    return Listening(Path("a.wav"), 5.0, Beats(120.0, beats, 1.0), onsets, Loudness(-20, -3), levels)


def test_a_beat_is_1_at_its_frame_and_gone_after_the_release() -> None:
    found = variables_of(heard(), 80, FPS, release=0.25)
    assert tuple(found) == SOUND_VARIABLES
    beat = found["beat"]
    assert [beat[frame] for frame in (0, 5, 10, 45)] == [0, 1, 1, 1]
    assert beat[8] == pytest.approx(0.05**1.2, rel=0.01)
    assert beat[79] < 1e-4
    assert found["onset"][10] == 0.5
    assert found["rms"][79] < 0.01
    assert set(variables_of(heard(), 80, FPS, release=0)["beat"]) == {0.0, 1.0}


def test_levels_rise_at_once_and_fall_slowly() -> None:
    rms = variables_of(heard(), 50, FPS, release=1.0)["rms"]
    assert rms[10] == 1
    assert 0.25 < rms[22] < 1
    assert np.diff(rms[19:29]).max() <= 0


def test_phase_and_bars_count_the_beats() -> None:
    found = variables_of(heard(), 60, FPS)
    assert found["beat_phase"][5] == pytest.approx(0, abs=1e-6)
    assert found["beat_phase"][7] == pytest.approx(0.4, abs=1e-6)
    assert [found["bar"][frame] for frame in (0, 24, 25, 45)] == [0, 0, 1, 2]
    assert set(found["bpm"]) == {120}


def test_beats_have_frames() -> None:
    assert [beat_frame(heard(), beat, FPS) for beat in (0, 1, 1.5, 8)] == [5, 10, 12, 45]
    with pytest.raises(UsageError, match="9 beats, from 0 to 8"):
        beat_frame(heard(), 9, FPS)
    with pytest.raises(UsageError, match="no beats"):
        beat_frame(heard(np.zeros(0)), 0, FPS)


def test_schedules_follow_the_sound() -> None:
    found = variables_of(heard(), 50, FPS)
    values = Schedule.parse("0:(1 + 0.5*beat), 40:(2)", 50, FPS, heard=found).values(50)
    assert values[:5] == [1] * 5
    assert values[5] == 1.5
    assert values[45] == 2
    with pytest.raises(ScheduleError, match="add --audio FILE"):
        Schedule.parse("1 + beat", 50, FPS)
