"""From the prompts and seeds of the settings to keyframes in time."""

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from framesmooth.errors import UsageError
from framesmooth.limits import MAX_FRAMES
from framesmooth.timeline.camera_grammar import without_camera_words
from framesmooth.timeline.prompts import TimedPrompt, place_prompts
from framesmooth.timeline.schedule_values import values_of
from framesmooth.timeline.seeds import MAX_SEED, RANDOM_SEED, resolve_seed, seed_sequence
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.generate.hearing import heard_by
from framesmooth.workflows.generate.settings import GenerateSettings

FRAMES_PER_SEGMENT: Final = 48


def keyframes_of(settings: GenerateSettings) -> tuple[TimedPrompt, ...]:
    """Return one prompt with its seed per keyframe; a single prompt stands at both ends of the clip.

    All share one seed unless --seeds, --seed-behavior or a prompt of a file says otherwise. A single prompt
    without --seeds travels from its seed to the next number, or to a seed of its behavior every
    FRAMES_PER_SEGMENT frames.

    Raises:
        UsageError: more prompts than seeds, or more seeds than prompts where there are several prompts; a
            seed out of range.
    """
    _check_seeds(settings)
    prompts = settings.prompts
    if settings.seeding.seeds is None:
        seeds = seed_sequence(settings.seeding.seed_behavior, resolve_seed(settings.seeding.seed))
        if len(prompts) == 1 and settings.timeline.num_frames != 1:
            return _alone(settings, seeds)
        return tuple(
            replace(prompt, seed=next(seeds) if prompt.seed is None else resolve_seed(prompt.seed))
            for prompt in prompts
        )
    given, asked = len(settings.seeding.seeds), len(prompts)
    if given < asked:
        raise UsageError(f"{asked} prompts but {given} seeds: give one of --seeds per prompt, or a --seed")
    if given > asked > 1:
        raise UsageError(f"{given} seeds but {asked} prompts: give one of --seeds per prompt")
    if given > asked:
        prompts = (replace(prompts[0], time=None),) * given
    return tuple(
        replace(prompt, seed=resolve_seed(seed))
        for prompt, seed in zip(prompts, settings.seeding.seeds, strict=True)
    )


def _alone(settings: GenerateSettings, seeds: Iterator[int]) -> tuple[TimedPrompt, ...]:
    """Return a single prompt at both ends of the clip, and between them where it has more seeds to visit."""
    (prompt,) = settings.prompts
    own = None if prompt.seed is None else resolve_seed(prompt.seed)
    if settings.seeding.seed_behavior == "fixed":
        start = next(seeds) if own is None else own
        both = start, (start + 1) % MAX_SEED
        return tuple(replace(prompt, time=None, seed=seed) for seed in both)
    if own is not None:
        seeds = seed_sequence(settings.seeding.seed_behavior, own)
    num_frames = settings.timeline.num_frames or FRAMES_PER_SEGMENT
    visited = max(2, 1 + math.ceil((num_frames - 1) / FRAMES_PER_SEGMENT))
    return tuple(replace(prompt, time=None, seed=next(seeds)) for _ in range(visited))


def _check_seeds(settings: GenerateSettings) -> None:
    scheduled = settings.seeding.seed_behavior == "schedule"
    if settings.seeding.seeds is not None and settings.seeding.seed_behavior != "fixed":
        raise UsageError("--seeds gives every prompt its own: drop it or --seed-behavior")
    if scheduled != (settings.seeding.seed_schedule is not None):
        raise UsageError("--seed-behavior schedule and --seed-schedule go together: give both or neither")
    if scheduled and settings.seeding.seed == RANDOM_SEED:
        raise UsageError("--seed-schedule needs a fixed --seed, not -1: give one of 0 or more")


def timeline_of(settings: GenerateSettings, prompts: tuple[TimedPrompt, ...]) -> Timeline:
    """Place the keyframes; without --num-frames the clip is as long as its prompts ask.

    Raises:
        UsageError: more prompts than frames, times outside the clip.
    """
    latest = max((prompt.time for prompt in prompts if prompt.time is not None), default=0)
    if latest >= MAX_FRAMES:
        raise UsageError(f"a prompt at frame {latest} is too far off: clips have {MAX_FRAMES} frames at most")
    segments = max(1, len(prompts) - (0 if settings.timeline.loop else 1))
    num_frames = settings.timeline.num_frames or max(FRAMES_PER_SEGMENT * segments, latest + 1)
    avoided = avoided_by(settings, prompts)
    times = place_prompts(prompts, num_frames, loop=settings.timeline.loop)
    if settings.seeding.seed_schedule is not None:
        seeds = _scheduled(settings.seeding.seed_schedule, num_frames, settings)
        prompts = tuple(
            replace(prompt, seed=seeds[time]) for prompt, time in zip(prompts, times, strict=True)
        )
    keyframes = tuple(
        Keyframe(time, without_camera_words(prompt.prompt), prompt.seed or 0, negative)
        for time, prompt, negative in zip(times, prompts, avoided, strict=True)
    )
    return Timeline(
        keyframes, num_frames, settings.timeline.easing, settings.timeline.hold, settings.timeline.loop
    )


def avoided_by(settings: GenerateSettings, prompts: tuple[TimedPrompt, ...]) -> list[str]:
    """Return the negative prompt of each prompt: its own, and that of the clip."""
    return [
        ", ".join(filter(None, (prompt.negative, settings.sampling.negative_prompt))) for prompt in prompts
    ]


def _scheduled(schedule: str, num_frames: int, settings: GenerateSettings) -> list[int]:
    """Return the seed of every frame: the nearest whole number."""
    asked = num_frames, settings.timeline.rate, settings.seeding.seed, heard_by(settings, num_frames)
    values = values_of("--seed-schedule", schedule, *asked)
    for frame, value in enumerate(values):
        if not -0.5 <= value < MAX_SEED - 0.5:
            raise UsageError(
                f"--seed-schedule: {value:g} at frame {frame} is no seed: stay within 0 to {MAX_SEED - 1}"
            )
    return [round(value) for value in values]


def avoiding(timeline: Timeline, negative: str) -> Timeline:
    """Return the timeline with ``negative``, what a model asks to keep out, in each negative prompt."""
    keyframes = (
        replace(key, negative=", ".join(filter(None, (key.negative, kept_out(key.prompt, negative)))))
        for key in timeline.keyframes
    )
    return replace(timeline, keyframes=tuple(keyframes))


def kept_out(prompt: str, negative: str) -> str:
    """Return the parts of ``negative``, between commas, whose longest word the prompt doesn't have."""
    asked = set(re.findall(r"\w+", prompt.lower()))
    parts = [part.strip() for part in negative.split(",") if part.strip()]
    return ", ".join(part for part in parts if max(part.lower().split(), key=len) not in asked)
