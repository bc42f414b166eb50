"""What is refused: with an exit code and one line that says what is wrong, never with a traceback."""

import json
import shutil
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from framesmooth.cli.main import cli
from framesmooth.errors import FramesmoothError, MediaError, UsageError
from framesmooth.registry import SMOOTHERS
from framesmooth.smoothing.base import scheduled
from framesmooth.timeline.schedule import Schedule
from framesmooth.tuning.sweep import run_sweep
from framesmooth.video import open_sink, open_source, write_png, write_text

FPS = Fraction(12)
RECORD = {"settings": {"raw": {}, "resolved": {"fps": "12"}}, "model": {"name": "tiny"}}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a folder of frames, a video, an animation, and one frame of one pixel."""
    for index in range(3):
        write_png(tmp_path / "in" / f"{index}.png", np.full((24, 32, 3), 60 + 9 * index, np.uint8))
    for name in ("in.mkv", "in.gif"):
        with open_sink(tmp_path / name, fps=FPS, size=(24, 32)) as sink:
            for frame in open_source(tmp_path / "in"):
                sink.write(frame)
    write_png(tmp_path / "dot" / "0.png", np.zeros((1, 1, 3), np.uint8))
    (tmp_path / "no-model").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(code: int, words: str, *arguments: str) -> None:
    """See that a command is refused with an exit code and one line."""
    result = CliRunner().invoke(cli, [*arguments, *(() if arguments[0] == "schedule" else ("-q",))])
    assert (result.exit_code, words in result.stderr) == (code, True), result.output
    said = result.stderr.strip().splitlines()[-1]
    assert said.lower().startswith("error: "), result.stderr
    assert not isinstance(result.exception, FramesmoothError)


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (
            "smooth in -o a.mp4 --flow-weights w.safetensors",
            2,
            "a trained flow: add --flow raft",
        ),
        ("sweep in --smooth-strength a", 2, "is no range: write FIRST:LAST:STEP"),
        ("sweep in --smooth-strength 0,2", 2, "strengths are 0 to 1"),
        ("sweep in --smooth-strength 1:0:0.1", 2, "holds no strength"),
        ("sweep in --smooth-strength 0:1:0.001", 2, "are 1001 strengths: take a larger step"),
        ("sweep in --smoother ema,blur", 2, "'blur' is not accepted: give one of ema"),
        ("schedule ,", 2, "a number or expression is missing here"),
        ("generate cat -o clip.framesmooth", 2, "give -o a clip, such as clip.mp4"),
        ("generate cat -o a.mp4 --model no-model", 1, "it is not a diffusers model folder"),
        ("resume nothing.framesmooth", 1, "nothing.framesmooth is no run folder: check the name"),
        ("assemble dot -o a.mp4 --odd-size crop", 1, "1x1 is too small to crop"),
        ("assemble in -o a.mp4 --audio in.mkv", 1, "in.mkv holds no sound"),
    ],
)
def test_commands_that_are_refused(place: Path, command: str, code: int, words: str) -> None:
    refused(code, words, *command.split())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("clip_consistency", "no model given, add --weights clip_consistency=FOLDER"),
        ("dino_consistency --weights dino_consistency=in", "in holds no transformers model"),
        ("clip_consistency --weights clip_consistency=empty", "empty cannot be loaded: "),
        ("lpips -r in.mkv", "the package lpips is not installed"),
    ],
)
def test_metrics_that_are_skipped(
    place: Path, monkeypatch: pytest.MonkeyPatch, options: str, words: str
) -> None:
    monkeypatch.setattr("framesmooth.metrics.learned.lpips.missing_packages", list)
    (place / "empty").mkdir()
    (place / "empty" / "config.json").write_text("{}")
    result = CliRunner().invoke(cli, ["measure", "in", "--metric", *options.split()])
    assert result.exit_code == 0
    assert f"skipped: {words}" in result.output


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--seeds 1,2,3", "3 seeds but 2 prompts"),
        ("--seeds 1", "2 prompts but 1 seeds"),
        ("--pan-x 1e30", "--pan-x: 1e+30 at frame 0 is outside -16384 to 16384"),
    ],
)
def test_settings_that_contradict_each_other(place: Path, tiny_model: Path, options: str, words: str) -> None:
    refused(2, words, "generate", "cat", "sea", "-o", "a.mp4", "--model", str(tiny_model), *options.split())


def test_a_camera_moves_one_noise(place: Path, tiny_model: Path) -> None:
    (place / "a.yaml").write_text("- {prompt: a cat, seed: 1}\n- {prompt: the sea, seed: 2}\n")
    words = "prompts with seeds of their own cannot be combined with a camera"
    refused(2, words, "generate", "a.yaml", "-o", "a.mp4", "--model", str(tiny_model), "--zoom", "1.1")


def test_a_name_that_is_no_text(place: Path) -> None:
    with pytest.raises(MediaError, match="its name is no valid text, rename it"):
        write_text(place / "a\ud800.json", "{}")


@pytest.mark.parametrize("text", ["+".join(["t"] * 3000), "1" * 1_100_000], ids=["nested", "long"])
def test_schedules_that_are_too_much(place: Path, text: str) -> None:
    refused(2, "nested too deeply" if "+" in text else "characters are too many", "schedule", text)


def test_a_clip_without_frames_has_no_schedule() -> None:
    with pytest.raises(UsageError, match="needs a clip of at least one frame"):
        Schedule.parse("1", 0)


def spoil_record(place: Path, record: Any) -> None:
    from framesmooth.runs import FrameFolder, RunFolder

    run = RunFolder(place / "clip.framesmooth")
    run.frames.open({})
    FrameFolder(run.frames).write(0, np.zeros((24, 32, 3), np.uint8))
    run.frames.note(complete=True)
    (run.folder / "record.json").write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"raw": {}}, "record.json is damaged: give its frames folder and --fps"),
        ({"raw": {"prompts": [1]}, "resolved": {"fps": "12"}}, "give its frames folder"),
        ({"raw": {"audio": "/etc/passwd"}, "resolved": {"fps": "12"}}, "give its frames folder"),
    ],
)
def test_runs_with_a_damaged_record(place: Path, settings: dict[str, Any], words: str) -> None:
    spoil_record(place, RECORD | {"settings": settings})
    refused(1, words, "smooth", "clip.framesmooth", "-o", "a.mp4")


@pytest.mark.parametrize("name", ["in.mkv", "in.gif"])
def test_more_frames_than_a_clip_may_have(place: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    module = "probe" if name == "in.mkv" else "animation"
    monkeypatch.setattr(f"framesmooth.video.{module}.MAX_FRAMES", 2)
    refused(1, "has more than 2 frames: cut it into parts", "measure", name)


class Wrong:
    """Something that was opened or decoded, but for some attributes."""

    def __init__(self, whole: Any, **wrong: Any) -> None:
        self._whole, self._wrong = whole, wrong

    def __getattr__(self, name: str) -> Any:
        return self._wrong[name] if name in self._wrong else getattr(self._whole, name)


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([], "in.mkv holds no decodable frame"),
        ([(24, 32), (24, 30)], "in.mkv: frame 1 is 30x24 but the clip started with 32x24"),
    ],
)
def test_videos_that_change_or_hold_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch, times: list[tuple[int, int]], words: str
) -> None:
    def decode(_path: Path, *_others: Any, **_options: Any) -> Iterator[tuple[Fraction, Any]]:
        yield from ((Fraction(at, 12), np.zeros((*size, 3), np.uint8)) for at, size in enumerate(times))

    monkeypatch.setattr("framesmooth.video.reader._decode_video", decode)
    refused(1, words, "measure", "in.mkv")


def test_a_picture_that_changes_while_a_folder_is_read(place: Path) -> None:
    source = open_source(place / "in")
    write_png(place / "in" / "1.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(MediaError, match=r"1.png is 8x8 but 0.png is 32x24"):
        list(source)


def test_what_python_alone_can_ask_for(place: Path) -> None:
    with pytest.raises(UsageError, match="give a positive --fps"):
        open_source(place / "in", fps=Fraction(0))
    with pytest.raises(UsageError, match="at least one --smooth-strength"):
        run_sweep([], None, lambda event: None)  # type: ignore[arg-type]
    endless: Any = Wrong(open_source(place / "in"), num_frames=None)
    with pytest.raises(UsageError, match="give --frame-range"):
        scheduled("0:(1)", endless)


@pytest.mark.parametrize("command", ["smooth in -o a.mkv --loop", "tune in -o a.mkv"])
def test_smoothers_of_others_may_not_know_loops_or_strengths(
    place: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setitem(SMOOTHERS, "ema", f"{__name__}:Plain")
    words = "cannot smooth a loop" if "--loop" in command else "ema cannot be tuned"
    refused(2, words, *command.split(), "--smoother", "ema")


class Plain:
    """A smoother that only keeps to the contract."""

    lookahead = 0

    def __init__(self, strength: float = 1) -> None:
        self.strength = strength

    def __call__(self, frames: Any) -> Iterator[Any]:
        return iter(frames)


def edited(name: str, change: Callable[[Any], object]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        content = json.loads((folder / name).read_text())
        change(content)
        (folder / name).write_text(json.dumps(content))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "model_index.json").write_text("[]"), "is not a JSON object"),
        (lambda folder: (folder / "model_index.json").write_text("[" * 10_000), "is not valid JSON"),
        (lambda folder: (folder / "framesmooth.json").write_text("{"), "framesmooth.json is not valid JSON"),
        (edited("unet/config.json", lambda c: c.update(in_channels=9)), "could not be loaded by diffusers"),
        (edited("model_index.json", lambda c: c.update(_class_name="StableDiffusionImg2ImgPipeline")),
         "which is not known here"),
    ],
)  # fmt: skip
def test_models_that_cannot_be_used(
    place: Path, tiny_model: Path, spoil: Callable[[Path], object], words: str
) -> None:
    model = Path(shutil.copytree(tiny_model, place / "model"))
    spoil(model)
    size = ("-W", "32", "-H", "24", "--num-frames", "1", "--steps", "1")
    refused(1, words, "generate", "cat", "-o", "a.mp4", "--model", str(model), *size)


def test_a_model_whose_parts_do_not_fit(place: Path, tiny_model: Path, monkeypatch: Any) -> None:
    from framesmooth.models import loading

    whole = loading.from_disk

    def other(*given: Any) -> Any:
        pipe = whole(*given)
        pipe.unet.register_to_config(in_channels=9)
        return pipe

    monkeypatch.setattr(loading, "from_disk", other)
    words = "its denoiser takes 9 channels, its autoencoder gives 6"
    refused(1, words, "generate", "cat", "-o", "a.mp4", "--model", str(tiny_model), "--num-frames", "1")


def test_a_scheduler_that_needs_another_package(
    place: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers import EulerDiscreteScheduler

    def missing(*_arguments: object, **_options: object) -> None:
        raise ImportError("it requires the\ntorchsde library")

    monkeypatch.setattr(EulerDiscreteScheduler, "from_config", missing)
    options = ("--model", str(tiny_model), "--scheduler", "euler-discrete", "--num-frames", "1")
    refused(2, "cannot be used here: it requires the torchsde", "generate", "cat", "-o", "a.mp4", *options)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("torch", "out of memory: add --low-vram"),
        ("nan", "all 1 frames came out bad (NaN)"),
    ],
)
def test_a_device_that_gives_up(
    place: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, error: str, words: str
) -> None:
    import torch
    from diffusers import UNet2DConditionModel

    inner = UNet2DConditionModel.forward

    def forward(*arguments: Any, **options: Any) -> Any:
        if error == "torch":
            raise torch.OutOfMemoryError
        return tuple(part * torch.nan for part in inner(*arguments, **options))

    monkeypatch.setattr(UNet2DConditionModel, "forward", forward)
    size = ("-W", "32", "-H", "24", "--num-frames", "1", "--steps", "1", "--bad-frames", "hold")
    refused(1, words, "generate", "cat", "-o", "a.mp4", "--model", str(tiny_model), *size)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("OfflineModeIsEnabled", "cannot be downloaded while HF_HUB_OFFLINE is set"),
        ("OSError", "could not be downloaded from the hub: no route"),
    ],
)
def test_models_that_cannot_be_fetched(
    place: Path, monkeypatch: pytest.MonkeyPatch, error: str, words: str
) -> None:
    import huggingface_hub
    from huggingface_hub import errors

    def fails(*_arguments: object, **_options: object) -> None:
        raise getattr(errors, error, OSError)("no route\nto host")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fails)
    refused(1, words, "generate", "cat", "-o", "a.mp4", "--model", "nobody/nothing", "--allow-download")


def test_an_installation_without_its_model(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framesmooth.models.checkpoints.BUILT_IN_FOLDER", place / "nowhere")
    refused(1, "is not in this installation: reinstall framesmooth", "generate", "cat", "-o", "a.mp4")
