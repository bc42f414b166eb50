"""The cached stages of run folders: their size, and pruning."""

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from framesmooth.errors import MediaError
from framesmooth.runs.folder import (
    ENLARGED_FOLDER,
    INTERPOLATED_FOLDER,
    RECORD_FILE,
    SMOOTHED_FOLDER,
    SUFFIX,
    RunFolder,
)
from framesmooth.runs.stages import Stage
from framesmooth.video.atomic import media_errors
from framesmooth.video.listing import natural_key

Kind = Literal["keyframes", "frames", "smoothed", "interpolated", "enlarged"]
_IN_FOLDERS: Final[dict[Kind, str]] = {
    "smoothed": SMOOTHED_FOLDER,
    "interpolated": INTERPOLATED_FOLDER,
    "enlarged": ENLARGED_FOLDER,
}
"""Kinds of which a run keeps several, one folder each."""
KINDS: Final[tuple[Kind, ...]] = ("keyframes", "frames", "smoothed", "interpolated", "enlarged")


@dataclass(frozen=True)
class Cached:
    """One cached stage of a run.

    Attributes:
        run: the run folder.
        kind: which stage.
        about: how it was made, in a few words.
        files: how many frames or latents.
        size_bytes: of all its files.
        complete: whether the stage is whole, according to its notes.
    """

    run: Path
    kind: Kind
    about: str
    files: int
    size_bytes: int
    complete: bool

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return asdict(self) | {"run": str(self.run)}


def find_runs(path: Path) -> list[RunFolder]:
    """Return the run folder ``path``, or those in the folder ``path``, in natural order.

    Raises:
        MediaError: when there is none.
    """
    if _is_run(path):
        return [RunFolder(path)]
    with media_errors(path, "read"):
        found = [entry for entry in path.iterdir() if _is_run(entry)]
    if not found:
        raise MediaError(f"{path} is no run folder and holds none: they are called NAME{SUFFIX}")
    return [RunFolder(entry) for entry in sorted(found, key=lambda entry: natural_key(entry.name))]


def _is_run(path: Path) -> bool:
    return path.is_dir() and (path.name.endswith(SUFFIX) or (path / RECORD_FILE).is_file())


def contents(run: RunFolder) -> Iterator[Cached]:
    """Yield what a run folder keeps, stage by stage."""
    for kind, stage in _stages(run):
        results = stage.results()
        notes = stage.notes()
        if results or notes:
            made_with = notes.get("settings")
            smoother = _made_by(made_with) if isinstance(made_with, dict) else None
            yield Cached(
                run=run.folder,
                kind=kind,
                about=str(smoother or ""),
                files=len(results),
                size_bytes=sum(path.stat().st_size for path in stage.folder.iterdir() if path.is_file()),
                complete=notes.get("complete") is True,
            )


def _stages(run: RunFolder) -> Iterator[tuple[Kind, Stage]]:
    yield "keyframes", run.keyframes
    yield "frames", run.frames
    for kind, folder in _IN_FOLDERS.items():
        for stage in run.all_of(folder):
            yield kind, stage


def _made_by(settings: Mapping[str, Any]) -> Any:
    return next((settings[name] for name in ("smoother", "upscaler", "flow") if name in settings), None)


def prune(run: RunFolder, kinds: Collection[Kind]) -> int:
    """Delete stages of these kinds and return how many bytes that frees; other files stay.

    Raises:
        RunLocked: a process works on the run.
        MediaError: what cannot be deleted.
    """
    with run.locked():
        freed = sum(cached.size_bytes for cached in contents(run) if cached.kind in kinds)
        for kind, stage in list(_stages(run)):
            if kind not in kinds:
                continue
            stage.clear()
            if kind in _IN_FOLDERS:
                with media_errors(stage.folder, "write"):
                    shutil.rmtree(stage.folder)
    return freed
