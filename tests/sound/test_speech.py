"""Speech by espeak-ng, where it is installed."""

import numpy as np
import pytest

from framesmooth.errors import FramesmoothError, UsageError
from framesmooth.sound import speech
from framesmooth.sound.speech import can_speak, speak

needs_program = pytest.mark.skipif(not can_speak(), reason="espeak-ng is not installed")


@needs_program
def test_longer_texts_take_longer_and_faster_speech_shorter() -> None:
    short, long = speak("It begins at sea."), speak("It begins at sea, and it ends in the hills at night.")
    assert 0.5 < len(short) / 48_000 < 4
    assert len(long) > 1.7 * len(short)
    assert len(speak("It begins at sea.", speed=2)) < 0.8 * len(short)
    assert np.abs(short).max() > 0.05


@needs_program
def test_a_text_is_no_option_and_an_unknown_voice_is_said() -> None:
    assert len(speak("--help")) > 1000
    with pytest.raises(UsageError, match="has no voice"):
        speak("hello", voice="klingon-of-nowhere")


def test_what_cannot_be_said_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, speed in (("  ", 1), ("a", 9)):
        with pytest.raises(UsageError):
            speak(text, speed=speed)
    monkeypatch.setattr(speech, "PROGRAM", "no-such-program")
    with pytest.raises(FramesmoothError, match="not installed"):
        speak("hello")
