"""Trains the baselines ``storybook-gpt`` and ``storybook-gan`` on painted clips in storybook's latents.

Stages, each with a clock and a checkpoint of its own in the work folder, so that the same command goes on
after an interruption, or trains longer where it is given more minutes. Of VideoGPT: ``codes`` (codebooks for
clips), then ``gpt`` (the transformer). Of the GAN: ``gan-pictures`` (the generator alone, held to painted
clips), then ``gan`` (against discriminators).

Examples::

    python scripts/train_baselines.py gpt --export build/storybook-gpt
    python scripts/train_baselines.py gan --export build/storybook-gan
    framesmooth generate "a red boat sailing to the left at sunset" -o boat.mp4 --model build/storybook-gpt
"""

import sys
from pathlib import Path

import click
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storybook.baseline_data import PaintedClips
from storybook.baseline_export import export_baseline
from storybook.clips import encode_clips
from storybook.train_video_gan import train_gan, train_pictures
from storybook.train_video_gpt import train_codes, train_gpt
from train_storybook import load

from framesmooth.models.checkpoints import BUILT_IN_FOLDER

ABOUT = {
    "gpt": "A baseline, VideoGPT (Yan et al. 2021): 16 frames of 128x128 in storybook's small world.",
    "gan": "A baseline, a recurrent GAN (TGANs-C, MoCoGAN): frames of 128x128 in storybook's small world.",
}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("which", type=click.Choice(list(ABOUT)))
@click.option(
    "--work", type=click.Path(path_type=Path), default="build/baselines", help="Checkpoints, clips, log."
)
@click.option("--export", type=click.Path(path_type=Path), required=True, help="Folder of the model.")
@click.option("--clips", default=3000, help="Clips to paint and encode, a third of a second each.")
@click.option(
    "--more-clips", type=click.Path(path_type=Path), multiple=True, help="Folder with encoded clips besides."
)
@click.option("--codes-minutes", default=8.0, help="Time for the codebooks of VideoGPT.")
@click.option("--pictures-minutes", default=20.0, help="Time of the GAN's generator without judges.")
@click.option("--minutes", default=40.0, help="Time for the transformer, or for the GAN.")
@click.option("--processes", default=1, help="Painters at work in parallel.")
def main(
    which: str,
    work: Path,
    export: Path,
    clips: int,
    more_clips: tuple[Path, ...],
    codes_minutes: float,
    pictures_minutes: float,
    minutes: float,
    processes: int,
) -> None:
    """Trains a baseline and writes it as a model folder for --model."""
    device = torch.device("cpu")
    pipe = load(BUILT_IN_FOLDER)
    if clips:
        list(encode_clips(work, pipe.vae, "small", clips, device, processes))
    scale = float(pipe.vae.config.scaling_factor)
    painted = PaintedClips([work, *more_clips], pipe.tokenizer, pipe.text_encoder, scale, device)
    click.echo(f"{len(painted.numbers)} clips")
    if which == "gpt":
        codes = train_codes(work, painted, codes_minutes)
        networks = {"transformer": train_gpt(work, painted, codes, minutes), "codes": codes}
        export_baseline(export, "VideoGptPipeline", networks, ABOUT[which])
    else:
        networks = {
            "transformer": train_gan(work, painted, minutes, train_pictures(work, painted, pictures_minutes))
        }
        export_baseline(export, "RecurrentGanPipeline", networks, ABOUT[which])
    click.echo(f"saved {export}")


if __name__ == "__main__":
    main()
