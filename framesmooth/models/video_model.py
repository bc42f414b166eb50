"""One video pipeline of diffusers: called with what a clip starts from, it answers with frames."""

import copy
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from framesmooth.errors import ModelError
from framesmooth.frames import GeneratedFrame
from framesmooth.models.devices import memory_errors
from framesmooth.models.prompt_weighting_spec import words_without_room
from framesmooth.models.schedulers import use_scheduler
from framesmooth.models.video_families.base import VideoCall, VideoFamily


@dataclass(frozen=True)
class VideoModel:
    """One loaded pipeline, made by ``video_loading.load_video_pipeline``.

    Its weights serve all classes of the family; those are made when they are first called.
    """

    pipe: Any
    family: VideoFamily
    folder: Path
    device: torch.device
    dtype: torch.dtype
    scheduler: Any
    low_vram: bool = False
    """Whether frames are decoded few at a time and in tiles."""
    cpu_offload: bool = False
    """Whether idle networks are offloaded to CPU memory."""
    _pipes: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def denoiser(self) -> Any:
        """The network that is called at every step."""
        return self.family.denoiser(self.pipe)

    @property
    def native_size(self) -> tuple[int, int]:
        """(height, width) in pixels that the model was made for."""
        return self.family.native_size(self.pipe)

    def generate(
        self, call: VideoCall, seed: int, on_step: Callable[[], None] | None = None
    ) -> list[GeneratedFrame]:
        """Return the frames of a clip, uint8 (H, W, 3), each with its fault.

        Args:
            call: what it starts from.
            seed: of its noise, 0 to 2**32 - 1; the noise is made on the CPU, so that it is the same anywhere.
            on_step: called after every one of ``family.steps_of(call)`` steps; it may raise to stop.

        Raises:
            ModelError: what the pipeline refuses, or too little memory.
        """
        pipe = self._pipe_for(call)
        self.family.prepare(pipe, call)
        steps = StepCounter(self.family.steps_of(call), call.steps, lambda: pipe.scheduler, on_step)
        use_scheduler(pipe, copy.deepcopy(self.scheduler))
        arguments = self.family.arguments(call) | self.family.progress_arguments(steps.iteration_done)
        with self._refusals(), memory_errors(low_vram=self.low_vram, cpu_offload=self.cpu_offload):
            answer = pipe(**arguments, generator=torch.Generator("cpu").manual_seed(seed), output_type="np")
        steps.finish()
        frames = answer.frames[0][: call.frames]
        if frames.shape[:3] != (call.frames, call.height, call.width):
            made = f"{len(frames)} frames of {frames.shape[2]}x{frames.shape[1]}"
            raise ModelError(
                f"{self.folder.name} made {made}, not {call.frames} of {call.width}x{call.height}: use "
                "another size or other --num-frames"
            )
        return [_judged(frame) for frame in frames]

    def _pipe_for(self, call: VideoCall) -> Any:
        """Return the pipeline of the class that a call is for, with the weights that are loaded."""
        name = self.family.pipeline_class(call)
        if name not in self._pipes:
            self._pipes[name] = self.pipe if type(self.pipe).__name__ == name else _sibling(self.pipe, name)
            self._pipes[name].set_progress_bar_config(disable=True)
        pipe = self._pipes[name]
        if self.cpu_offload:  # the hooks on the networks belong to the pipeline that was called last
            pipe.enable_model_cpu_offload(device=self.device)
        return pipe

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Turn what a pipeline or its scheduler doesn't take into a ModelError."""
        try:
            yield
        except (ValueError, IndexError, TypeError, NotImplementedError, AttributeError, KeyError) as error:
            reason = " ".join(str(error).split())[:200]
            raise ModelError(
                f"{self.folder.name}, a {self.family.title} model, refuses this call ({reason}): use another "
                "size, other --num-frames, --steps or --scheduler"
            ) from error
        except RuntimeError as error:
            if "size of tensor" not in str(error) and "shape" not in str(error):
                raise
            reason = " ".join(str(error).split())[:200]
            raise ModelError(
                f"the components of {self.folder.name} don't fit each other or this size ({reason}): use "
                "another size, or check the model"
            ) from error

    def cut_off(self, prompt: str) -> str:
        """Return the words at the end of ``prompt`` that the text encoder has no room for, "" if all fit."""
        tokenizer = getattr(self.pipe, "tokenizer", None)
        if tokenizer is None or not self.family.reads_prompts:
            return ""
        told = inspect.signature(type(self.pipe).__call__).parameters.get("max_sequence_length")
        room = int(tokenizer.model_max_length if told is None else told.default)
        return words_without_room(prompt, tokenizer, room)

    @property
    def nan_advice(self) -> str:
        """The advice in the error when frames are NaN."""
        return f"{self.folder.name} answered with NaN: use --dtype float32 or another --scheduler"


class StepCounter:
    """Counts the iterations of a pipeline as ``total`` steps: solvers of second order take two for a step."""

    def __init__(
        self, total: int, asked: int, scheduler: Callable[[], Any], on_step: Callable[[], None] | None
    ) -> None:
        self._total, self._asked, self._scheduler, self._on_step = total, asked, scheduler, on_step
        self._iterations = self._done = 0

    def iteration_done(self) -> None:
        """Count an iteration."""
        self._iterations += 1
        scheduled = len(self._scheduler().timesteps)
        self._advance(self._iterations * self._asked // max(scheduled, 1))

    def finish(self) -> None:
        """Count what no iteration was reported for."""
        self._advance(self._total)

    def _advance(self, done: int) -> None:
        while self._done < min(done, self._total):
            self._done += 1
            if self._on_step is not None:
                self._on_step()


def _sibling(pipe: Any, name: str) -> Any:
    """Return a pipeline of another class with the components and the configuration of ``pipe``."""
    import diffusers

    kind = getattr(diffusers, name)
    known = dict(pipe.config) | pipe.components
    accepted = [part for part in inspect.signature(kind.__init__).parameters if part in known]
    return kind(**{part: known[part] for part in accepted})


def _judged(frame: NDArray[np.float32]) -> GeneratedFrame:
    """Return a frame of floats in 0 to 1 as uint8; black where it is not made of numbers."""
    finite = bool(np.isfinite(frame).all())
    levels = np.rint(np.clip(frame if finite else np.zeros_like(frame), 0, 1) * 255)
    return GeneratedFrame(np.ascontiguousarray(levels, np.uint8), "" if finite else "nan")
