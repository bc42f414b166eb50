"""Resuming a stopped run with the settings, model and libraries that it began with."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from framesmooth.errors import RunChanged
from framesmooth.events import Listener, Notice
from framesmooth.runs import (
    FrameFolder,
    RunFolder,
    content_of,
    differences,
    package_versions,
)
from framesmooth.workflows.generate.moved_paths import with_moved_paths
from framesmooth.workflows.generate.preflight import check_writing
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.run import finish_clip
from framesmooth.workflows.generate.settings_record import settings_from_record

_SHOWN: Final = 6
_NOT_DECIDING: Final = ("python",)


@dataclass(frozen=True, kw_only=True)
class Resume:
    """How to continue a run.

    Attributes:
        paths: files of ``moved_paths.NAMES`` and where they are now, as ("model", "models/dreamer").
        low_vram: use little GPU memory: images one by one, the autoencoder in tiles.
        cpu_offload: offload idle networks to CPU memory.
        workers: how many processes work, or "ray".
        sign: a PEM file to sign the clip with.
        overwrite: replace a clip that is there already.
        force: continue although settings, model or libraries have changed.
        allow_download: download a hub id that is not in the local cache.
    """

    paths: Sequence[tuple[str, str | Path]] = ()
    low_vram: bool = False
    cpu_offload: bool = False
    workers: int | Literal["ray"] = 1
    sign: Path | None = None
    overwrite: bool = False
    force: bool = False
    allow_download: bool = False


def resume_run(folder: Path, how: Resume, emit: Listener) -> GeneratedClip | Path:
    """Finish the clip of a run folder; return its path alone where there was nothing to do.

    With ``force`` the frames that only another version of a library has made are kept; those made with other
    settings or by another model are made anew.

    Raises:
        RunChanged: settings, model or libraries have changed; the message shows the difference.
        FramesmoothError: its children say what else was wrong.
    """
    run = RunFolder(folder)
    record = run.record
    settings = settings_from_record(record, folder)
    if _is_ours(settings.output, record):
        if record["status"] == "complete" and not how.overwrite and not _damaged(run, record):
            return settings.output
        how = replace(how, overwrite=True)  # what it replaces is its own work
    settings = with_moved_paths(settings, how.paths).but(
        low_vram=how.low_vram or settings.compute.low_vram,
        cpu_offload=how.cpu_offload or settings.compute.cpu_offload,
        workers=how.workers,
        sign=how.sign,
        overwrite=how.overwrite,
        allow_download=how.allow_download,
    )
    clip = resolve(settings)
    changed = list(_changes(run, record, clip))
    if changed and not how.force:
        shown = "; ".join(changed[:_SHOWN]) + ("; ..." if len(changed) > _SHOWN else "")
        raise RunChanged(
            f"{folder} cannot be resumed as it began: {shown} (--force resumes it, generate starts anew)"
        )
    check_writing(clip)
    if changed:
        emit(Notice(f"resumed in spite of differences: {'; '.join(changed[:_SHOWN])}", warning=True))
        _adopt(run, clip)
    before = record.get("continued_with", [])
    return finish_clip(clip, run, emit, asked=settings, continued_with=[*before, *changed])


def _is_ours(output: Path, record: Mapping[str, Any]) -> bool:
    """Tell whether ``output`` is the clip that the run has written, unchanged."""
    written = record.get("clip")
    return written is not None and output.exists() and content_of(output) == written["sha256"]


def _damaged(run: RunFolder, record: Mapping[str, Any]) -> bool:
    return bool(FrameFolder(run.frames).damaged(int(record["clip"]["frames"])))


def _changes(run: RunFolder, record: Mapping[str, Any], clip: ResolvedClip) -> Iterator[str]:
    """Yield what is different now, by what the record says and by what the frames were made with."""
    yield from differences(record["model"]["sha256"], dict(clip.model_hashes), "model")
    versions = package_versions()
    deciding = {name: text for name, text in record["versions"].items() if name not in _NOT_DECIDING}
    yield from differences(deciding, {name: versions.get(name) for name in deciding}, "versions")
    made_with = run.frames.notes().get("settings")
    if made_with is not None:
        yield from differences(_settings_of(made_with), _settings_of(clip.frames_key))


def _settings_of(key: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in ("model", "versions")}


def _adopt(run: RunFolder, clip: ResolvedClip) -> None:
    """Keep the frames of other versions: nothing but those may differ."""
    for stage, key in ((run.frames, clip.frames_key), (run.keyframes, clip.keyframes_key)):
        made_with = stage.notes().get("settings")
        if made_with is None:
            continue
        now = key | {name: value for name, value in made_with.items() if name not in key}
        versions = {"versions", "flow_version"}
        if not list(differences(_without(made_with, versions), _without(now, versions))):
            with run.locked():
                stage.adopt(now)


def _without(key: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name not in names}
