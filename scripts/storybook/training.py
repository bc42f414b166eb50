"""What the training stages share with ``framesmooth train``, with a log that is printed."""

from functools import partial
from pathlib import Path
from typing import Any

from framesmooth.training.average import Average
from framesmooth.training.precision import autocast
from framesmooth.training.session import Session as _Session

__all__ = ["Average", "Session", "autocast"]


class Session(_Session):
    """A stage that prints its log."""

    def __init__(self, folder: Path, stage: str, minutes: float, parts: dict[str, Any]) -> None:
        super().__init__(folder, stage, minutes, parts, say=partial(print, flush=True))
