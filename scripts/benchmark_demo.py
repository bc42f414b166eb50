"""How quick the command of ``make demo`` is, beside the code of before and beside a plain walk.

All run in turns, each in a process of its own, imports and report included. The walk diffuses every frame
whole in float32 with the same pipeline, as benchmark_generate.py does. On a shared machine look at the
processor's seconds, which other processes disturb less than those of the clock.

    git worktree add ../before v0.1.0
    python scripts/benchmark_demo.py --before ../before --repeat 5
    python scripts/benchmark_demo.py --no-walk
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

import click

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME / "scripts"))

from frame_hashes import DEMO  # noqa: E402
from tables import markdown_table  # noqa: E402

NUM_FRAMES = 48
OURS, BEFORE, WALK = "now", "before", "plain float32 walk"
Seconds = tuple[float, float]
"""(of the clock, of the processor)."""


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--before",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A checkout to compare with.",
)
@click.option("--walk/--no-walk", default=True, help="Time the plain walk as well.")
@click.option("--repeat", default=3, type=click.IntRange(min=1), help="Rounds; medians are shown.")
def main(before: Path | None, walk: bool, repeat: int) -> None:
    """Time the command and those it is compared with."""
    found: dict[str, list[Seconds]] = {}
    for number in range(repeat):
        for name, seconds in one_round(before, walk=walk):
            found.setdefault(name, []).append(seconds)
            click.echo(f"round {number + 1}: {name}: {seconds[0]:.1f} s, {seconds[1]:.1f} s of CPU", err=True)
    click.echo(table(found))


def one_round(before: Path | None, *, walk: bool) -> Iterator[tuple[str, Seconds]]:
    """Yield what each command is called, and what it took."""
    with tempfile.TemporaryDirectory() as scratch:
        if before is not None:
            yield BEFORE, demo(before.resolve(), Path(scratch) / "before.mp4")
        yield OURS, demo(HOME, Path(scratch) / "now.mp4")
        if walk:
            asked = ["--mode", "every frame, float32", "--clip", "sailboat", "--num-frames", str(NUM_FRAMES)]
            bench = str(HOME / "scripts" / "benchmark_generate.py")
            yield WALK, timed([sys.executable, bench, *asked, "--one", scratch], HOME)


def demo(checkout: Path, clip: Path) -> Seconds:
    """Return what the demo's command takes with the code of ``checkout``."""
    asked = ["generate", *DEMO, "--num-frames", str(NUM_FRAMES), "--seed", "7", "-q", "-o", str(clip)]
    return timed([sys.executable, "-m", "framesmooth", *asked], checkout)


def timed(command: list[str], folder: Path) -> Seconds:
    """Return what a command takes in a process of its own."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(folder)}
    subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(found: Mapping[str, list[Seconds]]) -> str:
    """Return the medians of every command, and each in units of ours."""
    medians = {
        name: tuple(median(column) for column in zip(*rows, strict=True)) for name, rows in found.items()
    }
    wall, cpu = medians[OURS]
    rows = [
        [name, f"{own[0]:.1f}", f"{own[1]:.1f}", f"{own[0] / wall:.2f}", f"{own[1] / cpu:.2f}"]
        for name, own in medians.items()
    ]
    return markdown_table(["command", "s", "s of CPU", "times now", "times now, CPU"], rows)


if __name__ == "__main__":
    main()
