"""Frames that come out bad: how they are found, and what takes their place."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from framesmooth.errors import ModelError
from framesmooth.events import Event, Notice
from framesmooth.frames import Frame, GeneratedFrame, as_uint8
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.metrics.outliers import frame_statistics, outliers
from framesmooth.runs import FrameFolder, RunFolder
from framesmooth.video import open_source, read_image
from framesmooth.workflows.generate.repair import judge
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.setting_groups.sampling import BadFrames
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.listeners import Stop, nothing, stop_at
from tests.scenes import texture
from tests.small_clip import small_clip

SAMPLES = Path(__file__).parents[3] / "samples"


def steady_travel(count: int = 12) -> list[Frame]:
    """A picture that moves and slowly brightens."""
    picture = 0.2 + 0.6 * texture(48, 96, seed=3)
    return [as_uint8(np.roll(picture, t, axis=1) + t / 128) for t in range(count)]


def found(frames: list[Frame]) -> dict[int, str]:
    return outliers([frame_statistics(frame) for frame in frames])


def test_a_steady_travel_has_no_outlier_and_neither_has_a_cut() -> None:
    frames = steady_travel()
    assert found(frames) == {}
    assert found(frames + [255 - frame for frame in frames]) == {}
    assert found(frames[:1]) == found(frames[:2]) == {}


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda frame: np.zeros_like(frame), "black"),
        (lambda frame: 255 - frame, "colour outlier"),
        (lambda frame: np.ascontiguousarray(frame[..., ::-1] // 2), "colour outlier"),
        (lambda frame: cv2.GaussianBlur(frame, (0, 0), 4), "sharpness outlier"),
    ],
)
@pytest.mark.parametrize("at", [1, 6, 10])
def test_a_spoiled_frame_is_found(spoil: Callable[[Frame], Frame], fault: str, at: int) -> None:
    frames = steady_travel()
    frames[at] = spoil(frames[at])
    assert found(frames) == {at: fault}


def test_strong_flicker_is_no_outlier() -> None:
    frames = [frame // (1 + t % 2) for t, frame in enumerate(steady_travel())]
    assert found(frames) == {}


@pytest.mark.parametrize("name", ["clean.mp4", "flickering.mp4", "hills.mp4", "journey.mp4", "lands.mp4"])
def test_good_clips_have_no_bad_frame(name: str) -> None:
    frames = list(open_source(SAMPLES / name))
    assert judge(len(frames), lambda index: frame_statistics(frames[index]), {}) == {}


def test_bad_neighbours_do_not_make_a_frame_bad() -> None:
    frames = steady_travel()
    for at in (4, 6):
        frames[at] = np.zeros_like(frames[at])
    bad = judge(12, lambda index: frame_statistics(frames[index]), {8: "nan"})
    assert bad == {4: "black", 6: "black", 8: "nan"}


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip of two prompts."""
    return small_clip(tiny_model, tmp_path / "clip.mkv", num_frames=7, cadence=3, steps=2, batch_size=2)


def spoil_frames(monkeypatch: pytest.MonkeyPatch, at: dict[int, str]) -> None:
    """Let the model answer with bad pictures at some frames."""
    render = PromptTravel.render

    def spoiled(self: PromptTravel, batch: range) -> list[GeneratedFrame]:
        return [
            GeneratedFrame(np.zeros_like(picture.frame), "" if at[index] == "black" else at[index])  # type: ignore[arg-type]
            if index in at
            else picture
            for index, picture in zip(batch, render(self, batch), strict=True)
        ]

    monkeypatch.setattr(PromptTravel, "render", spoiled)


def frames_of(settings: GenerateSettings) -> list[Frame]:
    frames = FrameFolder(RunFolder.beside(settings.output).frames)
    return [read_image(frames.path(index)) for index in range(settings.timeline.num_frames or 0)]


BAD = {0: "flagged", 3: "nan", 4: "black"}


@pytest.mark.parametrize("how", ["reroll", "hold", "interpolate"])
def test_bad_frames_are_replaced_and_recorded(
    settings: GenerateSettings, tmp_path: Path, how: BadFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_clip(settings, nothing)
    good = frames_of(settings)
    spoil_frames(monkeypatch, BAD)
    asked = settings.but(output=tmp_path / "bad.mkv", bad_frames=how)
    events: list[Event] = []
    make_clip(asked, events.append)
    record = RunFolder.beside(asked.output).record["bad_frames"]
    assert [(one["frame"], one["fault"]) for one in record] == list(BAD.items())
    actions = [one["action"] for one in record]
    assert actions == ([how] * 3 if how != "interpolate" else ["hold", "interpolate", "interpolate"])
    frames = frames_of(asked)
    for index in set(range(7)) - set(BAD):
        assert np.array_equal(frames[index], good[index])
    for index in BAD:
        assert frames[index].max() > 8
    if how == "hold":
        assert np.array_equal(frames[0], good[1])
        assert np.array_equal(frames[4], good[2])
    told = [event.message for event in events if isinstance(event, Notice) and event.warning]
    assert any("bad frames were replaced: 0 (flagged: " in message for message in told)
    again = frames_of(asked)
    make_clip(asked.but(crf=20, overwrite=True), nothing)
    assert all(map(np.array_equal, again, frames_of(asked)))


def test_a_repair_that_is_stopped_comes_to_the_same(
    settings: GenerateSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_frames(monkeypatch, BAD)
    whole = settings.but(output=tmp_path / "whole.mkv")
    make_clip(whole, nothing)

    with pytest.raises(Stop):
        make_clip(settings, stop_at("bad frames"))
    make_clip(settings, nothing)
    assert all(map(np.array_equal, frames_of(settings), frames_of(whole)))
    held = settings.but(bad_frames="hold", overwrite=True)
    make_clip(held, nothing)
    assert np.array_equal(frames_of(held)[0], frames_of(held)[1])
    make_clip(settings.but(overwrite=True), nothing)
    assert all(map(np.array_equal, frames_of(settings), frames_of(whole)))


def test_bad_frames_can_fail_and_be_settled_later(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_frames(monkeypatch, BAD)
    with pytest.raises(ModelError, match=r"frame 0 and 2 more .*flagged.*--bad-frames"):
        make_clip(settings.but(bad_frames="fail"), nothing)
    monkeypatch.setattr("framesmooth.models.loading.load_pipeline", None)
    make_clip(settings.but(bad_frames="interpolate"), nothing)
    assert len(list(open_source(settings.output))) == 7


def test_a_model_that_only_answers_nan_is_an_error(
    settings: GenerateSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil_frames(monkeypatch, dict.fromkeys(range(7), "nan"))
    hopeless = GeneratedFrame(np.zeros((24, 32, 3), np.uint8), "nan")
    monkeypatch.setattr(PromptTravel, "reroll", lambda *_: hopeless)
    for how in ("reroll", "hold"):
        with pytest.raises(ModelError, match=r"all 7 frames .*NaN.*--dtype float32"):
            make_clip(settings.but(bad_frames=how), nothing)
