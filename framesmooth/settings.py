"""What a user can ask of a clip. Cheap to import: the command line's defaults are read from here."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

from framesmooth.errors import UsageError
from framesmooth.frames import DEFAULT_FPS
from framesmooth.generation.models import BUILT_IN
from framesmooth.timeline import TimedPrompt

RANDOM_SEED: Final = -1


@dataclass(frozen=True, kw_only=True)
class ClipSettings:
    """A clip as asked for; None leaves the choice to the model or to the clip."""

    prompts: tuple[TimedPrompt, ...]
    output: Path
    model: str = BUILT_IN
    seed: int = 0
    seeds: tuple[int, ...] | None = None
    drift: float = 0.5
    num_frames: int | None = None
    fps: Fraction = DEFAULT_FPS
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    negative_prompt: str = ""
    scheduler: str | None = None
    hold: float = 0.0
    easing: str = "linear"
    cadence: int | None = None
    inbetween: str = "latent"
    smoother: str = "window"
    smooth: float = 0.5
    crf: int = 17
    codec: str | None = None
    audio: Path | None = None
    odd: Literal["error", "pad", "crop"] = "error"
    batch_size: int | None = None
    device: str = "auto"
    dtype: str = "auto"
    allow_download: bool = False
    overwrite: bool = False

    @property
    def model_path(self) -> Path | None:
        """The model's folder where it was given by path, None for the built-in one and for hub ids."""
        path = Path(self.model).expanduser()
        return path if self.model != BUILT_IN and path.exists() else None

    def as_record(self, folder: Path) -> dict[str, Any]:
        """Return the settings as plain JSON types, with paths written from the run folder ``folder``."""
        record = asdict(self) | {"fps": str(self.fps), "output": relative_name(self.output, folder)}
        if self.model_path is not None:
            record["model"] = relative_name(self.model_path, folder)
        if self.audio is not None:
            record["audio"] = relative_name(self.audio, folder)
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any], folder: Path) -> "ClipSettings":
        """Return the settings of the run in ``folder`` from its ``record``; random seeds come as drawn.

        Raises:
            UsageError: when the record has no settings, or some that this version doesn't know.
        """
        try:
            raw, drawn = dict(record["settings"]["raw"]), [key["seed"] for key in record["keyframes"]]
            unknown = sorted(set(raw) - {field.name for field in fields(cls)})
            if unknown:
                raise UsageError(
                    f"{folder} was made by another version: unknown settings {', '.join(unknown)}"
                )
            raw["prompts"] = tuple(TimedPrompt(**prompt) for prompt in raw["prompts"])
            raw["fps"], raw["output"] = Fraction(raw["fps"]), _path_from(folder, raw["output"])
            if raw["seed"] == RANDOM_SEED:
                raw["seed"] = drawn[0]
            if raw["seeds"] is not None:
                raw["seeds"] = tuple(drawn)
            if raw["audio"] is not None:
                raw["audio"] = _path_from(folder, raw["audio"])
            if raw["model"] != BUILT_IN and _path_from(folder, raw["model"]).exists():
                raw["model"] = str(_path_from(folder, raw["model"]))
            return cls(**raw)
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{folder}/record.json holds no usable settings ({error!r})") from error


def _path_from(folder: Path, name: str) -> Path:
    return Path(os.path.normpath(folder / name))


def relative_name(path: Path, start: Path) -> str:
    """Return ``path`` as written from the folder ``start``: never absolute on one drive."""
    return Path(os.path.relpath(path.absolute(), start.absolute())).as_posix()
