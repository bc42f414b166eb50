"""The errors that a user of framesmooth can meet.

Every message is one line that says what is wrong, where, and how to mend it. The command line turns an
error into that line on stderr and into its ``exit_code``.
"""

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final


class FramesmoothError(Exception):
    """Something failed that the user can understand; ``exit_code`` is what the command line ends with."""

    exit_code: int = 1


class UsageError(FramesmoothError):
    """An option, a schedule, a prompt or a file name that cannot be used as given (exit code 2)."""

    exit_code = 2


class OutputExists(UsageError):
    """The output is already there and ``--overwrite`` was not given (exit code 2)."""


class MediaError(FramesmoothError):
    """An image, a video or a folder of frames that cannot be read or written (exit code 1)."""


class PipeClosed(MediaError):
    """The program that reads stdout has ended (exit code 1, as of ffmpeg)."""


class RunLocked(FramesmoothError):
    """A run that another process works on (exit code 1)."""


class RunChanged(UsageError):
    """A run whose settings, model or libraries are no longer those that it began with (exit code 2)."""


class ModelError(FramesmoothError):
    """A model that is missing, incomplete or unsafe to load (exit code 1)."""


class MetricUnavailable(FramesmoothError):
    """A metric that cannot be measured here: what it needs is missing (exit code 1)."""


class GateFailed(FramesmoothError):
    """A quality gate that the result did not pass (exit code 3)."""

    exit_code = 3


MODEL_PACKAGES: Final = (
    "torch",
    "diffusers",
    "transformers",
    "accelerate",
    "peft",
    "safetensors",
    "huggingface_hub",
)
"""The packages, by import name, that only diffusion models and learned networks need."""


def missing_packages(packages: Sequence[str] = MODEL_PACKAGES) -> list[str]:
    """Return those of ``packages``, by import name, that are not installed; none is imported."""
    return [name for name in packages if name not in sys.modules and find_spec(name) is None]


def require_packages(user: str, packages: Sequence[str] = MODEL_PACKAGES) -> None:
    """Check that what ``user``, a feature, needs is installed.

    Raises:
        ModelError: something is missing, with its name.
    """
    if missing := missing_packages(packages):
        verb = "is" if len(missing) == 1 else "are"
        raise ModelError(
            f"{user} needs {', '.join(missing)}, which {verb} not installed: install framesmooth with all "
            "its dependencies, without --no-deps"
        )
