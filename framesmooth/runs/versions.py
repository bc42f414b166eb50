"""Versions of the packages that determine the frames of a clip."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import framesmooth

_PACKAGES: Final = (
    "torch",
    "diffusers",
    "transformers",
    "numpy",
    "scipy",
    "opencv-contrib-python",
    "av",
)


def package_versions() -> dict[str, str]:
    """Return Python's and the relevant packages' versions, without importing them."""
    versions = {"framesmooth": framesmooth.__version__, "python": platform.python_version()}
    return versions | {name: _version(name) for name in _PACKAGES}


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
