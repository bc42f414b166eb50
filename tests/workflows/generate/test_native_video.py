"""Clips of video pipelines: each family from a folder on disk, stopped and resumed, and what is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesmooth.errors import FramesmoothError, ModelError, UsageError
from framesmooth.events import Event, Listener, Notice, Progress, StageStarted
from framesmooth.models.video_families import VIDEO_FAMILIES
from framesmooth.runs import RunFolder
from framesmooth.video import open_source, read_image, write_png
from framesmooth.workflows.generate.frames_stage import FramesStage
from framesmooth.workflows.generate.preview import preview_clip
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.resume import Resume, resume_run
from framesmooth.workflows.generate.run import estimate_clip, make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from tests import tiny_video_families
from tests.listeners import Stop, nothing, stop_at
from tests.scenes import texture
from tests.tiny_video_families import build_tiny_video_family

SMALL: dict[str, Any] = {"steps": 2, "smoother": "ema", "dtype": "float32", "device": "cpu"}
SIDES = {"stable_video_diffusion": 64}
IMAGE = ("cogvideox_image", "wan_image", "stable_video_diffusion")
"""Families that animate an image."""
SLOW = ("hunyuan_video", "mochi", "stable_video_diffusion", "animatediff_xl", "cogvideox_image")

every_family = pytest.mark.parametrize(
    "family",
    [
        pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
        for name in tiny_video_families.VIDEO_FAMILIES
    ],
)
Clip = Callable[..., GenerateSettings]


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the folder of a tiny pipeline; don't write into it."""
    root, made = tmp_path_factory.mktemp("video-pipelines"), dict[str, Path]()

    def folder(name: str) -> Path:
        if name not in made:
            made[name] = build_tiny_video_family(name, root)
        return made[name]

    return folder


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    write_png(tmp_path / "picture.png", np.asarray(texture(40, 48, seed=3) * 255, np.uint8))
    return tmp_path / "picture.png"


@pytest.fixture
def clip(pipelines: Callable[[str], Path], picture: Path, tmp_path: Path) -> Clip:
    """Return the settings of a small clip of a family, from an image where it needs one."""

    def settings(name: str, output: str = "clip.mkv", **asked: Any) -> GenerateSettings:
        side = SIDES.get(name, 32)
        given = {"prompts": ["a cat"], "width": side, "height": side, "num_frames": 6}
        if name in IMAGE:
            given["init_image"] = picture
        given |= {"model": str(pipelines(name)), "output": tmp_path / output} | SMALL
        return GenerateSettings.of(**given | asked)

    return settings


def frames_of(settings: GenerateSettings) -> list[bytes]:
    folder = RunFolder.beside(settings.output).frames.folder
    return [path.read_bytes() for path in sorted(folder.glob("*.png"))]


def pixels(settings: GenerateSettings) -> np.ndarray:
    folder = RunFolder.beside(settings.output).frames.folder
    return np.stack([read_image(path) for path in sorted(folder.glob("*.png"))]).astype(int)


def settings_of_clip(model: Path, output: Path, **asked: Any) -> GenerateSettings:
    """Return the settings of a clip of two steps on the CPU."""
    return GenerateSettings.of(
        **{"prompts": ["a cat"], "model": str(model), "output": output} | SMALL | asked
    )


def make_frames(settings: GenerateSettings, listen: Listener = nothing) -> RunFolder:
    """Generate the frames of a clip, and leave smoothing and writing to others."""
    run = RunFolder.beside(settings.output)
    run.frames.folder.mkdir(parents=True)
    FramesStage(resolve(settings), run, listen).make()
    return run


def said(settings: GenerateSettings) -> str:
    """Generate the frames of a clip and return the notices, a line each."""
    lines: list[str] = []

    def listen(event: Event) -> None:
        if isinstance(event, Notice):
            lines.append(event.message)

    make_frames(settings, listen)
    return "\n".join(lines)


