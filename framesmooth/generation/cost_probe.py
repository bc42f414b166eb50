"""What a model costs on this machine: one denoising step and one decoding, measured at the real size."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from statistics import median
from typing import Any, Final

import psutil
import torch

from framesmooth.errors import ModelError
from framesmooth.frames import Frame
from framesmooth.generation.latent_path import LatentPath
from framesmooth.generation.work import LEAST_SPREAD, Cost, Probe
from framesmooth.models.conditioning import stack

_STEPS: Final = 5
"""The first one warms up; the median of the others counts, as the machine may be busy with other work."""
_BATCH_STEPS: Final = 3
"""Likewise, of a whole batch."""
_FIRST_LOOK: Final = 2
"""Steps that show whether more of them are worth their time."""
_CHEAP: Final = 3.0
"""Seconds that a closer look may take where the first one shows a short run."""
_WIDEST_SPREAD: Final = (0.5, 2.5)
_SAMPLED_EVERY: Final = 0.005


def probe(
    path: LatentPath,
    times: Sequence[int],
    blend: Callable[[Frame], None],
    is_worth_it: Callable[[Probe, float], bool],
) -> Probe:
    """Measure one image in a few steps, then in more, then a whole batch, as far as ``is_worth_it`` says so.

    A closer look at one image that takes long is taken anyway: that run is a long one. Where a whole batch
    doesn't fit into memory, judged by what one image took, it isn't tried.

    Args:
        path: whose model is measured, at the size of its sampling.
        times: frames that are denoised together at most, one or more.
        blend: makes one frame between two equal images, where that is done in pixels.
        is_worth_it: is told the result so far, and the seconds that the next measurement would take.

    Raises:
        ModelError: when not even one image can be made.
    """
    model, most = path.model, len(times)
    steps: list[tuple[int, list[float]]] = []
    codes: list[tuple[int, float]] = []
    before = memory_taken(model.device)
    with watched(model.device) as peak:
        evaluations, image = _measure(path, times[:1], _FIRST_LOOK, steps, codes)
    _, blending = _timed(model.device, lambda: blend(image))
    whole = before + most * (peak() - before)

    def found(memory: int) -> Probe:
        costs = Cost.through([(count, median(taken)) for count, taken in steps]), Cost.through(codes)
        free = memory_free(model.device) + before
        return Probe(*costs, blending, evaluations, image, memory, free, str(model.device), _spread(steps))

    closer = _STEPS * steps[0][1][-1]
    if closer <= _CHEAP and not is_worth_it(first := found(whole), closer):
        return first
    steps.clear()
    codes.clear()
    with watched(model.device) as peak:
        _measure(path, times[:1], _STEPS, steps, codes)
    whole = max(whole, before + most * (peak() - before))
    first = found(whole)
    trial = most * (_BATCH_STEPS * median(steps[0][1]) + 2 * codes[0][1])
    if most == 1 or whole > first.free or not is_worth_it(first, trial):
        return first
    with watched(model.device) as peak:
        _measure(path, times, _BATCH_STEPS, steps, codes)
    return found(peak())


def _spread(steps: Sequence[tuple[int, Sequence[float]]]) -> tuple[float, float]:
    """Return how much quicker and slower single steps were than the median one, within bounds.

    A single step that was held up much longer says nothing of the many that a run takes.
    """
    shares = [one / median(taken) for _, taken in steps for one in taken]
    quick, slow = min(LEAST_SPREAD[0], *shares), max(LEAST_SPREAD[1], *shares)
    return max(quick, _WIDEST_SPREAD[0]), min(slow, _WIDEST_SPREAD[1])


def _measure(
    path: LatentPath,
    times: Sequence[int],
    most_steps: int,
    steps: list[tuple[int, list[float]]],
    codes: list[tuple[int, float]],
) -> tuple[float, Frame]:
    """Denoise and decode ``times`` and add their timings; return (evaluations per step, an image)."""
    model, sampling, count = path.model, path.sampling, len(times)
    moments: list[float] = []
    seen = 0

    def step_done(_done: int, _latents: torch.Tensor) -> None:
        finish(model.device)
        moments.append(time.perf_counter())

    def evaluated(_network: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        nonlocal seen
        first = next(one for one in (*args, *kwargs.values()) if isinstance(one, torch.Tensor))
        seen += len(first)

    total = min(most_steps, sampling.steps)
    hook = model.denoiser.register_forward_pre_hook(evaluated, with_kwargs=True)
    try:
        latents = torch.stack([path.noise(moment) for moment in times])
        conditioning = stack([path.conditioning(moment) for moment in times])
        seeds = [path.seed(moment) for moment in times]
        moments.append(time.perf_counter())
        final = model.denoise(
            latents, conditioning, seeds, steps=total, guidance=sampling.guidance, on_step=step_done
        )
    finally:
        hook.remove()
    if len(moments) < 2:
        raise ModelError(f"{model.folder.name} reports no steps: it cannot be measured")
    taken = [later - earlier for earlier, later in pairwise(moments)]
    steps.append((count, taken[1:] or taken))
    images, seconds = _timed(model.device, lambda: model.decode_judged(final))
    codes.append((count, seconds))
    return seen / (count * total), images[0].frame


def _timed(device: torch.device, work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what ``work`` returns the second time, and the seconds that took."""
    work()
    finish(device)
    started = time.perf_counter()
    done = work()
    finish(device)
    return done, time.perf_counter() - started


def finish(device: torch.device) -> None:
    """Wait for what a GPU still computes."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def memory_taken(device: torch.device) -> int:
    """Return the bytes that are taken now: of the device for CUDA, else of the process."""
    if device.type == "cuda":
        return int(torch.cuda.memory_reserved(device))
    return int(psutil.Process().memory_info().rss)


def memory_free(device: torch.device) -> int:
    """Return the bytes that nobody has taken."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


@contextmanager
def watched(device: torch.device) -> Iterator[Callable[[], int]]:
    """Give a function that returns the most bytes that were taken while the block ran."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        yield lambda: int(torch.cuda.max_memory_reserved(device))
        return
    highest, done, process = memory_taken(device), threading.Event(), psutil.Process()

    def watch() -> None:
        nonlocal highest
        while not done.wait(_SAMPLED_EVERY):
            highest = max(highest, int(process.memory_info().rss))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: highest
    finally:
        done.set()
        thread.join()
