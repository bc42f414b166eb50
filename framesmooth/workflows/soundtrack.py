"""Making the sound of a clip: ambience or music that follows its prompts, music from a file, narration."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framesmooth.errors import OutputExists, UsageError
from framesmooth.events import Listener, Notice, stage
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.settings.soundtrack import SoundtrackSettings
from framesmooth.workflows.workflow import workflow

if TYPE_CHECKING:
    from framesmooth.models.sound_models import SoundMaker
    from framesmooth.sound.mixing import Part
    from framesmooth.video.audio_samples import Samples

LONGEST: Final = 3600
"""Seconds of sound that are made."""
_CROSSFADE: Final = 1.5
"""Seconds in which a model's sound for one prompt fades into that for the next."""


@workflow(SoundtrackSettings)
def soundtrack(settings: SoundtrackSettings) -> "Samples":
    """Write the sound of a clip, exactly as long as it.

    The arguments are those of :class:`SoundtrackSettings`.

    Returns:
        Its samples, float32 (n, 2) at 48 kHz, -1 to 1.

    Raises:
        UsageError: a clip without prompts, an output that is no sound file, or one that is too long.
        OutputExists: the output exists, and is not to be overwritten.
        MediaError: a file that cannot be read or written.
        ModelError: a model that cannot be loaded.

    Example:
        >>> import framesmooth as fs
        >>> samples = fs.soundtrack("flickering.mp4", "sea.wav", prompt="the sea at night")
        >>> samples.shape[1]
        2
    """
    from framesmooth.sound.ambience import LABEL
    from framesmooth.sound.mixing import mix
    from framesmooth.video.audio_samples import check_sound_path, write_samples

    clip, output, emit = Path(settings.source), Path(settings.output), settings.on_event
    check_sound_path(output)
    if output.exists() and not settings.overwrite:
        raise OutputExists(f"{output} exists: add --overwrite to replace it")
    timeline, fps = _timeline(clip, settings)
    seconds = float(timeline.num_frames / fps)
    if seconds > LONGEST:
        raise UsageError(f"{clip} lasts {seconds:.0f} s: sound is made for {LONGEST} s at most")
    parts = list(_parts(settings, timeline, fps, emit))
    with stage(emit, "mix"):
        mixed = mix(parts, seconds, duck=settings.duck, loudness=settings.loudness)
    procedural = not settings.no_ambience and settings.model is None
    comment = LABEL if procedural else "sound made by framesmooth"
    write_samples(output, mixed, metadata={"comment": comment}, overwrite=settings.overwrite)
    return mixed


def _parts(settings: SoundtrackSettings, timeline: Timeline, fps: Fraction, emit: Listener) -> "list[Part]":
    from framesmooth.sound.mixing import Part
    from framesmooth.video.audio_samples import read_samples

    parts, seconds = [], float(timeline.num_frames / fps)
    if not settings.no_ambience and settings.model is not None:
        parts.append(Part(samples=_by_model(settings, timeline, fps, emit), role="music"))
    elif not settings.no_ambience and (made := _ambience(settings, timeline, fps, emit)) is not None:
        parts.append(Part(samples=made, role="ambience", fade_in=0.5, fade_out=min(1.0, seconds / 4)))
    if settings.music is not None:
        music = read_samples(settings.music, layout="stereo")
        parts.append(Part(samples=music, role="music", fade_out=min(2.0, seconds / 4)))
    if settings.say is not None:
        speech = narration(settings.say, settings.voice, seed=settings.seed)
        if len(speech) / 48_000 > seconds:
            told = (
                f"the narration lasts {len(speech) / 48_000:.1f} s, the clip {seconds:.1f} s: its end is cut"
            )
            emit(Notice(told, warning=True))
        parts.append(Part(samples=speech, role="voice"))
    if not parts:
        raise UsageError("there is nothing to hear: give --prompt, --music or --say")
    return parts


def narration(text: str, voice: str | None = None, *, seed: int = 0) -> "Samples":
    """Return a text as speech, (n, 2) at 48 kHz, by espeak-ng, or the VITS model whose folder ``voice`` is.

    Raises:
        FramesmoothError: its children say what is missing.
    """
    if voice is not None and Path(voice).expanduser().is_dir():
        from framesmooth.models.sound_models import load_voice

        return _at_48k(*load_voice(Path(voice).expanduser())(text, 0.0, seed))
    from framesmooth.sound.speech import USUAL_VOICE, speak

    return speak(text, voice=voice or USUAL_VOICE)


def _ambience(
    settings: SoundtrackSettings, timeline: Timeline, fps: Fraction, emit: Listener
) -> "Samples | None":
    from framesmooth.sound.ambience import ambience, gains_over_time, places_of
    from framesmooth.sound.places import PLACES

    for key in timeline.keyframes:
        if not places_of(key.prompt):
            told = f"no sound is known for {key.prompt[:60]!r}: silence (known are {', '.join(PLACES)})"
            emit(Notice(told, warning=True))
    gains = gains_over_time(timeline)
    if not gains:
        return None
    emit(Notice(f"procedural ambience: {', '.join(gains)}"))
    with stage(emit, "ambience"):
        return ambience(gains, fps, settings.seed)