def test_every_family_has_a_tiny_pipeline(pipelines: Callable[[str], Path]) -> None:
    """By the class in the table: two rows may share weights, and a tiny pipeline."""
    covered = set()
    for maker in tiny_video_families.VIDEO_FAMILIES:
        index = json.loads((pipelines(maker) / "model_index.json").read_text())
        covered |= set(VIDEO_FAMILIES[index["_class_name"]].pipelines.values())
    assert covered >= set(VIDEO_FAMILIES)


@every_family
def test_a_clip_that_was_stopped_is_resumed_to_the_same_bytes(family: str, clip: Clip) -> None:
    """Two prompts: one segment is kept, and the other generated; a killed process leaves no less."""
    two = {"prompts": ["a cat", "the sea"], "num_frames": 8}
    whole = clip(family, "whole.mkv", **two)
    make_frames(whole)
    assert pixels(whole).std() > 1
    settings = clip(family, **two)
    travels = family == "animatediff"
    with pytest.raises(Stop):
        make_clip(settings, stop_at("keyframes", 1 if travels else 3))
    run = RunFolder.beside(settings.output)
    assert run.record["status"] == "interrupted"
    kept = len(run.keyframes.results())
    assert kept == (0 if travels else 4), "the first segment is kept"
    steps = 0

    def count(event: Event) -> None:
        nonlocal steps
        steps += event.advance if isinstance(event, Progress) and event.stage == "keyframes" else 0

    how = Resume(paths=[("model", settings.model.name), *_images(settings)])
    assert isinstance(resume_run(run.folder, how, count), GeneratedClip)
    assert steps == 2 * (8 - kept), "what is kept is not generated again"
    assert frames_of(settings) == frames_of(whole) != []
    record = run.record
    assert record["status"] == "complete"
    assert record["generation"]["segments"][-1][1] == 8
    assert record["settings"]["resolved"]["native_video"]["start"]


def _images(settings: GenerateSettings) -> list[tuple[str, Path]]:
    image = settings.img2img.init_image
    return [] if image is None else [("init-image", image)]


@pytest.mark.parametrize("family", ["text_to_video_sd", "animatediff", "ltx", "wan", "cogvideox"])
def test_a_video_is_restyled(family: str, clip: Clip, tmp_path: Path) -> None:
    """At a low strength the clip is nearer to its video than at a high one."""
    video = [np.asarray(texture(32, 32, seed=seed) * 255, np.uint8) for seed in range(6)]
    for index, frame in enumerate(video):
        write_png(tmp_path / "video" / f"{index}.png", frame)
    asked = {"init_video": tmp_path / "video", "num_frames": None, "steps": 4, "fps": 8}
    weak, strong = (clip(family, f"{at}.mkv", strength=at, **asked) for at in ("0.1", "1"))
    for settings in (weak, strong):
        make_frames(settings)
        assert len(frames_of(settings)) == 6
    assert not np.array_equal(pixels(weak), pixels(strong))


def test_images_begin_and_end_a_clip(clip: Clip, picture: Path, tmp_path: Path) -> None:
    write_png(tmp_path / "other.png", np.full((32, 32, 3), 200, np.uint8))
    for family, frames in (("ltx", 9), ("wan_image", 5)):
        asked = {"init_image": picture, "last_image": tmp_path / "other.png", "num_frames": frames}
        settings = clip(family, f"{family}.mkv", **asked)
        make_frames(settings)
        without = clip(family, f"{family}-first.mkv", **asked | {"last_image": None})
        make_frames(without)
        assert not np.array_equal(pixels(settings), pixels(without))


def test_prompts_lead_on_where_the_family_takes_an_image(clip: Clip) -> None:
    ltx = clip("ltx", prompts=["a cat", "the sea"], num_frames=12)
    assert "2 segments, each from the last frame before it: at 6" in said(ltx)
    wan = clip("wan", "wan.mkv", prompts=["a cat", "the sea"])
    assert "cuts to something new at 3" in said(wan)


