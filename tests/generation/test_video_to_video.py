"""A video in another style: its own frames lead, what is between follows its motion, and runs go on."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesmooth.errors import FramesmoothError, MediaError, RunChanged, UsageError
from framesmooth.frames import Fault, FrameList, FrameSource, GeneratedFrame
from framesmooth.generation import image_to_image
from framesmooth.generation import video_to_video as module
from framesmooth.generation.image_latents import invert_images
from framesmooth.generation.specs import Restyle
from framesmooth.generation.video_to_video import VideoToVideo
from framesmooth.models.text_to_image import TextToImage
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.video import write_png
from framesmooth.video.resize import FrameWindow, ResizedSource
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.generators import make_keyframes, video_to_video
from tests.listeners import Stop, nothing, stop_at
from tests.scenes import texture

FRAMES, SIZE = 9, (48, 64)
WIDE = np.asarray(texture(SIZE[0], SIZE[1] + 2 * FRAMES, seed=5) * 255, np.uint8)
VIDEO = [np.ascontiguousarray(WIDE[:, 2 * time : 2 * time + SIZE[1]]) for time in range(FRAMES)]


def create(
    model: TextToImage, strengths: float | list[float] = 0.5, *, cadence: int = 4, batch_size: int = 2
) -> VideoToVideo:
    timeline = Timeline((Keyframe(0, "a cat", 3), Keyframe(FRAMES - 1, "red sea", 3)), FRAMES)
    each = strengths if isinstance(strengths, list) else [strengths] * FRAMES
    plan = Restyle(video=FrameList(VIDEO), content="", strengths=each, cadence=cadence)
    return video_to_video(model, timeline, plan, width=64, height=48, steps=4, batch_size=batch_size)


def frames(source: FrameSource) -> np.ndarray:
    return np.stack(list(source)).astype(int)


def test_it_is_a_frame_source_and_goes_on_from_its_store(model: TextToImage) -> None:
    whole = create(model)
    assert isinstance(whole, FrameSource)
    wanted = frames(whole)
    assert wanted.shape == (FRAMES, *SIZE, 3)
    steps: list[int] = []
    continued = create(model)
    continued.store[0], continued.store[4] = whole.store[0], whole.store[4]
    make_keyframes(continued, steps.append)
    assert sum(steps) == 4  # half of four steps, of both pictures of the last batch
    assert np.array_equal(frames(continued), wanted)
    assert (whole.keyframe_indices, create(model).work().keyframe_steps) == ((0, 4, 8), 6)


def test_a_frame_is_the_same_in_any_batch(model: TextToImage) -> None:
    together, alone = (frames(create(model, batch_size=size)) for size in (4, 1))
    assert np.abs(together - alone).max() <= 1


def test_a_diffused_frame_is_what_image_to_image_makes_of_the_videos(model: TextToImage) -> None:
    source = create(model)
    made = frames(source)[4]
    noise = source.path.noise(0)[None]
    state = model.state_at(invert_images(model, [VIDEO[4]]), noise, first_step=2, steps=4)
    guidance = source.path.sampling.guidance
    final = model.denoise(state, source.path.conditioning(4), [3], steps=4, guidance=guidance, first_step=2)
    assert np.array_equal(model.decode(final)[0], made)


def test_without_strength_the_video_comes_back_along_its_motion(model: TextToImage) -> None:
    source = create(model, 0.0)
    assert source.work().keyframe_steps == 0
    made = frames(source)
    for time in source.keyframe_indices:
        assert np.array_equal(made[time], VIDEO[time])
    errors = [np.abs(made[time] - VIDEO[time])[:, 8:-8].mean() for time in range(FRAMES)]
    still = np.abs(np.stack(VIDEO[1:]).astype(int) - VIDEO[0]).mean()
    assert max(errors) < 0.15 * still


def test_strengths_over_time_are_steps_over_time(model: TextToImage) -> None:
    source = create(model, [0.0] * 4 + [0.5] * 4 + [1.0])
    assert source.work().keyframe_steps == 0 + 2 + 4
    made = frames(source)
    assert np.array_equal(made[0], VIDEO[0])
    assert not np.array_equal(made[4], VIDEO[4])


def test_a_bad_picture_is_replaced_before_others_are_warped_from_it(
    model: TextToImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, denoise_images = create(model), image_to_image.denoise_images

    def spoiled(
        path: Any, times: list[int], noises: list[Any], *others: Any, **named: Any
    ) -> list[GeneratedFrame]:
        drawn = denoise_images(path, times, noises, *others, **named)
        first = bool((noises[0] == path.noise(0)).all())
        faults: list[Fault] = ["nan" if first and time == 4 else "" for time in times]
        return [GeneratedFrame(one.frame, fault) for one, fault in zip(drawn, faults, strict=True)]

    monkeypatch.setattr(module, "denoise_images", spoiled)
    make_keyframes(source)
    assert [source.store[time].fault for time in (0, 4, 8)] == ["", "nan", ""]
    first = source.reroll(4, 1)
    assert np.array_equal(source.store[4].frame, first.frame)
    assert not first.fault


def test_a_fitted_clip_and_its_window() -> None:
    clip = ResizedSource(FrameList(VIDEO, Fraction(7)), 5, (24, 32), (20, 30))
    assert isinstance(clip, FrameSource)
    assert (clip.fps, clip.num_frames, clip.size) == (Fraction(7), 5, (20, 30))
    made = list(clip)
    assert len(made) == 5
    assert made[0].shape == (20, 30, 3)
    window = FrameWindow(clip)
    for first, last in ((0, 2), (2, 4), (3, 3), (1, 2), (4, 4)):
        held = window.frames(first, last)
        assert list(held) == list(range(first, last + 1))
        assert all(np.array_equal(frame, made[time]) for time, frame in held.items())
    with pytest.raises(MediaError, match="ends after 9 frames of 12"):
        list(ResizedSource(FrameList(VIDEO), 12, (24, 32), (24, 32)))


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    folder = tmp_path / "video"
    folder.mkdir()
    for time, frame in enumerate(VIDEO):
        write_png(folder / f"frame_{time:04d}.png", frame)
    return GenerateSettings.of(
        prompts=parse_prompts(["a cat on the beach"]),
        output=tmp_path / "clip.mkv",
        model=str(tiny_model),
        init_video=folder,
        cadence=2,
        width=36,
        height=24,
        steps=4,
        strength="0:(0.5), -1:(0.8)",
        smoother="ema",
        dtype="float32",
    )


def kept(settings: GenerateSettings) -> list[bytes]:
    folder = RunFolder.beside(settings.output).folder
    return [path.read_bytes() for path in sorted(folder.rglob("*.png")) if "frame_" in path.name]


@pytest.mark.parametrize(("stage", "count"), [("keyframes", 3), ("frames", 2), ("smooth", 3)])
def test_a_stopped_run_is_resumed_to_the_same_frames(
    settings: GenerateSettings, tmp_path: Path, stage: str, count: int
) -> None:
    whole = settings.but(output=tmp_path / "whole.mkv")
    make_clip(whole, nothing)
    with pytest.raises(Stop):
        make_clip(settings, stop_at(stage, count))
    run = RunFolder.beside(settings.output)
    assert run.record["settings"]["raw"]["img2img"]["init_video"] == "../video"
    resume_run(run.folder, Resume(paths=[("model", settings.model.name)]), nothing)
    assert kept(settings) == kept(whole)


def test_another_video_is_another_clip(settings: GenerateSettings, tmp_path: Path) -> None:
    make_clip(settings, nothing)
    settings.output.unlink()
    assert settings.img2img.init_video is not None
    write_png(settings.img2img.init_video / "frame_0004.png", VIDEO[0])
    with pytest.raises(RunChanged, match=r"init_video\.video: "):
        resume_run(
            RunFolder.beside(settings.output).folder, Resume(paths=[("model", settings.model.name)]), nothing
        )
    keys = [
        str(resolve(one).frames_key)
        for one in (settings, settings.but(strength="0.5"), settings.but(num_frames=5))
    ]
    assert len(set(keys)) == 3


def test_the_smoother_takes_its_motion_from_the_video(settings: GenerateSettings) -> None:
    make_clip(settings, nothing)
    (stage,) = RunFolder.beside(settings.output).all_smoothed
    clip = resolve(settings)
    assert clip.restyle is not None
    assert stage.notes()["settings"]["guide"] == clip.restyle.content


def test_the_clip_is_as_long_as_the_video_at_its_own_rate(settings: GenerateSettings) -> None:
    assert resolve(settings).timeline.num_frames == FRAMES
    assert resolve(settings.but(num_frames=4)).timeline.num_frames == 4
    video = settings.output.with_name("video.mkv")
    from framesmooth.video import open_sink

    with open_sink(video, fps=Fraction(24), size=SIZE, codec="ffv1") as sink:
        for frame in VIDEO[:8]:
            sink.write(frame)
    assert resolve(settings.but(init_video=video, fps=Fraction(12))).timeline.num_frames == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_frames": 10}, "has 9 frames at 12 a second"),
        ({"zoom": "1.1"}, "drop it or a camera"),
        ({"init_image": Path("a.png")}, "drop it or --init-image"),
        ({"loop": True}, "drop it or --loop"),
        ({"color_anchor": 0.5}, "--color-anchor needs"),
        ({"seeds": (1, 2)}, "give one --seed"),
        ({"inbetween": "flow"}, "drop --inbetween"),
        ({"strength": "1.5"}, "--strength: 1.5 at frame 0"),
        ({"init_video": Path("missing.mp4")}, "check the name after --init-video"),
    ],
)  # fmt: skip
def test_wrong_wishes_are_refused_before_the_model_is_loaded(
    settings: GenerateSettings, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(FramesmoothError, match=words):
        resolve(settings.but(**changes))


def test_a_video_may_fade_in_from_black(settings: GenerateSettings) -> None:
    assert settings.img2img.init_video is not None
    for time in range(3):
        write_png(settings.img2img.init_video / f"frame_{time:04d}.png", np.zeros_like(VIDEO[0]))
    settings = settings.but(strength="0:(0), 2:(0), 3:(0.5)")
    make_clip(settings, nothing)
    assert RunFolder.beside(settings.output).record["bad_frames"] == []


def test_the_video_is_never_written_over(settings: GenerateSettings) -> None:
    assert settings.img2img.init_video is not None
    with pytest.raises(UsageError, match="itself"):
        resolve(settings.but(output=settings.img2img.init_video, overwrite=True))
