"""framesmooth's events as ComfyUI's progress bar; its cancel button stops the work."""

import logging

from comfy.model_management import throw_exception_if_processing_interrupted
from comfy.utils import ProgressBar

from framesmooth.events import Event, Notice, Progress, StageStarted


class Listener:
    """Shows each stage as one run of the node's bar, and keeps the notices."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self._bar: ProgressBar | None = None

    def __call__(self, event: Event) -> None:
        """Take an event; raises ComfyUI's own exception where the user cancelled."""
        throw_exception_if_processing_interrupted()
        if isinstance(event, StageStarted):
            self._bar = ProgressBar(event.total) if event.total else None
        elif isinstance(event, Progress) and self._bar is not None:
            self._bar.update(event.advance)
        elif isinstance(event, Notice):
            self.notices.append(event.message)
            if event.warning:
                logging.warning("framesmooth: %s", event.message)
