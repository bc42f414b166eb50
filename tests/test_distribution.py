"""What is handed out: the wheel, the source archive, the images' recipe and the hook for pre-commit."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from filelock import FileLock

import framesmooth
from framesmooth.video import open_sink
from tests.scenes import add_flicker, moving_scene

ROOT = Path(__file__).parent.parent
NOT_SOURCES = shutil.ignore_patterns(
    ".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "build", "dist", "*.egg-info", "_build",
    "generated", "pictures", "*.framesmooth",
)  # fmt: skip


def left_out(folder: str, names: list[str]) -> set[str]:
    """Return what of a folder is no source: clips and trainings are kept in the root."""
    return set(NOT_SOURCES(folder, names)) | ({"demo", "training"} if Path(folder) == ROOT else set())


def run(*command: str | Path, **options: object) -> str:
    """Run a program that must succeed, and return what it printed."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return str(ran.stdout)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the source archive and of the wheel from it, built once for all workers."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    found = shared / "dist"
    with FileLock(shared / "dist.lock"):
        if not found.exists():
            tree, new = tmp_path_factory.mktemp("tree") / "framesmooth", shared / "dist.new"
            shutil.copytree(ROOT, tree, ignore=left_out)
            run(sys.executable, "-m", "build", "--no-isolation", "--outdir", new, tree)
            new.rename(found)
    return found


@pytest.fixture(scope="module")
def wheel(built: Path) -> Iterator[ZipFile]:
    with ZipFile(next(built.glob("*.whl"))) as opened:
        yield opened


def files_of_package() -> set[str]:
    found = (path for path in (ROOT / "framesmooth").rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if "__pycache__" not in path.parts}


def files_beside_package() -> set[str]:
    """Return what is installed in ``share``, by its place in the repository."""
    return {f"docs/man/{path.name}" for path in (ROOT / "docs" / "man").glob("*.1")} | {
        "docs/record.schema.json"
    }


@pytest.mark.slow
def test_the_wheel_is_the_package_and_its_manual(wheel: ZipFile) -> None:
    names = set(wheel.namelist())
    package = {name for name in names if name.startswith("framesmooth/")}
    assert package == files_of_package()
    shared = {name.partition(".data/data/share/")[2] for name in names - package} - {""}
    manual = {f"man/man1/{Path(name).name}" for name in files_beside_package() if name.endswith(".1")}
    assert shared == manual | {"framesmooth/record.schema.json"}
    rest = names - package - {name for name in names if ".data/" in name}
    assert all(".dist-info/" in name for name in rest), rest


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "framesmooth/py.typed",
        "framesmooth/__init__.pyi",
        "framesmooth/models/storybook/unet/*.safetensors",
        "framesmooth/upscaling/storybook-x2/*.safetensors",
        "framesmooth/grading/cubes/*.cube",
        "framesmooth/styles/shipped.yaml",
        "framesmooth/reports/page.html.j2",
        "framesmooth/ui/static/*.css",
        "*.dist-info/licenses/LICENSE",
    ],
)
def test_the_wheel_holds_what_the_commands_read(wheel: ZipFile, name: str) -> None:
    assert [each for each in wheel.namelist() if Path(each).match(name)]


@pytest.mark.slow
def test_the_source_archive_holds_what_builds_the_wheel_and_no_tests(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert files_of_package() | files_beside_package() <= names
    assert {"constraints.txt", "requirements-frames.txt", "LICENSE", "CHANGELOG.md"} <= names
    assert not [name for name in names if name.startswith(("tests/", "samples/"))]


@pytest.mark.slow
def test_the_index_would_take_both(built: Path) -> None:
    told = run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", *built.iterdir())
    assert told.count("PASSED") == 2


@pytest.mark.slow
def test_the_wheel_works_where_it_is_installed(built: Path, tmp_path: Path) -> None:
    place = tmp_path / "installed"
    pip = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index")
    run(*pip, "--target", place, next(built.glob("*.whl")))
    environment = os.environ | {"PYTHONPATH": str(place)}
    script = place / "bin" / "framesmooth"
    told = run(sys.executable, script, "--version", cwd=tmp_path, env=environment)
    assert told == f"framesmooth {framesmooth.__version__}\n"
    assert "noir" in run(sys.executable, script, "styles", cwd=tmp_path, env=environment)
    where = run(
        sys.executable, "-c", "import framesmooth; print(framesmooth.__file__)", cwd=tmp_path, env=environment
    )
    assert Path(where.strip()).is_relative_to(place)


def test_the_images_get_all_that_they_copy() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = [line.removeprefix("!") for line in lines if line.startswith("!")]
    assert "*" in lines
    needed = (
        files_of_package() | files_beside_package() | {"pyproject.toml", "setup.py", "README.md", "LICENSE"}
    )
    copied = re.findall(r"^COPY (.+) \S+$", recipe, re.MULTILINE)
    needed |= {name for line in copied for name in line.split() if name != "."}
    assert [name for name in needed if not any(Path(name).is_relative_to(each) for each in allowed)] == []
    assert all((ROOT / each).exists() for each in allowed)


def test_the_complete_image_has_extras_that_exist() -> None:
    import tomllib

    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    [named] = re.findall(r'"\.\[(.+)\]"', recipe)
    assert set(named.split(",")) == set(extras) - {"dev", "esrgan"}
    assert "--no-deps spandrel" in recipe, "all that esrgan needs, without torchvision"


def write_clip(path: Path, *, steady: bool) -> None:
    frames = moving_scene(frames=6, size=(48, 64), pan=(1.0, 0.5)).frames
    with open_sink(path, fps=Fraction(12), size=(48, 64)) as sink:
        for frame in frames if steady else add_flicker(frames, seed=1, strength=2):
            sink.write(frame)


def git(folder: Path, *words: str) -> None:
    run("git", "-c", "user.name=x", "-c", "user.email=x@example.org", *words, cwd=folder)


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """A repository with the hooks of this one."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", folder)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "hooks")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("steady", [True, False])
def test_the_hook_stops_a_commit_with_a_flickering_clip(tmp_path: Path, hooks: Path, steady: bool) -> None:
    bin_folder, clips = tmp_path / "bin", tmp_path / "clips"
    bin_folder.mkdir()
    clips.mkdir()
    program = bin_folder / "framesmooth"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m framesmooth "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    write_clip(clips / "clip.mp4", steady=steady)
    (clips / "notes.txt").write_text("no clip")
    git(clips, "init", "-q")
    git(clips, "add", "-A")
    environment = os.environ | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
    }
    ran = subprocess.run(
        [sys.executable, "-m", "pre_commit", "try-repo", hooks, "framesmooth-measure", "--all-files"],
        cwd=clips, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode == 0) is steady, ran.stdout + ran.stderr
    assert ("flicker_score" in ran.stdout) is not steady
    assert "notes.txt" not in ran.stdout


def test_the_guide_names_a_hook_that_exists() -> None:
    hooks = {
        each["id"] for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    }
    guide = (ROOT / "docs" / "guides" / "ci-gates.md").read_text(encoding="utf-8")
    assert set(re.findall(r"- id: ([\w-]+)", guide)) == hooks
