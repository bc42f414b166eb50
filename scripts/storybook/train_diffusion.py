"""Stages 4 to 6: scenes become latents; the UNet learns to denoise them, small pictures first."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from numpy.typing import NDArray
from transformers import CLIPTextModel, CLIPTokenizer

from .captions import caption
from .dataset import paint_many, scene_at, subject_masks
from .models import TRAIN_STEPS, scheduler, unet
from .optimizer import MuonAdamW
from .text import tokens
from .training import Average, Session, autocast
from .world import Scene

CHUNK = 2000  # scenes an encoded file
ATTENTION = 4.0  # how much more a subject's latents count than the others
HARD = 3.0  # how much more often a batch shows what is hard to draw
HARDEST = {"cat", "lion", "horse", "rider", "fish", "dog", "deer", "mountain", "whale", "dragon"}


@dataclass(frozen=True)
class Latents:
    """Encoded scenes of one shape.

    Attributes:
        first: Number of the first scene.
        values: (n, channels, h, w) float16 latents.
        masks: (n, h, w) uint8, the share of each latent that the subject covers.
    """

    first: int
    values: NDArray[np.float16]
    masks: NDArray[np.uint8]


@dataclass(frozen=True)
class Stage:
    """How one stage of the UNet's training goes.

    Attributes:
        name: Of its checkpoint.
        minutes: Its time.
        shapes: Odds of each shape of picture in a batch.
        batch: Pictures a batch (three quarters of it where they are wide).
        decay: Share of the time over which the learning rate falls to zero.
        rate: The learning rate before that.
    """

    name: str
    minutes: float
    shapes: dict[str, float]
    batch: int
    decay: float
    rate: float = 1e-3


@torch.no_grad()
def encode_scenes(
    folder: Path, vae: AutoencoderTiny, plan: list[tuple[str, int]], device: torch.device, processes: int
) -> Iterator[tuple[str, Latents]]:
    """Paints and encodes the chunks of a plan of (shape, first scene); each is kept as a file."""

    def encoded(pictures: Iterator[NDArray[np.uint8]]) -> NDArray[np.float16]:
        rows = [_encode(vae, list(islice(pictures, 25)), device) for _ in range(CHUNK // 25)]
        return np.concatenate(rows)

    def stacked(masks: Iterator[NDArray[np.uint8]]) -> NDArray[np.uint8]:
        return np.stack(list(islice(masks, CHUNK)))

    latents = _chunk_files(folder, "latents", plan, paint_many, encoded, processes)
    masks = _chunk_files(folder, "masks", plan, subject_masks, stacked, processes)
    for (shape, first), z, mask in zip(plan, latents, masks, strict=True):
        yield shape, Latents(first, np.load(z), np.load(mask))


def _chunk_files(
    folder: Path,
    kind: str,
    plan: list[tuple[str, int]],
    paint: Callable[[Iterable[tuple[Scene, str]], int], Iterator[NDArray[np.uint8]]],
    make: Callable[[Iterator[NDArray[np.uint8]]], NDArray[Any]],
    processes: int,
) -> list[Path]:
    """The files of a plan's chunks; what is missing is painted and made, each file whole or not at all."""
    paths = {(shape, first): folder / f"{kind}-{shape}-{first}.npy" for shape, first in plan}
    missing = [chunk for chunk in plan if not paths[chunk].exists()]
    scenes = ((scene_at(k), shape) for shape, first in missing for k in range(first, first + CHUNK))
    painted = paint(scenes, processes) if missing else iter(())
    for chunk in missing:
        partial = paths[chunk].with_suffix(".partial.npy")
        np.save(partial, make(painted))
        partial.rename(paths[chunk])
    return list(paths.values())


def _encode(
    vae: AutoencoderTiny, pictures: list[NDArray[np.uint8]], device: torch.device
) -> NDArray[np.float16]:
    x = torch.from_numpy(np.stack(pictures)).to(device).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    with autocast(device):
        z = vae.encoder(x.contiguous(memory_format=torch.channels_last))
    return z.float().cpu().numpy().astype(np.float16)


