"""Shots as clips of ``generate``: their settings, the folder of each, and whether it is there already."""

import re
import shutil
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import FramesmoothError, UsageError
from framesmooth.frames import FrameSource
from framesmooth.runs import RunFolder, content_key, content_of
from framesmooth.runs.folder import ENLARGED_FOLDER, INTERPOLATED_FOLDER, SHOTS_FOLDER
from framesmooth.setting import settings_of
from framesmooth.story.edit import Placed
from framesmooth.story.located import Located
from framesmooth.story.spec import Shot, Story
from framesmooth.timeline.camera_grammar import read_camera_words
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import open_source
from framesmooth.workflows.encoding_settings import EncodingSettings
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_as_record
from framesmooth.workflows.storyboard.styling import styled_shot

_SUFFIX: Final = ".mp4"
_CRF: Final = 8
"""Of a shot's own file, from which the film and editors take it: no loss can be seen."""
_OF_THE_FILM: Final = (
    "prompts",
    "output",
    "num_frames",
    "fps",
    "width",
    "height",
    "loop",
    "audio",
    "camera",
    "style",
    "duration",
    "aspect",
)
"""Settings of generate that a story says in its own words."""
_KEY_LENGTH: Final = 8
_LONGEST_SLUG: Final = 32
_NOT_DECIDING: Final = ("versions", "flow_version", "timeline", "model")


def shot_settings_keys() -> tuple[str, ...]:
    """Return the keys of the settings of generate that a shot may have."""
    of_encoding = {field.key for field in settings_of(EncodingSettings)}
    keys = (field.key for field in settings_of(GenerateSettings))
    return tuple(key for key in keys if key not in _OF_THE_FILM and key not in of_encoding)


@dataclass(frozen=True, kw_only=True)
class PlannedShot:
    """A shot whose settings are checked.

    Attributes:
        placed: where it is in the film.
        settings: of generate; the output is still to be named.
        content: everything that decides its frames, besides a picture it starts from, as JSON types.
    """

    placed: Placed
    settings: GenerateSettings
    content: Mapping[str, Any]

    def in_folder(self, folder: Path, first: Path | None) -> "ShotClip":
        """Return the clip of the shot in the film's folder; ``first`` is the picture it starts from."""
        key = content_key({**self.content, "first": None if first is None else content_of(first)})
        name = f"{slug(self.placed.shot)}-{key[:_KEY_LENGTH]}"
        settings = self.settings.but(output=folder / SHOTS_FOLDER / f"{name}{_SUFFIX}")
        return ShotClip(self.placed, settings if first is None else settings.but(init_image=first))


@dataclass(frozen=True)
class ShotClip:
    """A shot as a clip with its own run folder."""

    placed: Placed
    settings: GenerateSettings

    @property
    def clip(self) -> Path:
        """The file."""
        return self.settings.output

    @property
    def run(self) -> RunFolder:
        """Its run folder."""
        return RunFolder.beside(self.clip)

    def is_complete(self) -> bool:
        """Tell whether the clip is there as its run has written it."""
        with suppress(FramesmoothError, KeyError, TypeError):
            record = self.run.unchecked_record
            written = record["clip"]["sha256"]
            return record["status"] == "complete" and self.clip.is_file() and content_of(self.clip) == written
        return False

    def plain_frames(self) -> FrameSource:
        """Return its frames before they were graded and encoded; those of the clip where these are gone.

        What another shot starts from must not be graded twice.
        """
        kinds = (self.run.all_of(kind) for kind in (ENLARGED_FOLDER, INTERPOLATED_FOLDER))
        smoothed = self.run.all_smoothed
        if self.run.unchecked_record.get("left_as_it_was"):
            smoothed = [self.run.frames]
        made = ([one for one in kind if one.notes().get("complete")] for kind in (*kinds, smoothed))
        kept = next(filter(None, made), [])
        return open_source(kept[-1].folder if kept else self.clip, fps=self.settings.timeline.fps)

    def remove(self) -> None:
        """Remove the clip and its run folder, to make it anew."""
        with self.run.locked():
            self.clip.unlink(missing_ok=True)
        shutil.rmtree(self.run.folder)


