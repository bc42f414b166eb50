"""Trains ``storybook-x2``: a small network that doubles painted and generated pictures.

It sees 256×256 pictures, half of them as the autoencoder gives them back, of latents with a little noise, and
learns the 512×512 painting that they were reduced from: it undoes the autoencoder's blur as well.

Example::

    python scripts/train_upscaler.py --model framesmooth/models/storybook --work build/upscaler \\
        --export build/upscaler/storybook-x2
"""

import sys
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storybook.dataset import scene_at
from storybook.optimizer import MuonAdamW
from storybook.painter import paint
from storybook.training import Average, Session, autocast
from train_storybook import load

from framesmooth.upscaling.residual_network import ResidualUpscaler, bicubic, psnr

FIRST, UNSEEN = 5_000_000, 11_000_000
CROP, BATCH = 64, 16
NOISY = 0.25  # standard deviation of the noise on latents, at most: what a denoiser leaves


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--model", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True)
@click.option(
    "--work", type=click.Path(path_type=Path), default="build/upscaler", help="Checkpoint, pictures, log."
)
@click.option("--export", type=click.Path(path_type=Path), required=True, help="Folder of the network.")
@click.option("--minutes", default=60.0, help="Training time; painting comes on top.")
@click.option("--scenes", default=700, help="Paintings.")
@click.option("--rate", default=2e-3, help="Learning rate.")
def main(model: Path, work: Path, export: Path, minutes: float, scenes: int, rate: float) -> None:
    """Trains the network, prints its gain over bicubic on unseen paintings, and writes it."""
    work.mkdir(parents=True, exist_ok=True)
    vae = load(model).vae.eval().float()
    lessons = painted(work / "lessons.npz", vae, FIRST, scenes)
    net = train(work, lessons, minutes, rate)
    report(net, painted(work / "unseen.npz", vae, UNSEEN, 24))
    net.half().save_pretrained(export, safe_serialization=True)
    click.echo(f"saved {export}")


def painted(path: Path, vae: AutoencoderTiny, first: int, count: int) -> tuple[NDArray[np.uint8], ...]:
    """(n, 512, 512, 3) paintings; reduced to 256; and those as the autoencoder gives them back: uint8."""
    if not path.exists():
        large, small, decoded = [], [], []
        for k in range(first, first + count):
            large.append(paint(scene_at(k), 512, 512))
            reduced = cv2.resize(large[-1], (256, 256), interpolation=cv2.INTER_AREA)
            small.append(np.asarray(reduced, np.uint8))
            decoded.append(_again(vae, small[-1], k))
        partial = path.with_suffix(".partial.npz")
        np.savez(partial, np.stack(large), np.stack(small), np.stack(decoded))
        partial.rename(path)
    kept = np.load(path)
    return tuple(kept[name] for name in ("arr_0", "arr_1", "arr_2"))


@torch.no_grad()
def _again(vae: AutoencoderTiny, image: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    """A picture encoded, its latents made a little noisy, and decoded."""
    rng = torch.Generator().manual_seed(seed)
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 127.5 - 1
    with autocast(x.device):
        z = vae.encoder(x).float()
        z = z + NOISY * torch.rand((), generator=rng) * torch.randn(z.shape, generator=rng) * z.std()
        out = vae.decoder(z).float()
    return np.asarray(((out[0].permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).numpy(), np.uint8)


def train(
    folder: Path, lessons: tuple[NDArray[np.uint8], ...], minutes: float, rate: float
) -> ResidualUpscaler:
    """The average of the weights of a network trained on crops, turned and mirrored."""
    torch.manual_seed(8)
    torch.set_flush_denormal(True)
    net: ResidualUpscaler = ResidualUpscaler().to(memory_format=torch.channels_last)
    average = Average(net, 0.998)
    optimizer = MuonAdamW(net, outer=("enter", "leave"))
    session = Session(folder, "upscaler", minutes, {"net": net, "average": average, "optimizer": optimizer})
    rng = np.random.default_rng([session.step, 71])
    running = session.progress < 1
    while running:
        given, wanted = _crops(lessons, rng)
        with autocast(given.device):
            made = net(given)
        error = made.float() - wanted
        edges = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
        loss = (error.square() + 1e-6).sqrt().mean() + 0.5 * edges
        loss.backward()
        optimizer.step(session.rate(rate, decay=0.5))
        average.update(net, session.step)
        running = session.tick(float(loss.detach()))
    average.copy_to(net)
    net.eval()
    return net


def _crops(lessons: tuple[NDArray[np.uint8], ...], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    large, small, decoded = lessons
    given, wanted = [], []
    for _ in range(BATCH):
        k, turns, flip = int(rng.integers(len(large))), int(rng.integers(4)), bool(rng.integers(2))
        y, x = (int(at) for at in rng.integers(256 - CROP + 1, size=2))
        source = small if rng.random() < 0.5 else decoded
        pair = (
            source[k, y : y + CROP, x : x + CROP],
            large[k, 2 * y : 2 * (y + CROP), 2 * x : 2 * (x + CROP)],
        )
        one, two = (np.rot90(part[:, ::-1] if flip else part, turns) for part in pair)
        given.append(one)
        wanted.append(two)
    return _tensor(np.stack(given)), _tensor(np.stack(wanted))


def _tensor(pictures: NDArray[np.uint8]) -> Tensor:
    x = torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float() / 255
    return x.contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def report(net: nn.Module, pictures: tuple[NDArray[np.uint8], ...]) -> None:
    """Prints PSNR on reduced and on decoded pictures, beside bicubic's."""
    large, small, decoded = pictures
    for name, given in (("reduced", small), ("decoded", decoded)):
        x, y = _tensor(given), _tensor(large)
        ours = np.mean([psnr(net(x[k : k + 1]), y[k : k + 1]) for k in range(len(x))])
        plain = np.mean([psnr(bicubic(x[k : k + 1]), y[k : k + 1]) for k in range(len(x))])
        click.echo(f"{name}: {ours:.2f} dB, bicubic {plain:.2f} dB")


if __name__ == "__main__":
    main()