def train_unet(
    folder: Path,
    words: CLIPTokenizer,
    text: CLIPTextModel,
    chunks: list[tuple[str, Latents]],
    stage: Stage,
    device: torch.device,
    scale: float,
    start: UNet2DConditionModel | None = None,
) -> UNet2DConditionModel:
    """Trains the UNet (from ``start`` if given) on v-prediction; returns the average of its weights.

    The text encoder has learned to read already and stays as it is.
    """
    torch.manual_seed(3)
    torch.set_flush_denormal(True)
    net = unet() if start is None else start
    net = net.to(device)  # contiguous: a fifth faster than channels last, in bfloat16 on a CPU
    if device.type == "cpu":  # the fused attention's backward pass is several times slower there
        net.set_attn_processor(AttnProcessor())
        text.set_attn_implementation("eager")
    text.eval().requires_grad_(False)
    average = Average(net, 0.9985).to(device)
    optimizer = MuonAdamW(net, outer=("conv_in", "conv_out"))
    session = Session(
        folder, stage.name, stage.minutes, {"net": net, "average": average, "optimizer": optimizer}
    )
    rng = np.random.default_rng([session.step, 13])
    alphas = scheduler().alphas_cumprod.to(device)
    running = session.progress < 1
    while running:
        z, masks, texts = _batch(chunks, stage, rng)
        loss = _loss(
            net,
            text(tokens(words, texts, device)).last_hidden_state,
            scale * torch.from_numpy(z).to(device),
            1 + (ATTENTION - 1) / 255 * torch.from_numpy(masks).to(device),
            alphas,
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step(session.rate(stage.rate, decay=stage.decay))
        average.update(net, session.step)
        running = session.tick(float(loss.detach()))
    average.copy_to(net)
    return net.eval()


def _batch(
    chunks: list[tuple[str, Latents]], stage: Stage, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32], list[str]]:
    """Latents of one shape, masks and fresh captions, a tenth empty (for classifier-free guidance).

    Pixel art never comes without its caption: steps would leak from there into all other styles.
    """
    shape = str(rng.choice(list(stage.shapes), p=list(stage.shapes.values())))
    count = round(stage.batch * 0.75) if shape == "wide" else stage.batch
    pool = [latents for name, latents in chunks if name == shape]
    odds = {latents.first: _odds(latents.first, len(latents.values)) for latents in pool}
    z, masks, texts = [], [], []
    for _ in range(count):
        latents = pool[rng.integers(len(pool))]
        k = int(rng.choice(len(odds[latents.first]), p=odds[latents.first]))
        z.append(latents.values[k])
        masks.append(latents.masks[k])
        scene = scene_at(latents.first + k)
        texts.append(caption(scene, rng) if scene.style == "pixel" or rng.random() > 0.1 else "")
    return np.stack(z).astype(np.float32), np.stack(masks).astype(np.float32), texts


@cache
def _odds(first: int, count: int) -> NDArray[np.float64]:
    """How often each scene of a chunk is shown: what is hard to draw more often."""
    odds = np.array([HARD if scene_at(k).subject in HARDEST else 1.0 for k in range(first, first + count)])
    return np.asarray(odds / odds.sum(), np.float64)


def _loss(
    net: UNet2DConditionModel,
    states: torch.Tensor,
    z: torch.Tensor,
    weight: torch.Tensor,
    alphas: torch.Tensor,
) -> torch.Tensor:
    """Weighted mean squared error of v = √ᾱ ε − √(1−ᾱ) x (Salimans & Ho 2022).

    Times are logit-normal (Esser et al. 2024), stratified over the batch, and lean to much noise, where a
    picture's content is decided.
    """
    n = z.shape[0]
    even = (torch.arange(n, device=z.device) + torch.rand(n, device=z.device)) / n
    t = (torch.sigmoid(0.5 + 1.3 * torch.special.ndtri(even.clamp(1e-4, 1 - 1e-4))) * TRAIN_STEPS).long()
    signal, sigma = alphas[t].sqrt().view(-1, 1, 1, 1), (1 - alphas[t]).sqrt().view(-1, 1, 1, 1)
    noise = torch.randn_like(z)
    noisy, v = signal * z + sigma * noise, signal * noise - sigma * z
    with autocast(z.device):
        predicted = net(noisy, t, states).sample
    error = (predicted.float() - v).square().mean(dim=1)
    return (weight * error).sum() / weight.sum()
