"""The autoencoder learns on crops; its latents are kept at mean 0 and variance 1 per channel.

Crops lie on the latents' grid of 8 pixels, as whole pictures do: so the decoder can learn where the blocks of
pixel art end. The encoder is then kept, and the decoder alone goes on.
"""

from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray

from .models import autoencoder
from .optimizer import MuonAdamW
from .training import Average, Session, autocast

CROP = 96
GRID = 8  # pixels of a latent


def train_autoencoder(
    folder: Path,
    pictures: list[NDArray[np.uint8]],
    valid: NDArray[np.uint8],
    minutes: float,
    device: torch.device,
    start: AutoencoderTiny | None = None,
    batch: int = 16,
) -> AutoencoderTiny:
    """Trains for ``minutes`` (resuming, or from ``start``), returns the averaged model for evaluation."""
    torch.manual_seed(1)
    torch.set_flush_denormal(True)  # denormal gradients slow CPU convolutions down many times
    model = autoencoder().to(device, memory_format=torch.channels_last)
    if start is not None:
        model.load_state_dict(start.state_dict())
    average = Average(model, 0.998).to(device)
    optimizer = MuonAdamW(model, outer=("encoder.layers.0", "decoder.layers.0"))
    session = Session(
        folder, "autoencoder", minutes, {"model": model, "average": average, "optimizer": optimizer}
    )
    rng = np.random.default_rng([session.step, 3])
    running = session.progress < 1
    while running:
        loss = _loss(model, _batch(_crops(pictures, batch, rng), device), device)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step(session.rate(3e-3, warmup=50))
        average.update(model, session.step)
        running = session.tick(float(loss.detach()))
        if session.step % 500 == 0 or not running:
            final = autoencoder().to(device, memory_format=torch.channels_last)
            average.copy_to(final)
            session.write(psnr=round(psnr(final, valid[:64], device), 2))
    final = autoencoder().to(device, memory_format=torch.channels_last)
    average.copy_to(final)
    return final.eval().requires_grad_(False)


def train_decoder(
    folder: Path,
    model: AutoencoderTiny,
    pictures: list[NDArray[np.uint8]],
    minutes: float,
    device: torch.device,
    batch: int = 16,
) -> AutoencoderTiny:
    """Trains the decoder of ``model`` further, in place, and returns it; latents keep their meaning."""
    torch.manual_seed(2)
    decoder = model.decoder.requires_grad_(True)
    average = Average(decoder, 0.998).to(device)
    optimizer = MuonAdamW(decoder, outer=("layers.0",))
    session = Session(
        folder, "decoder", minutes, {"decoder": decoder, "average": average, "optimizer": optimizer}
    )
    rng = np.random.default_rng([session.step, 4])
    running = session.progress < 1
    while running:
        loss = _loss(model, _batch(_crops(pictures, batch, rng), device), device)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 0.5)
        optimizer.step(session.rate(1e-3, warmup=50))
        average.update(decoder, session.step)
        running = session.tick(float(loss.detach()))
    average.copy_to(decoder)
    return model.eval().requires_grad_(False)


def _batch(crops: NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    x = torch.from_numpy(crops).to(device).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    return x.contiguous(memory_format=torch.channels_last)


def _crops(pictures: list[NDArray[np.uint8]], batch: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    out = np.empty((batch, CROP, CROP, 3), np.uint8)
    for k in range(batch):
        stack = pictures[rng.integers(len(pictures))]
        n = rng.integers(stack.shape[0])
        y, x = (GRID * rng.integers((stack.shape[d] - CROP) // GRID + 1) for d in (1, 2))
        crop = stack[n, y : y + CROP, x : x + CROP]
        out[k] = crop[:, ::-1] if rng.random() < 0.5 else crop
    return out


def _loss(model: AutoencoderTiny, x: torch.Tensor, device: torch.device) -> torch.Tensor:
    """L1 + 3 MSE + L1 of gradients; a little noise on the latents makes small diffusion errors invisible."""
    with autocast(device):
        z = model.encoder(x)
        noisy = z + torch.randn_like(z) * (0.12 * torch.rand(z.shape[0], 1, 1, 1, device=device))
        y = model.decoder(noisy)
    z = z.float()
    mean, std = z.mean(dim=(0, 2, 3)), z.std(dim=(0, 2, 3))
    spread = mean.square().mean() + (std - 1).square().mean()
    return rebuilding_error(y.float(), x) + 0.03 * spread


def rebuilding_error(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """How far pictures are from those that they are to be: L1 + 3 MSE + half the L1 of gradients."""
    error = y - x
    edges = error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean()
    return error.abs().mean() + 3 * error.square().mean() + 0.5 * edges


@torch.no_grad()
def psnr(model: AutoencoderTiny, pictures: NDArray[np.uint8], device: torch.device) -> float:
    """Mean PSNR in dB of reconstructions of (n, h, w, 3) uint8 pictures, peak 255."""
    values = []
    for picture in pictures:
        x = torch.from_numpy(picture.copy()).to(device).permute(2, 0, 1)[None].float()
        with autocast(device):
            y = model.decoder(model.encoder(x / 127.5 - 1))
        shown = ((y.float() + 1) * 127.5).clamp(0, 255).round()
        values.append(10 * torch.log10(255**2 / (shown - x).square().mean()).item())
    return float(np.mean(values))
