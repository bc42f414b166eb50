"""The recipes of docs/contributing/recipes.md, each followed with a toy part: one file or field, one row.

The recipe for a generator is followed by tests/workflows/generate/test_generators.py, with a clip, a stop, a
preview and progress.
"""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import numpy as np
import pytest

from tests.doc_blocks import HOME, blocks
from tests.doc_sandbox import write_clip
from tests.scenes import add_flicker, moving_scene

RECIPES = HOME / "docs" / "contributing" / "recipes.md"

SMOOTHER = '''
"""Frames half as bright: it only shows that it was called."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from framesmooth.frames import Frame


@dataclass(frozen=True, kw_only=True)
class Darkener:
    strength: float = 0.5
    lookahead: int = 0

    def __call__(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            yield frame // 2
'''

METRIC = '''
"""The mean level of each frame."""

from framesmooth.metrics.per_frame import FrameMetric


class MeanLevel(FrameMetric):
    name = "mean_level"
    unit = "levels"
    higher_is_better = None
    by_default = False

    def _value(self, frame, reference, motion, *, cut):
        return float(frame.mean())
'''

UPSCALER = '''
"""Every pixel four times."""

from framesmooth.frames import Frame


class Nearest:
    factor = 2
    reach = 0

    @classmethod
    def create(cls, folder, device):
        return cls()

    def __call__(self, frame: Frame) -> Frame:
        return frame.repeat(2, axis=0).repeat(2, axis=1)
'''

COMMAND = '''
"""A command that greets."""

import click


@click.command()
@click.argument("name")
@click.option("--loud", is_flag=True, help="Add an exclamation mark.")
def greet(name: str, loud: bool) -> None:
    """Greet NAME.

    \\b
    Examples:
      framesmooth greet world --loud
    """
    click.echo(f"hello {name}{'!' if loud else ''}")
'''


