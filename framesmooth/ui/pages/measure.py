"""Measure: how much clips flicker; several are compared with the first."""

import math
from pathlib import Path
from typing import Any

from framesmooth.errors import UsageError
from framesmooth.ui.job import Job
from framesmooth.ui.jobs import JobBoard
from framesmooth.ui.pages.parts import QUIET, answered, job_view
from framesmooth.ui.uploads import named_clips

_MOST = 6
_GATES = {"warping_error": "Warping error, ×10⁻³", "luma_flicker": "Luma flicker, levels of 255"}
_EMPTY = "Choose one clip to measure it, or several to compare them with the first."


def build(board: JobBoard, inbox: Path) -> None:
    """Add the page to the one that is being built."""
    import gradio as gr

    def submit(files: Any, *limits: Any) -> dict[str, str]:
        def put() -> Job:
            paths = [Path(str(file)) for file in files] if isinstance(files, list) else []
            clips = named_clips(paths, inbox, _MOST)
            gates = [
                (name, _limit(limit)) for name, limit in zip(_GATES, limits, strict=True) if limit is not None
            ]
            sources = [name for name, _ in clips]
            request = {"sources": sources, "gates": gates}
            return board.submit("measure", ", ".join(sources), request, clips)

        return answered(put)

    with gr.Row(elem_classes="fs-columns"):
        with gr.Column(elem_classes="fs-first"):
            files = gr.File(
                label=f"Clips: 1 to {_MOST}, the first is the one before",
                file_count="multiple",
                height=170,
                elem_id="measure-file",
            )
            with gr.Accordion("Gates: the most that may be", open=False):
                limits = [
                    gr.Number(value=None, placeholder="no gate", label=label) for label in _GATES.values()
                ]
            measure = gr.Button("Measure", variant="primary", elem_id="measure-button")
        with gr.Column(elem_classes="fs-view"):
            view = job_view(("measure",), _EMPTY)
    measure.click(submit, [files, *limits], view, **QUIET)


def _limit(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise UsageError("a gate is no number of 0 or more: write one, or leave it empty")
    return number
