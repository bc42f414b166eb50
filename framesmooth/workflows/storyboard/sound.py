"""The sound of a film: what is spoken and how long it takes, music, and the sounds of places, mixed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from framesmooth.errors import FramesmoothError, UsageError
from framesmooth.events import Listener, Notice, stage
from framesmooth.runs import content_key
from framesmooth.story.edit import Edit
from framesmooth.story.spec import Music, Story
from framesmooth.story.subtitles import SPEECH_LEAD, reading_seconds
from framesmooth.video import has_audio
from framesmooth.video.atomic import VIDEO_SUFFIXES
from framesmooth.video.audio_placement import RATE
from framesmooth.workflows.soundtrack import LONGEST, narration

if TYPE_CHECKING:
    from framesmooth.sound.mixing import Part

SPEECH_FOLDER: Final = "speech"
SOUND_FILE: Final = "sound.wav"
_KEY_LENGTH: Final = 12
_SHORT_MUSIC: Final = 1.0
"""Seconds of a film without its music that are worth a word."""
_CROSSFADE: Final = 0.5
"""Seconds in which the sound of a place goes over into that of the next shot's."""


@dataclass(frozen=True)
class Spoken:
    """The words of a shot: how many seconds they take, and the file, None where nobody can speak them."""

    seconds: Fraction
    file: Path | None


def check_sound(story: Story) -> None:
    """Refuse music that cannot be heard, before the long work.

    Raises:
        UsageError: a file that cannot be read or holds no sound, with the line of the story.
    """
    if story.music is None:
        return
    try:
        heard = has_audio(story.music.file)
    except FramesmoothError as error:
        raise story.music.place.refused(str(error)) from error
    if not heard:
        raise story.music.place.refused(f"{story.music.file.name} holds no sound: give another file")


def speak(story: Story, folder: Path, emit: Listener) -> dict[int, Spoken]:
    """Return the spoken words of each shot that has some, by its number.

    They are spoken once and kept in ``folder``. Where espeak-ng is missing and no voice is given, a warning
    says so, and the words take the time that it takes to read them.

    Raises:
        UsageError: a voice that is not there, with the line of the story.
        FramesmoothError: its children say what else failed.
    """
    shots = [shot for shot in story.shots if shot.say]
    if not shots:
        return {}
    voice = _voice(story)
    if not _can_speak(voice):
        told = "espeak-ng is not installed, and no voice is given: what is said is in the subtitles alone"
        emit(Notice(told, warning=True))
        return {shot.number: Spoken(reading_seconds(shot.say), None) for shot in shots}
    found = {}
    with stage(emit, "speech", len(shots), "shots") as advance:
        for shot in shots:
            found[shot.number] = _spoken(story, shot.say, voice, folder / SPEECH_FOLDER)
            advance(1)
    return found


def film_sound(
    story: Story, edit: Edit, spoken: Mapping[int, Spoken], output: Path, folder: Path, emit: Listener
) -> Path | None:
    """Mix the sound of the film and return its file in ``folder``, None where it has none.

    Raises:
        FramesmoothError: its children say what is wrong.
    """
    from framesmooth.sound.mixing import DUCK, mix
    from framesmooth.video.audio_samples import write_samples

    wanted = story.music or story.ambience or any(words.file for words in spoken.values())
    if not wanted:
        return None
    if output.suffix.lower() not in VIDEO_SUFFIXES:
        emit(Notice(f"{output.name} holds no sound: write a video, such as .mp4", warning=True))
        return None
    seconds = float(edit.seconds(edit.num_frames))
    if seconds > LONGEST:
        raise UsageError(
            f"{story.path}: sound is made for {LONGEST} s at most, and the film has {seconds:.0f}"
        )
    with stage(emit, "sound"):
        parts = list(_parts(story, edit, spoken, emit))
        if not parts:
            return None
        duck = DUCK if story.music is None else -story.music.duck
        path = folder / SOUND_FILE
        comment = "mixed by framesmooth" + ("; with procedural ambience" if story.ambience else "")
        write_samples(path, mix(parts, seconds, duck=duck), metadata={"comment": comment}, overwrite=True)
    return path


