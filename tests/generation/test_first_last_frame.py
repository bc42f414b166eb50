"""From a picture to a picture: the ends are as given, the way between them is even, and runs go on."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesmooth.errors import FramesmoothError
from framesmooth.frames import Frame, FrameSource
from framesmooth.generation.first_last_frame import FirstLastFrame
from framesmooth.generation.specs import FirstLastImages
from framesmooth.models.text_to_image import TextToImage
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.video import open_source, read_image, write_png
from framesmooth.workflows.generate.planning import way_of
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.generators import first_last_frame, prompt_travel
from tests.listeners import Stop, nothing, stop_at
from tests.scenes import texture

FRAMES, SIZE = 17, (48, 64)
FIRST, LAST = (np.asarray(texture(*SIZE, seed=seed) * 255, np.uint8) for seed in (5, 6))


def create(
    model: TextToImage,
    *,
    first: Frame | None = FIRST,
    strength: float = 0.8,
    cadence: int = 4,
    batch_size: int = 2,
    inbetween: str = "latent",
    hold: float = 0.0,
    last: int = FRAMES - 1,
) -> FirstLastFrame:
    timeline = Timeline((Keyframe(0, "a cat", 3), Keyframe(last, "red sea", 3)), FRAMES, hold=hold)
    departure, arrival = way_of(timeline)
    strengths = [strength] * FRAMES
    ends = FirstLastImages(first=first, last=LAST, strengths=strengths, departure=departure, arrival=arrival)
    return first_last_frame(
        model,
        timeline,
        ends,
        width=SIZE[1] - 2,
        height=SIZE[0] - 2,
        steps=5,
        cadence=cadence,
        batch_size=batch_size,
        inbetween=inbetween,
    )


def frames(source: FrameSource) -> np.ndarray:
    return np.stack(list(source)).astype(int)


@pytest.mark.parametrize("inbetween", ["latent", "flow", "crossfade"])
@pytest.mark.parametrize("first", [FIRST, None])
def test_the_ends_are_the_pictures_given(model: TextToImage, first: Frame | None, inbetween: str) -> None:
    source = create(model, first=first, inbetween=inbetween)
    assert isinstance(source, FrameSource)
    made = frames(source)
    assert made.shape == (FRAMES, SIZE[0] - 2, SIZE[1] - 2, 3)
    assert np.array_equal(made[-1], LAST[1:-1, 1:-1])
    assert np.array_equal(made[0], FIRST[1:-1, 1:-1]) == (first is not None)


def test_without_a_first_picture_it_begins_where_the_prompt_does(model: TextToImage) -> None:
    source = create(model, first=None)
    plain = prompt_travel(model, source.path.timeline, width=62, height=46, steps=5, drift=1, batch_size=2)
    assert np.array_equal(frames(source)[0], frames(plain)[0])


def test_the_way_is_even_from_one_end_to_the_other(model: TextToImage) -> None:
    """An untrained model makes nothing of a picture: shown as it is, it would be gone after one frame."""
    made = frames(create(model, cadence=1))
    steps = np.abs(np.diff(made, axis=0)).mean(axis=(1, 2, 3))
    whole = np.abs(made[-1] - made[0]).mean()
    assert steps.max() < 0.4 * whole


def test_the_middle_is_drawn_first_and_most_freely(model: TextToImage) -> None:
    source = create(model)
    expected = source.work().keyframe_steps
    steps: list[int] = []
    done = [keyframe.frame for keyframe in source.keyframes(steps.append)]
    assert done == [0, 16, 8, 4, 12]
    assert len(steps) == 4 + 3
    assert sum(steps) == expected == 4 + 2 * 3  # 0.8 and 0.64 of five steps
    least = create(model, strength=0.0)
    assert least.work().keyframe_steps == 3 * (5 - least.path.sampling.branch_step)


def test_what_is_in_the_store_is_gone_on_from_in_any_batch(model: TextToImage) -> None:
    whole = create(model)
    wanted = frames(whole)
    continued = create(model)
    for time in (0, 16, 8):
        continued.store[time] = whole.store[time]
    assert np.array_equal(frames(continued), wanted)
    assert np.abs(frames(create(model, batch_size=1)) - wanted).max() <= 1


def test_what_rests_at_an_end_shows_it(model: TextToImage) -> None:
    source = create(model, hold=0.5)
    made = frames(source)
    resting = [time for time in range(FRAMES) if source.path.position(time) == 0]
    assert len(resting) > 3
    assert all(np.array_equal(made[time], made[0]) for time in resting)


def test_after_the_last_prompt_it_rests_at_the_last_picture(model: TextToImage) -> None:
    source = create(model, last=9)
    made = frames(source)
    given = LAST[1:-1, 1:-1]
    assert [np.array_equal(one, given) for one in made] == [False] * 9 + [True] * 8
    assert np.array_equal(source.reroll(12, 1).frame, given)
    assert [source.ends.given(time) is None for time in (0, 1, 8, 9)] == [False, True, True, False]


def test_a_frame_is_drawn_anew_from_those_around_it(model: TextToImage) -> None:
    source = create(model)
    made = frames(source)
    for time in (4, 6):
        other = source.reroll(time, 1)
        assert not other.fault
        assert not np.array_equal(other.frame, made[time])
    assert np.array_equal(source.reroll(0, 1).frame, made[0])


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    write_png(tmp_path / "first.png", FIRST)
    write_png(tmp_path / "last.png", LAST)
    return GenerateSettings.of(
        prompts=parse_prompts(["a cat on the beach"]),
        output=tmp_path / "clip.mkv",
        model=str(tiny_model),
        init_image=tmp_path / "first.png",
        last_image=tmp_path / "last.png",
        num_frames=9,
        cadence=2,
        width=36,
        height=24,
        steps=5,
        batch_size=1,
        smoother="ema",
        dtype="float32",
    )


@pytest.mark.parametrize("smoother", ["ema", "trajectory"])
def test_given_pictures_are_not_smoothed(settings: GenerateSettings, smoother: str) -> None:
    made = make_clip(settings.but(smoother=smoother, pacing="linear", codec="ffv1", crf=0), nothing)
    shown, frames = list(open_source(made.clip)), open_source(made.run_folder / "frames")
    assert [np.array_equal(*pair) for pair in zip(shown, frames, strict=True)] == [True, *[False] * 7, True]
    assert np.array_equal(shown[0], next(iter(frames)))


def kept(settings: GenerateSettings) -> list[bytes]:
    folder = RunFolder.beside(settings.output).folder
    return [path.read_bytes() for path in sorted(folder.glob("frames/*.png"))]


def test_a_stopped_run_is_resumed_to_the_same_frames(settings: GenerateSettings, tmp_path: Path) -> None:
    whole = settings.but(output=tmp_path / "whole.mkv")
    make_clip(whole, nothing)
    with pytest.raises(Stop):
        make_clip(settings, stop_at("keyframes", 4))
    run = RunFolder.beside(settings.output)
    assert run.record["settings"]["raw"]["img2img"]["last_image"] == "../last.png"
    resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing)
    assert kept(settings) == kept(whole)


def test_what_decides_the_pictures_is_in_their_key(settings: GenerateSettings) -> None:
    others = [
        settings.but(last_image=settings.img2img.init_image),
        settings.but(init_image=None),
        settings.but(strength="0.3"),
        settings.but(last_image=None),
    ]
    keys = [str(resolve(one).keyframes_key) for one in (settings, *others)]
    assert len(set(keys)) == len(keys)


def test_a_black_picture_that_is_given_is_no_fault(settings: GenerateSettings) -> None:
    black = settings.output.with_name("black.png")
    write_png(black, np.zeros((24, 36, 3), np.uint8))
    settings = settings.but(init_image=black, smooth_strength=0.0)
    make_clip(settings, nothing)
    run = RunFolder.beside(settings.output)
    assert run.record["bad_frames"] == []
    assert read_image(run.folder / "frames" / "frame_000000.png").max() == 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"zoom": "1.1"}, "drop it or a camera"),
        ({"loop": True}, "drop it or --loop"),
        ({"num_frames": 1}, "give a larger --num-frames"),
        ({"seeds": (5,)}, "with one value in --seeds"),
        ({"last_image": Path("missing.png")}, "check the name after --last-image"),
        ({"strength": "2"}, "--strength: 2 at frame 0"),
    ],
)  # fmt: skip
def test_wrong_wishes_are_refused_before_the_model_is_loaded(
    settings: GenerateSettings, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(FramesmoothError, match=words):
        resolve(settings.but(**changes))