def framesmooth(folder: Path, row: str, *arguments: str) -> str:
    """Run the command line with one row added to a table, as somebody's package in ``folder`` would."""
    code = f"from framesmooth import registry\nfrom framesmooth.cli import main\n{row}\nmain.main()"
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={"PYTHONPATH": f"{HOME}:{folder}", "PATH": "", "HOME": str(folder), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_clip(tmp_path / "in.webp", add_flicker(moving_scene(frames=4, size=(48, 64)).frames, seed=1))
    return tmp_path


def test_a_smoother_is_one_file_and_one_row(folder: Path) -> None:
    from framesmooth.video import open_source

    (folder / "darkener.py").write_text(SMOOTHER)
    row = 'registry.SMOOTHERS["darkener"] = "darkener:Darkener"'
    assert "darkener" in framesmooth(folder, row, "smooth", "--help")
    framesmooth(
        folder, row, "smooth", "in.webp", "-o", "out/", "--smoother", "darkener", "--no-measure", "-q"
    )
    given, made = (list(open_source(folder / name)) for name in ("in.webp", "out"))
    assert len(given) == len(made)
    assert all(np.array_equal(after, before // 2) for before, after in zip(given, made, strict=True))


def test_a_metric_is_one_file_and_one_row(folder: Path) -> None:
    from framesmooth.video import open_source

    (folder / "mean_level.py").write_text(METRIC)
    row = 'registry.METRICS["mean_level"] = "mean_level:MeanLevel"'
    written = framesmooth(folder, row, "measure", "in.webp", "--metric", "mean_level", "--json", "-", "-q")
    found = json.loads(written)["metrics"]["mean_level"]
    expected = np.mean([frame.mean() for frame in open_source(folder / "in.webp")])
    assert found["mean"] == pytest.approx(expected)
    assert found["unit"] == "levels"


def test_an_upscaler_is_one_file_and_one_row(folder: Path) -> None:
    from framesmooth.video import open_source

    (folder / "nearest.py").write_text(UPSCALER)
    row = 'registry.UPSCALERS["nearest"] = "nearest:Nearest"'
    framesmooth(folder, row, "upscale", "in.webp", "-o", "out/", "--model", "nearest", "--steady", "0", "-q")
    given, made = (list(open_source(folder / name)) for name in ("in.webp", "out"))
    assert len(given) == len(made)
    assert all(np.array_equal(after[::2, 1::2], before) for before, after in zip(given, made, strict=True))


def test_a_command_is_one_file_and_one_row(folder: Path) -> None:
    (folder / "greet.py").write_text(COMMAND)
    row = 'main.COMMANDS["greet"] = ("greet:greet", "Greet somebody.")'
    assert framesmooth(folder, row, "greet", "world", "--loud") == "hello world!\n"
    assert "Greet somebody." in framesmooth(folder, row, "--help")
    pages = f"import sys; sys.path.insert(0, {str(HOME / 'docs' / '_extensions')!r})"
    show = "import reference_pages; print(reference_pages.pages()['commands/greet']); sys.exit()"
    page = framesmooth(folder, f"{row}\n{pages}\n{show}")
    assert "framesmooth greet world --loud" in page
    assert "Add an exclamation mark." in page


def test_a_setting_is_one_field() -> None:
    """The field that the recipe shows becomes an option, a check, a row of the reference and a property."""
    import click
    from click.testing import CliRunner

    from framesmooth.cli.options.from_settings import options_of
    from framesmooth.errors import UsageError
    from framesmooth.workflows.settings_reference import reference, schema_of

    (field,) = [block.text for block in blocks(RECIPES) if block.language == "python"]
    code = """
    from dataclasses import dataclass
    from typing import Annotated
    from annotated_types import Interval
    from framesmooth.setting import Setting, SettingGroup

    @dataclass(frozen=True, kw_only=True)
    class GrainSettings(SettingGroup):
    """
    namespace: dict[str, Any] = {"__name__": __name__}
    exec(dedent(code) + indent(field, "    "), namespace)
    group = namespace["GrainSettings"]

    @click.command()
    @options_of(group)
    def toy(**values: Any) -> None:
        click.echo(group.of(**values).grain)

    assert CliRunner().invoke(toy, ["--grain", "0.5"]).output == "0.5\n"
    assert CliRunner().invoke(toy, ["--grain", "2"]).exit_code == 2
    assert "Amount of film grain." in CliRunner().invoke(toy, ["--help"]).output
    with pytest.raises(UsageError):
        group(grain=2.0)
    (row,) = reference(group)
    assert (row["option"], row["default"]) == ("--grain", "0.0")
    assert schema_of(group)["properties"]["grain"]["maximum"] == 1


def test_a_video_family_is_one_file_and_one_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A toy whose pipeline calls the number of frames differently, and takes pairs of them."""
    from fractions import Fraction

    import diffusers

    from framesmooth.models import video_families
    from framesmooth.models.video_families.base import FrameRule, VideoCall, VideoFamily
    from tests.tiny_video_families import build_tiny_video_family
    from tests.workflows.generate.test_native_video import make_frames, settings_of_clip

    class ToyPipeline(diffusers.TextToVideoSDPipeline):  # type: ignore[misc]
        """A pipeline that nobody has heard of."""

        def __call__(self, *, length: int, **asked: Any) -> Any:
            return super().__call__(num_frames=length, **asked)

    @dataclass(frozen=True, kw_only=True)
    class Toy(VideoFamily):
        """Its family."""

        def text_arguments(self, call: VideoCall) -> dict[str, Any]:
            return {"length": call.frames, "height": call.height, "width": call.width}

        def progress_arguments(self, step_done: Any) -> dict[str, Any]:
            return {"callback": lambda *_told: step_done()}

    toy = Toy(
        title="Toy",
        pipelines={"text": "ToyPipeline"},
        frame_rule=FrameRule(2),
        default_frames=4,
        longest=8,
        fps=Fraction(5),
        guidance_scale=2.0,
        license="none",
        memory="little",
    )
    model = build_tiny_video_family("text_to_video_sd", tmp_path).rename(tmp_path / "toy")
    index = json.loads((model / "model_index.json").read_text())
    (model / "model_index.json").write_text(json.dumps(index | {"_class_name": "ToyPipeline"}))
    monkeypatch.setattr(diffusers, "ToyPipeline", ToyPipeline, raising=False)
    monkeypatch.setitem(video_families.VIDEO_FAMILIES, "ToyPipeline", toy)
    run = make_frames(settings_of_clip(model, tmp_path / "clip.mkv", num_frames=3, width=32, height=32))
    assert len(run.frames.results()) == 3
    assert run.frames.notes()["settings"]["native_video"]["start"] == "text"


def test_a_model_family_is_one_file_and_one_row(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers

    from framesmooth.models import families
    from framesmooth.models.families.base import Family, Guidance
    from framesmooth.models.loading import load_pipeline

    class ToyPipeline(diffusers.StableDiffusionPipeline):  # type: ignore[misc]
        """A pipeline that nobody has heard of."""

    @dataclass(frozen=True)
    class Toy(Family):
        """Its family."""

    model = Path(shutil.copytree(tiny_model, tmp_path / "toy"))
    index = json.loads((model / "model_index.json").read_text())
    (model / "model_index.json").write_text(json.dumps(index | {"_class_name": "ToyPipeline"}))
    monkeypatch.setattr(diffusers, "ToyPipeline", ToyPipeline, raising=False)
    monkeypatch.setitem(families.FAMILIES, "ToyPipeline", Toy)
    loaded = load_pipeline(str(model), device="cpu", dtype="float32")
    assert type(loaded.family) is Toy
    conditioning = loaded.encode("a cat", "", guided=True)
    latents = loaded.denoise(
        loaded.noise(5, 64, 64)[None], conditioning, [5], steps=1, guidance=Guidance(scale=2.0)
    )
    assert loaded.decode(latents)[0].shape == (64, 64, 3)
