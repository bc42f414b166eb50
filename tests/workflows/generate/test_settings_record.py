"""Settings in the record of a run, by group; those of version 1, which were flat, are read too."""

import json
import shutil
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from framesmooth.errors import UsageError
from framesmooth.models.ip_adapter_spec import IPAdapter
from framesmooth.models.lora_spec import Lora
from framesmooth.motion.camera.moves import Moves
from framesmooth.runs import RunFolder
from framesmooth.timeline.prompts import TimedPrompt
from framesmooth.workflows.generate.moved_paths import NAMES, with_moved_paths
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_as_record, settings_from_record
from tests.command_line import run

OLD_RUN = Path(__file__).parent / "version_1_run"


@pytest.fixture
def old_run(tmp_path: Path) -> Path:
    """The run folder of a short clip, as framesmooth 0.1.0 left it."""
    return Path(shutil.copytree(OLD_RUN, tmp_path / "clip.framesmooth"))


def record_of(raw: Mapping[str, Any], version: int = 2) -> dict[str, Any]:
    keyframes = [{"time": 0, "prompt": "a cat", "seed": 7}]
    return {"version": version, "settings": {"raw": raw}, "keyframes": keyframes}


def old_settings(**changes: Any) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads((OLD_RUN / "record.json").read_text())["settings"]["raw"]
    return raw | changes


def everything(folder: Path) -> GenerateSettings:
    """A clip that uses a setting of every kind."""
    for name in ("a.safetensors", "walk", "sound.wav", "ip", "face.png"):
        (folder / name).touch()
    return GenerateSettings.of(
        prompts=(TimedPrompt("a cat", 0), TimedPrompt("a lion", 9, "fog", 4)),
        output=folder / "clip.mp4",
        fps=Fraction(24000, 1001),
        seeds=(1, 2),
        loras=(Lora(folder / "a.safetensors", 0.5),),
        zoom="1.01",
        control=("canny", folder / "walk"),
        control_model="owner/canny",
        ip_adapter=IPAdapter(folder / "ip", 0.6),
        ip_adapter_image=folder / "face.png",
        audio=folder / "sound.wav",
        cadence="auto",
        smooth_strength="auto",
    )


def test_settings_come_back_as_they_were(tmp_path: Path) -> None:
    settings = everything(tmp_path)
    folder = RunFolder.beside(settings.output).folder
    raw = json.loads(json.dumps(settings_as_record(settings, folder)))
    assert str(tmp_path) not in json.dumps(raw)
    assert "sign" not in raw["encoding"]
    assert raw["model"]["loras"] == [{"path": "../a.safetensors", "weight": 0.5}]
    record = record_of(raw) | {"keyframes": [{"seed": 1}, {"seed": 2}]}
    assert settings_from_record(record, folder) == settings


def test_an_old_record_is_read(old_run: Path) -> None:
    settings = settings_from_record(RunFolder(old_run).record, old_run)
    assert settings == GenerateSettings.of(
        prompts=["a red sailboat", "a lighthouse"],
        output=old_run.parent / "clip.mp4",
        motion="off",
        weather="off",
        num_frames=4,
        fps=12,
        width=32,
        height=24,
        steps=1,
        zoom="1.02",
        smooth_strength=0.4,
        smoother="ema",
        crf=20,
        negative_prompt="fog",
        seed=5,
        structure_guidance=0,
        layout_size="full",
        camera_anchor="off",
        drift=0.5,
    )


def test_the_frames_of_an_old_run_are_smoothed(old_run: Path) -> None:
    result = run("smooth", old_run, "-o", old_run.parent / "again.mkv", "--smoother", "ema", "-q")
    assert result.exit_code == 0, result.stderr
    assert (old_run.parent / "again.mkv").is_file()


def test_an_old_run_is_resumed(old_run: Path) -> None:
    """What differs since then is said in one line; --force uses the frames that are there."""
    frames = {path.name: path.read_bytes() for path in old_run.glob("frames/*.png")}
    result = run("resume", old_run, "-q")
    if result.exit_code:  # a library has another version by now
        assert "cannot be resumed as it began: " in result.stderr
        assert "--force" in result.stderr
        assert result.stderr.count("\n") == 1
    assert run("resume", old_run, "--force", "-q").exit_code == 0
    assert (old_run.parent / "clip.mp4").is_file()
    assert set(frames) == {path.name for path in old_run.glob("frames/*.png")}
    assert RunFolder(old_run).record["version"] == 2


@pytest.mark.parametrize("last", [None, "last.png"])
def test_a_record_from_before_shared_structure_goes_on_without(tmp_path: Path, last: str | None) -> None:
    folder = tmp_path / "clip.framesmooth"
    asked = GenerateSettings.of(prompts=["a", "b"], output=tmp_path / "clip.mp4", last_image=last, drift=0.5)
    raw = settings_as_record(asked, folder)
    new = settings_from_record(record_of(raw, 2), folder)
    assert (new.timeline.structure_guidance, new.sampling.layout_size) == ("auto", "auto")
    assert new.timeline.pacing is None
    del raw["timeline"]["structure_guidance"], raw["sampling"]["layout_size"]
    old = settings_from_record(record_of(raw, 2), folder)
    assert (old.timeline.structure_guidance, old.sampling.layout_size) == (0, "full")
    assert old.timeline.pacing == ("linear" if last else None)
    assert old.seeding.drift == 0.5


