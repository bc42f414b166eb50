"""The verbs that a job can have, each with its settings and the workflow that does it.

Keys of jobs are derived from the settings: nothing of them is listed here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from framesmooth.events import Listener
from framesmooth.models.pool import ModelPool
from framesmooth.setting import SettingField, SettingGroup, settings_of, spellings
from framesmooth.video.atomic import ANIMATION_SUFFIXES, VIDEO_SUFFIXES
from framesmooth.video.audio_samples import SOUND_SUFFIXES
from framesmooth.workflows.batch.job import Job
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.settings.assemble import AssembleSettings
from framesmooth.workflows.settings.interpolate import InterpolateSettings
from framesmooth.workflows.settings.measure import MeasureSettings
from framesmooth.workflows.settings.pipes import PipeSettings
from framesmooth.workflows.settings.smooth import SmoothSettings
from framesmooth.workflows.settings.soundtrack import SoundtrackSettings
from framesmooth.workflows.settings.tune import TuneSettings
from framesmooth.workflows.settings.upscale import UpscaleSettings
from framesmooth.workflows.storyboard.settings import StoryboardSettings

Facts = dict[str, Any]
Work = Callable[[Job, dict[str, Any], Listener, ModelPool], Facts]

FRAMES: Final = "png"
"""The format of a folder of frames."""
_CLIPS: Final = (*(suffix.lstrip(".") for suffix in (*VIDEO_SUFFIXES, *ANIMATION_SUFFIXES)), FRAMES)
_OF_A_COMMAND: Final = {"overwrite", *(field.key for field in settings_of(PipeSettings))}
"""Settings of a command alone: results of jobs are files, and are replaced or not as the batch says."""
_SOUNDS: Final = tuple(suffix.lstrip(".") for suffix in SOUND_SUFFIXES)


@dataclass(frozen=True, kw_only=True)
class Verb:
    """What a job does.

    Attributes:
        settings: the settings that its keys are derived from.
        subject: what it works on, as its settings call it; its keys leave that out.
        formats: suffixes that its result can have, the usual one first; "png" is a folder of frames.
        work: does it, with the values of its settings, and returns facts for people.
    """

    settings: type[SettingGroup]
    subject: str
    work: Work
    formats: tuple[str, ...] = _CLIPS

    @property
    def makes_clip(self) -> bool:
        """Whether its result has frames."""
        return FRAMES in self.formats

    @property
    def keys(self) -> dict[str, SettingField]:
        """The settings that a job may give, by each spelling with _ for -."""
        return {
            name: field
            for name, field in spellings(self.settings).items()
            if field.key not in _OF_A_COMMAND and name != self.subject
        }


def _generate(job: Job, values: dict[str, Any], emit: Listener, pool: ModelPool) -> Facts:
    from framesmooth.workflows.batch.prompts import generate_settings
    from framesmooth.workflows.generate.run import make_clip

    with pool.active():
        made = make_clip(generate_settings(job.subject, job.output, values).settings, emit)
    return _clip_facts(made.after.num_frames, float(made.fps), made.size) | {
        "smoothing": made.left or made.smoothing.words
    }


def _storyboard(job: Job, values: dict[str, Any], emit: Listener, pool: ModelPool) -> Facts:
    from framesmooth.workflows.storyboard.api import storyboard

    film = storyboard(job.subject[0], job.output, on_event=emit, pool=pool, **values)
    return _clip_facts(film.num_frames, float(film.fps), film.size)


def _converting(workflow: str) -> Work:
    """Return what makes a clip of a clip by the workflow of that name."""

    def work(job: Job, values: dict[str, Any], emit: Listener, pool: ModelPool) -> Facts:
        from importlib import import_module

        run = getattr(import_module(f"framesmooth.workflows.{workflow}"), workflow)
        made = run(job.subject[0], job.output, on_event=emit, **values)
        return _clip_facts(made.frames.num_frames, float(made.frames.fps), made.frames.size)

    return work


def _soundtrack(job: Job, values: dict[str, Any], emit: Listener, pool: ModelPool) -> Facts:
    from framesmooth.workflows.soundtrack import soundtrack

    samples = soundtrack(job.subject[0], job.output, on_event=emit, **values)
    return {"seconds of sound": round(len(samples) / 48_000, 2)}


def _measure(job: Job, values: dict[str, Any], emit: Listener, pool: ModelPool) -> Facts:
    from framesmooth.runs import write_json
    from framesmooth.workflows.measure import measure

    report = measure(job.subject[0], json_file=job.output, on_event=emit, **values)
    write_json(job.output, report.as_dict())
    return {name: f"{series.mean:.4g} {series.unit}".strip() for name, series in report.items()}


def _clip_facts(frames: int | None, fps: float, size: tuple[int, int]) -> Facts:
    counted = {} if frames is None else {"frames": frames}
    return counted | {"fps": round(fps, 3), "size": f"{size[1]}x{size[0]}"}


VERBS: Final[Mapping[str, Verb]] = {
    "generate": Verb(settings=GenerateSettings, subject="prompts", work=_generate),
    "storyboard": Verb(settings=StoryboardSettings, subject="story", work=_storyboard),
    "smooth": Verb(settings=SmoothSettings, subject="source", work=_converting("smooth")),
    "tune": Verb(settings=TuneSettings, subject="source", work=_converting("tune")),
    "interpolate": Verb(settings=InterpolateSettings, subject="source", work=_converting("interpolate")),
    "upscale": Verb(settings=UpscaleSettings, subject="source", work=_converting("upscale")),
    "assemble": Verb(settings=AssembleSettings, subject="source", work=_converting("assemble")),
    "soundtrack": Verb(settings=SoundtrackSettings, subject="source", work=_soundtrack, formats=_SOUNDS),
    "measure": Verb(settings=MeasureSettings, subject="source", work=_measure, formats=("json",)),
}
"""Name on the command line -> the verb."""
