"""Descriptions of models without loading them. Nothing here imports torch."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framesmooth.errors import missing_packages
from framesmooth.models.checkpoints import (
    INDEX_FILE,
    check_model,
    model_defaults,
    notes_of,
    pipeline_class,
)
from framesmooth.models.video_families import VideoFamily, video_family
from framesmooth.models.vocabulary import load_vocabulary


@dataclass(frozen=True)
class ModelInfo:
    """One model that can be loaded: what ``framesmooth models`` lists."""

    name: str
    folder: Path
    pipeline: str
    size_bytes: int
    license: str = "unknown"
    about: str = ""
    words: int | None = None
    defaults: dict[str, Any] = field(default_factory=dict)
    video: VideoFamily | None = None
    """The family of a video pipeline, as this model is."""


def describe(name: str, folder: Path) -> ModelInfo:
    """Return what is known about the model in ``folder`` without loading it.

    Raises:
        ModelError: when ``folder`` is not a complete model.
    """
    check_model(folder)
    notes, words = notes_of(folder), load_vocabulary(folder)
    return ModelInfo(
        name=name,
        folder=folder,
        pipeline=pipeline_class(folder),
        size_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        license=str(notes.get("license", "unknown")),
        about=str(notes.get("about", "")),
        words=len(words) if words else None,
        defaults=model_defaults(folder),
        video=video_family(folder),
    )


def cached_models() -> list[tuple[str, Path]]:
    """Return (hub id, folder) of the diffusers pipelines in the hub's local cache; contacts nobody.

    None where huggingface_hub is not installed.
    """
    if missing_packages(["huggingface_hub"]):
        return []
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        cache = scan_cache_dir()
    except CacheNotFound:
        return []
    return [
        (repo.repo_id, revision.snapshot_path)
        for repo in sorted(cache.repos, key=lambda repo: repo.repo_id)
        for revision in sorted(repo.revisions, key=lambda revision: revision.last_modified)[-1:]
        if (revision.snapshot_path / INDEX_FILE).is_file()
    ]