def _voice(story: Story) -> str | None:
    """Return the voice of the story, a folder by its path."""
    if not story.voice:
        return None
    beside = story.path.parent / Path(story.voice).expanduser()
    return str(beside) if beside.is_dir() else story.voice


def _can_speak(voice: str | None) -> bool:
    from framesmooth.sound.speech import can_speak

    return can_speak() or (voice is not None and Path(voice).is_dir())


def _spoken(story: Story, text: str, voice: str | None, folder: Path) -> Spoken:
    from framesmooth.video.audio_samples import read_samples, write_samples

    key = content_key({"say": text, "voice": None if voice is None else Path(voice).name})
    path = folder / f"{key[:_KEY_LENGTH]}.wav"
    if not path.exists():
        try:
            samples = narration(text, voice)
        except UsageError as error:
            raise story.places.get("voice", story.shots[0].place).refused(str(error)) from error
        write_samples(path, samples, overwrite=True)
    return Spoken(Fraction(len(read_samples(path, layout="stereo")), RATE), path)


def _parts(story: Story, edit: Edit, spoken: Mapping[int, Spoken], emit: Listener) -> "Iterator[Part]":
    from framesmooth.sound.mixing import Part
    from framesmooth.video.audio_samples import read_samples

    for placed in edit.placed:
        words = spoken.get(placed.shot.number)
        if words is not None and words.file is not None:
            start = float(edit.seconds(placed.start) + SPEECH_LEAD)
            yield Part(samples=read_samples(words.file, layout="stereo"), role="voice", start=start)
    if story.music is not None:
        yield _music(story.music, float(edit.seconds(edit.num_frames)), emit)
    if story.ambience:
        yield from _ambience(edit, emit)


def _music(music: Music, seconds: float, emit: Listener) -> "Part":
    from framesmooth.sound.mixing import Part
    from framesmooth.video.audio_samples import read_samples

    samples = read_samples(music.file, layout="stereo")[round(music.start * RATE) :]
    length = len(samples) / RATE
    if not np.abs(samples).max(initial=0) > 0:
        emit(Notice(f"{music.file.name} is silent", warning=True))
    elif seconds - length > _SHORT_MUSIC:
        emit(Notice(f"{music.file.name} ends {seconds - length:.1f} s before the film", warning=True))
    fade = float(min(music.fade, Fraction(length).limit_denominator() / 2))
    return Part(samples=samples[: round(seconds * RATE)], role="music", gain=music.gain, fade_out=fade)


def _ambience(edit: Edit, emit: Listener) -> "Iterator[Part]":
    """Yield the sounds of the places that prompts name, each with its shot, going over at the cuts."""
    from framesmooth.sound.ambience import ambience, places_of
    from framesmooth.sound.mixing import Part

    powers: dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]] = {}
    for placed in edit.placed:
        places = [places_of(prompt) for prompt in placed.shot.prompts]
        along = np.linspace(0, len(places) - 1, placed.length)
        for name in {name for one in places for name in one}:
            levels = [one.get(name, 0.0) ** 2 for one in places]
            curve = powers.setdefault(name, np.zeros(edit.num_frames))
            curve[placed.start : placed.end] = np.interp(along, np.arange(len(places)), levels)
    if not powers:
        emit(Notice("no prompt names a place whose sound is known: there is no ambience", warning=True))
        return
    emit(Notice(f"procedural ambience: {', '.join(sorted(powers))}"))
    width = max(1, round(_CROSSFADE * float(edit.fps))) | 1
    kernel = np.ones(width) / width
    gains = {
        name: np.sqrt(np.convolve(np.pad(curve, width // 2, mode="edge"), kernel, mode="valid")).tolist()
        for name, curve in powers.items()
    }
    fade = min(1.0, float(edit.seconds(edit.num_frames)) / 4)
    yield Part(samples=ambience(gains, edit.fps), role="ambience", fade_in=fade / 2, fade_out=fade)
