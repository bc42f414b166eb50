"""What a user can ask of a clip. Cheap to import: the command line's defaults are read from here."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final, Literal

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.frames import DEFAULT_FPS
from framesmooth.generation import DEFAULT_COLOR_ANCHOR
from framesmooth.generation.additions import Lora, TextualInversion
from framesmooth.generation.models import BUILT_IN
from framesmooth.moves import Moves
from framesmooth.timeline import TimedPrompt

RANDOM_SEED: Final = -1

BadFrames = Literal["reroll", "hold", "interpolate", "fail"]
BAD_FRAMES: Final[tuple[BadFrames, ...]] = ("reroll", "hold", "interpolate", "fail")
"""What is done with a frame that came out bad: another noise, the frame before, a warp of both, an error."""

SeedBehavior = Literal["fixed", "iter", "random", "ladder", "schedule"]
SEED_BEHAVIORS: Final[tuple[SeedBehavior, ...]] = ("fixed", "iter", "random", "ladder", "schedule")
"""The seed from prompt to prompt: the same, the next, any, two up and one down, as scheduled."""


_FILES: Final = ("audio", "init_image", "init_video", "config")
"""Settings that are paths, of files that may lie anywhere."""


@dataclass(frozen=True, kw_only=True)
class ClipSettings:
    """A clip as asked for; None leaves the choice to the model or to the clip."""

    prompts: tuple[TimedPrompt, ...]
    output: Path
    model: str = BUILT_IN
    config: Path | None = None
    seed: int = 0
    seeds: tuple[int, ...] | None = None
    seed_behavior: SeedBehavior = "fixed"
    seed_schedule: str | None = None
    drift: float = 0.5
    num_frames: int | None = None
    fps: Fraction = DEFAULT_FPS
    width: int | None = None
    height: int | None = None
    steps: int | None = None
    guidance_scale: float | None = None
    guidance_end: float | None = None
    true_cfg_scale: float = 1.0
    negative_prompt: str = ""
    scheduler: str | None = None
    preset: str | None = None
    loras: tuple[Lora, ...] = ()
    textual_inversions: tuple[TextualInversion, ...] = ()
    hold: float = 0.0
    easing: str = "linear"
    loop: bool = False
    cadence: int | None = None
    inbetween: str = "latent"
    camera: Moves | None = None
    strength: str | None = None
    color_anchor: float = DEFAULT_COLOR_ANCHOR
    init_image: Path | None = None
    init_video: Path | None = None
    smoother: str = "trajectory"
    smooth: float | Literal["auto"] = defaults.STRENGTH
    crf: int = defaults.CRF
    codec: str | None = None
    audio: Path | None = None
    odd: Literal["error", "pad", "crop"] = "error"
    batch_size: int | None = None
    bad_frames: BadFrames = "reroll"
    no_metadata: bool = False
    sign: Path | None = None
    low_vram: bool = False
    cpu_offload: bool = False
    device: str = "auto"
    dtype: str = "auto"
    allow_download: bool = False
    overwrite: bool = False

    @property
    def feeds_back(self) -> bool:
        """Whether each diffused frame starts from the one before: under a camera, or from a picture given."""
        asked = self.camera, self.strength, self.init_image
        return self.init_video is None and asked != (None, None, None)

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
        del record["sign"]  # where somebody keeps a private key is nobody's business
        if self.model_path is not None:
            record["model"] = relative_name(self.model_path, folder)
        for name in _FILES:
            if record[name] is not None:
                record[name] = relative_name(record[name], folder)
        for addition in (*record["loras"], *record["textual_inversions"]):
            addition["path"] = relative_name(addition["path"], folder)
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any], folder: Path) -> "ClipSettings":
        """Return the settings of the run in ``folder`` from its ``record``; random seeds come as drawn.

        A record may come from anywhere: it cannot name files outside the folder of the clip, nor allow a
        download.

        Raises:
            UsageError: when the record has no settings, or some that this version doesn't know or take.
        """
        from pydantic import TypeAdapter, ValidationError

        from framesmooth.run.record import first_problem

        try:
            raw, drawn = dict(record["settings"]["raw"]), [key["seed"] for key in record["keyframes"]]
            known = TypeAdapter(cls).json_schema()["properties"]
            unknown = sorted(set(raw) - set(known))
            if unknown:
                raise UsageError(
                    f"{folder} was made by another version: unknown settings {', '.join(unknown)}"
                )
            files = [name for name in _FILES if raw.get(name) is not None]
            raw |= {name: recorded_name(raw[name]) for name in files}
            if raw.get("model") is not None:
                raw["model"] = recorded_name(raw["model"])
            raw |= {"output": _path_from(folder, _sibling(raw["output"])), "allow_download": False}
            raw |= {name: _found(folder, raw[name]) for name in files}
            raw |= {name: _added(folder, raw.get(name, ())) for name in ("loras", "textual_inversions")}
            if raw.get("model", BUILT_IN) != BUILT_IN:
                raw["model"] = str(_found(folder, raw["model"]))
            raw["fps"] = recorded_rate(raw["fps"])
            return TypeAdapter(cls).validate_python(raw).with_drawn(drawn)
        except ValidationError as error:
            raise UsageError(
                f"{folder}/record.json holds no usable settings ({first_problem(error)}): start the run again"
            ) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{folder}/record.json holds no usable settings ({error!r})") from error


def recorded_rate(text: object) -> Fraction:
    """Return a rate as ``str(Fraction)`` writes it; no exponents, whose numbers can be endless.

    Raises:
        ValueError: anything else.
    """
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,12}(/[1-9]\d{0,11})?", text):
        raise ValueError(f"fps is {str(text)[:40]!r}")
    return Fraction(text)


def recorded_name(name: object) -> str:
    """Return a recorded name that doesn't lead out of the folder of the clip.

    Raises:
        ValueError: any other.
    """
    if not isinstance(name, str) or not name or "\0" in name or name.startswith("~"):
        raise ValueError(f"{str(name)[:80]!r} is no name of a file")
    parts = PurePosixPath(name).parts
    absolute = PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or name.startswith("\\")
    if absolute or ".." in parts[1:]:
        raise ValueError(f"{name[:80]!r} lies outside the folder of the clip")
    return name


def _sibling(name: object) -> str:
    """Return the recorded name of the clip, which lies beside the run folder and nowhere else."""
    parts = PurePosixPath(recorded_name(name)).parts
    if len(parts) != 2 or parts[0] != "..":
        raise ValueError(f"the clip {str(name)[:80]!r} doesn't lie beside the run folder")
    return str(name)


def _path_from(folder: Path, name: str) -> Path:
    return Path(os.path.normpath(folder / name))


def _found(folder: Path, name: str) -> Path:
    """Return the recorded path if something is there, else ``name`` as it stands."""
    path = _path_from(folder, name)
    return path if path.exists() else Path(name)


def _added(folder: Path, additions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return recorded additions to a model with their paths as they are from here."""
    return [{**one, "path": _found(folder, recorded_name(one["path"]))} for one in additions]


def relative_name(path: Path, run_folder: Path) -> str:
    """Return ``path`` as seen from the run folder, only its name if it lies outside the output's folder."""
    whole, run = (Path(os.path.abspath(one)) for one in (path, run_folder))
    if not whole.is_relative_to(run.parent):
        return whole.name
    return Path(os.path.relpath(whole, run)).as_posix()
