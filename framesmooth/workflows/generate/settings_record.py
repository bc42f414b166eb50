"""The settings of a clip as its record holds them, and back; records of version 1, which were flat, too."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Final

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.models.controlnet_spec import Control
from framesmooth.motion.camera.moves import Moves
from framesmooth.runs.record_paths import (
    found,
    named,
    path_from,
    recorded_name,
    recorded_rate,
    relative_name,
    sibling_name,
)
from framesmooth.setting import settings_of
from framesmooth.workflows.generate.settings import GenerateSettings

_FLAT_VERSION: Final = 1
_RENAMED: Final = {"smooth": "smooth_strength"}
"""Setting of a record of version 1 -> its key now."""
_BEFORE: Final[dict[str, dict[str, Any]]] = {
    "camera": {"camera_anchor": "off"},
    "timeline": {"structure_guidance": 0.0},
    "sampling": {"layout_size": "full"},
    "motion": {"motion": "off"},
    "look": {"weather": "off"},
}
"""What settings were before they came to be: a record without them is of a run that did without."""


def settings_as_record(settings: GenerateSettings, folder: Path) -> dict[str, Any]:
    """Return the settings as plain JSON types, by group, with paths written from the run folder ``folder``.

    Of a model or sound that is not in the folder of the output only the name is written.
    """
    record: dict[str, Any] = named(asdict(settings), folder)
    record["timeline"]["fps"] = str(settings.timeline.rate)
    aspect = settings.sampling.aspect
    record["sampling"]["aspect"] = None if aspect is None else f"{aspect.numerator}:{aspect.denominator}"
    del record["compute"]["workers"]  # the clip is the same whoever makes it
    del record["encoding"]["sign"]  # where somebody keeps a private key is nobody's business
    if settings.model_path is not None:
        record["model"]["name"] = relative_name(settings.model_path, folder)
    control = settings.conditioning.controlnet
    if control is not None and control.model_path is not None:
        record["conditioning"]["control_model"] = relative_name(control.model_path, folder)
    return record


def settings_from_record(record: Mapping[str, Any], folder: Path) -> GenerateSettings:
    """Return the settings of the run in ``folder`` from its ``record``; random seeds come as drawn.

    A record may come from anywhere: it cannot name files outside the folder of the clip, nor allow a
    download.

    Raises:
        UsageError: when the record has no settings, or some that this version doesn't know or take.
    """
    try:
        raw, drawn = dict(record["settings"]["raw"]), [key["seed"] for key in record["keyframes"]]
        raw = _from_flat(raw) if record["version"] == _FLAT_VERSION else raw
        raw |= _as_before(raw)
        timeline = dict(raw.get("timeline", {}))
        if "fps" in timeline:
            raw["timeline"] = timeline | {"fps": recorded_rate(timeline["fps"])}
        unknown = sorted(set(raw) - {field.name for field in fields(GenerateSettings)})
        if unknown:
            raise UsageError(f"unknown settings {', '.join(unknown)}: it was made by another version")
        settings = GenerateSettings(**raw | {"output": path_from(folder, sibling_name(raw["output"]))})
        return _with_paths(settings, folder).but(allow_download=False).with_drawn(drawn)
    except UsageError as error:
        raise UsageError(
            f"{folder}/record.json holds no usable settings ({error}): start the run again"
        ) from error
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{folder}/record.json holds no usable settings ({error!r})") from error


def _as_before(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the groups of a record with what was not to be chosen when it was written."""
    groups = {group: values | dict(raw.get(group, {})) for group, values in _BEFORE.items()}
    timeline, images = raw.get("timeline", {}), dict(raw.get("img2img", {}))
    led = images.get("last_image") is not None
    if led and "structure_guidance" not in timeline and timeline.get("pacing") is None:
        groups["timeline"]["pacing"] = "linear"  # which it was for clips with a last image
    return groups


def _with_paths(settings: GenerateSettings, folder: Path) -> GenerateSettings:
    """Return ``settings`` with its recorded paths as they are from here.

    Raises:
        ValueError: a path that leads out of the folder of the clip.
    """
    changed: dict[str, Any] = {}
    for field in settings_of(GenerateSettings):
        value = settings.at(field.path)
        if field.key == "output" or not field.names_file or value in (None, defaults.MODEL):
            continue
        changed[field.key] = str(_found(folder, value)) if isinstance(value, str) else _mapped(
            value, lambda path: _found(folder, path.as_posix())
        )  # fmt: skip
    return settings.but(**changed)


def _found(folder: Path, name: str) -> Path:
    return found(folder, recorded_name(name))


def _mapped(value: Any, change: Callable[[Path], Path]) -> Any:
    """Return ``value`` with every path in it changed."""
    if isinstance(value, Path):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(one, change) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{field.name: _mapped(getattr(value, field.name), change) for field in fields(value)}
        )
    return value


def _from_flat(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a record of version 1 by group.

    Raises:
        UsageError: settings that this version doesn't know.
    """
    values = {_RENAMED.get(name, name): value for name, value in raw.items()}
    moves = values.pop("camera", None) or {}
    values |= {name: text for name, text in moves.items() if text != getattr(Moves, name, None)} or moves
    control = values.pop("control", None)
    if control is not None:
        values |= {"control": [control["kind"], control["source"]], "control_model": control["model"]}
        values |= {
            f"control_{name}": control[name]
            for name in ("scale", "end")
            if control[name] != getattr(Control, name)
        }
    prompt = values.pop("image_prompt", None)
    if prompt is not None:
        values |= {"ip_adapter": {"path": prompt["adapter"], "scale": prompt["scale"]}}
        values |= {"ip_adapter_image": prompt["image"]}
    paths = {field.key: field.path for field in settings_of(GenerateSettings)}
    unknown = sorted(set(values) - set(paths))
    if unknown:
        raise UsageError(f"unknown settings {', '.join(unknown)}: it was made by another version")
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *groups, name = paths[key]
        (nested.setdefault(groups[0], {}) if groups else nested)[name] = value
    return nested
