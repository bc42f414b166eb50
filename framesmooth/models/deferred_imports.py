"""Large libraries that diffusers and transformers import, though plain sampling uses nothing of them.

They are half of what loading a model takes. While ``deferred_imports`` is active a stand-in is imported in
place of each, which imports the real one as soon as something of it is used.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial, wraps
from importlib import import_module, metadata
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, Final


@dataclass(frozen=True)
class _Deferred:
    """What others import by name from a module: functions to call later, and classes to look for."""

    functions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()


_LIBRARIES: Final[dict[str, dict[str, _Deferred]]] = {
    "scipy.stats": {"scipy.stats": _Deferred()},
    "scipy.integrate": {"scipy.integrate": _Deferred()},
    "scipy.optimize": {"scipy.optimize": _Deferred(functions=("linear_sum_assignment",))},
    "peft": {
        "peft": _Deferred(classes=("PeftModel",)),
        "peft.helpers": _Deferred(functions=("disable_input_dtype_casting",)),
        "peft.tuners": _Deferred(),
        "peft.tuners.tuners_utils": _Deferred(classes=("BaseTunerLayer",)),
    },
    "torch.distributed.tensor": {
        "torch.distributed.tensor": _Deferred(
            functions=("distribute_tensor",), classes=("DTensor", "Partial", "Replicate", "Shard")
        ),
        "torch.distributed.tensor._utils": _Deferred(functions=("compute_local_shape_and_global_offset",)),
        "torch.distributed.tensor.placement_types": _Deferred(classes=("Shard", "_StridedShard")),
    },
    "torch.distributed.fsdp": {
        "torch.distributed.fsdp": _Deferred(
            classes=("CPUOffloadPolicy", "FullyShardedDataParallel", "MixedPrecisionPolicy")
        ),
        "torch.distributed._composable.fsdp": _Deferred(functions=("fully_shard",)),
    },
    "torch.distributed.checkpoint": {
        "torch.distributed.checkpoint": _Deferred(),
        "torch.distributed.checkpoint.hf_storage": _Deferred(
            classes=("HuggingFaceStorageReader", "HuggingFaceStorageWriter")
        ),
    },
    "transformers.models": {"transformers.models": _Deferred()},
    "diffusers.models.autoencoders": {"diffusers.models.autoencoders": _Deferred()},
    "diffusers.models.transformers": {"diffusers.models.transformers": _Deferred()},
    "diffusers.models.unets": {"diffusers.models.unets": _Deferred()},
    "torch._dynamo": {
        "torch._dynamo": _Deferred(),
        "torch._dynamo.eval_frame": _Deferred(classes=("OptimizedModule",)),
        "torch._dynamo._trace_wrapped_higher_order_op": _Deferred(functions=("TransformGetItemToIndex",)),
    },
}
"""Library -> its modules that are stood in for; parents come first.

Modules within a stand-in are imported as usual: of packages that import all they hold only what is asked for.
"""

_USED_UNIMPORTED: Final = (
    "torch.distributed.tensor",
    "torch.distributed.fsdp",
    "torch.distributed.checkpoint",
    "diffusers.models.autoencoders",
    "diffusers.models.transformers",
    "diffusers.models.unets",
)
"""PEFT and others use these as attributes without importing them: there the stand-ins stay."""

_marks: Final[list[tuple[str, Any]]] = []
"""What was marked for the compiler while that was a stand-in: (decorator, function or class)."""


@contextmanager
def deferred_imports(*libraries: str) -> Iterator[None]:
    """Let what is imported in the block import ``libraries``, by default all of them, when it uses them.

    A library that is imported already, or isn't installed, is left as it is.
    """
    deferred = [one for one in libraries or _LIBRARIES if one not in sys.modules]
    stand_ins = [one for library in deferred for one in _stand_ins(library)]
    sys.modules.update({one.__name__: one for one in stand_ins})
    listing = metadata.packages_distributions
    # diffusers and transformers both list all packages
    vars(metadata)["packages_distributions"] = cache(listing)
    try:
        yield
    finally:
        vars(metadata)["packages_distributions"] = listing
        for one in stand_ins:
            _remove(one)
            above, _, short = one.__name__.rpartition(".")
            if one.__name__ in _USED_UNIMPORTED and above in sys.modules:
                vars(sys.modules[above]).setdefault(short, one)


def mark_for_compiler() -> None:
    """Tell PyTorch's compiler what it was not told while it was deferred: call this before it compiles."""
    import torch._dynamo

    while _marks:
        mark, function = _marks.pop()
        getattr(torch._dynamo, mark)(function)


