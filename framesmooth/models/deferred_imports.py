"""Parts of SciPy that diffusers and transformers import, though few of their schedulers and losses use them.

They are a sixth of what importing a model takes. While ``deferred_scipy`` is active a stand-in is
imported in place of each, which imports the real one as soon as something of it is asked for.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Any, Final

_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "scipy.stats": (),
    "scipy.integrate": (),
    "scipy.optimize": ("linear_sum_assignment",),
}
"""Module -> its functions that others import by name, and call later."""


@contextmanager
def deferred_scipy() -> Iterator[None]:
    """Let the modules that are imported in the block import SciPy's larger parts when they use them."""
    import scipy

    stand_ins = {name: _StandIn(name, list(scipy.__path__)) for name in _PARTS if name not in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]
            short = name.rpartition(".")[2]
            if vars(scipy).get(short) is stand_in:
                delattr(scipy, short)


class _StandIn(ModuleType):
    """A module that is imported when an attribute of it is asked for."""

    def __init__(self, name: str, path: list[str]) -> None:
        super().__init__(name)
        self.__spec__ = spec = PathFinder.find_spec(name, path)
        self.__path__ = [] if spec is None else list(spec.submodule_search_locations or ())
        for function in _PARTS[name]:
            setattr(self, function, _deferred(name, function))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_real(self.__name__), name)


def _deferred(module: str, name: str) -> Callable[..., Any]:
    def call(*arguments: Any, **options: Any) -> Any:
        return getattr(_real(module), name)(*arguments, **options)

    call.__name__ = name
    return call


def _real(name: str) -> ModuleType:
    """Import the module itself, in the place of its stand-in."""
    if isinstance(sys.modules.get(name), _StandIn):
        del sys.modules[name]
    return import_module(name)
