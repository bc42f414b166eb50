"""The addresses that the page's own scripts call: jobs as JSON, actions on them, and their files."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from framesmooth.errors import FramesmoothError, UsageError
from framesmooth.ui.creation import prompts_from_text
from framesmooth.ui.job import INPUT_FOLDER, Job
from framesmooth.ui.jobs import JobBoard
from framesmooth.ui.stories import with_new_seed

STATIC: Final = Path(__file__).parent / "static"
_TYPES: Final[Mapping[str, str]] = {
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".otio": "application/json",
    ".srt": "text/plain; charset=utf-8",
    ".yaml": "text/plain; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}
"""Kinds of files that are given out, by suffix."""
_REPORTS: Final = ("report.html",)
"""The pages that are given out; each allows itself no request but for the clip beside it."""
_PART: Final = re.compile(r"[\w][\w.-]{0,120}")
_PER_PAGE: Final = 24


def routes(board: JobBoard) -> list[BaseRoute]:
    """Return the routes below /ui."""
    page = _Endpoints(board)
    return [
        Route("/ui/prompts", page.prompts, methods=["POST"]),
        Route("/ui/static/{path:path}", page.static),
        Route("/ui/files/{job}/{path:path}", page.files),
        Route("/ui/jobs", page.listing),
        Route("/ui/jobs/{job}", page.job),
        Route("/ui/jobs/{job}/{action}", page.act, methods=["POST"]),
    ]


class _Endpoints:
    """What each address answers."""

    def __init__(self, board: JobBoard) -> None:
        self._board = board

    async def static(self, request: Request) -> Response:
        return _file(STATIC, request.path_params["path"], {})

    async def files(self, request: Request) -> Response:
        name = request.path_params["job"]
        try:
            folder = self._board.get(name).folder
        except UsageError as error:
            return _refused(404, error)
        place = request.path_params["path"]
        if place.split("/")[0] == INPUT_FOLDER:
            return _refused(404, UsageError("there is no such file"))
        headers = {"cache-control": "private, max-age=3600" if request.url.query else "private, no-cache"}
        if "download" in request.query_params:
            headers["content-disposition"] = f'attachment; filename="{_download_name(name, place)}"'
        return _file(folder, place, headers)

    async def listing(self, request: Request) -> Response:
        start = request.query_params.get("start", "0")
        jobs = self._board.all
        first = min(int(start), len(jobs)) if start.isdecimal() and len(start) < 9 else 0
        shown = [summary(job, self._board) for job in jobs[first : first + _PER_PAGE]]
        return _json({"jobs": shown, "start": first, "total": len(jobs), "per_page": _PER_PAGE})

    async def job(self, request: Request) -> Response:
        try:
            job = self._board.get(request.path_params["job"])
        except UsageError as error:
            return _refused(404, error)
        return _json(await run_in_threadpool(details, job, self._board))

    async def act(self, request: Request) -> Response:
        board = self._board
        actions: Mapping[str, Callable[[str], Any]] = {
            "stop": board.stop,
            "resume": board.resume,
            "delete": board.delete,
            "smooth": lambda name: smooth_again(board, name),
            "upscale": lambda name: enlarge(board, name),
            "again": lambda name: shot_again(board, name, request.query_params.get("shot", "")),
        }
        action = actions.get(request.path_params["action"])
        if action is None:
            return _refused(404, UsageError("there is no such action"))
        try:
            made = await run_in_threadpool(action, request.path_params["job"])
        except FramesmoothError as error:
            return _refused(409, error)
        return _json({"job": made.name if isinstance(made, Job) else None})

    async def prompts(self, request: Request) -> Response:
        try:
            return _json({"rows": prompts_from_text((await request.body()).decode("utf-8"))})
        except UnicodeError:
            return _refused(422, UsageError("the prompts are not valid UTF-8 text"))
        except FramesmoothError as error:
            return _refused(422, error)


def smooth_again(board: JobBoard, name: str) -> Job:
    """Put the smoothing of what a job has made into the queue, at the strength that is found for it.

    Raises:
        UsageError: it has made no clip.
    """
    job = board.get(name)
    if job.kind != "create" or job.status != "done":
        raise UsageError(f"{job.title} has no frames to smooth again")
    request = {"of": job.name, "strength": "auto", "smoother": None}
    return board.submit("steady", f"{job.title}, smoothed again", request)


def enlarge(board: JobBoard, name: str) -> Job:
    """Put the enlarging of what a job has made into the queue.

    Raises:
        UsageError: it has made no clip.
    """
    job = board.get(name)
    if job.status != "done" or "clip" not in job.result:
        raise UsageError(f"{job.title} has no clip to enlarge")
    return board.submit("upscale", f"{job.title}, enlarged", {"of": job.name})


def shot_again(board: JobBoard, name: str, number: str) -> Job:
    """Put one shot of a film into the queue again, with the next seed.

    Raises:
        UsageError: it is no film, or has no such shot.
    """
    job = board.get(name)
    if job.kind != "story" or not number.isdecimal() or len(number) > 4:
        raise UsageError(f"{job.title} has no shot {number[:10]!r}")
    return board.redo(name, with_new_seed(job.request, int(number)))


def summary(job: Job, board: JobBoard) -> dict[str, Any]:
    """Return what a list shows of a job."""
    told: dict[str, Any] = {
        "job": job.name,
        "kind": job.kind,
        "title": job.title,
        "status": job.status,
        "error": job.error,
        "created": job.created,
        "thumbnail": _thumbnail(job),
    }
    if job.status == "queued":
        told["ahead"] = board.position(job)
    if job.status == "running":
        told["progress"] = job.progress.as_dict()
    return told


def details(job: Job, board: JobBoard) -> dict[str, Any]:
    """Return everything that a page shows of a job."""
    told = summary(job, board)
    told["images"] = job.progress.images
    told["request"] = {"story": job.request["story"]} if job.kind == "story" else {}
    told["progress"] = job.progress.as_dict()
    told["result"] = job.result if job.status == "done" else {}
    told["made"] = job.made
    return told


def _thumbnail(job: Job) -> str | None:
    """Return the name of an image of a job: of what came out, else of its last keyframe."""
    if job.status == "done":
        for name in ("thumbnail.png", "clip.preview.png"):
            if (job.folder / name).is_file():
                return name
    images = job.progress.images
    return f"{job.progress.folder.name}/{images[-1]}" if images else None


def _download_name(job: str, place: str) -> str:
    number, _, title = job.partition("-")
    return f"{title}-{number}-{place.rpartition('/')[2]}"


def _file(folder: Path, name: str, headers: Mapping[str, str]) -> Response:
    """Return a file in ``folder``; for every other path the same answer, so that it tells nothing."""
    parts = name.split("/")
    missing = _refused(404, UsageError("there is no such file"))
    kind = _TYPES.get(Path(name).suffix.lower())
    if kind is None or not all(_PART.fullmatch(part) and ".." not in part for part in parts):
        return missing
    if name.endswith(".html") and parts[-1] not in _REPORTS:
        return missing
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return missing
    return FileResponse(path, media_type=kind, headers=dict(headers))


def _json(content: Mapping[str, Any]) -> JSONResponse:
    return JSONResponse(dict(content), headers={"cache-control": "no-store"})


def _refused(status: int, error: FramesmoothError) -> JSONResponse:
    return JSONResponse({"error": str(error)}, status, headers={"cache-control": "no-store"})
