"""Story: a film of several shots."""

from typing import Any

from framesmooth.ui.job import Job
from framesmooth.ui.jobs import JobBoard
from framesmooth.ui.pages.parts import QUIET, answered, job_view, script
from framesmooth.ui.settings import ServerSettings
from framesmooth.ui.stories import story_request, title_of

_EMPTY = "Write the shots, look at the board, then make the film. One shot can be made again by itself."
_FIRST = [
    {"prompt": "a sailboat on the sea at sunrise", "duration": 2, "transition": "fade from black 0.5"},
    {"prompt": "a castle on the hills at sunset", "duration": 2, "transition": "dissolve 0.5"},
]


def build(board: JobBoard, owner: ServerSettings) -> None:
    """Add the page to the one that is being built."""
    import gradio as gr

    def submit(kind: str, told: Any) -> dict[str, str]:
        def put() -> Job:
            given = told if isinstance(told, dict) else {}
            shots = [shot for shot in given.get("shots") or [] if isinstance(shot, dict)]
            film = given.get("film")
            request = story_request(shots, film if isinstance(film, dict) else {}, owner)
            title, job = title_of(request), given.get("job")
            if kind == "story" and isinstance(job, str) and _is_film(board, job):
                return board.redo(job, request, title)
            return board.submit(kind, title if kind == "story" else f"board: {title}", request)

        return answered(put)

    with gr.Row(elem_classes="fs-columns"):
        with gr.Column(elem_classes="fs-first"):
            story = gr.HTML(
                value={"shots": _FIRST, "film": {"fps": 12}, "job": None},
                html_template="<div class='fs-story fs-prompts'></div>",
                js_on_load=script("story", "storyEditor"),
                elem_classes="fs-plain",
                apply_default_css=False,
            )
            with gr.Row(elem_classes="fs-buttons"):
                sheet = gr.Button("Board", variant="secondary", elem_id="board-button")
                make = gr.Button("Make the film", variant="primary", elem_id="story-button")
        with gr.Column(elem_classes="fs-view"):
            view = job_view(("story", "board"), _EMPTY)
    make.click(lambda told: submit("story", told), story, view, **QUIET)
    sheet.click(lambda told: submit("board", told), story, view, **QUIET)


def _is_film(board: JobBoard, name: str) -> bool:
    """Tell whether there is such a film, whose shots can be kept."""
    return any(job.name == name and job.kind == "story" for job in board.all)
