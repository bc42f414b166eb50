"""The last stage: the decoder learns to forgive the denoiser.

What a denoiser draws is a little off what an encoder makes of a painting: guidance adds streaks, and the
decoder turns them into crackle. So paintings' latents are noised a little and drawn to the end again by the
model itself, guided by their captions as in use; from these latents, too, the decoder learns to make the
painting. Latents keep their meaning, so neither encoder nor denoiser changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray

from framesmooth.models.checkpoints import model_defaults
from framesmooth.models.conditioning import stack
from framesmooth.models.families.base import Guidance
from framesmooth.models.text_to_image import TextToImage
from framesmooth.workflows.generate.keyframes import kept_out

from .captions import caption
from .dataset import paint_many, scene_at
from .optimizer import MuonAdamW
from .train_autoencoder import CROP, GRID, rebuilding_error
from .training import Average, Session, autocast

STEPS = 10
LAST_STEPS = (
    7,
    8,
    8,
    9,
)  # of STEPS: at which a painting is taken up, in turn; earlier ones change what it shows
BATCH = 8  # paintings that are redrawn together
REDRAWN = 0.3  # share of crops whose latents the model drew


@dataclass(frozen=True)
class Lessons:
    """Paintings with their latents as the decoder takes them.

    Attributes:
        pictures: (n, height, width, 3) uint8.
        encoded: (n, channels, height / 8, width / 8) float16, what the encoder makes of them.
        redrawn: Like ``encoded``, drawn to the end by the model.
    """

    pictures: NDArray[np.uint8]
    encoded: NDArray[np.float16]
    redrawn: NDArray[np.float16]


def prepare(path: Path, pipe: TextToImage, first: int, count: int, shape: str, processes: int) -> Lessons:
    """Paints ``count`` scenes, encodes and redraws them; kept in a file at ``path``."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        numbers = range(first, first + count)
        rng = np.random.default_rng([first, 71])
        texts = [caption(scene_at(k), rng) for k in numbers]
        painted = paint_many([(scene_at(k), shape) for k in numbers], processes)
        pictures: list[NDArray[np.uint8]] = []
        encoded: list[NDArray[np.float16]] = []
        redrawn: list[NDArray[np.float16]] = []
        for at in range(0, count, BATCH):
            part = slice(at, at + BATCH)
            pictures.append(np.stack(list(islice(painted, BATCH))))
            start = LAST_STEPS[at // BATCH % len(LAST_STEPS)]
            both = _redraw(pipe.restartable(), pictures[-1], texts[part], numbers[part], start)
            encoded.append(both[0])
            redrawn.append(both[1])
        partial = path.with_suffix(".partial.npz")
        np.savez(
            partial,
            pictures=np.concatenate(pictures),
            encoded=np.concatenate(encoded),
            redrawn=np.concatenate(redrawn),
        )
        partial.rename(path)
    data = np.load(path)
    return Lessons(data["pictures"], data["encoded"], data["redrawn"])


def _redraw(
    pipe: TextToImage, pictures: NDArray[np.uint8], texts: list[str], seeds: Sequence[int], start: int
) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    """Latents of pictures as the decoder takes them: from the encoder, and drawn to the end from a step."""
    defaults, (height, width) = model_defaults(pipe.folder), pictures.shape[1:3]
    images = torch.from_numpy(pictures).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    z = pipe.autoencoder.encode(images).cpu()
    noise = torch.stack([pipe.noise(seed, height, width) for seed in seeds])
    negative = str(defaults.get("negative_prompt", ""))
    drawn = pipe.denoise(
        pipe.state_at(z, noise, first_step=start, steps=STEPS),
        stack([pipe.encode(text, kept_out(text, negative), guided=True) for text in texts]),
        list(seeds),
        steps=STEPS,
        guidance=Guidance(scale=float(defaults["guidance_scale"])),
        first_step=start,
    )
    factor = float(pipe.pipe.vae.config.scaling_factor)
    return (z / factor).numpy().astype(np.float16), (drawn / factor).numpy().astype(np.float16)


def train_finish(
    folder: Path,
    model: AutoencoderTiny,
    lessons: list[Lessons],
    minutes: float,
    device: torch.device,
    batch: int = 16,
    rate: float = 1e-3,
) -> AutoencoderTiny:
    """Trains the decoder of ``model`` further, in place, and returns it with its weights averaged."""
    torch.manual_seed(7)
    torch.set_flush_denormal(True)
    decoder = model.decoder.to(device, memory_format=torch.channels_last).requires_grad_(True)
    average = Average(decoder, 0.998).to(device)
    optimizer = MuonAdamW(decoder, outer=("layers.0",))
    session = Session(
        folder, "finish", minutes, {"decoder": decoder, "average": average, "optimizer": optimizer}
    )
    rng = np.random.default_rng([session.step, 73])
    running = session.progress < 1
    while running:
        z, x = _crops(lessons, batch, rng, device)
        with autocast(device):
            y = decoder(z)
        loss = rebuilding_error(y.float(), x)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(decoder.parameters(), 0.5)
        optimizer.step(session.rate(rate, warmup=50, decay=0.6))
        average.update(decoder, session.step)
        running = session.tick(float(loss.detach()))
    average.copy_to(decoder)
    return model.eval().requires_grad_(False)


def _crops(
    lessons: list[Lessons], batch: int, rng: np.random.Generator, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents, redrawn or encoded with a little noise, and the crops of pictures that they are of."""
    size = CROP // GRID
    z, x, strengths = [], [], []
    for _ in range(batch):
        part = lessons[int(rng.integers(len(lessons)))]
        n, redrawn = int(rng.integers(len(part.pictures))), rng.random() < REDRAWN
        values = (part.redrawn if redrawn else part.encoded)[n]
        row, column = (int(rng.integers(values.shape[d] - size + 1)) for d in (1, 2))
        z.append(values[:, row : row + size, column : column + size])
        top, left = GRID * row, GRID * column
        x.append(part.pictures[n, top : top + CROP, left : left + CROP])
        strengths.append(0.0 if redrawn else 0.25 * rng.random() ** 2)
    latents = torch.from_numpy(np.stack(z)).float().to(device)
    latents += torch.randn_like(latents) * torch.tensor(strengths, device=device).view(-1, 1, 1, 1)
    pictures = torch.from_numpy(np.stack(x)).to(device).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    return latents.contiguous(memory_format=torch.channels_last), pictures
