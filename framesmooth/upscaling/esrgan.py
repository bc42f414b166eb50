"""Networks of the ESRGAN family from a .safetensors file, by spandrel (extra ``esrgan``).

spandrel knows some forty architectures and imports them all at once; two of them need torchvision, others
einops. Where these are missing, the architectures that need neither are loaded by themselves.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from framesmooth.errors import ModelError, UsageError, missing_packages, require_packages
from framesmooth.frames import Frame

PICKLES: Final = (".pth", ".pt", ".ckpt", ".bin", ".pkl")
_REACH: Final = 32
_ALONE: Final = ("Compact", "SwiftSRGAN", "SPAN", "RealCUGAN", "ESRGAN", "PLKSR")
"""Architectures of spandrel that import nothing but torch, in the order in which they are told apart."""


@dataclass(frozen=True)
class Esrgan:
    """Enlarges frames by a network of spandrel.

    Attributes:
        network: spandrel's description of it, which is called with (1, 3, H, W) in 0 to 1.
        factor: its own.
        reach: pixels of overlap of tiles; deep networks see farther, but hardly.
    """

    network: Any
    factor: int
    reach: int = _REACH

    @classmethod
    def create(cls, folder: Path | None, device: str) -> "Esrgan":
        """Load the network in the file ``folder``.

        Raises:
            UsageError: no file, or a pickle, which may run programs when it is read.
            ModelError: a file that holds no network that enlarges RGB pictures, or spandrel is missing.
        """
        if folder is None:
            raise UsageError("esrgan needs its network: give the path of its .safetensors file as --model")
        if folder.suffix.lower() in PICKLES:
            raise UsageError(
                f"{folder.name} may run programs when it is read: convert it to .safetensors, and give that"
            )
        if missing_packages(("spandrel",)):
            raise ModelError(
                f"{folder.name} needs spandrel: pip install 'framesmooth[esrgan]', or pip install --no-deps "
                "spandrel where torchvision cannot be installed"
            )
        require_packages("esrgan", ("torch", "safetensors"))
        from framesmooth.models.devices import choose_device

        network = _network(folder)
        if network.scale < 2 or (network.input_channels, network.output_channels) != (3, 3):
            raise ModelError(
                f"{folder.name} is a network for {network.input_channels} channels that enlarges "
                f"{network.scale} times: give one that enlarges RGB pictures"
            )
        return cls(network.to(choose_device(device)).eval(), int(network.scale))

    def __call__(self, frame: Frame) -> Frame:
        """Return an enlarged frame (factor H, factor W, 3)."""
        import torch

        with torch.inference_mode():
            given = torch.from_numpy(frame).permute(2, 0, 1)[None].float() / 255
            made = self.network(given.to(self.network.device))[0].clamp(0, 1) * 255
            return np.ascontiguousarray(made.round().to(torch.uint8).permute(1, 2, 0).cpu().numpy())


def _network(file: Path) -> Any:
    """Return spandrel's description of the network in a file.

    Raises:
        ModelError: none, or one of an architecture that isn't known.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        weights = load_file(file)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{file.name} is no .safetensors file ({str(error)[:120]})") from error
    registry, which = _registry()
    try:
        network = registry.load(weights)
    except Exception as error:  # spandrel's own, and whatever foreign weights make of its constructors
        raise ModelError(f"{file.name} holds no network that is known here: {which}") from error
    if not hasattr(network, "purpose") or network.purpose not in ("SR", "FaceSR"):
        raise ModelError(f"{file.name} is a network that doesn't enlarge: give one that does")
    return network


def _registry() -> tuple[Any, str]:
    """Return spandrel's register of architectures, and which are in it, in words."""
    try:
        return import_module("spandrel").MAIN_REGISTRY, "use one of spandrel's architectures"
    except ImportError as error:
        missing = error.name
    with _without_front_door("spandrel"):
        helpers = import_module("spandrel.__helpers.registry")
        registry = helpers.ArchRegistry()
        for name in _ALONE:
            module = import_module(f"spandrel.architectures.{name}")
            registry.add(helpers.ArchSupport.from_architecture(getattr(module, f"{name}Arch")()))
    return registry, f"use {', '.join(_ALONE)}, or install {missing} for spandrel's other architectures"


@contextmanager
def _without_front_door(name: str) -> Iterator[None]:
    """Let modules of a package be imported without its ``__init__``, which imports too much."""
    spec = find_spec(name)
    if spec is None:
        raise ModelError(f"{name} is not installed")
    sys.modules[name] = module_from_spec(spec)
    try:
        yield
    finally:
        sys.modules.pop(name, None)  # whoever imports it next gets the whole package
