"""What a video pipeline costs on this machine: a denoising step and a decoding, at the real size."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any, Final

import torch

from framesmooth.errors import ModelError
from framesmooth.frames import Frame
from framesmooth.generation.cost_probe import finish, memory_free, memory_taken, watched
from framesmooth.generation.work import Cost, Probe
from framesmooth.models.video_families.base import VideoCall
from framesmooth.models.video_model import VideoModel

_STEPS: Final = 3
"""The first one warms up."""
_FEW: Final = 5
"""Frames of the short clip that is measured first."""
_SPREAD: Final = (0.6, 1.7)
_SPREAD_OF_FEW: Final = (0.5, 3.0)
"""Attention over a whole clip takes more than its share of a short one."""


def probe_video(model: VideoModel, call: VideoCall, is_worth_it: Callable[[Probe, float], bool]) -> Probe:
    """Measure a short clip, and a whole segment if ``is_worth_it`` says so and memory may suffice.

    Args:
        model: the pipeline.
        call: of a whole segment.
        is_worth_it: is told the result for the short clip, and the seconds that the segment would take.

    Raises:
        ModelError: when not even the short clip can be made.
    """
    before = memory_taken(model.device)
    few = min(call.frames, model.family.frame_rule.up(min(_FEW, call.frames)))
    with watched(model.device) as peak:
        short = _measured(model, _shortened(call, few))
    whole_memory = before + round((peak() - before) * call.frames / few)

    def found(measured: "list[_Measured]", memory: int, spread: tuple[float, float]) -> Probe:
        steps = Cost.through([(one.frames, one.step) for one in measured])
        coded = Cost.through([(one.frames, one.decoding) for one in measured])
        free, last = memory_free(model.device) + before, measured[-1]
        evaluations, device = last.evaluations, str(model.device)
        return Probe(steps, coded, 0.0, evaluations, last.image, memory, free, device, spread)

    first = found([short], whole_memory, _SPREAD if few == call.frames else _SPREAD_OF_FEW)
    trial = (_STEPS * short.step + short.decoding) * call.frames / few
    if few == call.frames or whole_memory > first.free or not is_worth_it(first, trial):
        return first
    with watched(model.device) as peak:
        whole = _measured(model, _shortened(call, call.frames))
    return found([short, whole], peak(), _SPREAD)


class _Measured:
    """Seconds of a step and of decoding, network evaluations per step, and an image."""

    def __init__(self, frames: int, step: float, decoding: float, evaluations: float, image: Frame) -> None:
        self.frames, self.step, self.decoding = frames, step, decoding
        self.evaluations, self.image = evaluations, image


def _shortened(call: VideoCall, frames: int) -> VideoCall:
    """Return the call with few steps, of which enough denoise a video, and with as many ``frames``."""
    steps = min(call.steps, math.ceil(_STEPS / call.strength)) if call.start == "video" else _STEPS
    prompts = {} if frames < call.frames else call.prompts
    return replace(
        call,
        frames=frames,
        steps=min(steps, call.steps),
        video=call.video[:frames],
        prompts=prompts,
        negatives=call.negatives if prompts else {},
        free_init=0,
    )


def _measured(model: VideoModel, call: VideoCall) -> _Measured:
    moments, seen = [time.perf_counter()], 0

    def step_done() -> None:
        finish(model.device)
        moments.append(time.perf_counter())

    def evaluated(_network: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        nonlocal seen
        seen += len(next(one for one in (*args, *kwargs.values()) if isinstance(one, torch.Tensor)))

    hook = model.denoiser.register_forward_pre_hook(evaluated, with_kwargs=True)
    try:
        frames = model.generate(call, 0, step_done)
    finally:
        hook.remove()
    finish(model.device)
    done = time.perf_counter()
    if len(moments) < 2:
        raise ModelError(f"{model.folder.name} reports no steps: it cannot be measured")
    taken = [later - earlier for earlier, later in pairwise(moments)]
    step = median(taken[1:] or taken)  # the first one waits for the text encoder
    return _Measured(call.frames, step, done - moments[-1], seen / (len(moments) - 1), frames[0].frame)
