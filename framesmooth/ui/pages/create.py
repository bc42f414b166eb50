"""Create: a clip from prompts."""

from typing import Any

from framesmooth.ui.creation import FORMATS, checked_request
from framesmooth.ui.form import build_form
from framesmooth.ui.job import Job
from framesmooth.ui.jobs import JobBoard
from framesmooth.ui.pages.parts import QUIET, answered, job_view, script
from framesmooth.ui.settings import ServerSettings

_LEAST: list[dict[str, Any]] = [
    {"time": None, "text": "a castle on the hills at sunset", "seed": None},
    {"time": None, "text": "a castle on the hills at night", "seed": None},
]
_EMPTY = "Say what to show, then create the clip. It appears here while it is made."


def build(board: JobBoard, owner: ServerSettings) -> None:
    """Add the page to the one that is being built."""
    import gradio as gr

    def submit(kind: str, rows: Any, file_format: str, *values: Any) -> dict[str, str]:
        def put() -> Job:
            given = _rows(rows)
            request = checked_request(given, form.values(values), file_format, owner)
            title = " → ".join(one["prompt"] for one in request["prompts"])
            return board.submit(kind, title if kind == "create" else f"preview: {title}", request)

        return answered(put)

    with gr.Row(elem_classes="fs-columns fs-three"):
        with gr.Column(elem_classes="fs-first"):
            prompts = gr.HTML(
                value=_LEAST,
                html_template="<div class='fs-prompts'></div>",
                js_on_load=script("prompts", "promptEditor"),
                elem_classes="fs-plain",
                apply_default_css=False,
            )
            with gr.Row(elem_classes="fs-buttons"):
                preview = gr.Button("Preview", variant="secondary")
                create = gr.Button("Create", variant="primary", elem_id="create-button")
        with gr.Column(elem_classes="fs-view"):
            view = job_view(("create", "preview"), _EMPTY)
        with gr.Column(elem_classes="fs-settings"):
            form = build_form(owner)
            file_format = gr.Radio(list(FORMATS), value="mp4", label="Format")
    inputs = [prompts, file_format, *form.components.values()]
    create.click(lambda *given: submit("create", *given), inputs, view, **QUIET)
    preview.click(lambda *given: submit("preview", *given), inputs, view, **QUIET)


def _rows(rows: Any) -> list[dict[str, Any]]:
    """Return the timeline as the page sends it, of whatever form that is."""
    if not isinstance(rows, list):
        return []
    return [
        {name: row.get(name) for name in ("time", "text", "seed")} for row in rows if isinstance(row, dict)
    ]
