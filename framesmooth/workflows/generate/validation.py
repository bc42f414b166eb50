"""Settings that no clip can have are refused before anything is loaded or written."""

from dataclasses import fields
from typing import Any, Final

from framesmooth import limits
from framesmooth.errors import UsageError
from framesmooth.models.scheduler_spec import PRESETS
from framesmooth.motion.camera.moves import Moves
from framesmooth.timeline.seeds import SEED_BEHAVIORS
from framesmooth.workflows.generate.settings import BAD_FRAMES, ClipSettings

_RANGES: Final[dict[str, tuple[float, float]]] = {
    "drift": (0, 1),
    "num_frames": (1, limits.MAX_FRAMES),
    "width": (8, limits.MAX_SIDE),
    "height": (8, limits.MAX_SIDE),
    "steps": (1, limits.MAX_STEPS),
    "guidance_scale": (0, 1000),
    "guidance_end": (0, 1),
    "true_cfg_scale": (0, 1000),
    "hold": (0, 1),
    "cadence": (1, limits.MAX_FRAMES),
    "crf": (0, 63),
    "batch_size": (1, limits.MAX_BATCH),
    "fps": (0, limits.MAX_FPS),
    "color_anchor": (0, 1),
    "noise_renewal": (0, 1),
}
_CHOICES: Final[dict[str, tuple[str | None, ...]]] = {
    "bad_frames": BAD_FRAMES,
    "seed_behavior": SEED_BEHAVIORS,
    "pacing": (None, "linear", "even"),
    "odd": ("error", "pad", "crop"),
    "preset": (None, *PRESETS),
    "dtype": ("auto", "float32", "bfloat16", "float16"),
}


def check_settings(settings: ClipSettings) -> None:
    """Check every setting by itself.

    Raises:
        UsageError: naming the first one that is out of range, unknown or no text.
    """
    for name, (lowest, highest) in _RANGES.items():
        value = getattr(settings, name)
        if value not in (None, "auto") and not lowest <= value <= highest:
            raise UsageError(f"{name} {str(value)[:40]} is out of range: give {lowest} to {highest}")
    for name, choices in _CHOICES.items():
        value = getattr(settings, name)
        if value not in choices:
            raise UsageError(f"unknown {name} {value!r}: choose one of {', '.join(filter(None, choices))}")
    _check_walk(settings)
    if settings.compiled and settings.cross_frame_attention:
        raise UsageError("a compiled network looks at its own frame alone: drop --cross-frame-attention")
    width, height = settings.width or 8, settings.height or 8
    if width * height > limits.MAX_PIXELS:
        raise UsageError(f"{width}x{height} is more than {limits.MAX_PIXELS} pixels: lower -W and -H")
    if len(settings.prompts) > limits.MAX_PROMPTS:
        raise UsageError(f"{len(settings.prompts)} prompts are too many: give {limits.MAX_PROMPTS} at most")
    for field in fields(settings):
        _check_text(field.name, getattr(settings, field.name))
    for name, schedule in vars(settings.camera or Moves()).items():
        _check_text(name, schedule)
    if settings.control is not None:
        _check_text("control_scale", settings.control.scale)
        _check_text("control_model", settings.control.model)
    for prompt in settings.prompts:
        _check_text("a prompt", prompt.prompt)
        _check_text("a negative prompt", prompt.negative)


def _check_walk(settings: ClipSettings) -> None:
    """Refuse what needs diffused frames that don't hang on each other, where they do."""
    asked = {"--cadence auto": settings.cadence == "auto", "--pacing even": settings.pacing == "even"}
    others = {
        "a camera, --strength or --init-image": settings.feeds_back,
        "--init-video": settings.init_video is not None,
        "--last-image": settings.last_image is not None,
    }
    if settings.control is not None:
        others["--control"] = True
    for name, other in ((name, other) for name in asked if asked[name] for other in others if others[other]):
        raise UsageError(f"{name} is for clips that travel from prompt to prompt: drop it or {other}")


def _check_text(name: str, value: Any) -> None:
    """Refuse texts that no file can hold: unpaired surrogates, which are bytes that weren't UTF-8."""
    if not isinstance(value, str):
        return
    if len(value) > limits.MAX_TEXT:
        raise UsageError(f"{name} is {len(value)} characters long: give {limits.MAX_TEXT} at most")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise UsageError(f"{name} is no valid text: write it in UTF-8")
