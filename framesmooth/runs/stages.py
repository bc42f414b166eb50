"""A stage of a run: a folder of files that one set of settings makes, each with its checksum."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import MediaError
from framesmooth.frames import Frame, GeneratedFrame
from framesmooth.runs.checksums import Checksums
from framesmooth.runs.json_files import content_key, read_json, write_json
from framesmooth.runs.record import are_notes
from framesmooth.video import read_image
from framesmooth.video.atomic import media_errors
from framesmooth.video.images import FRAME_NAME, encode_png

STAGE_FILE: Final = "stage.json"
LATENTS_NAME: Final = "latents_{:06d}.npy"
_RESULTS: Final = ("frame_*.png", "latents_*.npy")


@dataclass(frozen=True)
class Stage:
    """A folder of files that one set of settings makes."""

    folder: Path

    def open(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Make the folder ready for ``settings`` and return the notes of an earlier run with the same ones.

        The files of a stage made with other settings are deleted; anything else in the folder stays.
        """
        noted = self.notes()
        if noted.get("key") != content_key(settings):
            self.clear()
            noted = self._begin(settings)
        return noted

    def adopt(self, settings: Mapping[str, Any]) -> None:
        """Accept the files that are here as the result of ``settings``."""
        self._begin(settings, **{name: fact for name, fact in self.notes().items() if name != "settings"})

    def _begin(self, settings: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
        noted = facts | {"key": content_key(settings), "settings": dict(settings)}
        write_json(self.folder / STAGE_FILE, noted)
        return noted

    def clear(self) -> None:
        """Delete the files of this stage; the settings go first, so that half of them count for nothing."""
        with media_errors(self.folder, "write"):
            (self.folder / STAGE_FILE).unlink(missing_ok=True)
            for path in self.results():
                path.unlink(missing_ok=True)
            self.checksums.clear()

    def take(self, other: "Stage", name: str) -> None:
        """Copy the file ``name`` of another stage, unless it is here or isn't whole there."""
        if not self.checksums.intact(name) and other.checksums.intact(name):
            self.checksums.write(name, (other.folder / name).read_bytes())

    def results(self) -> list[Path]:
        """Return the files that this stage made so far."""
        return [path for kind in _RESULTS for path in self.folder.glob(kind)]

    def notes(self) -> dict[str, Any]:
        """Return the notes about the files here; empty where there are none or they are damaged."""
        path = self.folder / STAGE_FILE
        try:
            noted = read_json(path) if path.is_file() else {}
        except MediaError:
            return {}
        return noted if are_notes(noted) else {}

    def note(self, **facts: Any) -> None:
        """Add facts to the notes."""
        write_json(self.folder / STAGE_FILE, self.notes() | facts)

    @cached_property
    def checksums(self) -> Checksums:
        """The checksums of the files here."""
        return Checksums(self.folder)


class LatentFolder:
    """Keyframes' latents on disk: a mapping from frame index to float32 (2, C, h, w).

    Those of frames before ``kept`` that are here stay as they are, even if they are denoised once more.
    """

    def __init__(self, stage: Stage, kept: int = 0) -> None:
        self.folder, self._checksums, self._kept = stage.folder, stage.checksums, kept

    def __contains__(self, time: object) -> bool:
        return isinstance(time, int) and self._checksums.intact(LATENTS_NAME.format(time))

    def __getitem__(self, time: int) -> NDArray[np.float32]:
        latents: NDArray[np.float32] = np.load(self.folder / LATENTS_NAME.format(time), allow_pickle=False)
        return latents

    def __setitem__(self, time: int, latents: NDArray[np.float32]) -> None:
        if time < self._kept and time in self:
            return
        content = BytesIO()
        np.save(content, latents, allow_pickle=False)
        self._checksums.write(LATENTS_NAME.format(time), content.getvalue())


class FrameFolder:
    """Lossless frames on disk by index."""

    def __init__(self, stage: Stage) -> None:
        self.folder, self._checksums = stage.folder, stage.checksums

    def path(self, index: int) -> Path:
        """Return the path of frame ``index``."""
        return self.folder / FRAME_NAME.format(index)

    def __contains__(self, index: object) -> bool:
        return isinstance(index, int) and self._checksums.intact(FRAME_NAME.format(index))

    def write(self, index: int, frame: Frame, metadata: Mapping[str, str] | None = None) -> None:
        """Write one frame atomically, with its metadata as text in the PNG."""
        self._checksums.write(FRAME_NAME.format(index), encode_png(frame, metadata))

    def digest(self, index: int) -> str:
        """Return the checksum (hex) that was noted of frame ``index``, "" where there is none."""
        return self._checksums.noted(FRAME_NAME.format(index)) or ""

    def damaged(self, num_frames: int) -> list[int]:
        """Return which of the first ``num_frames`` are there with a content that isn't the one noted."""
        names = ((index, FRAME_NAME.format(index)) for index in range(num_frames))
        return [
            index for index, name in names if self._checksums.noted(name) is not None and index not in self
        ]


class KeyframeImageFolder:
    """Diffused images on disk by frame index, as ``GeneratedFrame``; the stage's notes hold the faults."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._frames = stage, FrameFolder(stage)

    def __contains__(self, time: object) -> bool:
        return time in self._frames

    def __getitem__(self, time: int) -> GeneratedFrame:
        return GeneratedFrame(read_image(self._frames.path(time)), self._faults.get(str(time), ""))

    def __setitem__(self, time: int, image: GeneratedFrame) -> None:
        if image.fault:  # before the image is there: later nobody would know
            self._stage.note(faults=self._faults | {str(time): image.fault})
        self._frames.write(time, image.frame)

    @property
    def _faults(self) -> dict[str, Any]:
        return dict(self._stage.notes().get("faults", {}))
