"""The storyboard of a clip: the clip's own pictures, of few frames, and never over another file."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import OutputExists
from framesmooth.generation.keyframes import keyframe_times, preview_cadence
from framesmooth.generation.noise_warping import coarsen
from framesmooth.generation.specs import FirstLastImages
from framesmooth.models.loading import load_pipeline
from framesmooth.reports.montage import captioned
from framesmooth.runs import FrameFolder, RunFolder
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.video import read_image, read_metadata
from framesmooth.workflows.generate.preview import preview_clip
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests.generators import first_last_frame, prompt_travel
from tests.listeners import nothing
from tests.small_clip import small_clip


def timeline(num_frames: int, count: int) -> Timeline:
    times = [index * (num_frames - 1) // max(1, count - 1) for index in range(count)]
    return Timeline(tuple(Keyframe(time, f"prompt {time}", 1) for time in times), num_frames)


@pytest.fixture
def settings(tiny_model: Path, tmp_path: Path) -> GenerateSettings:
    """A small clip of two prompts."""
    return small_clip(tiny_model, tmp_path / "clip.mkv", num_frames=23, steps=4, smooth_strength=0)


@pytest.mark.parametrize(("num_frames", "count"), [(1, 1), (5, 2), (48, 2), (96, 4), (96, 30), (1000, 3)])
def test_it_has_a_dozen_pictures_and_those_of_all_prompts(num_frames: int, count: int) -> None:
    clip = timeline(num_frames, count)
    shown = keyframe_times(clip, preview_cadence(clip))
    assert {key.time for key in clip.keyframes} <= set(shown)
    assert min(num_frames, 7) <= len(shown) <= max(12, count)


def test_its_pictures_are_those_of_the_clip(settings: GenerateSettings) -> None:
    made = preview_clip(settings, nothing)
    assert not RunFolder.beside(settings.output).folder.exists()
    assert (made.steps, made.size, made.frames[0], made.frames[-1]) == (4, (24, 32), 0, 22)
    assert len(made.frames) == 12
    sheet = read_image(made.path).astype(int)
    assert sheet.shape[1] == 4 * (32 + 4) - 4
    assert "AI-generated" in str(read_metadata(made.path))
    run = RunFolder.beside(make_clip(settings.but(cadence=1), nothing).clip)
    tall = (sheet.shape[0] + 4) // 3 - 4
    for index, time in enumerate(made.frames):
        row, column = divmod(index, 4)
        bottom, left = row * (tall + 4) + tall, column * 36
        own = read_image(FrameFolder(run.frames).path(time))
        assert np.abs(sheet[bottom - 24 : bottom, left : left + 32] - own).max() <= 1


def test_its_tags_tell_of_its_own_steps(settings: GenerateSettings) -> None:
    made = preview_clip(settings.but(steps=20), nothing)
    assert "steps: 10;" in str(read_metadata(made.path))


def test_it_works_under_a_camera(settings: GenerateSettings) -> None:
    made = preview_clip(settings.but(zoom="1.02", strength="0.5"), nothing)
    assert len(made.frames) == 12


def test_a_large_picture_is_shown_small_from_the_same_noise(tiny_model: Path) -> None:
    model = load_pipeline(str(tiny_model), device="cpu", dtype="float32")
    source = prompt_travel(model, timeline(5, 2), width=126, height=192, steps=9)
    small = source.preview(steps=2)
    assert small.size == (96, 63)
    assert small.path.sampling.steps == 2
    assert small.path.noise(0).equal(coarsen(model.noise(1, 192, 128), 2))
    assert small.preview(steps=2).size == (96, 63)
    assert source.preview(steps=2, size=(192, 126)).size == (192, 126)
    assert next(iter(small.keyframes())).image.shape == (96, 63, 3)


def test_a_large_picture_that_leads_to_another_keeps_its_size(tiny_model: Path) -> None:
    model = load_pipeline(str(tiny_model), device="cpu", dtype="float32")
    last = np.full((192, 128, 3), 90, np.uint8)
    plan = FirstLastImages(first=None, last=last, strengths=[0.5] * 5, departure=0, arrival=4)
    ends = first_last_frame(model, timeline(5, 2), plan, width=128, height=192, steps=2, cadence=2)
    images = {keyframe.frame: keyframe.image for keyframe in ends.preview(steps=2).keyframes()}
    assert np.array_equal(images[4], last)
    assert images[0].shape == last.shape


def test_nothing_is_replaced(settings: GenerateSettings) -> None:
    path = settings.output.with_name("clip.preview.png")
    path.write_bytes(b"mine")
    with pytest.raises(OutputExists, match="--overwrite"):
        preview_clip(settings, nothing)
    assert path.read_bytes() == b"mine"
    assert preview_clip(settings.but(overwrite=True), nothing).path == path
    assert read_image(path).shape[2] == 3


def test_it_says_how_to_make_the_same_clip(settings: GenerateSettings) -> None:
    told: list[str] = []
    made = preview_clip(settings.but(seed=-1), lambda event: told.append(getattr(event, "message", "")))
    seed = next(message.split()[1] for message in told if message.startswith("seed "))
    assert made.advice.endswith(f"without --preview and with --seed {seed}")
    assert any(made.advice in message for message in told)


def test_on_the_command_line(tiny_model: Path, tmp_path: Path) -> None:
    fixed = ["generate", "a cat", "--model", str(tiny_model), "--num-frames", "5", "-W", "32", "-H", "24"]
    run = [*fixed, "-o", str(tmp_path / "frames.mp4") + "/", "--preview"]
    shown = CliRunner().invoke(cli, run, catch_exceptions=False)
    assert shown.stdout == f"{tmp_path / 'frames.preview.png'}\n"
    assert "without --preview" in shown.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["frames.preview.png"]
    figures = CliRunner().invoke(cli, [*run, "--overwrite", "--json", "-", "-q"], catch_exceptions=False)
    assert json.loads(figures.stdout)["frames"] == [0, 1, 2, 3, 4]
    both = CliRunner().invoke(cli, [*run, "--dry-run"], catch_exceptions=False)
    assert both.exit_code == 2
    assert "give one of them" in both.stderr


def test_captions_stand_above_the_pictures_and_are_cut() -> None:
    pictures = [np.full((40, 120, 3), value, np.uint8) for value in (90, 200)]
    short, long = captioned(pictures, [("frame 0", "a cat"), ("frame 9", "a long prompt " * 30)])
    assert short.shape == long.shape
    assert np.array_equal(long[-40:], pictures[1])
    (alone,) = captioned(pictures[:1], [("frame 0", "a cat")])
    assert alone.shape[0] < short.shape[0]
