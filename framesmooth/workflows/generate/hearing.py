"""Audio-reactive schedules: the variables of a clip's sound, and prompts on its beats."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from framesmooth.errors import UsageError
from framesmooth.timeline.expression import SOUND_VARIABLES
from framesmooth.timeline.moments import Moment
from framesmooth.timeline.prompts import TimedPrompt
from framesmooth.timeline.schedule import Heard
from framesmooth.timeline.seeds import MAX_SEED, RANDOM_SEED

if TYPE_CHECKING:
    from framesmooth.sound.listening import Listening
    from framesmooth.workflows.generate.settings import GenerateSettings

_NAMED: Final = re.compile(rf"\b(?:{'|'.join(SOUND_VARIABLES)})\b")
_PACE: Final = re.compile(r"\s*(?:(beats?|bars?)\s*:)?\s*(\d{1,6}(?:\.\d{1,6})?)\s*")
_BEATS: Final = {"beat": 1, "bar": 4}
_USUAL_LENGTH: Final = 48


def heard_by(settings: "GenerateSettings", num_frames: int) -> Heard | None:
    """Return the variables of the clip's sound at every frame; None where no schedule follows it.

    Raises:
        UsageError: a silent sound.
        MediaError: one that cannot be read.
    """
    if settings.encoding.audio is None or not any(map(_NAMED.search, _schedules(settings))):
        return None
    from framesmooth.sound.variables import variables_of

    heard = _heard(settings)
    if heard.is_silent:
        raise UsageError(f"{heard.path} is silent, so no schedule can follow it: give another --audio")
    return variables_of(heard, num_frames, settings.timeline.rate, settings.sound.release)


def in_time(settings: "GenerateSettings") -> "GenerateSettings":
    """Return the settings with every prompt at the frame that seconds, beats or ``--pace`` mean.

    Raises:
        UsageError: beats of a sound that has none, or a pace beside times.
        MediaError: a sound that cannot be read.
    """
    sound = settings.sound
    if settings.encoding.audio is None:
        asked = {"--pace": sound.pace, "--bpm": sound.bpm, "--beat-offset": sound.beat_offset}
        for option in (option for option, value in asked.items() if value is not None):
            raise UsageError(f"{option} needs a sound: add --audio FILE")
    if sound.pace is not None:
        return _paced(settings, sound.pace)
    if not any(prompt.moment for prompt in settings.prompts):
        return settings
    placed = [_placed(prompt, settings) for prompt in settings.prompts]
    times = [prompt.time for prompt in placed]
    for time in times:
        if time is not None and times.count(time) > 1:
            raise UsageError(f"two prompts at frame {time}: give them times that are further apart")
    ordered = sorted(placed, key=lambda prompt: ((prompt.time or 0) < 0, prompt.time or 0))
    return settings.but(prompts=tuple(ordered))


def facts_of(settings: "GenerateSettings") -> dict[str, Any] | None:
    """Return what was heard, for the record; None where nothing follows the sound."""
    follows = settings.sound.pace or any(map(_NAMED.search, _schedules(settings)))
    if settings.encoding.audio is None or not follows:
        return None
    from framesmooth.runs import content_of

    heard = _heard(settings)
    return {
        "sha256": content_of(heard.path),
        "bpm": heard.beats.bpm,
        "beats": len(heard.beats.times),
        "seconds": round(heard.seconds, 3),
    }


def _heard(settings: "GenerateSettings") -> "Listening":
    path = settings.encoding.audio
    assert path is not None
    stamp = (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else (0, 0)
    return _listen(path, stamp, settings.sound.bpm, settings.sound.beat_offset)


@lru_cache(maxsize=4)
def _listen(path: Path, stamp: tuple[int, int], bpm: float | None, offset: float | None) -> "Listening":
    del stamp  # tells a file that was written anew
    from framesmooth.sound.listening import listen

    return listen(path, bpm=bpm, beat_offset=offset)


def _schedules(settings: "GenerateSettings") -> Iterator[str]:
    """Yield the texts of all schedules."""
    yield from settings.camera.given.values()
    others = settings.img2img.strength, settings.seeding.seed_schedule, settings.conditioning.control_scale
    yield from filter(None, others)


def _placed(prompt: TimedPrompt, settings: "GenerateSettings") -> TimedPrompt:
    if not prompt.moment:
        return prompt
    moment = Moment.parse(prompt.moment)
    if moment.unit == "seconds":
        return replace(prompt, time=round(moment.value * float(settings.timeline.rate)), moment="")
    if settings.encoding.audio is None:
        raise UsageError(f"a prompt at {prompt.moment} needs a sound: add --audio FILE")
    from framesmooth.sound.variables import beat_frame

    time = beat_frame(_heard(settings), moment.value, settings.timeline.rate)
    return replace(prompt, time=time, moment="")


def _paced(settings: "GenerateSettings", pace: str) -> "GenerateSettings":
    """Return the settings with prompts on every N-th beat; a single one travels from seed to seed there."""
    from framesmooth.sound.variables import beat_frame

    step, prompts = _step(pace), settings.prompts
    if any(prompt.time is not None or prompt.moment for prompt in prompts):
        raise UsageError("--pace places the prompts, and they have times of their own: drop one of both")
    heard, fps = _heard(settings), settings.timeline.rate
    if len(prompts) == 1:
        prompts = _from_seed_to_seed(settings, step, heard)
    placed = tuple(
        replace(prompt, time=beat_frame(heard, index * step, fps)) for index, prompt in enumerate(prompts)
    )
    length = settings.timeline.num_frames or (placed[-1].time or 0) + 1
    return settings.but(prompts=placed, num_frames=length)


def _from_seed_to_seed(
    settings: "GenerateSettings", step: float, heard: "Listening"
) -> tuple[TimedPrompt, ...]:
    (prompt,), seeding, fps = settings.prompts, settings.seeding, settings.timeline.rate
    if settings.feeds_back or seeding.seeds is not None or seeding.seed_behavior != "fixed":
        raise UsageError("--pace needs two prompts or more here: give them, or drop the camera and seeds")
    first = seeding.seed if prompt.seed is None else prompt.seed
    if first == RANDOM_SEED:
        raise UsageError("--pace with one prompt counts seeds up: give a --seed of 0 or more")
    length = settings.timeline.num_frames or _USUAL_LENGTH
    frames = [round(float(time) * fps) for time in heard.beats.times]
    within = [beat for beat in range(0, len(frames), max(1, round(step))) if frames[beat] < length]
    return tuple(replace(prompt, seed=(first + index) % MAX_SEED) for index in range(max(1, len(within))))


def _step(pace: str) -> float:
    match = _PACE.fullmatch(pace.lower())
    step = float(match[2]) * _BEATS[(match[1] or "beat").rstrip("s")] if match else 0.0
    if step < 1:
        raise UsageError(f"--pace {pace[:40]!r} is no pace: write beats:4 or bars:1")
    return step
