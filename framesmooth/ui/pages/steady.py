"""Steady: take the flicker out of a clip, and look at it before and after under one wipe."""

from pathlib import Path
from typing import Any

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.registry import names
from framesmooth.ui.job import Job
from framesmooth.ui.jobs import JobBoard
from framesmooth.ui.pages.parts import QUIET, answered, job_view
from framesmooth.ui.settings import ServerSettings
from framesmooth.ui.uploads import received

_AUTOMATIC, _CHOSEN = "found for the clip", "chosen"
_EMPTY = "Choose a clip and steady it. Before and after appear here under one wipe."


def build(board: JobBoard, owner: ServerSettings, inbox: Path) -> None:
    """Add the page to the one that is being built."""
    import gradio as gr

    def submit(files: Any, how: str, strength: Any, smoother: str) -> dict[str, str]:
        def put() -> Job:
            if smoother not in names("smoother"):
                raise UsageError("choose a method of the list")
            paths = [Path(str(file)) for file in files] if isinstance(files, list) else []
            with received(paths, inbox, owner) as upload:
                request = {
                    "source": upload.source,
                    "title": upload.title,
                    "strength": "auto" if how != _CHOSEN else _share(strength),
                    "smoother": None if smoother == defaults.SMOOTHER else smoother,
                }
                return board.submit("steady", upload.title, request, upload.files)

        return answered(put)

    with gr.Row(elem_classes="fs-columns"):
        with gr.Column(elem_classes="fs-first"):
            files = gr.File(
                label="Clip: a video, images, or a .zip of images",
                file_count="multiple",
                height=170,
                elem_id="steady-file",
            )
            how = gr.Radio([_AUTOMATIC, _CHOSEN], value=_AUTOMATIC, label="Strength")
            strength = gr.Slider(
                0, 1, value=defaults.STRENGTH, step=0.05, label="Strength: 0 changes nothing", visible=False
            )
            smoother = gr.Dropdown(list(names("smoother")), value=defaults.SMOOTHER, label="Method")
            steady = gr.Button("Steady", variant="primary", elem_id="steady-button")
        with gr.Column(elem_classes="fs-view"):
            view = job_view(("steady", "upscale"), _EMPTY)
    how.change(lambda chosen: gr.Slider(visible=chosen == _CHOSEN), how, strength, **QUIET)
    steady.click(submit, [files, how, strength, smoother], view, **QUIET)


def _share(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise UsageError("the strength is out of range: give 0 to 1")
    return number
