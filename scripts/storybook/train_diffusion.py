"""Stages 3 and 4: scenes become latents; the UNet, and the text encoder with it, learns to denoise them."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny, UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from numpy.typing import NDArray
from transformers import CLIPTextModel, CLIPTokenizer

from .captions import caption
from .dataset import paint_many, scene_at
from .models import TRAIN_STEPS, scheduler, unet
from .optimizer import MuonAdamW
from .text import tokens
from .training import Average, Session

CHUNK = 2000  # scenes an encoded file


@dataclass(frozen=True)
class Latents:
    """Encoded scenes of one shape: their numbers and (n, channels, h, w) float16 latents."""

    first: int
    values: NDArray[np.float16]


@torch.no_grad()
def encode_scenes(
    folder: Path, vae: AutoencoderTiny, plan: list[tuple[str, int]], device: torch.device, processes: int
) -> Iterator[tuple[str, Latents]]:
    """Paints and encodes the chunks of a plan of (shape, first scene); each is kept as a file."""
    paths = {(shape, first): folder / f"latents-{shape}-{first}.npy" for shape, first in plan}
    missing = [chunk for chunk in plan if not paths[chunk].exists()]
    scenes = ((scene_at(k), shape) for shape, first in missing for k in range(first, first + CHUNK))
    pictures = paint_many(scenes, processes) if missing else iter(())
    for chunk in missing:
        rows = [_encode(vae, list(islice(pictures, 25)), device) for _ in range(CHUNK // 25)]
        partial = paths[chunk].with_suffix(".partial.npy")
        np.save(partial, np.concatenate(rows))
        partial.rename(paths[chunk])
    for shape, first in plan:
        yield shape, Latents(first, np.load(paths[shape, first]))


def _encode(
    vae: AutoencoderTiny, pictures: list[NDArray[np.uint8]], device: torch.device
) -> NDArray[np.float16]:
    x = torch.from_numpy(np.stack(pictures)).to(device).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    with torch.autocast(device.type, torch.bfloat16):
        z = vae.encoder(x.contiguous(memory_format=torch.channels_last))
    return z.float().cpu().numpy().astype(np.float16)


def train_unet(
    folder: Path,
    words: CLIPTokenizer,
    text: CLIPTextModel,
    chunks: list[tuple[str, Latents]],
    minutes: float,
    device: torch.device,
    scale: float,
    start: UNet2DConditionModel | None = None,
    batch: int = 32,
    peak: float = 1e-3,
) -> tuple[UNet2DConditionModel, CLIPTextModel]:
    """Trains UNet (from ``start`` if given) and text encoder on v-prediction; returns their averages."""
    torch.manual_seed(3)
    torch.set_flush_denormal(True)
    net = unet().to(device, memory_format=torch.channels_last)
    if start is not None:
        net.load_state_dict(start.state_dict())
    if device.type == "cpu":  # the fused attention's backward pass is several times slower there
        net.set_attn_processor(AttnProcessor())
        text.set_attn_implementation("eager")
    both = torch.nn.ModuleList([net, text])
    average = Average(both, 0.9985).to(device)
    optimizer = MuonAdamW(both, outer=("0.conv_in", "0.conv_out"))
    session = Session(folder, "unet", minutes, {"both": both, "average": average, "optimizer": optimizer})
    rng = np.random.default_rng([session.step, 13])
    alphas = scheduler().alphas_cumprod.to(device)
    running = session.progress < 1
    while running:
        z, texts = _batch(chunks, batch, rng)
        loss = _loss(
            net, text, tokens(words, texts, device), scale * torch.from_numpy(z).to(device), alphas, device
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(both.parameters(), 1.0)
        optimizer.step(session.rate(peak, warmup=200))
        average.update(both, session.step)
        running = session.tick(float(loss.detach()))
    average.copy_to(both)
    return net.eval(), text.eval()


def _batch(
    chunks: list[tuple[str, Latents]], batch: int, rng: np.random.Generator
) -> tuple[NDArray[np.float32], list[str]]:
    """Latents of one shape and fresh captions, a tenth of them empty (for classifier-free guidance)."""
    shape = "square" if rng.random() < 0.66 else "wide"
    count = batch if shape == "square" else round(batch * 0.75)
    pool = [latents for name, latents in chunks if name == shape]
    z, texts = [], []
    for _ in range(count):
        latents = pool[rng.integers(len(pool))]
        k = int(rng.integers(len(latents.values)))
        z.append(latents.values[k])
        texts.append(caption(scene_at(latents.first + k), rng) if rng.random() > 0.1 else "")
    return np.stack(z).astype(np.float32), texts


def _loss(
    net: UNet2DConditionModel,
    text: CLIPTextModel,
    ids: torch.Tensor,
    z: torch.Tensor,
    alphas: torch.Tensor,
    device: torch.device,
) -> torch.Tensor:
    """Mean squared error of v = √ᾱ ε − √(1−ᾱ) x (Salimans & Ho 2022), times stratified over the batch."""
    n = z.shape[0]
    t = (
        ((torch.arange(n, device=device) + torch.rand(n, device=device)) / n * TRAIN_STEPS)
        .long()
        .clamp(max=TRAIN_STEPS - 1)
    )
    signal, sigma = alphas[t].sqrt().view(-1, 1, 1, 1), (1 - alphas[t]).sqrt().view(-1, 1, 1, 1)
    noise = torch.randn_like(z)
    noisy, v = signal * z + sigma * noise, signal * noise - sigma * z
    with torch.autocast(device.type, torch.bfloat16):
        states = text(ids).last_hidden_state
        predicted = net(noisy.contiguous(memory_format=torch.channels_last), t, states).sample
    return (predicted.float() - v).square().mean()
