"""Five ways from text to video, on the same prompts: what each costs, shows, moves and flickers.

    python scripts/study_five_ways.py --clips build/baselines --prompts 50

Prompts are of scenes whose subject travels, of combinations that no training showed. A reader of painted
clips tells what clips show; the painter's own clips of the scenes are measured alike, as the most that can be
reached. Rows are kept in the work folder: the same command goes on, with more prompts where there are more.
Writes ``docs/five-ways.md`` and ``docs/pictures/five-ways.jpg``.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from five_ways.measures import Judge, diversity, movement
from five_ways.page import PICTURE, write_page
from five_ways.reader import accuracy, train_reader
from five_ways.ways import FRAMES, Asked, Way, asked, generated, painted, ways
from numpy.typing import NDArray
from storybook.baseline_data import PaintedClips
from train_storybook import load

from framesmooth.models.checkpoints import BUILT_IN_FOLDER
from framesmooth.models.pool import ModelPool

SEEDS = 2  # clips of a prompt whose diversity is measured
SHOWN = (0, 2, 5)  # prompts of the picture


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option(
    "--clips",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    required=True,
    help="Folders of encoded clips, as train_baselines.py paints them, for the reader.",
)
@click.option("--reader-minutes", default=9.0, help="Training time of the reader.")
@click.option(
    "--work", type=click.Path(path_type=Path), default="build/five-ways", help="Keeps rows and strips."
)
@click.option("--gpt", default="storybook-gpt", help="Model of VideoGPT.")
@click.option("--gan", default="storybook-gan", help="Model of the GAN.")
@click.option("--prompts", default=50, help="How many.")
@click.option("--varied", default=4, help="Prompts of which several clips are made, for diversity.")
@click.option("--only", multiple=True, help="Ways to go; all unless given.")
@click.option("--page/--no-page", default=True, help="Write the page and its picture.")
def main(
    clips: tuple[Path, ...],
    reader_minutes: float,
    work: Path,
    gpt: str,
    gan: str,
    prompts: int,
    varied: int,
    only: tuple[str, ...],
    page: bool,
) -> None:
    """Measures the ways and writes the page."""
    work.mkdir(parents=True, exist_ok=True)
    judge, table = _judge(work, clips, reader_minutes), ways(gpt, gan)
    for name in only or ("painter", *table):
        pool = ModelPool()
        for index in range(prompts):
            path = work / f"{name}-{index}.json"
            if path.exists():
                continue
            seeds = SEEDS if index < varied else 1
            row, frames = _row(judge, table.get(name), asked(index), index, seeds, pool)
            if index in SHOWN:
                _keep_strip(work / f"{name}-{index}.png", frames)
            path.write_text(json.dumps(row) + "\n")
            click.echo(f"{name} {index}: {json.dumps(row)}")
    if page:
        write_page(work, table, prompts, SHOWN)
        click.echo(f"wrote docs/five-ways.md and {PICTURE}")


def _judge(work: Path, folders: tuple[Path, ...], minutes: float) -> Judge:
    """The reader, trained where it isn't yet; says how well it reads clips that it didn't learn from."""
    pipe = load(BUILT_IN_FOLDER)
    scale = float(pipe.vae.config.scaling_factor)
    painted_clips = PaintedClips(folders, pipe.tokenizer, pipe.text_encoder, scale, torch.device("cpu"))
    reader = train_reader(work, painted_clips, minutes)
    figures = accuracy(reader, painted_clips)
    (work / "reader.json").write_text(json.dumps(figures) + "\n")
    click.echo(f"reader on unseen clips: {json.dumps(figures)}")
    return Judge(reader, pipe.vae)


def _row(
    judge: Judge, way: Way | None, task: Asked, index: int, seeds: int, pool: ModelPool
) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """The figures of a way, or of the painter, for one prompt, and the frames of its first clip."""
    clips: list[NDArray[np.uint8]] = []
    seconds: list[float] = []
    for k in range(seeds):
        frames, spent = (
            (painted(_again(task.scene, k), index), 0.0)
            if way is None
            else generated(way, task.prompt, 1000 * index + k + 1, pool)
        )
        clips.append(frames)
        seconds.append(spent)
    assert len(clips[0]) == FRAMES
    row: dict[str, Any] = {"prompt": task.prompt, "seconds": float(np.median(seconds))}
    row |= judge.agreement(clips[0], task.scene) | movement(clips[0], task.scene)
    if seeds > 1:
        row["diversity"] = diversity([judge.features(frames) for frames in clips])
    return row, clips[0]


def _again(scene: Any, k: int) -> Any:
    """The scene with other draws of the painter."""
    return replace(scene, seed=scene.seed + k)


def _keep_strip(path: Path, frames: NDArray[np.uint8]) -> None:
    shown = [cv2.resize(frame, (96, 96), interpolation=cv2.INTER_AREA) for frame in frames[::3]]
    cv2.imwrite(str(path), np.hstack(shown)[..., ::-1])


if __name__ == "__main__":
    main()
