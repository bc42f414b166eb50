"""Scenes by number: which scene stands at an index, its picture, and pictures painted in parallel."""

from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .painter import paint, subject_mask
from .world import Scene, sample_scene

SHAPES = {"small": (128, 128), "square": (256, 256), "wide": (224, 384)}  # (height, width) in pixels


def scene_at(index: int, *, held_out: bool = False, complete: bool = False) -> Scene:
    """The scene with a number, the same on every machine."""
    rng = np.random.default_rng([index, 7 + held_out])
    return sample_scene(rng, held_out=held_out, complete=complete)


def _paint_one(job: tuple[Scene, tuple[int, int]]) -> NDArray[np.uint8]:
    cv2.setNumThreads(1)
    scene, (height, width) = job
    return paint(scene, height, width)


def _mask_one(job: tuple[Scene, tuple[int, int]]) -> NDArray[np.uint8]:
    cv2.setNumThreads(1)
    scene, (height, width) = job
    covered = subject_mask(scene, height, width).astype(np.float32)
    share = cv2.resize(covered, (width // 8, height // 8), interpolation=cv2.INTER_AREA)
    return np.asarray((share * 255).round(), np.uint8)


def subject_masks(scenes: Iterable[tuple[Scene, str]], processes: int) -> Iterator[NDArray[np.uint8]]:
    """How much of each latent's pixels the subject covers, 0 … 255: (height / 8, width / 8) uint8 a scene."""
    return _in_parallel(_mask_one, scenes, processes)


def paint_many(scenes: Iterable[tuple[Scene, str]], processes: int) -> Iterator[NDArray[np.uint8]]:
    """Paints (scene, shape) pairs in order, in worker processes."""
    return _in_parallel(_paint_one, scenes, processes)


def _in_parallel(
    work: Callable[[tuple[Scene, tuple[int, int]]], NDArray[np.uint8]],
    scenes: Iterable[tuple[Scene, str]],
    processes: int,
) -> Iterator[NDArray[np.uint8]]:
    jobs = [(scene, SHAPES[shape]) for scene, shape in scenes]
    with get_context("spawn").Pool(processes) as pool:
        for at in range(0, len(jobs), 512):  # no further ahead than that of whoever takes them
            yield from pool.imap(work, jobs[at : at + 512], chunksize=32)


def rendered(path: Path, start: int, stop: int, shape: str, processes: int) -> NDArray[np.uint8]:
    """(n, height, width, 3) uint8 pictures, memory-mapped from ``path``; painted there first if need be."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        array = np.lib.format.open_memmap(partial, "w+", np.uint8, (stop - start, *SHAPES[shape], 3))
        for k, picture in enumerate(
            paint_many(((scene_at(k), shape) for k in range(start, stop)), processes)
        ):
            array[k] = picture
        array.flush()
        partial.rename(path)
    pictures: NDArray[np.uint8] = np.load(path, mmap_mode="r")
    return pictures
