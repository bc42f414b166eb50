"""Trains the motion module of ``storybook``: layers over time behind the residual blocks of its UNet.

Stages, each with a clock and a checkpoint of its own in the work folder, so that the same command goes on
after an interruption:

1. ``moving-text``: words of motion for tokenizer and text encoder,
2. clips painted and encoded, small ones and some of full size,
3. ``motion-small``: the layers on clips of 128×128 pictures,
4. ``motion``: the same on clips of full size. It needs most of the time: what was learned on small ones alone
   makes full ones no better.

Writes the module, and the pipeline with its new text encoder, of which everything else stays as it is.

Example::

    python scripts/train_motion.py --model framesmooth/models/storybook --work build/motion \\
        --export build/motion/storybook
"""

import sys
from pathlib import Path

import click
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storybook.clips import encode_clips
from storybook.models import TEXT_WIDTH, pipeline
from storybook.motion_module import MotionModule, geometry
from storybook.text import Teacher, build_tokenizer
from storybook.train_motion import Stage, train_motion, train_moving_text
from train_storybook import load, save


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--model", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option(
    "--work", type=click.Path(path_type=Path), default="build/motion", help="Checkpoints, clips, log."
)
@click.option("--export", type=click.Path(path_type=Path), required=True, help="Folder of the pipeline.")
@click.option("--text-minutes", default=12.0, help="Time of stage 1; 0: the model knows the words already.")
@click.option("--small-minutes", default=30.0, help="Time of stage 3.")
@click.option("--full-minutes", default=120.0, help="Time of stage 4.")
@click.option("--small-clips", default=2000, help="Clips of stage 3.")
@click.option("--full-clips", default=1000, help="Clips of stage 4.")
@click.option("--rate", default=2e-3, help="Learning rate.")
@click.option("--device", default="cuda" if torch.cuda.is_available() else "cpu")
@click.option("--processes", default=2, help="Painters at work in parallel.")
def main(
    model: Path,
    work: Path,
    export: Path,
    text_minutes: float,
    small_minutes: float,
    full_minutes: float,
    small_clips: int,
    full_clips: int,
    rate: float,
    device: str,
    processes: int,
) -> None:
    """Trains the motion module and writes it beside the parts of its pipeline."""
    target = torch.device(device)
    pipe = load(model)
    words, text = pipe.tokenizer, pipe.text_encoder
    if text_minutes:
        known, words = words, build_tokenizer(work / "tokenizer", moving=True)
        teacher = Teacher(text.to(target), known, words)
        text = train_moving_text(work, words, text_minutes, target, teacher, pipe.unet.to(target))
    module = MotionModule(geometry(pipe.unet), text_width=TEXT_WIDTH)
    stages = [
        ("small", small_clips, Stage("motion-small", small_minutes, ((8, 3), (16, 1)), 0.3, rate)),
        ("square", full_clips, Stage("motion", full_minutes, ((8, 2), (16, 1)), 0.4, 0.5 * rate)),
    ]
    for shape, count, stage in stages:
        if stage.minutes:
            clips = list(encode_clips(work, pipe.vae, shape, count, target, processes))
            scale = pipe.vae.config.scaling_factor
            module = train_motion(work, words, text, pipe.unet, clips, stage, target, scale, module)
    save(export, pipeline(pipe.vae, text.float(), words, pipe.unet))
    module.half().save_pretrained(export / "motion", safe_serialization=True, max_shard_size="15MB")
    click.echo(f"saved {export}")


if __name__ == "__main__":
    main()
