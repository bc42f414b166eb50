"""Trains the decoder of a finished ``storybook`` to forgive what its denoiser gets wrong.

Example::

    python scripts/finish_storybook.py --model framesmooth/models/storybook --work build/finish \\
        --export build/finish/storybook
"""

import sys
from pathlib import Path

import click
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storybook.dataset import rendered
from storybook.finish import prepare, train_finish
from storybook.models import pipeline
from storybook.train_autoencoder import psnr
from train_storybook import load, save

from framesmooth.models.loading import load_pipeline

FIRST = 3_000_000  # scenes that no other stage has seen


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--model", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option(
    "--work", type=click.Path(path_type=Path), default="build/finish", help="Checkpoint, lessons, log."
)
@click.option(
    "--export", type=click.Path(path_type=Path), required=True, help="Folder of the finished pipeline."
)
@click.option("--minutes", default=30.0, help="Training time; painting and drawing come on top.")
@click.option("--scenes", default=800, help="Paintings to redraw.")
@click.option("--device", default="cuda" if torch.cuda.is_available() else "cpu")
@click.option("--processes", default=2, help="Painters at work in parallel.")
def main(
    model: Path, work: Path, export: Path, minutes: float, scenes: int, device: str, processes: int
) -> None:
    """Trains the decoder further and writes the pipeline with it."""
    target = torch.device(device)
    drawer = load_pipeline(str(model), device=device)
    lessons = [prepare(work / "square.npz", drawer, FIRST, scenes, "square", processes)]
    pipe = load(model)
    unseen = rendered(work / "valid.npy", 10_000_000, 10_000_128, "square", processes)
    click.echo(f"before: {psnr(pipe.vae.to(target), unseen, target):.2f} dB on {len(unseen)} unseen scenes")
    vae = train_finish(work, pipe.vae, lessons, minutes, target)
    click.echo(f"after: {psnr(vae, unseen, target):.2f} dB")
    save(export, pipeline(vae.float(), pipe.text_encoder, pipe.tokenizer, pipe.unet))
    click.echo(f"saved {export}")


if __name__ == "__main__":
    main()
