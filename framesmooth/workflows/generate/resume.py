"""Going on with a run that was stopped, with the settings, the model and the libraries that it began with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import RunChanged, UsageError
from framesmooth.events import Listener, Notice
from framesmooth.models.controlnet_spec import Control, ControlKind
from framesmooth.models.ip_adapter_spec import ImagePrompt, parse_adapter
from framesmooth.models.lora_spec import Lora, TextualInversion
from framesmooth.runs import (
    FrameFolder,
    RunFolder,
    content_of,
    differences,
    package_versions,
)
from framesmooth.workflows.generate.preflight import check_writing
from framesmooth.workflows.generate.resolve import ResolvedClip, resolve
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.run import finish_clip
from framesmooth.workflows.generate.settings import ClipSettings

_SHOWN: Final = 6
_NOT_DECIDING: Final = ("python",)


@dataclass(frozen=True, kw_only=True)
class Resume:
    """How to go on with a run; None takes what is recorded.

    Attributes:
        model: where the model is now.
        config: where the configuration of a model in one file is now.
        audio: where the sound is now.
        init_image: where the first picture is now.
        last_image: where the last picture is now.
        depth_model: where the model of depth is now.
        init_video: where the video to restyle is now.
        loras: where the LoRAs are now, with their weights.
        textual_inversions: where the textual inversions are now.
        control: what a control is taken for, and where its source is now.
        control_model: where its ControlNet is now.
        ip_adapter: where the IP-Adapter is now; a scale after a colon is the run's own all the same.
        ip_adapter_image: where its picture is now.
        low_vram: denoise and code pictures one by one, in tiles.
        cpu_offload: let the networks take turns on the device.
        sign: a PEM file to sign the clip with.
        overwrite: replace a clip that is there already.
        force: go on although settings, model or libraries have changed.
        allow_download: fetch a hub id that isn't here.
    """

    model: str | None = None
    config: Path | None = None
    audio: Path | None = None
    init_image: Path | None = None
    last_image: Path | None = None
    depth_model: Path | None = None
    init_video: Path | None = None
    loras: tuple[Lora, ...] = ()
    textual_inversions: tuple[TextualInversion, ...] = ()
    control: tuple[ControlKind, Path] | None = None
    control_model: str | None = None
    ip_adapter: str | None = None
    ip_adapter_image: Path | None = None
    low_vram: bool = False
    cpu_offload: bool = False
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
    settings = ClipSettings.from_record(record, folder)
    if _is_ours(settings.output, record):
        if record["status"] == "complete" and not how.overwrite and not _damaged(run, record):
            return settings.output
        how = replace(how, overwrite=True)  # what it replaces is its own work
    settings = replace(
        settings,
        model=how.model or settings.model,
        config=how.config or settings.config,
        audio=how.audio or settings.audio,
        init_image=how.init_image or settings.init_image,
        last_image=how.last_image or settings.last_image,
        depth_model=how.depth_model or settings.depth_model,
        init_video=how.init_video or settings.init_video,
        loras=how.loras or settings.loras,
        textual_inversions=how.textual_inversions or settings.textual_inversions,
        control=_control(how, settings.control),
        image_prompt=_image_prompt(how, settings.image_prompt),
        low_vram=how.low_vram or settings.low_vram,
        cpu_offload=how.cpu_offload or settings.cpu_offload,
        sign=how.sign,
        overwrite=how.overwrite,
        allow_download=how.allow_download,
    )
    clip = resolve(settings)
    changed = list(_changes(run, record, clip))
    if changed and not how.force:
        shown = "; ".join(changed[:_SHOWN]) + ("; ..." if len(changed) > _SHOWN else "")
        raise RunChanged(
            f"{folder} cannot go on as it began: {shown} (--force goes on all the same, generate starts anew)"
        )
    check_writing(clip)
    if changed:
        emit(Notice(f"going on in spite of differences: {'; '.join(changed[:_SHOWN])}", warning=True))
        _adopt(run, clip)
    before = record.get("continued_with", [])
    return finish_clip(clip, run, emit, asked=settings, continued_with=[*before, *changed])


def _control(how: Resume, control: Control | None) -> Control | None:
    if control is None:
        if (how.control, how.control_model) != (None, None):
            raise UsageError("the run has no control: drop --control and --control-model")
        return None
    kind, source = how.control or (control.kind, control.source)
    return replace(control, kind=kind, source=source, model=how.control_model or control.model)


def _image_prompt(how: Resume, prompt: ImagePrompt | None) -> ImagePrompt | None:
    if prompt is None:
        if (how.ip_adapter, how.ip_adapter_image) != (None, None):
            raise UsageError("the run has no IP-Adapter: drop --ip-adapter and --ip-adapter-image")
        return None
    adapter = prompt.adapter if how.ip_adapter is None else parse_adapter(how.ip_adapter)[0]
    return replace(prompt, adapter=adapter, image=how.ip_adapter_image or prompt.image)


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
