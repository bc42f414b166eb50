"""The schemas of ``record.json`` and ``stage.json``, which reject hostile or foreign files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from framesmooth.errors import MediaError, UsageError

RECORD_VERSION: Final = 2
"""Of the records that are written: since 2 the settings are in groups."""
READABLE_VERSIONS: Final = (1, 2)

Sha256 = str
Facts = dict[str, JsonValue]
FrameNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,9}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SettingsRecord(_Part):
    """The settings as asked for, and with everything decided."""

    raw: Facts
    resolved: Facts


class KeyframeRecord(_Part):
    """What one frame shows, and the seed of its noise."""

    time: int = Field(ge=0)
    prompt: str
    seed: int = Field(ge=0, lt=2**32)
    negative: str = ""


class ModelRecord(_Part):
    """The model by name, and the SHA-256 of every file that decides what it answers."""

    name: str
    sha256: dict[str, Sha256]


class BadFrame(_Part):
    """A frame that came out bad, why, and what was put in its place."""

    frame: int = Field(ge=0)
    fault: Literal["nan", "black", "flagged", "colour outlier", "sharpness outlier", "ghosting"]
    action: Literal["reroll", "hold", "interpolate", "kept"]
    attempts: int = Field(default=0, ge=0, description="how often the frame was diffused again")


class ClipRecord(_Part):
    """The clip as it was written."""

    name: str
    sha256: Sha256
    frames: int = Field(ge=1)


class Record(_Part):
    """A run: what was asked for, what it was made from, and how far it is."""

    version: Literal[1, 2]
    status: Literal["running", "interrupted", "failed", "complete"]
    ai_generated: bool
    settings: SettingsRecord
    keyframes: list[KeyframeRecord] = Field(min_length=1)
    model: ModelRecord
    versions: dict[str, str]
    timings: dict[str, float]
    generation: Facts | None = None
    bad_frames: list[BadFrame] = []
    continued_with: list[str] = Field(default=[], description="differences that resume --force ignored")
    smoother: str | None = None
    left_as_it_was: str | None = Field(default=None, description="what smoothing didn't help, and why")
    spared: float | None = Field(
        default=None, description="share of the picture that moves by itself and isn't smoothed, 0 to 1"
    )
    tuning: Facts | None = None
    metrics: Facts | None = None
    clip: ClipRecord | None = None


class _Notes(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class LoadedNotes(_Notes):
    """What was decided when the model was loaded: where a keyframe is, and where the prompt jumps."""

    diffused_frames: list[int] = []
    prompt_changes: list[int] = []


class StageNotes(_Notes):
    """The content of ``stage.json``: facts about the files beside it; faulty frames by their number."""

    key: str = ""
    settings: Facts = {}
    complete: bool = False
    rendered: bool = False
    repaired: str | None = None
    loaded: LoadedNotes | None = None
    crossfaded: list[int] = []
    faults: dict[FrameNumber, str] = {}
    bad: dict[FrameNumber, str] = {}
    bad_frames: list[BadFrame] = []
    timings: dict[str, float] = {}


def are_notes(content: Mapping[str, Any]) -> bool:
    """Tell whether ``content`` has the form of a stage's notes."""
    try:
        StageNotes.model_validate(dict(content))
    except (ValidationError, RecursionError):
        return False
    return True


def check_record(record: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return ``record`` if it has the form of this version.

    Raises:
        UsageError: another version.
        MediaError: one that doesn't fit the schema; the message names the first thing that doesn't.
    """
    version = record.get("version")
    if version not in READABLE_VERSIONS or isinstance(version, bool):
        known = f"this framesmooth reads versions {', '.join(map(str, READABLE_VERSIONS))}"
        raise UsageError(
            f"{path} is a record of version {str(version)[:20]}, {known}: use the framesmooth that wrote it"
        )
    try:
        Record.model_validate(dict(record))
    except (ValidationError, RecursionError) as error:
        raise MediaError(
            f"{path} is damaged ({first_problem(error)}): delete it and start the run again"
        ) from error
    return dict(record)


def first_problem(error: ValidationError | RecursionError) -> str:
    """Return the first thing that is wrong, as "where: what"."""
    if isinstance(error, RecursionError):
        return "nested too deeply"
    problem = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part)[:40] for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else str(problem["msg"])
