"""What a user can ask of a clip. Cheap to import: the command line's defaults are read from here."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.frames import DEFAULT_FPS
from framesmooth.generation import DEFAULT_COLOR_ANCHOR
from framesmooth.generation.models import BUILT_IN
from framesmooth.moves import Moves
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
    guidance_end: float | None = None
    negative_prompt: str = ""
    scheduler: str | None = None
    hold: float = 0.0
    easing: str = "linear"
    cadence: int | None = None
    inbetween: str = "latent"
    camera: Moves | None = None
    strength: str | None = None
    color_anchor: float = DEFAULT_COLOR_ANCHOR
    init_image: Path | None = None
    smoother: str = "trajectory"
    smooth: float = defaults.STRENGTH
    crf: int = defaults.CRF
    codec: str | None = None
    audio: Path | None = None
    odd: Literal["error", "pad", "crop"] = "error"
    batch_size: int | None = None
    device: str = "auto"
    dtype: str = "auto"
    allow_download: bool = False
    overwrite: bool = False

    @property
    def feeds_back(self) -> bool:
        """Whether each diffused frame starts from the one before: under a camera, or from a picture given."""
        return (self.camera, self.strength, self.init_image) != (None, None, None)

    @property
    def model_path(self) -> Path | None:
        """The model's folder where it was given by path, None for the built-in one and for hub ids."""
        path = Path(self.model).expanduser()
        return path if self.model != BUILT_IN and path.exists() else None

    @property
    def draws_seeds(self) -> bool:
        """Whether a seed is left to chance."""
        shared = (self.seed if prompt.seed is None else prompt.seed for prompt in self.prompts)
        return RANDOM_SEED in (shared if self.seeds is None else self.seeds)

    def with_drawn(self, drawn: Sequence[int]) -> "ClipSettings":
        """Return the settings with ``drawn``, the seeds of a run's keyframes, in place of random ones.

        Raises:
            ValueError: when ``--seeds`` and ``drawn`` are not equally many.
        """
        if self.seeds is not None:
            pairs = zip(self.seeds, drawn, strict=True)
            return replace(self, seeds=tuple(new if asked == RANDOM_SEED else asked for asked, new in pairs))
        if not self.draws_seeds:
            return self
        shared = [seed for prompt, seed in zip(self.prompts, drawn, strict=False) if prompt.seed is None]
        prompts = tuple(
            replace(prompt, seed=seed) if prompt.seed == RANDOM_SEED else prompt
            for prompt, seed in zip(self.prompts, drawn, strict=False)
        )
        seed = shared[0] if self.seed == RANDOM_SEED and shared else self.seed
        return replace(self, prompts=prompts, seed=seed)

    def as_record(self, folder: Path) -> dict[str, Any]:
        """Return the settings as plain JSON types, with paths written from the run folder ``folder``.

        Of a model or sound that lies elsewhere than with the output only the name is written.
        """
        record = asdict(self) | {"fps": str(self.fps), "output": relative_name(self.output, folder)}
        if self.model_path is not None:
            record["model"] = relative_name(self.model_path, folder)
        for name in ("audio", "init_image"):
            if record[name] is not None:
                record[name] = relative_name(record[name], folder)
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
            raw["seeds"] = None if raw["seeds"] is None else tuple(raw["seeds"])
            for name in ("audio", "init_image"):
                if raw.get(name) is not None:
                    raw[name] = _found(folder, raw[name])
            if raw.get("camera") is not None:
                raw["camera"] = Moves(**raw["camera"])
            if raw["model"] != BUILT_IN:
                raw["model"] = str(_found(folder, raw["model"]))
            return cls(**raw).with_drawn(drawn)
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{folder}/record.json holds no usable settings ({error!r})") from error


def _path_from(folder: Path, name: str) -> Path:
    return Path(os.path.normpath(folder / name))


def _found(folder: Path, name: str) -> Path:
    """Return the recorded path if something is there, else ``name`` as it stands."""
    path = _path_from(folder, name)
    return path if path.exists() else Path(name)


def relative_name(path: Path, run_folder: Path) -> str:
    """Return ``path`` as seen from the run folder, only its name if it lies outside the output's folder."""
    whole, run = (Path(os.path.abspath(one)) for one in (path, run_folder))
    if not whole.is_relative_to(run.parent):
        return whole.name
    return Path(os.path.relpath(whole, run)).as_posix()
