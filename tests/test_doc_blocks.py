"""Every code block of the README and the documentation is run, or says why not."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import framesmooth
from framesmooth.cli.main import COMMANDS, cli
from framesmooth.reports import smoothing_report
from framesmooth.reports.metric_plots import plot_metrics
from framesmooth.workflows.batch.plan import plan
from tests.doc_blocks import CODE, HOME, OTHER, PAGES, Block, Command, blocks, commands
from tests.doc_sandbox import build_models, build_sandbox

MOST_FRAMES = 4
SMALL = {
    "width": "64",
    "height": "64",
    "num_inference_steps": "1",
    "num_frames": str(MOST_FRAMES),
    "smoother": "ema",
    "device": "cpu",
}
"""What makes clips of ``generate`` small, as environment variables: the examples' own options come first."""
OF_TRAINING = {
    "train_resolution": "64",
    "train_steps": "1",
    "train_checks": "1",
    "train_batch": "1",
    "train_frames": "3",
    "train_parts": "1",
    "train_no_pictures": "1",
    "evaluate_resolution": "64",
    "evaluate_num_inference_steps": "1",
    "evaluate_num_frames": "3",
}
"""The same of commands that train and judge."""


def runs(block: Block) -> bool:
    return block.language in CODE and not block.reason


WITH_CODE = [page for page in PAGES if any(map(runs, blocks(page)))]


def place(page: Path) -> str:
    return page.relative_to(HOME).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=place)
def test_every_block_says_what_it_is(page: Path) -> None:
    for block in blocks(page):
        assert block.language in (*CODE, *OTHER), f"{block.place} is {block.language or 'of no language'}"
    indented = [
        line for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("    framesmooth ")
    ]
    assert not indented, f"{place(page)}: write examples as fenced blocks"


@pytest.fixture(scope="module")
def pool() -> framesmooth.ModelPool:
    """Keeps models loaded from page to page."""
    return framesmooth.ModelPool(capacity=3)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose ``work`` holds the files that examples name; don't write into it."""
    home = tmp_path_factory.mktemp("home")
    build_models(home, build_sandbox(home / "work"))
    with chdir(home / "work"), small_clips():
        run(
            Command({}, ["framesmooth", "generate", "a castle", "-o", "clip.mp4", "--overwrite"]),
            "clip.framesmooth",
        )
    shutil.copytree(home / "work" / "clip.framesmooth", home / "work" / "clips" / "clip.framesmooth")
    return home


@contextmanager
def small_clips() -> Iterator[None]:
    """Let ``generate`` make small clips, and every command replace what is there."""
    small = {f"FRAMESMOOTH_GENERATE_{name}".upper(): value for name, value in SMALL.items()}
    small |= {f"FRAMESMOOTH_{name}".upper(): value for name, value in OF_TRAINING.items()}
    small |= {f"FRAMESMOOTH_{name}_OVERWRITE".upper(): "1" for name in COMMANDS if name != "cache"}
    small |= {f"FRAMESMOOTH_{name}_PROGRESS".upper(): "none" for name in COMMANDS}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in small.items():
            patch.setenv(name, value)
        yield


@contextmanager
def plots_drawn_once() -> Iterator[None]:
    """Draw the plot of the first report and use it in all: it takes ten times as long as these clips."""
    drawn: list[bytes] = []

    def plot(before: Any, after: Any) -> bytes:
        if not drawn:
            drawn.append(plot_metrics(before, after))
        return drawn[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smoothing_report, "plot_metrics", plot)
        yield


@pytest.fixture
def sandbox(
    home: Path, pool: framesmooth.ModelPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A copy of the folder to work in, with ``~`` beside it."""
    work = Path(shutil.copytree(home / "work", tmp_path / "work"))
    monkeypatch.setenv("HOME", str(home))
    with chdir(work), small_clips(), plots_drawn_once(), pool.active():
        yield work


def shortened(words: list[str]) -> list[str]:
    """Return the arguments for a clip of a few frames, whatever ``--num-frames`` and prompts in texts say."""
    found = list(words)
    for at, word in enumerate(words[:-1]):
        if word == "--num-frames":
            found[at + 1] = str(min(int(words[at + 1]), MOST_FRAMES))
        if word == "--duration":
            found[at + 1] = "0.3s"
    for at, word in enumerate(words):
        if word.startswith("-"):
            break
        found[at] = re.sub(r"(?:^|(?<=\| ))(\d+)(?=: )", lambda match: str(int(match[1]) // 20), word)
    return found


def run(command: Command, place: str) -> None:
    assert command.words[:1] == ["framesmooth"], f"{place}: mark what is not run: {' '.join(command.words)}"
    words = [os.path.expanduser(word) for word in shortened(command.words)]
    own = {"--duration": ("NUM_FRAMES",), "--aspect": ("WIDTH", "HEIGHT")}
    dropped = (name for option, names in own.items() if option in words for name in names)
    variables = {**command.variables, **{f"FRAMESMOOTH_GENERATE_{name}": None for name in dropped}}
    result = CliRunner().invoke(cli, words[1:], env=variables)
    assert result.exit_code == 0, f"{place}: {' '.join(command.words)}\n{result.output}\n{result.exception!r}"


def small_generate(own: Any) -> Any:
    """Return ``framesmooth.generate`` for small clips, whatever the example asks for."""

    def generate(prompts: Any, output: Any, **settings: Any) -> Any:
        frames = min(settings.pop("num_frames", MOST_FRAMES), MOST_FRAMES)
        small = {"num_frames": frames, "width": 64, "height": 64, "steps": 1, "overwrite": True}
        return own(prompts, output, **settings | small)

    return generate


def run_python(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framesmooth, "generate", small_generate(framesmooth.generate))
    for name in ("smooth", "tune", "interpolate", "assemble"):
        monkeypatch.setattr(framesmooth, name, partial(getattr(framesmooth, name), overwrite=True))
    exec(compile(block.text, block.place, "exec"), {"__name__": "__example__"})


def steps(workflow: Any) -> list[str]:
    """Return the shell commands of a workflow of GitHub Actions."""
    jobs = workflow.get("jobs", {}) if isinstance(workflow, dict) else {}
    if isinstance(jobs, list):  # of a batch
        return []
    found = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    return [line for line in found if line.startswith("framesmooth ")]


@pytest.mark.parametrize("page", WITH_CODE, ids=place)
def test_code_blocks_run(page: Path, sandbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for block in filter(runs, blocks(page)):
        if block.language == "bash":
            for command in commands(block.text):
                run(command, block.place)
        elif block.language == "python":
            with monkeypatch.context() as patch:
                run_python(block, patch)
        elif block.language == "yaml":
            content = yaml.safe_load(block.text)
            for line in steps(content):
                run(commands(line)[0], block.place)
            if isinstance(content, dict) and isinstance(content.get("jobs"), list):
                Path("checked.yaml").write_text(block.text, encoding="utf-8")
                assert plan([Path("checked.yaml")], Path("planned")), block.place
        else:
            import tomllib

            assert tomllib.loads(block.text), block.place
