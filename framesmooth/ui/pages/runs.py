"""Runs: everything that was made, read from the disk of the server."""

from framesmooth.ui.pages.parts import script


def build() -> None:
    """Add the page to the one that is being built."""
    import gradio as gr

    gr.HTML(
        value=None,
        html_template="<div class='fs-runs'></div>",
        js_on_load=script("runs", "runsList"),
        elem_classes="fs-plain",
        apply_default_css=False,
    )