def plan_shots(story: Story, placed: tuple[Placed, ...]) -> list[PlannedShot]:
    """Return the shots of a film with their settings, all of them checked before any is made.

    Raises:
        UsageError: a setting that is not accepted, with the line of the story.
        ModelError: a model that cannot be loaded.
    """
    return [plan_shot(story, one) for one in placed]


def plan_shot(story: Story, placed: Placed) -> PlannedShot:
    """Return a shot with its settings, checked; see :func:`plan_shots`."""
    shot = placed.shot
    values: dict[str, Any] = {
        key: _path_in(key, shot.located(key), value) for key, value in shot.settings.items()
    }
    if shot.camera:
        values["camera"] = shot.camera
    if story.size is not None:
        values |= {"height": story.size[0], "width": story.size[1]}
    values |= {"fps": story.fps, "num_frames": placed.generated, "crf": _CRF, "overwrite": True}
    _check_camera(shot)
    try:
        prompts = parse_prompts(shot.prompts)
    except UsageError as error:
        raise shot.located("prompt").refused(str(error)) from error
    prompts, values = styled_shot(shot, prompts, values)
    try:
        settings = GenerateSettings.of(prompts=prompts, output=Path("shot.mp4"), **values)
    except UsageError as error:
        _refuse_one(shot, values)
        raise shot.place.refused(str(error)) from error
    try:
        resolved = resolve(settings)
    except UsageError as error:
        raise shot.place.refused(str(error)) from error
    return PlannedShot(placed=placed, settings=settings, content=shot_content(settings, resolved))


def slug(shot: Shot) -> str:
    """Return a shot's name as a file name: "a castle at dawn" is a-castle-at-dawn."""
    plain = unicodedata.normalize("NFKD", shot.name or shot.prompts[0]).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", plain.lower())
    return "-".join(words)[:_LONGEST_SLUG].strip("-") or f"shot-{shot.number}"


def shot_content(settings: GenerateSettings, resolved: ResolvedClip) -> dict[str, Any]:
    """Return everything that decides the frames of a shot, besides pictures it starts from, as JSON types."""
    usual = GenerateSettings(prompts=settings.prompts, output=settings.output)
    asked, default = (settings_as_record(one, Path(".")) for one in (settings, usual))
    asked = _differing(asked, default) | {"prompts": asked["prompts"]}
    deciding = {key: value for key, value in resolved.frames_key.items() if key not in _NOT_DECIDING}
    return {"settings": asked, "decided": deciding, "model": dict(resolved.model_hashes)}


def _differing(asked: Mapping[str, Any], default: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is not as usual: a setting that a later version adds leaves a shot as it was."""
    found: dict[str, Any] = {}
    for name, value in asked.items():
        if isinstance(value, Mapping) and isinstance(default.get(name), Mapping):
            inner = _differing(value, default[name])
            found |= {name: inner} if inner else {}
        elif value != default.get(name):
            found[name] = value
    return found


def _path_in(key: str, place: Located, value: Any) -> Any:
    """Return a setting with the name of a file taken from the folder of the story."""
    named = next((field for field in settings_of(GenerateSettings) if field.key == key), None)
    if named is None or not named.names_file:
        return value
    return place.path(value) if isinstance(value, str) else tuple(map(place.path, value))


def _refuse_one(shot: Shot, values: Mapping[str, Any]) -> None:
    """Raise the error about the one setting that is not accepted, at its line, if it is one."""
    for key, value in values.items():
        try:
            GenerateSettings.of(prompts="a", output=Path("a.mp4"), **{key: value})
        except UsageError as error:
            raise shot.located(key).refused(str(error)) from error


def _check_camera(shot: Shot) -> None:
    """Refuse words of the camera that name no move, at their line."""
    try:
        if shot.camera:
            read_camera_words(shot.camera)
    except UsageError as error:
        raise shot.located("camera").refused(str(error)) from error
