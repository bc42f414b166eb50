"""Runs every command that needs no model where torch and the libraries of models are not installed.

``python -m tests.without_models FOLDER`` works in FOLDER, an empty one, and prints JSON: for each command its
exit code, its output and its messages; for each function of the Python API what it returned. Libraries that
are installed are hidden: to an import and to importlib.metadata they look as if they were not there.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from fractions import Fraction
from importlib.metadata import Distribution
from io import StringIO
from pathlib import Path
from typing import Any, Final

HIDDEN: Final = frozenset(
    {
        "torch",
        "diffusers",
        "transformers",
        "accelerate",
        "peft",
        "safetensors",
        "huggingface_hub",
        "tokenizers",
    }
)
"""Import names of what only models need."""

FORMER_RUN: Final = Path(__file__).parent / "workflows" / "generate" / "version_1_run"


class Hider:
    """A finder of modules without the hidden ones."""

    def __init__(self, finder: Any) -> None:
        self.finder = finder

    def find_spec(self, name: str, *place: Any) -> Any:
        return None if name.partition(".")[0] in HIDDEN else self.finder.find_spec(name, *place)

    def find_distributions(self, *context: Any) -> Iterable[Distribution]:
        found = getattr(self.finder, "find_distributions", lambda *_: ())(*context)
        return (each for each in found if each.name.replace("-", "_") not in HIDDEN)


def commands() -> dict[str, list[str]]:
    """Return what is run, by name; paths are relative to the folder of the clips."""
    return {
        "smooth": ["smooth", "in", "-o", "steady/", "--report", "report"],
        "smooth ema": ["smooth", "in", "-o", "ema.mkv", "--smoother", "ema", "--json", "-"],
        "smooth poisson": ["smooth", "in", "-o", "poisson/", "--smoother", "poisson", "--no-measure"],
        "smooth deflicker": ["smooth", "in", "-o", "even/", "--smoother", "deflicker", "--loop"],
        "smooth run": ["smooth", "run", "-o", "again/", "--smooth-strength", "0.3"],
        "smooth raft": ["smooth", "in", "-o", "raft/", "--flow", "raft",
                        "--flow-weights", "raft.safetensors"],
        "measure": ["measure", "in", "--json", "a.json", "--csv", "a.csv", "--html", "a.html"],
        "measure learned": ["measure", "steady", "-r", "in", "--metric", "lpips", "--metric", "coverage",
                            "--metric", "clip_consistency", "--weights", "clip_consistency=in",
                            "--json", "-"],
        "compare": ["compare", "in", "steady", "--video", "both.mkv", "--html", "b.html", "--json", "b.json"],
        "tune": ["tune", "in", "-o", "tuned.mkv", "--smoother", "ema"],
        "sweep": ["sweep", "in", "-o", "grid", "--smooth-strength", "0.3,0.6", "--smoother", "ema,deflicker"],
        "interpolate": ["interpolate", "in", "-o", "more/", "--cadence", "2"],
        "upscale": ["upscale", "in", "-o", "large/", "--model", "lanczos"],
        "upscale learned": ["upscale", "in", "-o", "painted/"],
        "assemble": ["assemble", "in", "-o", "clip.mkv", "--fps", "12"],
        "assemble run": ["assemble", "run", "-o", "run.mkv"],
        "batch": ["batch", "jobs.csv", "-o", "batch", "--status"],
        "schedule": ["schedule", "0:(1), 30:(1.5)", "--json"],
        "cache": ["cache", "run", "--json", "-"],
        "models": ["models", "--json"],
        "generate": ["generate", "a cat", "-o", "cat.mp4"],
        "generate dry run": ["generate", "a cat", "-o", "cat.mp4", "--dry-run"],
        "generate preview": ["generate", "a cat", "-o", "cat.mp4", "--preview"],
        "resume": ["resume", "run", "--overwrite", "--path", "model=nowhere"],
    }  # fmt: skip


def make_clips() -> None:
    """Write six flickering frames of a pan, and put a run folder of a former version beside them."""
    from framesmooth.video import write_png
    from tests.scenes import add_flicker, moving_scene

    scene = moving_scene(frames=6, size=(48, 64), pan=(1.0, 0.5))
    for index, frame in enumerate(add_flicker(scene.frames, "G", strength=2)):
        write_png(Path("in") / f"{index}.png", frame)
    shutil.copytree(FORMER_RUN, "run")
    Path("jobs.csv").write_text("smooth,smoother\nin,ema\n", encoding="utf-8")
    Path("raft.safetensors").write_bytes(b"")


def run_command(arguments: list[str]) -> dict[str, Any]:
    """Run one command in this process."""
    from framesmooth.cli.main import cli

    out, messages = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(messages):
        try:
            cli(arguments, prog_name="framesmooth")
        except SystemExit as end:
            code = end.code
    return {"exit_code": code, "stdout": out.getvalue(), "stderr": messages.getvalue()}


def call_functions() -> dict[str, Any]:
    """Call every function of the Python API that needs no model, with frames in memory."""
    import framesmooth as fs

    clip = fs.FrameList(list(fs.open_source("in")), Fraction(12))
    steady = fs.smooth(clip, smoother="ema")
    tuned = fs.tune(clip, smoother="ema")
    return {
        "smooth": len(list(steady.frames)),
        "interpolate": len(list(fs.interpolate(clip, cadence=2).frames)),
        "upscale": len(list(fs.upscale(clip, model="lanczos").frames)),
        "assemble": len(list(fs.assemble(clip).frames)),
        "measure": fs.measure(clip)["warping_error"].mean,
        "measure_clips": len(fs.measure_clips(["in", "steady"]).reports),
        "compare": len(fs.compare("in", ["steady"]).verdicts),
        "tune": len(list(tuned.frames)),
        "sweep": len(fs.sweep("in", Path("grid2"), smooth_strength=(0.5,), smoother=("ema",)).rows),
        "names": sorted(name for name in fs.__all__ if getattr(fs, name) is not None),
    }


def main() -> None:
    """Run all of it."""
    sys.meta_path[:] = [Hider(finder) for finder in sys.meta_path]
    os.chdir(sys.argv[1])
    make_clips()
    from framesmooth.cli.main import COMMANDS

    helped = {f"{name} --help": [name, "--help"] for name in COMMANDS}
    told = {name: run_command(line) for name, line in {**commands(), **helped}.items()}
    loaded = sorted(HIDDEN & set(sys.modules))
    sys.stdout.write(json.dumps({"commands": told, "functions": call_functions(), "loaded": loaded}))


if __name__ == "__main__":
    main()
