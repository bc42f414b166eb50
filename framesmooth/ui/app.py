"""The server: the page in Gradio, the page's own addresses, and the gate in front of both."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import UsageError, missing_packages
from framesmooth.ui.jobs import JobBoard
from framesmooth.ui.security import THIS_MACHINE, App, Gate, read_passwords
from framesmooth.ui.settings import ServerSettings
from framesmooth.ui.uploads import empty
from framesmooth.ui.work import Workshop

INBOX: Final = ".inbox"
_INBOX_UPLOADS: Final = 4
"""How many of the largest uploads there is room for."""
_KEPT: Final = 3600.0
"""Seconds that an upload is kept for which there is no job, when room is needed."""
_AT_ONCE: Final = 512
"""Connections that are answered at once; more are refused, so that memory is bounded."""


def serve(settings: ServerSettings, on_ready: Callable[[str], None]) -> None:
    """Serve the page until the process is interrupted; ``on_ready`` is told its address.

    Raises:
        UsageError: Gradio is not installed, a port that is taken, or passwords that cannot be read.
        RunLocked: another server works in the folder.
    """
    if missing_packages(["gradio", "starlette", "uvicorn"]):
        raise UsageError('the page needs Gradio: pip install "framesmooth[ui]"')
    listener = _listen(settings)
    try:
        board = open_board(settings)
        try:
            app = create_app(settings, board)
            board.start()
            port = listener.getsockname()[1]
            host = f"[{settings.host}]" if ":" in settings.host else settings.host
            _run(app, listener, lambda: on_ready(f"http://{host}:{port}/"))
        finally:
            board.close()
    finally:
        listener.close()


def open_board(settings: ServerSettings) -> JobBoard:
    """Return the jobs in the server's folder; nothing runs before its ``start``."""
    board: JobBoard
    workshop = Workshop(settings, lambda name: board.get(name))
    board = JobBoard(settings.runs, workshop.kinds, idle=workshop.warm)
    return board


def create_app(settings: ServerSettings, board: JobBoard) -> App:
    """Return the application: the gate, with the page behind it."""
    inbox = board.folder / INBOX
    inbox.mkdir(exist_ok=True)
    empty(inbox)
    passwords = None if settings.auth is None else read_passwords(settings.auth)
    _close_gradio(inbox)
    import gradio as gr
    from starlette.applications import Starlette

    from framesmooth.ui.api import routes
    from framesmooth.ui.pages import create, measure, runs, steady, story

    with gr.Blocks(title="framesmooth", analytics_enabled=False, fill_width=True) as page:
        gr.HTML("<h1>framesmooth</h1>", elem_classes="fs-plain fs-head", apply_default_css=False)
        with gr.Tabs(elem_id="pages"):
            with gr.Tab("Create", id="create"):
                create.build(board, settings)
            with gr.Tab("Steady", id="steady"):
                steady.build(board, settings, inbox)
            with gr.Tab("Measure", id="measure"):
                measure.build(board, inbox)
            with gr.Tab("Story", id="story"):
                story.build(board, settings)
            with gr.Tab("Runs", id="runs"):
                runs.build()
    app: Any = Starlette(routes=routes(board))
    gr.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        show_error=True,
        max_file_size=settings.largest_upload,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=_theme(gr),
        head='<link rel="stylesheet" href="/ui/static/page.css">',
    )
    return Gate(
        app,
        passwords=passwords,
        hosts=THIS_MACHINE | {settings.host} if settings.is_local else None,
        largest_upload=settings.largest_upload,
        may_upload=lambda: _has_room(inbox, settings.largest_upload),
    )


def _theme(gr: Any) -> Any:
    """Return the look: the system's own fonts, so that none is fetched, and colours of readable contrast."""
    theme = gr.themes.Base(
        primary_hue=gr.themes.colors.teal,
        neutral_hue=gr.themes.colors.slate,
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_sm,
    )
    return theme.set(
        button_primary_background_fill="#0f766e",
        button_primary_background_fill_hover="#115e59",
        button_primary_text_color="#ffffff",
        button_primary_background_fill_dark="#0f766e",
        button_primary_background_fill_hover_dark="#115e59",
        block_label_text_color="*neutral_700",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_300",
    )


def _close_gradio(inbox: Path) -> None:
    """Tell Gradio, before it is imported, to keep to itself and to put uploads into the server's folder."""
    os.environ |= {
        "GRADIO_ANALYTICS_ENABLED": "False",
        "GRADIO_TEMP_DIR": str(inbox),
        "GRADIO_SSR_MODE": "False",
        "GRADIO_MCP_SERVER": "False",
        "GRADIO_SHARE": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    os.environ.setdefault("HF_HUB_OFFLINE", "1")


def _has_room(inbox: Path, largest: int) -> bool:
    """Tell whether another upload fits; old ones that nothing came of go first where there is no room."""
    files = [(path, path.stat()) for path in inbox.rglob("*") if path.is_file()]
    held = sum(found.st_size for _, found in files)
    if held + largest <= _INBOX_UPLOADS * largest:
        return True
    for path, found in files:
        if time.time() - found.st_mtime > _KEPT:
            path.unlink(missing_ok=True)
            held -= found.st_size
    return held + largest <= _INBOX_UPLOADS * largest


def _listen(settings: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise UsageError(
            f"cannot listen on {settings.host}, port {settings.port} ({error.strerror}): give another --port"
        ) from error
    return listener


def _run(app: App, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=_AT_ONCE,
        timeout_graceful_shutdown=2,
    )

    class Server(uvicorn.Server):  # type: ignore[misc]
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            on_ready()

    Server(config).run(sockets=[listener])
