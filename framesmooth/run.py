"""The run folder: everything about one clip, beside it.

``clip.mp4`` has ``clip.framesmooth/``::

    record.json     settings raw and resolved, keyframes, seeds, model hashes, versions, timings, metrics
    keyframes/      latents of the diffused frames, and their stage key
    frames/         every frame, lossless, before smoothing, and their stage key
    metrics.json  metrics.csv  report.html  strip.png

A stage's folder holds ``stage.json`` with the hash of everything that decides its content. The same hash
means that what is there can be used, be it whole or the part that an interrupted run got to; another hash
empties the folder. No absolute path is written, so a folder can be moved.
"""

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

import framesmooth
from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import Frame
from framesmooth.video import atomic_path, read_image, write_png, write_text
from framesmooth.video.files import media_errors
from framesmooth.video.images import FRAME_NAME

SUFFIX: Final = ".framesmooth"
RECORD_FILE: Final = "record.json"
STAGE_FILE: Final = "stage.json"
LATENTS_NAME: Final = "latents_{:06d}.npy"
_RESULTS: Final = ("frame_*.png", "latents_*.npy")
_PACKAGES: Final = (
    "torch",
    "diffusers",
    "transformers",
    "numpy",
    "opencv-contrib-python",
    "av",
)


def content_key(settings: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of settings made of plain JSON types, whatever their order."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def package_versions() -> dict[str, str]:
    """Return Python's and the relevant packages' versions, without importing them."""
    versions = {"framesmooth": framesmooth.__version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write ``content`` as indented JSON, atomically."""
    write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in ``path``.

    Raises:
        MediaError: when the file is missing or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise MediaError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise MediaError(f"{path} is damaged ({error}): delete it and start the run again") from error
    if not isinstance(content, dict):
        raise MediaError(f"{path} is damaged (not a JSON object): delete it and start the run again")
    return content


@dataclass(frozen=True)
class Stage:
    """A folder of files that one set of settings makes."""

    folder: Path

    def open(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Make the folder ready for ``settings`` and return the notes of an earlier run with the same ones.

        The files of a stage made with other settings are deleted; anything else in the folder stays.
        """
        key = content_key(settings)
        noted = self.notes()
        if noted.get("key") != key:
            self.clear()
            noted = {"key": key, "settings": dict(settings)}
            write_json(self.folder / STAGE_FILE, noted)
        return noted

    def clear(self) -> None:
        """Delete the files of this stage."""
        for path in (*self.results(), self.folder / STAGE_FILE):
            path.unlink(missing_ok=True)

    def results(self) -> list[Path]:
        """Return the files that this stage made so far."""
        return [path for kind in _RESULTS for path in self.folder.glob(kind)]

    def notes(self) -> dict[str, Any]:
        """Return what is noted about the files here, empty when nothing is."""
        path = self.folder / STAGE_FILE
        return read_json(path) if path.is_file() else {}

    def note(self, **facts: Any) -> None:
        """Add facts to the notes."""
        write_json(self.folder / STAGE_FILE, self.notes() | facts)


@dataclass(frozen=True)
class LatentFolder:
    """Keyframes' latents on disk: a mapping from frame index to float32 (2, C, h, w)."""

    folder: Path

    def _path(self, time: int) -> Path:
        return self.folder / LATENTS_NAME.format(time)

    def __contains__(self, time: object) -> bool:
        return isinstance(time, int) and self._path(time).is_file()

    def __getitem__(self, time: int) -> NDArray[np.float32]:
        latents: NDArray[np.float32] = np.load(self._path(time), allow_pickle=False)
        return latents

    def __setitem__(self, time: int, latents: NDArray[np.float32]) -> None:
        path = self._path(time)
        with atomic_path(path) as temporary, media_errors(path, "write"):
            np.save(temporary, latents, allow_pickle=False)


@dataclass(frozen=True)
class FrameFolder:
    """Lossless frames on disk by index."""

    folder: Path

    def path(self, index: int) -> Path:
        """Return where frame ``index`` lies."""
        return self.folder / FRAME_NAME.format(index)

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int) and self.path(index).is_file()

    def write(self, index: int, frame: Frame, metadata: Mapping[str, str]) -> None:
        """Write one frame atomically, with its metadata as text in the PNG."""
        write_png(self.path(index), frame, metadata)


@dataclass(frozen=True)
class PictureFolder:
    """Diffused pictures on disk: a mapping from frame index to uint8 (H, W, 3)."""

    folder: Path

    def __contains__(self, time: object) -> bool:
        return time in FrameFolder(self.folder)

    def __getitem__(self, time: int) -> Frame:
        return read_image(FrameFolder(self.folder).path(time))

    def __setitem__(self, time: int, picture: Frame) -> None:
        FrameFolder(self.folder).write(time, picture, {})


@dataclass(frozen=True)
class RunFolder:
    """The folder of one clip."""

    folder: Path

    @classmethod
    def beside(cls, output: Path) -> "RunFolder":
        """Return the run folder of the clip ``output``: clip.mp4 -> clip.framesmooth."""
        if output.name.endswith(SUFFIX):
            raise UsageError(
                f"{output} is the name of a run folder: give -o a clip, such as {output.stem}.mp4"
            )
        return cls(output.with_name(output.stem + SUFFIX))

    @property
    def keyframes(self) -> Stage:
        """The stage of diffused keyframes."""
        return Stage(self.folder / "keyframes")

    @property
    def frames(self) -> Stage:
        """The stage of frames before smoothing."""
        return Stage(self.folder / "frames")

    @property
    def record(self) -> dict[str, Any]:
        """The run's record.

        Raises:
            MediaError: when there is none or it is damaged.
        """
        return read_json(self.folder / RECORD_FILE)

    def holds_other_frames(self, settings: Mapping[str, Any]) -> bool:
        """Tell whether frames or latents lie here that other ``settings`` than these have made."""
        made = self.frames.results() or self.keyframes.results()
        return bool(made) and self.frames.notes().get("key") != content_key(settings)

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Replace the run's record."""
        write_json(self.folder / RECORD_FILE, record)
