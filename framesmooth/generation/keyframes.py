"""Which frames are keyframes, and their denoising in batches."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from framesmooth.generation.base import PREVIEW_KEYFRAMES, LatentStore, StepsDone
from framesmooth.generation.batch_executor import BatchExecutor, Drawn, LocalExecutor
from framesmooth.generation.denoising import denoise_keyframes
from framesmooth.generation.latent_path import LatentPath
from framesmooth.timeline.timeline import Timeline


def keyframe_times(timeline: Timeline, cadence: int, *, comes_back: bool = False) -> tuple[int, ...]:
    """Return the keyframes, which are denoised from noise in all steps, in order.

    They are every prompt's, the first and the last, and between those evenly spaced ones at most ``cadence``
    apart. Of a clip that ``comes_back`` the first image is seen again after the last frame, which then is
    like any other.
    """
    last = timeline.num_frames - (0 if comes_back else 1)
    anchors = sorted({0, last} | {min(key.time, last) for key in timeline.keyframes})
    times = {last}
    for start, end in pairwise(anchors):
        parts = math.ceil((end - start) / cadence)
        times.update(start + round(part * (end - start) / parts) for part in range(parts))
    return tuple(sorted(times - {timeline.num_frames}))


def auto_cadence(timeline: Timeline) -> int:
    """Return a cadence with about a dozen keyframes per segment: 1 for short ones, at most 8."""
    segments = max(1, len(timeline.keyframes) - (0 if timeline.loop else 1))
    return min(8, max(1, round(timeline.num_frames / segments / 12)))


def preview_cadence(timeline: Timeline, most: int = PREVIEW_KEYFRAMES) -> int:
    """Return the least cadence with ``most`` keyframes or fewer, or with only those of the prompts."""
    cadences = range(1, timeline.num_frames + 1)
    few = (cadence for cadence in cadences if len(keyframe_times(timeline, cadence)) <= most)
    return next(few, timeline.num_frames)


def diffuse_keyframes(
    path: LatentPath,
    times: Sequence[int],
    store: LatentStore,
    on_step: StepsDone | None = None,
    *,
    growing: bool = True,
    executor: BatchExecutor | None = None,
) -> Iterator[list[int]]:
    """Denoise the frames ``times`` in batches into ``store``, and yield the times of each finished batch.

    Batches are cut from ``times`` at fixed places, those that are ``growing`` by ``batch_sizes``, and skipped
    only when the store holds all of their frames, so a continued run computes what an uninterrupted one does.
    ``executor`` makes them; None is this process alone.
    """
    batches = list(batches_of(times, path.sampling.batch_size, growing=growing))
    missing = [not all(time in store for time in batch) for batch in batches]

    def here(batch: Sequence[int], steps: StepsDone | None) -> Drawn:
        return drawn_keyframes(path, batch, steps)

    def keep(drawn: Drawn) -> None:
        for time, pair in drawn.items():
            store[time] = pair

    wanted = [batch for batch, is_missing in zip(batches, missing, strict=True) if is_missing]
    made = (executor or LocalExecutor()).draw(wanted, here, keep, on_step)
    for batch, is_missing in zip(batches, missing, strict=True):
        if is_missing:
            next(made)
        yield batch


def drawn_keyframes(path: LatentPath, times: Sequence[int], on_step: StepsDone | None = None) -> Drawn:
    """Return the entries of the latent store, float32 (2, C, h, w), of frames that are denoised together."""
    latents = denoise_keyframes(path, times, on_step)
    return {time: pair.numpy() for time, pair in zip(times, latents, strict=True)}


def batches_of(times: Sequence[int], size: int, *, growing: bool = True) -> Iterator[list[int]]:
    """Cut ``times`` into batches of ``size``; ``growing`` ones are of 1, 4, 16... until they are as large.

    So the first keyframe is soon stored, and a run that is stopped early has something to go on with.
    """
    at, most = 0, 1 if growing else size
    while at < len(times):
        yield list(times[at : at + most])
        at, most = at + most, min(size, 4 * most)


@dataclass(frozen=True)
class Keys:
    """Keyframes in the order of their positions; equal positions are one image, generated once."""

    positions: tuple[float, ...]
    times: tuple[int, ...]

    @classmethod
    def of(cls, path: LatentPath, times: tuple[int, ...]) -> "Keys":
        """Return the frames ``times`` of a path; in a loop the first prompt's comes again at its end."""
        found: dict[float, int] = {}
        for time in times:
            found.setdefault(path.position(time), time)
        end = float(len(path.timeline.keyframes))
        if path.timeline.loop and path.control is None and end > 1 and 0.0 in found:
            found[end] = found[0.0]
        ordered = sorted(found)
        return cls(tuple(ordered), tuple(found[position] for position in ordered))

    @property
    def diffused(self) -> tuple[int, ...]:
        """The frames, in time, each once."""
        return tuple(sorted(set(self.times)))

    def around(self, position: float) -> tuple[int, int, float]:
        """Return (frame before, frame after, share of the way between them); the share is below 1."""
        index = max(0, bisect_right(self.positions, position) - 1)
        if index == len(self.times) - 1:
            return self.times[index], self.times[index], 0.0
        start, end = self.positions[index : index + 2]
        return self.times[index], self.times[index + 1], (position - start) / (end - start)