def test_a_prompt_dictionary_and_free_noise_make_long_clips(clip: Clip) -> None:
    """Prompts of AnimateDiff change inside one clip, which is longer than its window."""
    long = clip("animatediff", prompts=["0: a cat | 15: the sea"], num_frames=20, context_length=8)
    other = clip("animatediff", "other.mkv", prompts=["a cat"], num_frames=20, context_length=8)
    refined = clip("animatediff", "refined.mkv", num_frames=6, free_init=2)
    plain = clip("animatediff", "plain.mkv", num_frames=6)
    for settings in (long, other, refined, plain):
        assert "cuts" not in said(settings)
    assert not np.array_equal(pixels(long), pixels(other))
    assert not np.array_equal(pixels(refined), pixels(plain))


def test_long_clips_of_an_image_are_made_of_segments(clip: Clip) -> None:
    """The tiny model was made for 6 frames: later segments generate the frame again that they start from."""
    settings = clip("stable_video_diffusion", num_frames=11)
    assert "reads no prompt" in said(settings)
    loaded = RunFolder.beside(settings.output).frames.notes()["loaded"]
    assert loaded["segments"] == [[0, 3], [3, 7], [7, 11]]


def test_a_motion_adapter_makes_a_model_of_images_move(
    clip: Clip, tmp_path: Path, pipelines: Callable[[str], Path]
) -> None:
    from tests.tiny_families import build_tiny_family

    base = build_tiny_family("stable_diffusion_2", tmp_path)
    tiny_video_families.motion_adapter().save_pretrained(tmp_path / "adapter", safe_serialization=True)
    settings = clip("animatediff", model=str(base), motion_adapter=tmp_path / "adapter", scheduler="euler")
    notes = make_frames(settings).frames.notes()
    assert notes["loaded"]["pipeline"] == "AnimateDiffPipeline"
    assert any(name.startswith("motion adapter") for name in notes["settings"]["model"])
    with pytest.raises(UsageError, match="motion adapters are for"):
        make_clip(settings.but(model=str(pipelines("wan")), output=tmp_path / "no.mkv"), nothing)
    with pytest.raises(ModelError, match="holds no MotionAdapter"):
        make_clip(settings.but(motion_adapter=base, output=tmp_path / "no.mkv"), nothing)


@pytest.mark.parametrize(
    ("family", "asked", "words"),
    [
        ("wan", {"init_image": "picture.png"}, "not from an image: drop --init-image"),
        ("text_to_video_sd", {"last_image": "picture.png"}, "drop --last-image"),
        ("cogvideox_image", {"init_image": None}, "add --init-image"),
        ("cogvideox_image", {"last_image": "picture.png"}, "takes no image for the end"),
        ("wan_image", {"init_image": None, "last_image": "picture.png"}, "--last-image needs here"),
        ("wan_image", {"last_image": "picture.png", "num_frames": 7}, "give --num-frames 9"),
        ("wan", {"init_video": "picture.png", "strength": "0:(0.2), 5:(0.9)"}, "one number above 0"),
        ("wan", {"strength": "0.5"}, "--strength is for --init-video"),
        ("wan", {"zoom": "1.01"}, "a camera: wan"),
        ("wan", {"loop": True}, "--loop"),
        ("wan", {"cadence": 2}, "--cadence"),
        ("wan", {"free_init": 2}, "no such thing"),
        ("wan", {"guidance_scale_2": 2.0}, "--guidance-scale-2"),
        ("wan", {"true_cfg_scale": 2.0}, "--true-cfg-scale"),
        ("animatediff_xl", {"context_length": 8}, "--context-length"),
    ],
)
def test_what_a_family_does_not_do_is_refused_in_one_line(
    family: str, asked: dict[str, Any], words: str, clip: Clip, tmp_path: Path
) -> None:
    if "init_video" in asked:
        write_png(tmp_path / "video" / "0.png", np.zeros((32, 32, 3), np.uint8))
        write_png(tmp_path / "video" / "1.png", np.zeros((32, 32, 3), np.uint8))
        asked = asked | {"init_video": tmp_path / "video", "num_frames": 2}
    paths = {name: tmp_path / value for name, value in asked.items() if str(value).endswith(".png")}
    with pytest.raises(FramesmoothError, match=words) as refusal:
        make_clip(clip(family, **asked | paths), nothing)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "clip.mkv").exists()


