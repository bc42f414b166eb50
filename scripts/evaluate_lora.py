"""Does ``framesmooth train lora`` teach storybook a style from twelve pictures, and nothing else?

The style is one that no network of storybook has seen (``storybook/unseen_style.py``). A judge, which knows
it and the five others, reads style, place, light, subject and colour off pictures of held-out combinations,
drawn with the LoRA and without it from the same seeds and prompts. Writes the figures as JSON, and a sheet:
above with the LoRA, below without.

Example::

    python scripts/evaluate_lora.py --work build/lora --minutes 15
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from evaluate_storybook import FIRST, generate, lessons, percent
from storybook.captions import caption
from storybook.classifier import TABLES, classes, read, shrink, train_reader
from storybook.dataset import scene_at
from storybook.unseen_style import NAME, WORDS, paint_unseen
from storybook.world import Scene

import framesmooth as fs
from framesmooth.models.loading import load_pipeline
from framesmooth.models.lora_spec import Lora
from framesmooth.reports.montage import side_by_side
from framesmooth.video import write_png

KNOWN = dict(TABLES) | {"style": (*TABLES["style"], NAME)}
PICTURES = 30_000_000  # number of the first scene that the LoRA learns from
LESSONS = 31_000_000


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--model", default="framesmooth/models/storybook")
@click.option("--work", type=click.Path(path_type=Path), default="build/lora", help="All that is made.")
@click.option("--minutes", default=15.0, help="Training time of the LoRA.")
@click.option("--pictures", default=12, help="That it learns from.")
@click.option("--rank", default=16)
@click.option("--prompts", default=100, help="Held-out combinations that are drawn with it and without.")
@click.option("--renders", default=14_000, help="Pictures in the five known styles for the judge.")
@click.option("--unseen-renders", default=2000, help="Pictures in the sixth.")
@click.option("--judge-minutes", default=8.0, help="Training time of the judge.")
@click.option("--processes", default=2, help="Painters at work in parallel.")
@click.option(
    "--judge-from",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Work folder of evaluate_storybook.py, with a judge of five styles and its pictures.",
)
@click.option("--steps", type=int, help="Steps of its training, in place of --minutes.")
@click.option(
    "--lora",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Judge this one: none is trained.",
)
@click.option("--weight", default=1.0, help="Of the LoRA when it is judged.")
@click.option("--only-judge", is_flag=True, help="Train the judge, and nothing more.")
def main(
    model: str,
    work: Path,
    minutes: float,
    pictures: int,
    rank: int,
    prompts: int,
    renders: int,
    unseen_renders: int,
    judge_minutes: float,
    processes: int,
    judge_from: Path | None,
    steps: int | None,
    lora: Path | None,
    weight: float,
    only_judge: bool,
) -> None:
    """Trains judge and LoRA, and measures."""
    device = torch.device("cpu")
    start, known = None, work / "lessons.npz"
    if judge_from is not None:
        start = torch.load(judge_from / "reader.pt", weights_only=True)["parts"]["model"]
        start = {name: weight for name, weight in start.items() if not name.startswith("heads.style")}
        known = judge_from / "lessons.npz"
    shown, answers = (part[:renders] for part in lessons(known, renders, processes))
    glass, of_glass = _unseen_lessons(work / "unseen.npz", unseen_renders)
    share = max(len(shown) // (3 * len(glass)), 1)  # a quarter of what the judge sees is in the sixth
    judge = train_reader(
        work,
        np.concatenate([shown, *[glass] * share]),
        np.concatenate([answers, *[of_glass] * share]),
        judge_minutes,
        device,
        KNOWN,
        start,
    )
    figures: dict[str, Any] = {"judge": _trust(judge, device)}
    click.echo(f"judge on unseen pictures of the style: {percent(figures['judge'])}")
    if only_judge:
        return
    if lora is None:
        lora = work / "glass.safetensors"
        made = fs.train_lora(
            _write_data(work / "data", pictures),
            output=lora,
            model=model,
            minutes=None if steps else minutes,
            steps=steps,
            rank=rank,
            trigger_word=WORDS,
            flip=True,
            overwrite=True,
        )
        figures["training"] = made.as_dict()
        click.echo(f"trained {made.steps} steps in {made.minutes:.1f} min, kept step {made.best_step}")
    scenes = [scene_at(FIRST + k, held_out=True, complete=True) for k in range(prompts)]
    texts = [f"{WORDS}, {_caption(scene)}" for scene in scenes]
    drawn = {"with": _draw(model, texts, [Lora(lora, weight)]), "without": _draw(model, texts, [])}
    for name, frames in drawn.items():
        figures[name] = _read(judge, frames, scenes, device)
        click.echo(f"{name} the LoRA: {percent(figures[name])}")
    (work / "figures.json").write_text(json.dumps(figures, indent=2) + "\n")
    write_png(work / "sheet.png", side_by_side([*drawn["with"][:8], *drawn["without"][:8]], 8))


def _caption(scene: Scene) -> str:
    """What a complete scene shows, without a word about its style."""
    said = replace(scene, mentions=scene.mentions - {"style"})
    return caption(said, np.random.default_rng(scene.seed))


def _draw(model: str, texts: list[str], loras: list[Lora]) -> list[NDArray[np.uint8]]:
    return generate(load_pipeline(model, device="cpu", loras=loras), texts, steps=10, guidance_scale=3.0)


def _read(
    judge: Any, frames: list[NDArray[np.uint8]], scenes: list[Scene], device: torch.device
) -> dict[str, float]:
    """Share of pictures in the sixth style, and shares of attributes that are read back."""
    seen = read(judge, np.stack([shrink(frame) for frame in frames]), device)
    names = list(KNOWN)
    style = names.index("style")
    right = seen == np.array([classes(scene) for scene in scenes])
    shares = {name: float(right[:, k].mean()) for k, name in enumerate(names) if k != style}
    return {NAME: float((seen[:, style] == KNOWN["style"].index(NAME)).mean())} | shares


def _trust(judge: Any, device: torch.device) -> dict[str, float]:
    scenes = [scene_at(LESSONS + 500_000 + k, complete=True) for k in range(60)]
    return _read(judge, [paint_unseen(scene, 256, 256) for scene in scenes], scenes, device)


def _unseen_lessons(path: Path, count: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Pictures in the sixth style as the judge sees them, with their classes."""
    if not path.exists():
        scenes = [scene_at(LESSONS + k, held_out=k % 5 == 0, complete=True) for k in range(count)]
        painted = np.stack([shrink(paint_unseen(scene, 256, 256)) for scene in scenes])
        answers = np.array([[*classes(scene)[:-1], len(TABLES["style"])] for scene in scenes])
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, pictures=painted, answers=answers)
    data = np.load(path)
    return data["pictures"], data["answers"]


def _write_data(folder: Path, count: int) -> Path:
    """A data set as a user would bring it: pictures, and what they show in .txt files beside them."""
    for k in range(count):
        scene = scene_at(PICTURES + k, complete=True)
        write_png(folder / f"{k:02d}.png", paint_unseen(scene, 256, 256))
        (folder / f"{k:02d}.txt").write_text(_caption(scene) + "\n")
    return folder


if __name__ == "__main__":
    main()
