"""Seeds and negative prompts from prompt to prompt, and what is decided where nothing is said."""

from pathlib import Path
from typing import Any

import pytest

from framesmooth.errors import UsageError
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import TimedPrompt, parse_prompts
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.generate.keyframes import avoiding, keyframes_of, timeline_of
from framesmooth.workflows.generate.planning import plan_feedback
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_as_record, settings_from_record


def timeline(count: int = 5, **settings: Any) -> Timeline:
    prompts = tuple(TimedPrompt(f"prompt {index}") for index in range(count))
    given: dict[str, Any] = {"prompts": prompts, "output": Path("clip.mp4"), "seed": 10}
    asked = GenerateSettings.of(**(given | settings))
    return timeline_of(asked, keyframes_of(asked))


def seeds(count: int = 5, **settings: Any) -> list[int]:
    return [key.seed for key in timeline(count, **settings).keyframes]


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [("fixed", [10] * 5), ("iter", [10, 11, 12, 13, 14]), ("ladder", [10, 12, 11, 13, 12])],
)
def test_behaviors(behavior: str, expected: list[int]) -> None:
    assert seeds(seed_behavior=behavior) == expected


def test_random_seeds_belong_to_the_first_one() -> None:
    drawn = seeds(seed_behavior="random")
    assert drawn[0] == 10
    assert len(set(drawn)) == 5
    assert drawn == seeds(seed_behavior="random")
    assert drawn[1:] != seeds(seed_behavior="random", seed=11)[1:]


def test_seeds_stay_in_range() -> None:
    assert seeds(3, seed_behavior="iter", seed=2**32 - 1) == [2**32 - 1, 0, 1]


def test_a_prompt_with_a_seed_of_its_own_keeps_it() -> None:
    prompts = (TimedPrompt("a", seed=5), TimedPrompt("b"), TimedPrompt("c", seed=6), TimedPrompt("d"))
    assert seeds(prompts=prompts, seed_behavior="iter") == [5, 10, 6, 11]


def test_a_schedule_is_read_where_the_prompts_stand() -> None:
    asked: dict[str, Any] = {"seed_behavior": "schedule", "num_frames": 49}
    assert seeds(3, seed_schedule="0:(3), 48:(9)", **asked) == [3, 6, 9]
    assert seeds(3, seed_schedule="s + t", **asked) == [10, 34, 58]


def test_a_single_prompt_visits_a_seed_every_segment() -> None:
    assert seeds(1, num_frames=96) == [10, 11]
    line = timeline(1, seed_behavior="ladder", num_frames=97)
    assert [(key.time, key.seed) for key in line.keyframes] == [(0, 10), (48, 12), (96, 11)]
    assert seeds(1, seed_behavior="iter") == [10, 11]
    assert seeds(1, seed_behavior="iter", num_frames=1) == [10]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"seed_behavior": "schedule"}, "go together"),
        ({"seed_schedule": "3"}, "go together"),
        ({"seed_behavior": "iter", "seeds": (1, 2, 3, 4, 5)}, "drop it or --seed-behavior"),
        ({"seed_behavior": "schedule", "seed_schedule": "-5"}, "-5 at frame 0 is no seed"),
        (
            {"seed_behavior": "schedule", "seed_schedule": "5", "seed": -1},
            "needs a fixed --seed",
        ),
        ({"seed_behavior": "schedule", "seed_schedule": "0:(1"}, "--seed-schedule"),
    ],
)
def test_what_doesnt_go_together_is_one_line(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        timeline(**settings)


def test_a_camera_has_one_seed() -> None:
    prompts = (TimedPrompt("a"), TimedPrompt("b"))
    asked = GenerateSettings.of(prompts=prompts, output=Path("clip.mp4"), zoom="1.1", seed_behavior="iter")
    with pytest.raises(UsageError, match="drop them"):
        plan_feedback(asked, timeline_of(asked, keyframes_of(asked)))


@pytest.mark.parametrize("behavior", ["iter", "random", "ladder"])
def test_random_first_seeds_are_found_again_from_the_record(
    behavior: Any, tiny_model: Path, tmp_path: Path
) -> None:
    prompts = (TimedPrompt("a cat", seed=4), TimedPrompt("the sea"), TimedPrompt("red sea"))
    asked = GenerateSettings.of(
        prompts=prompts,
        output=tmp_path / "clip.mp4",
        model=str(tiny_model),
        seed=-1,
        seed_behavior=behavior,
    )
    clip = resolve(asked)
    folder = RunFolder.beside(asked.output).folder
    record = {
        "version": 2,
        "settings": {"raw": settings_as_record(asked, folder)},
        "keyframes": clip.timeline_record["keyframes"],
    }
    again = settings_from_record(record, folder).but(model=str(tiny_model))
    assert resolve(again).timeline == clip.timeline


def test_what_a_model_keeps_out_is_not_kept_out_of_prompts_that_ask_for_it() -> None:
    keys = (Keyframe(0, "a cat, Pixel art", 1), Keyframe(4, "a cat", 1, "fog"), Keyframe(8, "a lion", 1))
    avoided = avoiding(Timeline(keys, 9), "pixel art")
    assert [key.negative for key in avoided.keyframes] == ["", "fog, pixel art", "pixel art"]
    assert avoiding(Timeline(keys, 9), "").keyframes == keys


@pytest.mark.parametrize(
    ("changes", "negative"),
    [
        ({}, "pixel art"),
        ({"negative_prompt": ""}, ""),
        ({"negative_prompt": "rain"}, "rain"),
        ({"guidance_scale": 1.0}, ""),
        ({"prompts": parse_prompts(["pixel art of a cat"])}, ""),
        ({"prompts": parse_prompts(["a cat, vector art"])}, "pixel art"),
    ],
)
def test_the_built_in_model_keeps_pixel_art_out_unless_told_otherwise(
    tmp_path: Path, changes: dict[str, Any], negative: str
) -> None:
    asked = GenerateSettings.of(prompts=parse_prompts(["a cat", "a lion"]), output=tmp_path / "clip.mp4")
    clip = resolve(asked.but(**changes))
    assert {key.negative for key in clip.timeline.keyframes} == {negative}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("auto", "even")),
        ({"cadence": 3, "pacing": "linear"}, (3, "linear")),
        ({"easing": "smooth"}, ("auto", "linear")),
        ({"hold": 0.2}, ("auto", "linear")),
        ({"cadence": 1}, (1, "linear")),
        ({"zoom": "1.01"}, (None, "linear")),
        ({"strength": "0.5"}, (None, "linear")),
    ],
)
def test_clips_are_paced_evenly_where_frames_do_not_hang_on_each_other(
    tmp_path: Path, changes: dict[str, Any], expected: tuple[object, str]
) -> None:
    asked = GenerateSettings.of(prompts=parse_prompts(["a cat", "a lion"]), output=tmp_path / "clip.mp4")
    clip = resolve(asked.but(**changes))
    assert (clip.cadence, clip.pacing) == expected
    assert tuple(clip.resolved_record[name] for name in ("cadence", "pacing")) == expected
