"""What pages share: the view of a job, and answers to a submission."""

from collections.abc import Callable
from typing import Any, Final

from framesmooth.errors import FramesmoothError
from framesmooth.ui.form import in_words_of_the_page
from framesmooth.ui.job import Job

QUIET: Final[dict[str, Any]] = {"queue": False, "show_progress": "hidden"}
"""How events are sent: at once, and without anything that covers the page."""


def script(module: str, function: str) -> str:
    """Return what a component does when it is shown: a function of one of the page's own scripts."""
    return (
        f"import('/ui/static/{module}.js').then(module => "
        f"module.{function}(element, props, typeof watch === 'undefined' ? () => 0 : watch, trigger));"
    )


def job_view(kinds: tuple[str, ...], empty: str) -> Any:
    """Add the view of the job that was submitted last, or is open, of one of the ``kinds``."""
    import gradio as gr

    return gr.HTML(
        value=None,
        html_template="<div class='fs-job-holder'></div>",
        js_on_load=script("job", "jobView"),
        kinds=list(kinds),
        empty=empty,
        elem_classes="fs-plain",
        apply_default_css=False,
    )


def answered(submit: Callable[[], Job]) -> dict[str, str]:
    """Return what the view of a job is handed: the name of what was submitted, or a sentence."""
    try:
        return {"job": submit().name}
    except FramesmoothError as error:
        return {"error": in_words_of_the_page(str(error))}
