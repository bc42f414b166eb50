"""What a user can ask of a clip. Cheap to import: the command line's defaults are read from here."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.frames import DEFAULT_FPS
from framesmooth.generation.specs import DEFAULT_COLOR_ANCHOR, DEFAULT_NOISE_RENEWAL
from framesmooth.models.checkpoints import BUILT_IN
from framesmooth.models.controlnet_spec import Control
from framesmooth.models.ip_adapter_spec import ImagePrompt
from framesmooth.models.lora_spec import Lora, TextualInversion
from framesmooth.motion.camera.moves import Moves
from framesmooth.runs.record_paths import (
    found,
    named,
    path_from,
    recorded_name,
    recorded_rate,
    refound,
    relative_name,
    sibling_name,
)
from framesmooth.timeline.prompts import TimedPrompt
from framesmooth.timeline.seeds import RANDOM_SEED, SeedBehavior

BadFrames = Literal["reroll", "hold", "interpolate", "fail"]

BAD_FRAMES: Final[tuple[BadFrames, ...]] = ("reroll", "hold", "interpolate", "fail")
"""What is done with a frame that came out bad: another noise, the frame before, a warp of both, an error."""

_FILES: Final = ("audio", "init_image", "last_image", "init_video", "depth_model", "config")
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
    negative_prompt: str | None = None
    scheduler: str | None = None
    preset: str | None = None
    loras: tuple[Lora, ...] = ()
    textual_inversions: tuple[TextualInversion, ...] = ()
    cross_frame_attention: bool = False
    control: Control | None = None
    image_prompt: ImagePrompt | None = None
    hold: float = 0.0
    easing: str = "linear"
    loop: bool = False
    cadence: int | Literal["auto"] | None = None
    pacing: Literal["linear", "even"] | None = None
    inbetween: str = "latent"
    camera: Moves | None = None
    strength: str | None = None
    color_anchor: float = DEFAULT_COLOR_ANCHOR
    noise_renewal: float = DEFAULT_NOISE_RENEWAL
    depth_model: Path | None = None
    init_image: Path | None = None
    last_image: Path | None = None
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
    compiled: bool = False
    device: str = "auto"
    dtype: str = "auto"
    allow_download: bool = False
    overwrite: bool = False

    @property
    def feeds_back(self) -> bool:
        """Whether each diffused frame starts from the one before: under a camera, or from a picture given."""
        asked = self.camera, self.strength, self.init_image
        elsewhere = self.init_video or self.last_image
        return elsewhere is None and asked != (None, None, None)

    @property
    def walks(self) -> bool:
        """Whether the clip travels from prompt to prompt alone, no diffused frame hanging on another."""
        led = self.feeds_back or self.init_video is not None or self.last_image is not None
        return not led and self.control is None

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
        record: dict[str, Any] = named(asdict(self), folder) | {"fps": str(self.fps)}
        del record["sign"]  # where somebody keeps a private key is nobody's business
        if self.model_path is not None:
            record["model"] = relative_name(self.model_path, folder)
        if self.control is not None and self.control.model_path is not None:
            record["control"]["model"] = relative_name(self.control.model_path, folder)
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

        from framesmooth.runs.record import first_problem

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
            raw |= {"output": path_from(folder, sibling_name(raw["output"])), "allow_download": False}
            raw |= {name: found(folder, raw[name]) for name in files}
            for name in ("loras", "textual_inversions"):
                raw[name] = [refound(folder, one, "path") for one in raw.get(name, ())]
            if raw.get("control") is not None:
                control = refound(folder, raw["control"], "source", "model")
                raw["control"] = control | {"model": str(control["model"])}
            if raw.get("image_prompt") is not None:
                raw["image_prompt"] = refound(folder, raw["image_prompt"], "adapter", "image")
            if raw.get("model", BUILT_IN) != BUILT_IN:
                raw["model"] = str(found(folder, raw["model"]))
            raw["fps"] = recorded_rate(raw["fps"])
            return TypeAdapter(cls).validate_python(raw).with_drawn(drawn)
        except ValidationError as error:
            raise UsageError(
                f"{folder}/record.json holds no usable settings ({first_problem(error)}): start the run again"
            ) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UsageError(f"{folder}/record.json holds no usable settings ({error!r})") from error
