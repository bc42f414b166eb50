"""Compares ways of making the same clips with the same model, and writes the table of docs/benchmarks.md.

Against framesmooth stand: every frame diffused on its own by the plain pipeline, with the noise between two
seeds and the prompt between two (as nateraw's stable-diffusion-videos does), in float32 and in bfloat16;
every frame drawn over the one before, with matched colours (as Deforum does); and Text2Video-Zero. Each runs
in a process of its own, in turns, and uses all the processor cores that torch chooses.

    python scripts/benchmark_generate.py --repeat 3 --write
    python scripts/benchmark_generate.py --clip sailboat --num-frames 24

Prompt agreement is what the judge of evaluate_storybook.py reads; --judge names the work folder of that.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np
import torch

HOME = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOME))

from generating_bench.job import JOURNEYS, Job  # noqa: E402
from generating_bench.judging import judged, mean  # noqa: E402
from generating_bench.modes import MODES, OURS, counted  # noqa: E402
from storybook.classifier import untrained  # noqa: E402
from tables import markdown_table, replace_section  # noqa: E402

from framesmooth.training.reader import Reader  # noqa: E402

Row = dict[str, Any]
FIGURES = ("warping_error", "luma_flicker", "sharpness_pumping", "detail", "agreement")
COLUMNS = {
    "evaluations": ("UNet evaluations a frame", "{:.1f}", 1),
    "seconds": ("s a frame", "{:.3f}", 1),
    "whole": ("s a frame, whole command", "{:.3f}", 1),
    "warping_error": ("warping error, ×10⁻³", "{:.2f}", 1),
    "luma_flicker": ("luma flicker", "{:.2f}", 1),
    "sharpness_pumping": ("sharpness pumping", "{:.3f}", 1),
    "detail": ("detail, levels²", "{:.1f}", 1),
    "agreement": ("prompt agreement", "{:.1%}", 1),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--clip", "clips", multiple=True, type=click.Choice([job.name for job in JOURNEYS]))
@click.option("--mode", "modes", multiple=True, type=click.Choice(list(MODES)), help="Only these.")
@click.option("--num-frames", default=96, type=click.IntRange(min=8))
@click.option("--repeat", default=1, help="Rounds in which every mode makes every clip; medians are shown.")
@click.option("--device", default="cpu", help="torch device of all.")
@click.option("--judge", type=click.Path(path_type=Path), default="build/storybook", help="Holds reader.pt.")
@click.option("--write", is_flag=True, help="Write the table into docs/benchmarks.md.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the frames of the last round here.")
@click.option("--one", type=click.Path(path_type=Path), hidden=True, help="Make one clip in this process.")
def main(
    clips: tuple[str, ...],
    modes: tuple[str, ...],
    num_frames: int,
    repeat: int,
    device: str,
    judge: Path,
    write: bool,
    keep: Path | None,
    one: Path | None,
) -> None:
    """Make the clips in every way, and compare."""
    jobs = [replace(job, num_frames=num_frames, device=device) for job in JOURNEYS]
    jobs = [job for job in jobs if job.name in clips or not clips]
    if one is not None:
        make(modes[0], jobs[0], one)
        return
    rows = list(rounds(jobs, modes or tuple(MODES), repeat, reader_of(judge), keep))
    text = table(rows)
    click.echo(text)
    if write:
        replace_section(HOME / "docs" / "benchmarks.md", "generating", text)


def make(mode: str, job: Job, folder: Path) -> None:
    """Make one clip in this process: its frames and what they took go into ``folder``."""
    with counted() as calls:
        frames, seconds = MODES[mode](job)
    np.save(folder / "frames.npy", frames)
    facts = {"seconds": seconds / job.num_frames, "evaluations": sum(calls) / job.num_frames}
    (folder / "facts.json").write_text(json.dumps(facts))


def rounds(
    jobs: Sequence[Job], modes: Sequence[str], repeat: int, reader: Reader | None, keep: Path | None
) -> Iterator[Row]:
    """Yield one row for every round, clip and mode; frames are always the same and judged once."""
    known: dict[tuple[str, str], Row] = {}
    for number in range(repeat):
        for job in jobs:
            for mode in modes:
                with tempfile.TemporaryDirectory() as scratch:
                    folder = Path(scratch)
                    click.echo(f"round {number + 1}: {job.name}, {mode}", err=True)
                    facts = made_apart(mode, job, folder)
                    frames = np.load(folder / "frames.npy")
                    if (job.name, mode) not in known:
                        known[job.name, mode] = judged(frames, job, reader)
                    if keep is not None:
                        keep.mkdir(parents=True, exist_ok=True)
                        np.save(keep / f"{job.name}-{mode}.npy", frames)
                yield {"mode": mode, "clip": job.name, **facts, **known[job.name, mode]}


def made_apart(mode: str, job: Job, folder: Path) -> Row:
    """Make one clip in a process of its own, and return its seconds, evaluations and the whole time."""
    started = time.perf_counter()
    asked = ["--mode", mode, "--clip", job.name, "--num-frames", str(job.num_frames), "--device", job.device]
    subprocess.run([sys.executable, __file__, *asked, "--one", str(folder)], check=True, cwd=HOME)
    whole = (time.perf_counter() - started) / job.num_frames
    facts: Row = json.loads((folder / "facts.json").read_text())
    return facts | {"whole": whole}


def reader_of(work: Path) -> Reader | None:
    """Return the judge that evaluate_storybook.py has trained, None where there is none."""
    if not (work / "reader.pt").exists():
        click.echo(f"no {work}/reader.pt: prompt agreement is left out", err=True)
        return None
    reader = untrained()
    reader.load_state_dict(torch.load(work / "reader.pt", weights_only=True)["parts"]["model"])
    return reader.eval()


def table(rows: Sequence[Row]) -> str:
    """Return the modes' figures over all clips, and how much quicker ours is."""
    modes = list(dict.fromkeys(row["mode"] for row in rows))
    lines = [[mode, *(_cell(rows, mode, name) for name in COLUMNS)] for mode in modes]
    parts = [markdown_table(["made by", *(title for title, _, _ in COLUMNS.values())], lines)]
    if OURS in modes:
        for name, what in (("seconds", "frames"), ("whole", "whole command")):
            ratios = [
                f"{_figure(rows, mode, name) / _figure(rows, OURS, name):.1f} × {mode}" for mode in modes
            ]
            parts.append(f"Time in units of {OURS}'s, {what}: {', '.join(ratios)}.")
    return "\n\n".join(parts)


def _cell(rows: Sequence[Row], mode: str, name: str) -> str:
    _, shown, factor = COLUMNS[name]
    figure = _figure(rows, mode, name)
    return "–" if figure is None else shown.format(figure * factor)


def _figure(rows: Sequence[Row], mode: str, name: str) -> Any:
    """Return the mean over clips of the median over rounds."""
    found = [row for row in rows if row["mode"] == mode]
    clips = dict.fromkeys(row["clip"] for row in found)
    values = [[row[name] for row in found if row["clip"] == clip] for clip in clips]
    return mean([None if None in of_clip else median(of_clip) for of_clip in values])


if __name__ == "__main__":
    main()
