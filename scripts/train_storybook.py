"""Trains the built-in model ``storybook`` from nothing: paints its world, learns to see and to draw it.

All stages but the fourth have a clock and a checkpoint of their own in the work folder, and one log; an
interrupted run goes on where it stopped, and a paused one (SIGSTOP) loses no time:

1. ``autoencoder`` on crops of painted scenes,
2. ``decoder``: its second half alone, while latents keep their meaning,
3. ``text``: tokenizer and text encoder on captions,
4. every scene twice through the encoder, small and at full size,
5. ``small``: the denoiser on latents of 128×128 pictures, a quarter of the cost, and fresh captions,
6. ``unet``: the same denoiser on pictures of full size.

Example::

    python scripts/train_storybook.py --minutes 180 --export framesmooth/models/storybook
    python scripts/train_storybook.py --start-from framesmooth/models/storybook --export better \\
        --autoencoder-minutes 0 --decoder-minutes 0 --text-minutes 0 --small-minutes 0 --unet-minutes 120 \\
        --unet-rate 6e-4 --unet-decay 0.6 --start-share 0.5
"""

import json
import sys
from copy import deepcopy
from pathlib import Path

import click
import numpy as np
import torch
from diffusers import StableDiffusionPipeline, UNet2DConditionModel

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storybook.captions import SUBJECTS, caption
from storybook.dataset import rendered, scene_at
from storybook.models import grown, pipeline
from storybook.text import Teacher, build_tokenizer, train_text_encoder
from storybook.train_autoencoder import psnr, train_autoencoder, train_decoder
from storybook.train_diffusion import CHUNK, Stage, encode_scenes, train_unet

NOTES = {
    "about": "A small painted world: 10 places, 6 lights and weathers, 25 subjects, 9 colours, 5 styles; "
    "made for 256x256.",
    "aspects": [0.875, 1.72],
    "license": "Apache-2.0",
    "defaults": {
        "steps": 10,
        "guidance_scale": 2.3,
        "guidance_end": 0.8,
        "feedback_guidance_scale": 1.5,
        "negative_prompt": "pixel art",
        "width": 256,
        "height": 256,
    },
}
FULL = ("square", "wide")
SHARES = {"autoencoder": 0.15, "decoder": 0.07, "text": 0.03, "small": 0.35, "unet": 0.4}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--minutes", default=180.0, help="Training time in all; painting and encoding come on top.")
@click.option("--autoencoder-minutes", type=float, help="Time of stage 1, if not its share of --minutes.")
@click.option("--decoder-minutes", type=float, help="Time of stage 2, if not its share of --minutes.")
@click.option("--text-minutes", type=float, help="Time of stage 3, if not its share of --minutes.")
@click.option("--small-minutes", type=float, help="Time of stage 5, if not its share of --minutes.")
@click.option("--unet-minutes", type=float, help="Time of stage 6, if not its share of --minutes.")
@click.option("--unet-rate", default=1e-3, help="Learning rate of stage 6: less to polish a finished model.")
@click.option(
    "--unet-decay",
    default=0.4,
    help="Share of stage 6 in which its rate falls: more to polish a finished model.",
)
@click.option(
    "--start-share",
    default=0.0,
    type=click.FloatRange(0, 1),
    help="Share of the start's weights in the finished UNet: averaged weights are often better than either "
    "(Wortsman et al. 2022).",
)
@click.option("--grow", is_flag=True, help="Give a start's UNet the layers of attention that a new one has.")
@click.option(
    "--scenes",
    default=24_000,
    type=click.IntRange(min=2 * CHUNK),
    help="Scenes to encode; half of them are wide.",
)
@click.option("--first-scene", default=0, help="Number of the first of them: others than a start has seen.")
@click.option(
    "--work", type=click.Path(path_type=Path), default="build/storybook", help="Checkpoints, log, pictures."
)
@click.option(
    "--export", type=click.Path(path_type=Path), required=True, help="Folder of the finished pipeline."
)
@click.option(
    "--start-from",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Train a finished storybook further: its folder. Stages given 0 minutes are taken as they are.",
)
@click.option("--device", default="cuda" if torch.cuda.is_available() else "cpu")
@click.option("--processes", default=2, help="Painters at work in parallel.")
def main(
    minutes: float,
    autoencoder_minutes: float | None,
    decoder_minutes: float | None,
    text_minutes: float | None,
    small_minutes: float | None,
    unet_minutes: float | None,
    unet_rate: float,
    unet_decay: float,
    start_share: float,
    grow: bool,
    scenes: int,
    first_scene: int,
    work: Path,
    export: Path,
    start_from: Path | None,
    device: str,
    processes: int,
) -> None:
    """Trains storybook and writes it as an ordinary Stable Diffusion pipeline folder."""
    target = torch.device(device)
    _claim(work, start_from)
    start = None if start_from is None else load(start_from)
    given = {
        "autoencoder": autoencoder_minutes,
        "decoder": decoder_minutes,
        "text": text_minutes,
        "small": small_minutes,
        "unet": unet_minutes,
    }
    time = {stage: SHARES[stage] * minutes if value is None else value for stage, value in given.items()}
    pictures = []
    if time["autoencoder"] or time["decoder"]:
        pictures = [
            rendered(work / "square.npy", 0, 5000, "square", processes),
            rendered(work / "wide.npy", 5000, 8000, "wide", processes),
        ]
    unseen = rendered(work / "valid.npy", 10_000_000, 10_000_128, "square", processes)
    vae = train_autoencoder(work, pictures, unseen, time["autoencoder"], target, start and start.vae)
    vae = train_decoder(work, vae, pictures, time["decoder"], target)
    click.echo(f"autoencoder: {psnr(vae, unseen, target):.2f} dB on {len(unseen)} unseen scenes")
    words, text = start and start.tokenizer, start and start.text_encoder
    if text is None or time["text"]:
        known, words = words, build_tokenizer(work / "tokenizer")
        teacher = text and Teacher(text.to(target), known, words)
        text = train_text_encoder(work, words, time["text"], target, teacher)
    before = start and start.unet
    net = before if before is None else grown(before) if grow else deepcopy(before)
    stages = [
        Stage("small", time["small"], {"small": 1.0}, batch=64, decay=0.15),
        Stage("unet", time["unet"], {"square": 0.5, "wide": 0.5}, batch=32, decay=unet_decay, rate=unet_rate),
    ]
    stages = [stage for stage in stages if stage.minutes or net is None]
    chunks = list(encode_scenes(work, vae, _plan(stages, scenes, first_scene), target, processes))
    if start is None:
        scale = 1 / float(np.mean([latents.values[:200].astype(np.float32).std() for _, latents in chunks]))
        vae.register_to_config(scaling_factor=round(scale, 5))
    scale = vae.config.scaling_factor
    for stage in stages:
        net = train_unet(work, words, text, chunks, stage, target, scale, net)
    assert net is not None  # without a start there are stages
    if before is not None and start_share:
        mix(net, before, start_share)
    save(export, pipeline(vae.float(), text.float(), words, net.float()))
    click.echo(
        f"saved {export} ({sum(f.stat().st_size for f in export.rglob('*') if f.is_file()) / 2**20:.1f} MiB)"
    )