def test_old_parts_become_settings_of_their_own(tmp_path: Path) -> None:
    control = {"kind": "pose", "source": "walk", "model": "owner/pose", "scale": "0:(1), 5:(0)", "end": 1.0}
    prompt = {"adapter": "ip", "image": "face.png", "scale": 0.6}
    raw = old_settings(control=control, image_prompt=prompt, camera=vars(Moves(roll="2")), smooth="auto")
    settings = settings_from_record(record_of(raw, 1), tmp_path / "clip.framesmooth")
    conditioning = settings.conditioning
    assert conditioning.control == ("pose", Path("walk"))
    assert (conditioning.control_model, conditioning.control_scale) == ("owner/pose", "0:(1), 5:(0)")
    assert conditioning.control_end is None
    assert conditioning.ip_adapter == IPAdapter(Path("ip"), 0.6)
    assert conditioning.ip_adapter_image == Path("face.png")
    assert settings.camera.moves == Moves(roll="2")
    assert settings.smoothing.smooth_strength == "auto"


def test_an_old_camera_that_stands_still_is_one_all_the_same(tmp_path: Path) -> None:
    raw = old_settings(camera=vars(Moves()))
    assert settings_from_record(record_of(raw, 1), tmp_path / "clip.framesmooth").camera.moves == Moves()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"timeline": {"hold": 2}}, "--hold 2 is out of range"),
        ({"timeline": {"fps": "1e999999999"}}, "fps is"),
        ({"timeline": {"tempo": 2}}, r"unknown settings: timeline\.tempo"),
        ({"timeline": 3}, "not iterable"),
        ({"tempo": 2}, "unknown settings tempo"),
        ({"output": "../../clip.mp4"}, "outside the folder"),
        ({"output": "clip.mp4"}, "is not beside"),
        ({"encoding": {"audio": "/etc/passwd"}}, "outside the folder"),
        ({"img2img": {"init_image": "../../secret.png"}}, "outside the folder"),
        ({"model": {"loras": [{"path": "~/a.safetensors"}]}}, "no name of a file"),
        ({"model": {"name": "../../model"}}, "outside the folder"),
        ({"conditioning": {"control": ["canny", "/walk"]}}, "outside the folder"),
        ({"prompts": [{"prompt": "a\0"}]}, "no valid text"),
        ({"prompts": "\ud800"}, "no usable settings"),
    ],
)
def test_settings_that_a_record_cannot_hold(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    raw = {"prompts": [{"prompt": "a cat"}], "output": "../clip.mp4"} | change
    with pytest.raises(UsageError, match=told) as caught:
        settings_from_record(record_of(raw), tmp_path / "clip.framesmooth")
    assert "\n" not in str(caught.value)


def test_a_record_allows_no_download(tmp_path: Path) -> None:
    raw = {"prompts": [{"prompt": "a"}], "output": "../clip.mp4", "model": {"allow_download": True}}
    settings = settings_from_record(record_of(raw), tmp_path / "clip.framesmooth")
    assert settings.model.allow_download is False


def test_unknown_settings_of_an_old_record_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown settings tempo"):
        settings_from_record(record_of(old_settings(tempo=2), 1), tmp_path / "clip.framesmooth")


def test_files_are_found_where_they_are_now(tmp_path: Path) -> None:
    settings = everything(tmp_path)
    where = {
        "lora": "b.safetensors",
        "control": "run",
        "ip-adapter": "other",
        "audio": "~/a.wav",
        "model": "m",
    }
    now = with_moved_paths(settings, where.items())
    assert now.model.loras == (Lora(Path("b.safetensors"), 0.5),)
    assert now.conditioning.control == ("canny", Path("run"))
    assert now.conditioning.ip_adapter == IPAdapter(Path("other"), 0.6)
    assert now.encoding.audio == Path("~/a.wav").expanduser()
    assert now.model.name == "m"


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        ([("init-video", "a")], "the run has no --init-video"),
        ([("lora", "a"), ("lora", "b")], "the run has 1 of --lora"),
        ([("lora", "a.safetensors:0.9")], r"the weight of the run is 0\.5"),
        ([("sign", "a")], "give one of model"),
    ],
)
def test_files_that_the_run_does_not_have(tmp_path: Path, paths: list[tuple[str, str]], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        with_moved_paths(everything(tmp_path), paths)


def test_the_weight_of_the_run_may_be_repeated(tmp_path: Path) -> None:
    now = with_moved_paths(everything(tmp_path), [("lora", "b.safetensors:0.5")])
    assert now.model.loras == (Lora(Path("b.safetensors"), 0.5),)


def test_every_file_has_a_name() -> None:
    assert set(NAMES) == {
        "model", "config", "lora", "textual-inversion", "depth-model", "init-image", "last-image",
        "init-video", "control", "control-model", "ip-adapter", "ip-adapter-image", "audio", "motion-adapter",
        "lut", "extend", "upscaler",
    }  # fmt: skip


@pytest.mark.parametrize(
    "former", [["--init-video", "a"], ["--control", "canny", "walk"], ["--lora", "a:0.5"]]
)
def test_resume_knows_its_old_options(old_run: Path, former: list[str]) -> None:
    result = run("resume", old_run, *former)
    name = former[0].removeprefix("--")
    assert f"notice: --{name} is now written --path {name}=PATH" in result.stderr
    assert f"the run has no --{name}" in result.stderr


@pytest.mark.parametrize("path", ["model", "model=", "sing=a", "=a"])
def test_paths_without_a_name(old_run: Path, path: str) -> None:
    result = run("resume", old_run, "--path", path)
    assert result.exit_code == 2
    assert "is no NAME=PATH: NAME is one of model, " in result.stderr