class _StandIn(ModuleType):
    """A module that is imported when an attribute of it is asked for."""

    def __init__(self, library: str, name: str) -> None:
        super().__init__(name)
        self.__spec__ = spec = _spec(name)
        self.__path__ = [] if spec is None else list(spec.submodule_search_locations or ())
        for function in _LIBRARIES[library][name].functions:
            setattr(self, function, _deferred_function(name, function))
        for kind in _LIBRARIES[library][name].classes:
            setattr(self, kind, _deferred_class(name, kind))
        if name == "torch._dynamo":
            self.disable = _disable
            for mark in ("allow_in_graph", "assume_constant_result"):
                setattr(self, mark, partial(_marked, mark))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full_name = f"{self.__name__}.{name}"
        if isinstance(sys.modules.get(full_name), _StandIn):
            return sys.modules[full_name]
        return getattr(_real(self.__name__), name)


def _stand_ins(library: str) -> list[_StandIn]:
    """Return the stand-ins for a library; none where it isn't installed."""
    made = [_StandIn(library, name) for name in _LIBRARIES[library]]
    return [] if any(one.__spec__ is None for one in made) else made


@cache
def _spec(name: str) -> ModuleSpec | None:
    """Return where a module is, without importing what it is a part of."""
    above = name.rpartition(".")[0]
    parent = _spec(above) if above else None
    if above and parent is None:
        return None
    return PathFinder.find_spec(name, None if parent is None else parent.submodule_search_locations)


def _remove(stand_in: _StandIn) -> None:
    name = stand_in.__name__
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
    above, _, short = name.rpartition(".")
    parent = sys.modules.get(above)
    if parent is not None and vars(parent).get(short) is stand_in:
        delattr(parent, short)


def _deferred_function(module: str, name: str) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(_real(module), name)(*arguments, **options)

    call.__name__ = name
    return call


def _deferred_class(module: str, name: str) -> type:
    """Return a class whose instances are those of the real one: none while that isn't imported."""

    class Deferred(type):
        def __instancecheck__(cls, instance: object) -> bool:
            loaded = sys.modules.get(module)
            return (
                loaded is not None
                and not isinstance(loaded, _StandIn)
                and isinstance(instance, getattr(loaded, name))
            )

        def __call__(cls, *arguments: Any, **options: Any) -> Any:
            return _Later(lambda: getattr(_real(module), name)(*arguments, **options))

    return Deferred(name, (), {})


class _Later:
    """An object that is made as soon as something of it is used: tables of options hold some."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = cache(make)

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # what isinstance asks for
        return type(self._make())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._make(), name)


def _marked(mark: str, function: Any) -> Any:
    _marks.append((mark, function))
    return function


def _disable(function: Any = None, recursive: bool = True, **options: Any) -> Any:
    """Return a function that the compiler, where there is one, leaves alone; else a decorator."""
    if function is None:
        return partial(_disable, recursive=recursive, **options)

    @wraps(function)
    def call(*arguments: Any, **named: Any) -> Any:
        compiler = sys.modules.get("torch._dynamo")
        if compiler is None or isinstance(compiler, _StandIn):
            return function(*arguments, **named)
        return compiler.disable(function, recursive, **options)(*arguments, **named)

    return call


def _real(name: str) -> ModuleType:
    """Import the module itself, in the place of its stand-in and of those beside it."""
    library = next(one for one, modules in _LIBRARIES.items() if name in modules)
    for module in _LIBRARIES[library]:
        if isinstance(stand_in := sys.modules.get(module), _StandIn):
            _remove(stand_in)
    return import_module(name)