def test_a_model_of_images_takes_no_option_of_video_models(tiny_model: Path, clip: Clip) -> None:
    with pytest.raises(UsageError, match="--free-init: tiny generates single images"):
        make_clip(clip("wan", model=str(tiny_model), free_init=1), nothing)


def test_what_looks_into_single_images_refuses_a_video_model(pipelines: Callable[[str], Path]) -> None:
    from framesmooth.workflows.explain import explain

    with pytest.raises(UsageError, match="wan is a Wan model, which generates whole clips"):
        explain("a red boat", model=str(pipelines("wan")), steps=2, width=32, height=32)


def test_missing_components_are_named(clip: Clip, pipelines: Callable[[str], Path], tmp_path: Path) -> None:
    whole = pipelines("wan")
    without = Path(shutil.copytree(whole, tmp_path / "without"))
    shutil.rmtree(without / "vae")
    with pytest.raises(ModelError, match="incomplete: its AutoencoderKLWan has no files in vae/"):
        make_clip(clip("wan", model=str(without)), nothing)
    index = json.loads((without / "model_index.json").read_text()) | {"vae": [None, None]}
    (without / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="a WanPipeline needs its vae"):
        make_clip(clip("wan", model=str(without)), nothing)


def test_a_missing_package_is_named(clip: Clip, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framesmooth.models.video_loading.missing_packages", lambda names: list(names))
    with pytest.raises(ModelError, match="ftfy, which is not installed: pip install 'framesmooth"):
        make_clip(clip("wan"), nothing)
    with pytest.raises(ModelError, match="needs bitsandbytes, which is not installed"):
        make_clip(clip("ltx", quantize_text_encoder="int8"), nothing)


@pytest.mark.parametrize("option", ["cpu_offload", "group_offload"])
def test_offloading_is_for_gpus(option: str, clip: Clip) -> None:
    with pytest.raises(UsageError, match="is for GPUs"):
        make_clip(clip("ltx", **{option: True}), nothing)


def test_little_memory_is_enough(clip: Clip) -> None:
    """Weights in float8 make other frames, and tiles none to speak of."""
    plain, tiled = clip("ltx"), clip("ltx", "tiled.mkv", low_vram=True)
    cast = clip("ltx", "cast.mkv", layerwise_casting=True)
    for settings in (plain, tiled, cast):
        make_frames(settings)
    assert np.abs(pixels(tiled) - pixels(plain)).max() <= 1
    assert np.abs(pixels(cast) - pixels(plain)).max() > 0


def test_any_size_is_rounded_up_and_cropped(clip: Clip) -> None:
    settings = clip("wan", width=40, height=24)
    told = said(settings)
    assert "40x24 is cropped from 48x32: sides of wan are multiples of 16" in told
    assert "6 frames are cut from 9: wan generates 4k + 1 frames" in told
    assert pixels(settings).shape == (6, 24, 40, 3)


def test_frame_rate_and_length_are_those_of_the_family(clip: Clip) -> None:
    settings = clip("cogvideox", num_frames=None)
    made = make_clip(settings, nothing)
    assert (made.after.num_frames, float(made.fps)) == (9, 8.0)
    assert RunFolder.beside(settings.output).record["settings"]["raw"]["timeline"]["fps"] == "8"


def test_models_tells_what_a_family_generates(pipelines: Callable[[str], Path]) -> None:
    from click.testing import CliRunner

    from framesmooth.cli.main import cli

    result = CliRunner().invoke(cli, ["models", str(pipelines("wan_image")), "--json"])
    told = json.loads(result.stdout)[-1]["video"]
    assert (told["starts"], told["takes_last_image"]) == (["image"], True)
    assert told["frames"] == {"rule": "4k + 1", "default": 81}
    text = CliRunner().invoke(cli, ["models", str(pipelines("wan_image"))]).stdout
    assert "video from an image, to an image at the end; 4k + 1 frames" in text
    known = json.loads(CliRunner().invoke(cli, ["models", "--families", "--json"]).stdout)
    assert {one["family"] for one in known} == {family.title for family in VIDEO_FAMILIES.values()}
    assert "license CC-BY-NC-4.0" in CliRunner().invoke(cli, ["models", "--families"]).stdout


def test_the_estimate_knows_clips(clip: Clip) -> None:
    settings = clip("ltx", prompts=["a cat", "the sea"], num_frames=24)
    found = estimate_clip(settings, nothing)
    assert (found.segments, found.keyframes, found.frames) == (2, 24, 24)
    assert dict(found.rows)["clips to diffuse"] == "2 of 24 frames in all"
    generated = 17 + 17  # 12 frames, and 12 after the one that they start from, by the rule 8k + 1
    assert found.evaluations == generated * 2 * 2, "two steps, guided"
    assert found.seconds > 0
    assert not RunFolder.beside(settings.output).folder.exists()


def test_a_preview_shows_a_dozen_frames(clip: Clip) -> None:
    made = preview_clip(clip("text_to_video_sd", num_frames=16, steps=20), nothing)
    assert len(made.frames) == 12
    assert made.steps == 10


def test_steps_are_reported_as_they_are_done(clip: Clip) -> None:
    for family in ("text_to_video_sd", "wan", "animatediff"):
        events: list[Event] = []
        settings = clip(family, f"{family}.mkv", steps=3)
        make_frames(settings, events.append)
        (started,) = (e for e in events if isinstance(e, StageStarted) and e.stage == "keyframes")
        done = [e.advance for e in events if isinstance(e, Progress) and e.stage == "keyframes"]
        assert done == [6, 6, 6]
        assert started.total == 18


def test_a_lora_changes_the_clip(clip: Clip, pipelines: Callable[[str], Path], tmp_path: Path) -> None:
    from tests.tiny_video_families import save_lora

    lora = save_lora(pipelines("animatediff"), tmp_path / "style.safetensors")
    plain, styled = clip("animatediff"), clip("animatediff", "styled.mkv", loras=[f"{lora}:0.8"])
    for settings in (plain, styled):
        make_frames(settings)
    assert np.abs(pixels(plain) - pixels(styled)).max() > 0


def test_a_stopped_run_with_a_random_seed_goes_on(clip: Clip) -> None:
    """The same command again: the frame rate and the seed that it had are found in the record."""
    settings = clip("ltx", prompts=["a cat", "the sea"], num_frames=8, seed=-1)
    with pytest.raises(Stop):
        make_clip(settings, stop_at("keyframes", 3))
    run = RunFolder.beside(settings.output)
    seed, kept = run.record["keyframes"][0]["seed"], {p.name: p.read_bytes() for p in run.keyframes.results()}
    assert len(kept) == 4
    make_clip(settings, nothing)
    assert run.record["keyframes"][0]["seed"] == seed
    assert {p.name: p.read_bytes() for p in run.keyframes.results()}.items() >= kept.items()


def test_the_clip_is_written_with_its_provenance(clip: Clip) -> None:
    from framesmooth.video import read_metadata

    settings = clip("wan")
    make_clip(settings, nothing)
    run = RunFolder.beside(settings.output)
    told = read_metadata(run.frames.folder / "frame_000002.png")["parameters"]
    assert "a cat" in told
    assert "Sampler: UniPC" in told
    assert (run.folder / "report.html").is_file()
    assert len(list(open_source(settings.output))) == 6
