"""Imports only point down the floors, and the light floors stay light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).parent.parent / "framesmooth"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("defaults", "errors", "events", "frames", "limits", "registry", "setting", "streams"),
    ("timeline",),
    ("video", "grading", "styles", "sound"),
    ("motion",),
    ("interpolation",),
    ("smoothing",),
    ("metrics",),
    ("models",),
    ("generation", "training", "upscaling"),
    ("runs",),
    ("tuning",),
    ("reports", "story"),
    ("workflows",),
    ("cli", "ui", "__main__"),
)
"""From the ground up; CONTRIBUTING.md shows the same list."""
FLOOR_OF = {name: floor for floor, names in enumerate(FLOORS) for name in names}
MOST_FLOORS, MOST_ROOT_MODULES, MEDIAN_LINES, MOST_LINES, MOST_FUNCTION_LINES = 14, 8, 200, 500, 60

TORCH = {"torch", "diffusers", "transformers", "accelerate", "peft", "safetensors", "huggingface_hub"}
HEADER_READERS = {"safetensors"}
TORCH_PLACES = (
    "models",
    "generation",
    "training",
    "metrics/learned",
    "motion/flow/raft.py",
    "upscaling/diffusion.py",
    "upscaling/esrgan.py",
    "upscaling/residual_network.py",
    "upscaling/storybook_x2.py",
    "upscaling/swin2sr.py",
)
ALLOWED_ON_THE_GROUND = {"numpy", "annotated_types", "pydantic"}
# The package's front door names the public things of several floors; it imports them on first use.
FRONT_DOOR = PACKAGE / "__init__.py"


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != FRONT_DOOR)


def place(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def part(path: Path) -> str:
    """Return the first name below the package: video/reader.py -> video."""
    return place(path).split("/")[0].removesuffix(".py")


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def may_import(library: str, path: Path) -> bool:
    """Tell whether a module may import a library of models; a ``_spec`` may read the header of a file."""
    is_spec = path.stem.endswith("_spec") and library not in HEADER_READERS
    return place(path).startswith(TORCH_PLACES) and not is_spec


def is_light(path: Path) -> bool:
    return not place(path).startswith(TORCH_PLACES) or path.stem.endswith("_spec")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute dotted name) of every import: in functions and for the type checker, too."""
    package = ["framesmooth", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=place)
def test_imports_point_down(path: Path) -> None:
    assert part(path) in FLOOR_OF, f"{part(path)} is on no floor: add it to FLOORS"
    floor = FLOOR_OF[part(path)]
    for line, name in imports(path):
        target, *rest = name.split(".")
        if target == "framesmooth" and rest and rest[0] in FLOOR_OF:
            assert FLOOR_OF[rest[0]] <= floor, f"{place(path)}:{line} imports {name} from above"
        if target in TORCH:
            assert may_import(target, path), (
                f"{place(path)}:{line} imports {name}: that is for {TORCH_PLACES}"
            )
        if floor == 0 and target not in sys.stdlib_module_names:
            allowed = ALLOWED_ON_THE_GROUND | {"framesmooth"}
            assert target in allowed, f"{place(path)}:{line} imports {name}"


def test_no_imports_go_in_a_circle() -> None:
    names = {dotted(path) for path in modules()}
    graph = {
        dotted(path): {
            name if name in names else name.rpartition(".")[0]
            for _, name in imports(path)
            if name.startswith("framesmooth.")
        }
        - {dotted(path), "framesmooth"}
        for path in modules()
    }
    tuple(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


def test_the_house_stays_small_enough_to_live_in() -> None:
    assert len(FLOORS) <= MOST_FLOORS
    root = [path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")]
    assert len(root) <= MOST_ROOT_MODULES, root
    named = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert named == {name for name in FLOORS[0] if not (PACKAGE / name).is_dir()}
    lines = {place(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}
    assert median(lines.values()) <= MEDIAN_LINES


def test_functions_are_short() -> None:
    """Docstrings don't count."""
    long = []
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                documented = len((ast.get_docstring(node, clean=False) or "").splitlines())
                lines = (node.end_lineno or 0) - node.lineno + 1 - documented
                if lines > MOST_FUNCTION_LINES:
                    long.append(f"{place(path)}:{node.lineno} {node.name}: {lines} lines")
    assert long == []


def test_every_floor_is_there() -> None:
    assert [name for name in FLOOR_OF if not any(PACKAGE.glob(f"{name}*"))] == []


def test_only_video_opens_media() -> None:
    for path in modules():
        if part(path) != "video":
            opened = [name for _, name in imports(path) if name.split(".")[0] in ("av", "imageio")]
            assert not opened, f"{path} imports {opened}: video is the only module that opens media"


def loaded_after(code: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after ``code``."""
    show = "import sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    result = subprocess.run(
        [sys.executable, "-c", f"{code}\n{show}"], capture_output=True, text=True, check=True
    )
    return set(result.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_after("import framesmooth") & (TORCH | {"cv2", "av", "numpy", "scipy"})


def test_the_light_floors_load_no_torch() -> None:
    light = [dotted(path) for path in modules() if is_light(path) and part(path) != "__main__"]
    assert not loaded_after("\n".join(f"import {name}" for name in light)) & TORCH


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["smooth", "--help"],
        ["tune", "-h"],
        ["sweep", "-h"],
        ["measure", "-h"],
        ["compare", "-h"],
        ["generate", "-h"],
    ],
)
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    code = f"from framesmooth.cli.main import cli\ncli({arguments!r}, standalone_mode=False)"
    assert not loaded_after(code) & (TORCH | {"cv2", "av", "scipy", "skimage", "pydantic", "matplotlib"})


def test_smooth_and_measure_run_without_torch(tmp_path: Path) -> None:
    code = f"""
import sys
sys.modules["torch"] = None  # importing it now fails
import numpy as np
from framesmooth.cli.main import cli
from framesmooth.video import write_png
for t in range(4):
    write_png(f"{tmp_path}/in/{{t}}.png", np.full((40, 48, 3), 90 + 9 * (t % 2), np.uint8))
cli(["smooth", "{tmp_path}/in", "-o", "{tmp_path}/out/", "--progress", "none"], standalone_mode=False)
cli(["measure", "{tmp_path}/out", "--progress", "none"], standalone_mode=False)
del sys.modules["torch"]
"""
    assert not loaded_after(code) & TORCH
