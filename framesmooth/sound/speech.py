"""Speech by espeak-ng, where that program is installed; ``models.speech`` reads voices from a folder."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from framesmooth.errors import FramesmoothError, UsageError
from framesmooth.limits import MAX_TEXT
from framesmooth.video.audio_samples import Samples, read_samples

PROGRAM: Final = "espeak-ng"
USUAL_VOICE: Final = "en"
_WORDS_A_MINUTE: Final = 160
_LONGEST: Final = 600
"""Seconds that the program may take."""


def can_speak() -> bool:
    """Tell whether the program is installed."""
    return shutil.which(PROGRAM) is not None


def speak(text: str, *, voice: str = USUAL_VOICE, speed: float = 1.0) -> Samples:
    """Return a text as speech, (n, 2) at 48 kHz.

    Args:
        text: in the language of the voice.
        voice: a voice or language of espeak-ng: "en", "en-us+f3", "de".
        speed: 1 is 160 words a minute.

    Raises:
        UsageError: no text, a voice that the program doesn't have, a speed out of range.
        FramesmoothError: the program is missing, or fails.
    """
    if not text.strip() or len(text) > MAX_TEXT:
        raise UsageError(f"there are {len(text)} characters to say: give 1 to {MAX_TEXT}")
    if not 0.5 <= speed <= 2.5:
        raise UsageError(f"speed {speed:g} is out of range: give 0.5 to 2.5")
    program = shutil.which(PROGRAM)
    if program is None:
        raise FramesmoothError(f"{PROGRAM} is not installed: install it, or give a folder of a VITS model")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        pace = str(round(_WORDS_A_MINUTE * speed))
        command = [program, "-v", voice, "-s", pace, "-w", str(path), "--stdin"]
        try:
            done = subprocess.run(
                command, input=text.encode(), capture_output=True, timeout=_LONGEST, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise FramesmoothError(f"{PROGRAM} took longer than {_LONGEST} s: give it less text") from error
        told = done.stderr.decode(errors="replace").strip().splitlines()
        if done.returncode or not path.exists():
            reason = told[0] if told else f"exit code {done.returncode}"
            if "voice" in reason.lower():
                raise UsageError(f"{PROGRAM} has no voice {voice!r}: '{PROGRAM} --voices' lists them")
            raise FramesmoothError(f"{PROGRAM} failed: {reason}")
        return read_samples(path, layout="stereo")
