"""One job: a folder with everything about it, which is all that a restarted server needs."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from framesmooth.errors import FramesmoothError, MediaError
from framesmooth.runs import read_json, write_json
from framesmooth.ui.progress import JobProgress

JOB_FILE: Final = "job.json"
RESULT_FILE: Final = "result.json"
INPUT_FOLDER: Final = "input"
KEYFRAME_FOLDER: Final = "keyframe-images"
NAME: Final = re.compile(r"(\d{4,9})-[a-z0-9-]{1,48}")
_LONGEST_TITLE: Final = 200

Status = Literal["queued", "running", "stopped", "failed", "done"]
STATUSES: Final[tuple[str, ...]] = get_args(Status)


@dataclass(eq=False, kw_only=True)
class Job:
    """What was asked for, and how far it is.

    Attributes:
        folder: of everything about it.
        kind: which work it is: "create", "preview", "steady", "measure".
        title: what people call it.
        request: plain JSON types that say what to do; files are named as they are in the folder.
        status: how far it is; "running" on the disk of a server that was killed.
        error: why it failed, in a sentence.
        created: when it was asked for, ISO 8601 in UTC.
        timings: seconds by stage, of a job that is done.
        progress: what it tells while it runs.
    """

    folder: Path
    kind: str
    title: str
    request: Mapping[str, Any]
    status: Status = "queued"
    error: str = ""
    created: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)
    progress: JobProgress = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.title = self.title[:_LONGEST_TITLE]
        self.progress = JobProgress(self.folder / KEYFRAME_FOLDER)

    @property
    def name(self) -> str:
        """The name of its folder, by which the page knows it."""
        return self.folder.name

    @property
    def number(self) -> int:
        """Its number: later jobs have higher ones."""
        return int(self.name.partition("-")[0])

    @property
    def result(self) -> dict[str, Any]:
        """What came out, plain types; {} while there is nothing."""
        try:
            return read_json(self.folder / RESULT_FILE)
        except FramesmoothError:
            return {}

    @property
    def made(self) -> str:
        """What tells one result from the next of the same job, "" while there is none."""
        try:
            return f"{(self.folder / RESULT_FILE).stat().st_mtime_ns:x}" if self.status == "done" else ""
        except OSError:
            return ""

    def path(self, name: str) -> Path:
        """Return the path of a file that the request names, which is inside the folder.

        Raises:
            MediaError: it leads elsewhere.
        """
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise MediaError(f"{name[:80]!r} is outside the folder of the job")
        return path

    def save(self) -> None:
        """Write what a restarted server reads."""
        names = ("kind", "title", "request", "status", "error", "created", "timings")
        write_json(self.folder / JOB_FILE, {"version": 1} | {name: getattr(self, name) for name in names})

    @classmethod
    def load(cls, folder: Path) -> "Job":
        """Return the job in a folder.

        Raises:
            MediaError: it holds no job that can be read.
        """
        told = read_json(folder / JOB_FILE)
        kinds = {"kind": str, "title": str, "request": dict, "status": str, "error": str, "created": str}
        if any(not isinstance(told.get(name), kind) for name, kind in kinds.items()):
            raise MediaError(f"{folder / JOB_FILE} is damaged: delete the folder")
        if told["status"] not in STATUSES:
            raise MediaError(f"{folder / JOB_FILE} is of another version: delete the folder")
        timings = told.get("timings")
        usable = isinstance(timings, dict) and all(isinstance(one, int | float) for one in timings.values())
        return cls(
            folder=folder,
            **{name: told[name] for name in kinds if name != "status"},
            status=cast(Status, told["status"]),
            timings=cast("dict[str, float]", timings) if usable else {},
        )


def folder_name(number: int, title: str) -> str:
    """Return the name of a job's folder: its number, and its title in letters that every disk knows."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:40].strip("-")
    return f"{number:05d}-{slug or 'job'}"
