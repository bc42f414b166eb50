"""Judges ``storybook``: does it draw what a prompt says, on combinations that training never showed?

A small network, trained on the painter's own renders, reads place, light, subject, colour and style back from
pictures that framesmooth generates for held-out combinations. Also measured: the autoencoder's PSNR on unseen
scenes. Writes the figures as JSON, a contact sheet of 32 prompts, and the model card.

Example::

    python scripts/evaluate_storybook.py --model framesmooth/models/storybook --work build/storybook
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storybook.captions import caption
from storybook.card import PROMPTS, WIDE_PROMPTS, write_card
from storybook.classifier import TABLES, classes, read, shrink, train_reader
from storybook.dataset import paint_many, scene_at
from storybook.train_autoencoder import psnr
from storybook.world import LIGHTS, Scene

from framesmooth.models.checkpoints import model_defaults
from framesmooth.models.drawing import draw
from framesmooth.models.families.base import Guidance
from framesmooth.models.loading import load_pipeline
from framesmooth.models.text_to_image import TextToImage
from framesmooth.workflows.generate.keyframes import kept_out

FIRST = 20_000_000  # scene numbers far from those of training


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--model", type=click.Path(path_type=Path, exists=True), default="framesmooth/models/storybook")
@click.option("--work", type=click.Path(path_type=Path), default="build/storybook", help="Keeps the judge.")
@click.option("--reader-minutes", default=8.0, help="Training time of the judge.")
@click.option("--renders", default=14_000, help="Pictures that the judge learns from.")
@click.option("--pictures", default=200, help="Held-out combinations to generate.")
@click.option("--steps", default=10, help="Denoising steps.")
@click.option("--guidance-scale", default=2.3, help="Classifier-free guidance.")
@click.option("--device", default="cuda" if torch.cuda.is_available() else "cpu")
@click.option("--processes", default=2, help="Painters at work in parallel.")
@click.option("--card/--no-card", default=True, help="Write the model card and its contact sheet.")
def main(
    model: Path,
    work: Path,
    reader_minutes: float,
    renders: int,
    pictures: int,
    steps: int,
    guidance_scale: float,
    device: str,
    processes: int,
    card: bool,
) -> None:
    """Measures the built-in model and writes its card."""
    target = torch.device(device)
    reader = train_reader(work, *lessons(work / "lessons.npz", renders, processes), reader_minutes, target)
    unseen, answers = _renders(FIRST + 500_000, 1000, processes)
    validation = dict(
        zip(TABLES, (read(reader, unseen, target) == answers).mean(axis=0).tolist(), strict=True)
    )
    click.echo(f"judge on unseen renders: {percent(validation)}")
    sampling: dict[str, Any] = {"steps": steps, "guidance_scale": guidance_scale}
    pipe = load_pipeline(str(model), device=device)
    scenes = [scene_at(FIRST + k, held_out=True, complete=True) for k in range(pictures)]
    drawn = generate(pipe, [caption(s, np.random.default_rng(s.seed)) for s in scenes], **sampling)
    seen = read(reader, np.stack([shrink(p) for p in drawn]), target)
    right = seen == np.array([classes(s) for s in scenes])
    agreement = dict(zip(TABLES, right.mean(axis=0).tolist(), strict=True))
    by_subject = {
        name: float(right[[s.subject == name for s in scenes], list(TABLES).index("subject")].mean())
        for name in sorted({s.subject for s in scenes})
    }
    click.echo(f"read back from {pictures} held-out combinations: {percent(agreement)}")
    click.echo(f"subjects: {percent(by_subject)}")
    valid = np.stack(list(paint_many([(scene_at(10_000_000 + k), "square") for k in range(128)], processes)))
    vae = AutoencoderTiny.from_pretrained(model, subfolder="vae", dtype=torch.float32).to(target)
    figures = {
        "judge_validation": validation,
        "agreement": agreement,
        "by_subject": by_subject,
        "pictures": pictures,
        **sampling,
        "autoencoder_psnr": psnr(vae, valid, target),
    }
    click.echo(f"autoencoder: {figures['autoencoder_psnr']:.2f} dB on 128 unseen scenes")
    (work / "evaluation.json").write_text(json.dumps(figures, indent=2) + "\n")
    if card:
        sheet = generate(pipe, list(PROMPTS), **sampling, seed=1)
        wide = generate(pipe, list(WIDE_PROMPTS), **sampling, seed=1, height=224, width=384)
        write_card(model, figures, np.stack(sheet), np.stack(wide))


def generate(
    pipe: TextToImage,
    prompts: list[str],
    *,
    steps: int,
    guidance_scale: float,
    seed: int = 0,
    height: int = 256,
    width: int = 256,
) -> list[NDArray[np.uint8]]:
    """One picture a prompt, (height, width, 3) uint8, each from its own seed."""
    negative = str(model_defaults(pipe.folder).get("negative_prompt", ""))
    return draw(
        pipe,
        [pipe.encode(prompt, kept_out(prompt, negative), guided=True) for prompt in prompts],
        range(seed, seed + len(prompts)),
        size=(height, width),
        steps=steps,
        guidance=Guidance(scale=guidance_scale),
    )


def lessons(path: Path, count: int, processes: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """What the judge learns from: pictures as it sees them and their classes, kept at ``path``."""
    if not path.exists():
        pictures, answers = _renders(FIRST + 1_000_000, count, processes)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, pictures=pictures, answers=answers)
    data = np.load(path)
    return data["pictures"], data["answers"]


def _renders(first: int, count: int, processes: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Complete scenes, seen and held-out combinations alike, as the judge sees them, with their classes.

    Half of them stand in a light on its way to another, as clips show: training's scenes never do.
    """
    scenes = [scene_at(first + k, held_out=k % 5 == 0, complete=True) for k in range(count)]
    scenes = [_on_its_way(scene) if k % 2 else scene for k, scene in enumerate(scenes)]
    small = np.stack([shrink(p) for p in paint_many([(scene, "square") for scene in scenes], processes)])
    return small, np.array([classes(s) for s in scenes])


def _on_its_way(scene: Scene) -> Scene:
    rng = np.random.default_rng([scene.seed, 5])
    other = str(rng.choice([light for light in LIGHTS if light != scene.light]))
    return replace(scene, nearing=(other, float(rng.uniform(0, 0.5))))


def percent(shares: dict[str, float]) -> str:
    """Shares as a line."""
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items())


if __name__ == "__main__":
    main()
