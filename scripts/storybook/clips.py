"""Clips of moving scenes: painted frames in parallel, and their latents in files."""

from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import AutoencoderTiny
from numpy.typing import NDArray

from .dataset import SHAPES
from .motion import FRAME_RATE, clip_at
from .painter import paint, subject_mask
from .training import autocast
from .world import Scene

FRAMES = 16
CHUNK = 100  # clips a file


@dataclass(frozen=True)
class Clips:
    """Encoded clips of one shape.

    Attributes:
        first: Number of the first clip.
        values: (n, FRAMES, channels, h, w) float16 latents.
        masks: (n, FRAMES, h, w) uint8, the share of each latent that the subject covers.
    """

    first: int
    values: NDArray[np.float16]
    masks: NDArray[np.uint8]


def times(scene: Scene, seed: int, frames: int = FRAMES) -> list[float]:
    """When the frames of a clip are seen, in seconds: what travels is in the middle of its way at 0."""
    start = np.random.default_rng([seed, 41]).uniform(-1.5, -0.4)
    if scene.motion is not None and scene.motion.sky in ("sun sets", "day breaks"):
        start += 1.2
    return [float(start + k / FRAME_RATE) for k in range(frames)]


def paint_clip(
    scene: Scene, moments: list[float], height: int, width: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """(n, height, width, 3) uint8 frames and (n, height, width) masks of the subject."""
    if scene.motion is None:  # nothing moves
        once = paint(scene, height, width)[None], subject_mask(scene, height, width)[None]
        return np.repeat(once[0], len(moments), 0), np.repeat(once[1], len(moments), 0)
    frames = np.stack([paint(scene, height, width, t) for t in moments])
    return frames, np.stack([subject_mask(scene, height, width, t) for t in moments])


def _one(job: tuple[int, str]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    cv2.setNumThreads(1)
    index, shape = job
    scene = clip_at(index)
    height, width = SHAPES[shape]
    frames, masks = paint_clip(scene, times(scene, index), height, width)
    share = [
        cv2.resize(mask.astype(np.float32), (width // 8, height // 8), interpolation=cv2.INTER_AREA)
        for mask in masks
    ]
    return frames, np.asarray((np.stack(share) * 255).round(), np.uint8)


@torch.no_grad()
def encode_clips(
    folder: Path,
    vae: AutoencoderTiny,
    shape: str,
    count: int,
    device: torch.device,
    processes: int,
    first: int = 0,
) -> Iterator[Clips]:
    """Paints and encodes ``count`` clips; every CHUNK of them are kept as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    starts = range(first, first + count, CHUNK)
    missing = [start for start in starts if not _path(folder, shape, start).exists()]
    vae.to(memory_format=torch.channels_last)
    if missing:
        with get_context("spawn").Pool(processes) as pool:
            for start in missing:
                painted = pool.imap(_one, [(k, shape) for k in range(start, start + CHUNK)], chunksize=5)
                values, masks = zip(
                    *((_encode(vae, frames, device), mask) for frames, mask in painted), strict=True
                )
                partial = _path(folder, shape, start).with_suffix(".partial.npz")
                np.savez(partial, values=np.stack(values), masks=np.stack(masks))
                partial.rename(_path(folder, shape, start))
    for start in starts:
        data = np.load(_path(folder, shape, start))
        yield Clips(start, data["values"], data["masks"])


def _path(folder: Path, shape: str, start: int) -> Path:
    return folder / f"clips-{shape}-{start}.npz"


def _encode(vae: AutoencoderTiny, frames: NDArray[np.uint8], device: torch.device) -> NDArray[np.float16]:
    x = torch.from_numpy(frames).to(device).permute(0, 3, 1, 2).float().div(127.5).sub(1)
    with autocast(device):
        z = vae.encoder(x.contiguous(memory_format=torch.channels_last))
    return z.float().cpu().numpy().astype(np.float16)