def _by_model(settings: SoundtrackSettings, timeline: Timeline, fps: Fraction, emit: Listener) -> "Samples":
    """Return what a model makes of each prompt, from half-way to it to half-way to the next, cross-faded."""
    from framesmooth.models.sound_models import load_sound_model

    assert settings.model is not None
    with stage(emit, "load sound model"):
        make = load_sound_model(settings.model.expanduser(), steps=settings.steps)
    spans = _spans(timeline, fps)
    joined = np.zeros((round(timeline.num_frames / fps * 48_000), 2), np.float32)
    with stage(emit, "sound", len(spans), "prompts") as advance:
        for prompt, start, end in spans:
            first, last = max(0.0, start - _CROSSFADE / 2), min(len(joined) / 48_000, end + _CROSSFADE / 2)
            made = _long_enough(make, prompt, last - first, settings.seed)
            rise, fall = (_CROSSFADE if inside else 0.0 for inside in (start > 0, last > end))
            place = round(first * 48_000)
            part = _faded(made, rise, fall)[: len(joined) - place]
            joined[place : place + len(part)] += part
            advance(1)
    return joined


def _spans(timeline: Timeline, fps: Fraction) -> list[tuple[str, float, float]]:
    """Return (prompt, seconds of its start, of its end); neighbours of the same prompt are one."""
    keys = [key for index, key in enumerate(timeline.keyframes)
            if index == 0 or key.prompt != timeline.keyframes[index - 1].prompt]  # fmt: skip
    changes = [(before.time + after.time) / 2 for before, after in pairwise(keys)]
    edges = [0.0, *(float(change / fps) for change in changes), float(timeline.num_frames / fps)]
    return [(key.prompt, edges[index], edges[index + 1]) for index, key in enumerate(keys)]


def _long_enough(make: "SoundMaker", prompt: str, seconds: float, seed: int) -> "Samples":
    """Return ``seconds`` of sound: pieces of a model's length, each with its own seed, cross-faded."""
    found: np.ndarray[Any, Any] = np.zeros((0, 2), np.float32)
    wanted, number = round(seconds * 48_000), 0
    while len(found) < wanted:
        left = (wanted - len(found)) / 48_000 + (_CROSSFADE if number else 0)
        piece = _at_48k(*make(prompt, left, (seed + number) % 2**32))
        if len(piece) < 100:
            raise UsageError(f"the sound model made nothing of {prompt[:60]!r}: give another prompt")
        over = min(round(_CROSSFADE * 48_000), len(found), len(piece) // 2)
        joint = found[len(found) - over :] + 0
        found, number = found[: len(found) - over], number + 1
        fade = np.linspace(0, 1, over, dtype=np.float32)[:, None]
        found = np.concatenate([found, joint * (1 - fade) + piece[:over] * fade, piece[over:]])
    return found[:wanted]


def _at_48k(samples: "Samples", rate: int) -> "Samples":
    """Return samples (n, channels) at 48 kHz in two channels."""
    from math import gcd

    from scipy.signal import resample_poly

    both = samples[:, :2] if samples.shape[1] >= 2 else np.repeat(samples[:, :1], 2, axis=1)
    if rate == 48_000:
        return np.asarray(both, np.float32)
    common = gcd(48_000, rate)
    return np.asarray(resample_poly(both, 48_000 // common, rate // common, axis=0), np.float32)


def _faded(samples: "Samples", rise: float, fall: float) -> "Samples":
    from framesmooth.sound.mixing import faded

    return faded(samples, rise, fall)


def _timeline(clip: Path, settings: SoundtrackSettings) -> tuple[Timeline, Fraction]:
    """Return the prompts of a clip in time, and its frame rate."""
    from framesmooth.runs import RECORD_FILE, RunFolder
    from framesmooth.runs.open_clip import open_clip
    from framesmooth.runs.record_paths import recorded_rate

    run = RunFolder(clip) if (clip / RECORD_FILE).is_file() else RunFolder.beside(clip)
    recorded = (run.folder / RECORD_FILE).is_file()
    if recorded and settings.prompt is None:
        try:
            resolved = run.record["settings"]["resolved"]
            kept = dict(resolved["timeline"])
            keys = tuple(Keyframe(**key) for key in kept.pop("keyframes"))
            return Timeline(keyframes=keys, **kept), recorded_rate(resolved["fps"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{run.folder} doesn't say its prompts: give --prompt TEXT") from error
    source = open_clip(clip)
    num_frames = source.num_frames or sum(1 for _ in source)
    if settings.prompt is None and not settings.no_ambience:
        raise UsageError(f"{clip} has no run folder beside it that tells its prompts: give --prompt TEXT")
    return _of_prompts(settings.prompt or "silence", num_frames, source.fps), source.fps


def _of_prompts(text: str, num_frames: int, fps: Fraction) -> Timeline:
    from framesmooth.timeline.moments import Moment
    from framesmooth.timeline.prompts import place_prompts

    prompts = list(parse_prompts([text]))
    if any(prompt.moment for prompt in prompts):
        moments: Sequence[Moment] = [Moment.parse(prompt.moment) for prompt in prompts if prompt.moment]
        if len(moments) < len(prompts) or any(moment.unit == "beats" for moment in moments):
            raise UsageError("--prompt takes frames or seconds, the same for all of its prompts")
        times: Sequence[int] = [round(moment.value * float(fps)) for moment in moments]
    else:
        times = place_prompts(prompts, num_frames)
    keys = tuple(Keyframe(time, prompt.prompt, 0) for time, prompt in zip(times, prompts, strict=True))
    return Timeline(keys, num_frames)
