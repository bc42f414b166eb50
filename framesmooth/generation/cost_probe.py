"""What a model costs on this machine: one step and one decoding, measured at the real size."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import psutil
import torch

from framesmooth.errors import ModelError
from framesmooth.frames import Frame
from framesmooth.generation.camera_feedback import CameraFeedback
from framesmooth.generation.latent_path import LatentPath
from framesmooth.generation.prompt_travel import PromptTravel
from framesmooth.generation.video_to_video import VideoToVideo
from framesmooth.generation.workload import Source, Tally
from framesmooth.interpolation.frame_pair import mixed
from framesmooth.models.conditioning import stack
from framesmooth.models.text_to_image import GeneratedFrame

_STEPS: Final = 3
"""The first one warms up; of the others the quicker counts, for the machine may have other work as well."""
_SAMPLED_EVERY: Final = 0.005


@dataclass(frozen=True)
class Cost:
    """Seconds of a call: those of every call, and those of every picture in it."""

    call: float
    picture: float

    @classmethod
    def through(cls, measured: Sequence[tuple[int, float]]) -> "Cost":
        """Return what explains one or two measurements (pictures, seconds)."""
        (few, quick), (many, slow) = measured[0], measured[-1]
        if few == many:
            return cls(0.0, slow / many)
        slow = min(slow, quick * many / few)  # together is no slower than one by one
        picture = min(max(0.0, slow - quick) / (many - few), slow / many)
        return cls(slow - many * picture, picture)

    def of(self, tally: Tally) -> float:
        """Return the seconds of so many calls and pictures."""
        return tally.calls * self.call + tally.pictures * self.picture


@dataclass(frozen=True)
class Probe:
    """What was measured.

    Attributes:
        step: of a denoising step as it is guided at first.
        coded: of decoding.
        mixed: seconds to mix the pixels of two diffused frames to one between them.
        evaluations: how often the network sees a picture in one such step.
        picture: what came out, uint8 (H, W, 3) of the diffused size.
        memory: bytes at most, of the device for CUDA, else of the process.
        free: bytes that there are for it, with those that are taken.
    """

    step: Cost
    coded: Cost
    mixed: float
    evaluations: float
    picture: Frame
    memory: int
    free: int


def probe(source: Source, worth: Callable[["Probe", float], bool]) -> Probe:
    """Measure one picture, and a whole batch if ``worth`` says so, told the first and the seconds of that.

    Where a whole batch doesn't fit into memory by what one picture took, it isn't tried.

    Raises:
        ModelError: when not even one picture can be made.
    """
    path, model = source.path, source.path.model
    batched = not isinstance(source, CameraFeedback) and not model.low_vram
    most = min(path.sampling.batch_size, len(source.diffused_times)) if batched else 1
    steps: list[tuple[int, float]] = []
    codes: list[tuple[int, float]] = []
    before = _memory(model.device)
    with _watched(model.device) as peak:
        evaluations, picture = _measure(path, source.diffused_times[:1], steps, codes)
    _, mixing = _timed(model.device, lambda: _mix(source, picture))
    whole = before + most * (peak() - before)

    def found(memory: int) -> Probe:
        costs = Cost.through(steps), Cost.through(codes)
        return Probe(*costs, mixing, evaluations, picture, memory, _free(model.device) + before)

    first = found(whole)
    trial = most * (_STEPS * steps[0][1] + 2 * codes[0][1])
    if most == 1 or whole > first.free or not worth(first, trial):
        return first
    with _watched(model.device) as peak:
        _measure(path, source.diffused_times[:most], steps, codes)
    return found(peak())


def _measure(
    path: LatentPath, times: Sequence[int], steps: list[tuple[int, float]], codes: list[tuple[int, float]]
) -> tuple[float, Frame]:
    """Denoise and decode ``times`` and add their timings; return evaluations a step, and a picture."""
    model, sampling, count = path.model, path.sampling, len(times)
    moments: list[float] = []
    seen = 0

    def step_done(_done: int, _latents: torch.Tensor) -> None:
        _finish(model.device)
        moments.append(time.perf_counter())

    def evaluated(_network: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        nonlocal seen
        first = next(one for one in (*args, *kwargs.values()) if isinstance(one, torch.Tensor))
        seen += len(first)

    total = min(_STEPS, sampling.steps)
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
        raise ModelError(f"{model.folder.name} tells of no steps: it cannot be measured")
    steps.append((count, min(later - earlier for earlier, later in list(pairwise(moments))[-2:])))
    pictures, seconds = _timed(model.device, lambda: model.decode_judged(final))
    codes.append((count, seconds))
    return seen / (count * total), pictures[0].frame


def _mix(source: Source, picture: Frame) -> None:
    """Make a frame between two, where that is done in pixels."""
    batch = max(source.batches, key=len)
    if isinstance(source, PromptTravel):
        if source.inbetween != "latent":
            mixed(picture, picture[::-1].copy(), [0.5], source.inbetween, source.flow)
    elif len(batch) > 1 and isinstance(source, CameraFeedback):
        source.between(picture, picture, batch[1])
    elif len(batch) > 1 and isinstance(source, VideoToVideo):
        around = {batch.start: GeneratedFrame(picture), batch.stop: GeneratedFrame(picture)}
        source.between(around, dict.fromkeys((batch.start, batch[1], batch.stop), picture), batch[1])


def _timed(device: torch.device, work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what ``work`` returns the second time, and the seconds that took."""
    work()
    _finish(device)
    started = time.perf_counter()
    done = work()
    _finish(device)
    return done, time.perf_counter() - started


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def _memory(device: torch.device) -> int:
    """Return the bytes that are taken now: of the device for CUDA, else of the process."""
    if device.type == "cuda":
        return int(torch.cuda.memory_reserved(device))
    return int(psutil.Process().memory_info().rss)


def _free(device: torch.device) -> int:
    """Return the bytes that nobody has taken."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)


@contextmanager
def _watched(device: torch.device) -> Iterator[Callable[[], int]]:
    """Give a function that tells the most bytes that were taken while the block ran."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        yield lambda: int(torch.cuda.max_memory_reserved(device))
        return
    highest, done, process = _memory(device), threading.Event(), psutil.Process()

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
