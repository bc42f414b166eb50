"""Loaded models, kept for the next clip that needs the same ones.

A model is the same where its files, its device, its precision, what is added to it and how it is optimised
are the same. Nothing here imports torch before a model is loaded.
"""

import gc
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    from framesmooth.models.text_to_image import TextToImage
    from framesmooth.models.video_model import VideoModel

Model = TypeVar("Model")

_active: Final[ContextVar["ModelPool | None"]] = ContextVar("active model pool", default=None)


class ModelPool:
    """Keeps the models that were used last; clips made with it one after another share them.

    A model works on one clip at a time: give every thread a pool of its own.

    Attributes:
        capacity: how many models are kept, at least one; the least recently used one is dropped.
        loads: how many models were loaded so far, for which files were read.

    Example:
        >>> import framesmooth as fs
        >>> pool = fs.ModelPool()
        >>> for index, prompt in enumerate(["a sailboat at sunset", "a castle in the snow"]):
        ...     made = fs.generate(prompt, f"clip{index}.webp", num_frames=2, steps=1, pool=pool)
        >>> pool.loads
        1
    """

    def __init__(self, capacity: int = 1) -> None:
        if capacity < 1:
            raise ValueError(f"a pool keeps at least one model, not {capacity}")
        self.capacity, self.loads = capacity, 0
        self._models: OrderedDict[str, Any] = OrderedDict()
        self._lock = RLock()

    def __len__(self) -> int:
        """Return how many models are loaded now."""
        return len(self._models)

    def get(self, key: str, load: Callable[[], Model]) -> Model:
        """Return the model of this ``key``; where there is none, that which ``load`` returns."""
        with self._lock:
            if key not in self._models:
                while len(self._models) >= self.capacity:  # before loading: two may not fit into memory
                    self._models.popitem(last=False)
                    _free_memory()
                self._models[key] = load()
                self.loads += 1
            self._models.move_to_end(key)
            loaded: Model = self._models[key]
            return loaded

    def clear(self) -> None:
        """Drop all models."""
        with self._lock:
            self._models.clear()
            _free_memory()

    @contextmanager
    def active(self) -> Iterator[None]:
        """Take the models that are loaded in the block, in this thread, from this pool."""
        token = _active.set(self)
        try:
            yield
        finally:
            _active.reset(token)


def load_pooled(hashes: Mapping[str, str], model: str, **choices: Any) -> "TextToImage":
    """Return a loaded pipeline: from the active pool where it has the same one, else loaded now.

    Args:
        hashes: the SHA-256 (hex) of every file that is loaded, by its name.
        model: what :func:`framesmooth.models.loading.load_pipeline` takes.
        choices: its other arguments.

    Raises:
        FramesmoothError: what ``load_pipeline`` raises.
    """
    from framesmooth.models.loading import load_pipeline

    return _pooled(hashes, model, choices, lambda: load_pipeline(model, **choices))


def load_pooled_video(hashes: Mapping[str, str], folder: "Path", **choices: Any) -> "VideoModel":
    """Return a loaded video pipeline: from the active pool where it has the same one, else loaded now.

    Args:
        hashes: the SHA-256 (hex) of every file that is loaded, by its name.
        folder: what :func:`framesmooth.models.video_loading.load_video_pipeline` takes.
        choices: its other arguments.

    Raises:
        FramesmoothError: what ``load_video_pipeline`` raises.
    """
    from framesmooth.models.video_loading import load_video_pipeline

    return _pooled(hashes, str(folder), choices, lambda: load_video_pipeline(folder, **choices))


def _pooled(
    hashes: Mapping[str, str], model: str, choices: Mapping[str, Any], load: Callable[[], Model]
) -> Model:
    pool = _active.get()
    return load() if pool is None else pool.get(_key(hashes, model, choices), load)


def _key(hashes: Mapping[str, str], model: str, choices: Mapping[str, Any]) -> str:
    """Return what decides a loaded pipeline as text; "auto" and the device that it comes to are one."""
    from framesmooth.models.devices import choose_device, choose_dtype

    device = choose_device(choices.get("device", "auto"))
    placed = {"device": device, "dtype": choose_dtype(choices.get("dtype", "auto"), device)}
    return repr((sorted(hashes.items()), model, sorted((dict(choices) | placed).items())))


def _free_memory() -> None:
    """Give the memory of a model back that nothing refers to any more: its modules refer to each other."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
