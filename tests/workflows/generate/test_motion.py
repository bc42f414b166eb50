"""Clips whose subject moves: what is planned, refused and resumed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesmooth.events import Event, Notice
from framesmooth.frames import GeneratedFrame
from framesmooth.grading.fog import Fog
from framesmooth.runs import RunFolder
from framesmooth.runs.moving_region import keep_region, kept_region
from framesmooth.video import open_source
from framesmooth.workflows.generate.preflight import notices
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.weather import weather_of
from framesmooth.workflows.smooth import smooth
from tests.listeners import Stop, nothing, stop_at

MOVING = "a cat walking to the left on a beach"


def clip(tmp_path: Path, *prompts: str, **changes: object) -> ResolvedClip:
    given = {"num_frames": 12, "width": 64, "height": 64, "steps": 2, "smooth_strength": 0.0}
    return resolve(GenerateSettings.of(prompts=prompts, output=tmp_path / "clip", **(given | changes)))


def test_a_motion_in_the_prompt_is_planned_and_its_words_left_out_of_the_picture(tmp_path: Path) -> None:
    moving = clip(tmp_path, MOVING)
    assert moving.generator == "moving-subject"
    assert {key.prompt for key in moving.timeline.keyframes} == {"a cat walking on a beach"}
    assert moving.moving is not None
    motion = moving.moving.motions[0]
    assert motion is not None
    assert motion.way == "left"
    assert clip(tmp_path, "a cat on a beach").generator == "prompt-travel"
    assert clip(tmp_path, MOVING, motion="off").generator == "prompt-travel"
    faster = clip(tmp_path, MOVING, motion_speed=2.0)
    assert faster.frames_key != moving.frames_key


@pytest.mark.parametrize(
    ("prompts", "changes", "why"),
    [
        ((MOVING,), {"zoom": "1.01"}, "a cat stays where it is"),
        ((MOVING, MOVING), {"seeds": (1, 2)}, "one seed"),
        ((MOVING, "a lion in the savanna"), {}, "different subjects: a cat and a lion"),
        ((MOVING,), {"motion": "off"}, ""),
        ((MOVING, "a cat in the sea"), {}, ""),
        ((f"{MOVING}, leaves falling",), {}, "'leaves falling' shows no motion"),
        (("a castle, clouds drifting, leaves falling",), {}, "'leaves falling' shows no motion"),
    ],
)
def test_why_nothing_moves_is_said(
    tmp_path: Path, prompts: tuple[str, ...], changes: dict[str, object], why: str
) -> None:
    resolved = clip(tmp_path, *prompts, **changes)
    assert why in resolved.unmoved
    assert bool(why) == bool(resolved.unmoved)
    said = [notice.message for notice in notices(resolved, resolved.settings)]
    assert (resolved.unmoved in said) == bool(why)


def test_what_stands_still_stays_still(tmp_path: Path) -> None:
    make_clip(clip(tmp_path, "a still picture of a cat on a beach").settings, nothing)
    frames = sorted((tmp_path / "clip").glob("*.png"))
    assert len(frames) == 12
    assert len({frame.read_bytes() for frame in frames}) == 1 or _same(frames)


def _same(paths: list[Path]) -> bool:
    from framesmooth.video import read_image

    first = read_image(paths[0])
    return all(np.array_equal(first, read_image(path)) for path in paths)


def test_a_stopped_clip_goes_on_with_the_same_frames(tmp_path: Path) -> None:
    from framesmooth.video import read_image

    settings = clip(tmp_path, MOVING, "a cat in the sea", num_frames=36).settings
    whole = settings.but(output=tmp_path / "whole")
    make_clip(whole, nothing)
    with pytest.raises(Stop):
        make_clip(settings, stop_at("frames", 2))
    make_clip(settings, nothing)
    for one, other in zip(
        sorted((tmp_path / "clip").glob("*.png")), sorted((tmp_path / "whole").glob("*.png")), strict=True
    ):
        assert np.array_equal(read_image(one), read_image(other))


def test_the_fault_of_a_picture_is_that_of_its_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from framesmooth.models.text_to_image import TextToImage
    from framesmooth.workflows.generate.load import load_generator

    own = TextToImage.decode_judged

    def flagged(model: TextToImage, latents: Any) -> list[GeneratedFrame]:
        return [replace(one, fault="flagged") for one in own(model, latents)]

    generator = load_generator(clip(tmp_path, MOVING), None)
    for _ in generator.keyframes():
        pass
    monkeypatch.setattr(TextToImage, "decode_judged", flagged)
    made = [one for batch in generator.batches for one in generator.render(batch)]
    assert {one.fault for one in made} == {"flagged"}


def test_what_moves_around_is_planned_by_its_kind(tmp_path: Path) -> None:
    sky = clip(tmp_path, "a castle on a hill, clouds drifting to the left, smoke rising")
    assert sky.generator == "moving-subject"
    assert sky.moving is not None
    assert [(one.kind, one.way) for one in sky.moving.around] == [("clouds", "left"), ("smoke", "")]
    assert clip(tmp_path, "a castle on a hill under clouds").moving is None
    sea = clip(tmp_path, "a castle by the sea, waves rolling").moving
    assert sea is not None
    assert sea.key["water"] == {"kind": "water", "noun": "waves", "pace": 1.0}  # as older runs have it


def test_the_sun_sets_from_the_first_frame_to_the_last(tmp_path: Path) -> None:
    sets = clip(tmp_path, "a boat sailing left on the sea, the sun sets")
    assert [(key.time, key.prompt) for key in sets.timeline.keyframes] == [
        (0, "a boat sailing on the sea at sunset"),
        (11, "a boat sailing on the sea at night"),
    ]
    assert sets.moving is not None
    said = [notice.message for notice in notices(sets, sets.settings)]
    assert "light: at sunset, then at night" in said
    off = clip(tmp_path, "a boat on the sea, the sun sets", motion="off")
    assert {key.prompt for key in off.timeline.keyframes} == {"a boat on the sea, the sun sets"}


def test_fog_drifts_before_the_pictures(tmp_path: Path) -> None:
    drifting = weather_of(clip(tmp_path, "a house in the forest, fog drifting to the left"))
    assert drifting is not None
    ((fog, amounts),) = drifting.falling
    assert isinstance(fog, Fog)
    assert fog.pace < 0
    assert set(amounts) == {1.0}
    assert weather_of(clip(tmp_path, "a house in the fog")) is None
    assert weather_of(clip(tmp_path, "a house", weather="fog")) is not None


def test_what_moves_by_itself_is_not_smoothed_and_a_run_that_is_smoothed_again_knows(tmp_path: Path) -> None:
    told: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Notice):
            told.append(event.message)

    made = make_clip(clip(tmp_path, MOVING, smooth_strength=0.8).settings, nothing)
    run = RunFolder(made.run_folder)
    assert kept_region(run.folder) is None
    region = np.zeros((64, 64), np.float32)
    region[32:] = 1
    keep_region(run.frames, region)
    again = smooth(made.run_folder, tmp_path / "again", smooth_strength=0.8, on_event=listen)
    assert "what moves by itself, 50% of the picture, isn't smoothed" in told
    assert again.output is not None
    before, after = (list(open_source(path)) for path in (run.frames.folder, again.output))
    assert all(np.array_equal(one[32:], other[32:]) for one, other in zip(before, after, strict=True))
