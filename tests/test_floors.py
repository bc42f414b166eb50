"""Imports only point down the floors, and the light floors stay light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "framesmooth"

FLOORS: dict[str, int] = {
    "errors": 0, "frames": 0, "infotext": 0, "timeline": 0, "schedule": 0, "expression": 0, "moves": 0,
    "plugins": 0, "defaults": 0, "limits": 0, "json_file": 0,
    "video": 1, "flow": 1, "blur": 1, "warp": 1, "motion": 1, "cuts": 1, "camera": 1, "lab": 1, "outliers": 1,
    "completion": 1, "far_motion": 1, "fitting": 1, "parallax": 1,
    "interpolate": 2, "acceleration": 2, "even_detail": 2, "upsample": 2,
    "smoother": 2, "smoothers": 2, "flashes": 2, "metric": 2, "metrics": 2,
    "transitions": 2, "fading": 2, "followed": 2, "verdict": 2, "montage": 2, "fonts": 2,
    "generation": 3, "perceptual": 3, "learned_flow": 3,
    "preflight": 4,
    "recorded": 4, "settings": 4, "settings_check": 4, "deforum": 4, "deforum_keys": 4, "deforum_moves": 4,
    "deforum_values": 4, "deforum_schedule": 4, "deforum_prompts": 4, "animatediff": 4,
    "keyframing": 4, "added": 4, "captions": 4,
    "clip": 4, "estimate": 4, "inherit": 4, "events": 4, "pipeline": 4, "preview": 4, "steady": 4,
    "rendering": 4, "smoothing": 4, "repair": 4, "resumption": 4,
    "contest": 4, "comparison": 4, "montage_clip": 4, "run": 4, "report": 4, "tuning": 4,
    "cli": 5, "web": 5, "__main__": 5,
}  # fmt: skip

TORCH = {"torch", "diffusers", "transformers", "accelerate", "peft"}
ALLOWED_ON_FLOOR_0 = {"numpy", "simpleeval", "yaml"}
# The package's front door names the public things of several floors; it imports them on first use.
FRONT_DOOR = PACKAGE / "__init__.py"


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != FRONT_DOOR)


def part(path: Path) -> str:
    """Return the first name below the package: video/reader.py -> video."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, absolute dotted name) of every import of a file, wherever it stands.

    Imports for the type checker alone don't run, and are left out.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    checked = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    package = ["framesmooth", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(tree):
        if id(node) in checked:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    assert part(path) in FLOORS, f"{part(path)} is on no floor: add it to FLOORS"
    floor = FLOORS[part(path)]
    for line, name in imports(path):
        target, *rest = name.split(".")
        if target == "framesmooth" and rest and rest[0] in FLOORS:
            assert FLOORS[rest[0]] <= floor, f"{path}:{line} imports {name} from above"
        if target in TORCH:
            assert floor == 3, f"{path}:{line} imports {name}: only generation/ and perceptual/ may"
        if floor == 0 and target not in sys.stdlib_module_names:
            assert target in ALLOWED_ON_FLOOR_0 | {"framesmooth"}, f"{path}:{line} imports {name}"


def test_only_video_opens_media() -> None:
    for path in modules():
        if part(path) != "video":
            opened = [name for _, name in imports(path) if name.split(".")[0] in ("av", "imageio")]
            assert not opened, f"{path} imports {opened}: video is the only module that opens media"


def test_files_stay_small() -> None:
    long = {path.name: len(path.read_text().splitlines()) for path in modules()}
    assert {name: lines for name, lines in long.items() if lines > 500} == {}


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
    light = [
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        for path in modules()
        if FLOORS[part(path)] != 3 and part(path) != "__main__"
    ]
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