@torch.no_grad()
def mix(net: UNet2DConditionModel, start: UNet2DConditionModel, share: float) -> None:
    """Moves a UNet's weights by ``share`` (0 to 1) towards those of the one that it started from.

    Raises:
        click.UsageError: it has other layers than that.
    """
    weights = start.state_dict()
    if net.state_dict().keys() != weights.keys():
        raise click.UsageError("--start-share: a UNet that has grown has no start to be averaged with")
    for name, weight in net.state_dict().items():
        weight.lerp_(weights[name].to(weight), share)


def _claim(work: Path, start: Path | None) -> None:
    """Notes what a work folder's checkpoints started from: runs with other starts must not resume them."""
    work.mkdir(parents=True, exist_ok=True)
    note, origin = work / "start.txt", "nothing" if start is None else str(start.resolve())
    if note.exists() and note.read_text() != origin:
        raise click.UsageError(
            f"{work} holds a run that started from {note.read_text()}: give another --work"
        )
    note.write_text(origin)


def _plan(stages: list[Stage], scenes: int, first: int) -> list[tuple[str, int]]:
    """The (shape, first scene) of each chunk that the stages need: all small, half square, half wide."""
    firsts = range(first, first + scenes // CHUNK * CHUNK, CHUNK)
    shapes = {shape for stage in stages for shape in stage.shapes}
    plan = [("small", first) for first in firsts if "small" in shapes]
    return plan + [(shape, first) for k, first in enumerate(firsts) if (shape := FULL[k % 2]) in shapes]


def load(folder: Path) -> StableDiffusionPipeline:
    """Reads a finished pipeline in float32."""
    return StableDiffusionPipeline.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, local_files_only=True
    )


def save(folder: Path, pipe: object) -> None:
    """Writes the pipeline in float16 shards under 15 MB, and the list of words that it knows.

    The text encoder's configuration asks for float32, as diffusers loads the other networks where no dtype
    is given: a plain ``StableDiffusionPipeline.from_pretrained(folder)`` then works.
    """
    pipe.to(dtype=torch.float16).save_pretrained(folder, safe_serialization=True, max_shard_size="15MB")  # type: ignore[attr-defined]
    written = folder / "text_encoder" / "config.json"
    config = json.loads(written.read_text()) | {"dtype": "float32"}
    written.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    (folder / "framesmooth.json").write_text(json.dumps(NOTES, indent=2) + "\n")
    (folder / "vocabulary.json").write_text(json.dumps(vocabulary(), indent=0) + "\n")


def vocabulary() -> dict[str, object]:
    """Return what the model is told to know: words, the names of its subjects, and what sounds like one."""
    return {"words": known_words(), "subjects": SUBJECTS, "scenery": ["mountain lake"]}


def known_words() -> list[str]:
    """Every word that a training caption can hold, sorted."""
    rng = np.random.default_rng(1)
    seen: set[str] = set()
    for k in range(20_000):
        seen.update(caption(scene_at(k), rng).lower().replace(",", " ").replace(":", " ").split())
    return sorted(seen)


if __name__ == "__main__":
    main()
