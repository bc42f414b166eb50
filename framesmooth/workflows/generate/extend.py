"""Extending a finished clip: its frames stay, and more follow from its last keyframes and seeds.

Travel between prompts goes on in noise from where it was, or on to new prompts; a subject goes on along its
path; a camera goes on over the images that it keeps; a video pipeline starts from the last frame.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from framesmooth.errors import UsageError
from framesmooth.generation.specs import DEFAULT_STRENGTH, Feedback, MovingSubject
from framesmooth.motion.camera.moves import Moves
from framesmooth.runs import RECORD_FILE, RunFolder, differences
from framesmooth.setting import settings_of
from framesmooth.timeline.camera_grammar import camera_words_in, without_camera_words
from framesmooth.timeline.camera_words import camera_schedules
from framesmooth.timeline.seeds import MAX_SEED
from framesmooth.timeline.timeline import Timeline
from framesmooth.workflows.generate.cascade import plan_cascade
from framesmooth.workflows.generate.extension import Extension
from framesmooth.workflows.generate.hearing import heard_by
from framesmooth.workflows.generate.keyframes import kept_out
from framesmooth.workflows.generate.planning import strengths_of
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_from_record
from framesmooth.workflows.smooth_run import content_of_frames

_SIDE: Final = 512
"""Pixels a side that camera words take for the size of a model that doesn't tell it."""
_OWN_GROUPS: Final = ("encoding",)
"""Which an extended clip doesn't take over."""
_FREE_GROUPS: Final = ("compute", "smoothing", "look")
_FREE_KEYS: Final = ("upscale", "upscaler")
_FREE: Final = ("prompts", "output", "num_frames", "duration", "extend")


def extended_clip(
    settings: GenerateSettings, resolve: Callable[[GenerateSettings], ResolvedClip]
) -> ResolvedClip:
    """Return the clip that goes on from the run of ``--extend``; ``resolve`` is for the run itself.

    Raises:
        UsageError: a run that isn't finished or cannot be gone on with, or settings that would change it.
        ModelError: a model that cannot be loaded.
    """
    run = _run_of(settings)
    record = run.record
    if record["status"] != "complete" or not run.frames.notes().get("complete"):
        raise UsageError(f"{run.folder} isn't finished: 'framesmooth resume {run.folder}' finishes it")
    before = settings_from_record(record, run.folder)
    before = before.but(**_files_given(settings))
    merged, old = _merged(settings, before, run), resolve(before)
    _check_same(old, run, record)
    _check_extensible(old, run)
    merged = _with_length(merged, old)
    cascade, small = plan_cascade(merged, (_SIDE, _SIDE), whole_clips=old.native is not None)
    if merged.upscaling.upscale in (1, old.cascade.asked.upscaling.upscale):
        cascade = replace(cascade, scale=old.cascade.scale)
    small = small.but(width=old.settings.sampling.width, height=old.settings.sampling.height)
    drawn, count = old.timeline.num_frames, small.timeline.num_frames or 0
    if count <= drawn:
        raise UsageError(
            f"{run.folder} has {old.cascade.length(drawn)} frames already: give a larger --num-frames"
        )
    new = () if settings.prompts in ((), before.prompts) else settings.prompts
    if any(prompt.time is not None or prompt.moment for prompt in new):
        raise UsageError("prompts that a clip is extended by come evenly: leave out their frames")
    return replace(
        old,
        settings=small.but(cadence=_cadence(old, run)),
        cascade=cascade,
        timeline=_timeline(old, count, [prompt.prompt for prompt in new]),
        one_layout=True,
        feedback=None if old.feedback is None else _feedback(old.feedback, small, old, count),
        moving=None if old.moving is None else _moving(old.moving, drawn),
        extends=Extension(run, drawn, content_of_frames(run.frames, drawn)),
    )


def _run_of(settings: GenerateSettings) -> RunFolder:
    path = settings.img2img.extend
    assert path is not None  # the caller has looked
    run = RunFolder(path) if (path / RECORD_FILE).is_file() else RunFolder.beside(path)
    if not (run.folder / RECORD_FILE).is_file():
        what = "is no run" if path.exists() else "is not there"
        raise UsageError(
            f"{path} {what}: give --extend a run folder such as clip.framesmooth, or the clip beside it"
        )
    if RunFolder.beside(settings.output).folder.resolve() == run.folder.resolve():
        raise UsageError(f"{settings.output} is the clip that is extended: give another -o")
    return run


def _files_given(settings: GenerateSettings) -> dict[str, Any]:
    """Return where files of the run are now, as far as said: its record may know them by name only."""
    files = (field for field in settings_of(GenerateSettings) if field.names_file)
    given = {field.key: settings.at(field.path) for field in files if field.path[0] != "encoding"}
    plain = GenerateSettings.of(prompts=settings.prompts, output=settings.output).flat()
    return {key: value for key, value in given.items() if key not in _FREE and value != plain[key]}


def _check_same(old: ResolvedClip, run: RunFolder, record: Mapping[str, Any]) -> None:
    """Refuse to go on with another model, or with other files, than the run was drawn from.

    Raises:
        UsageError: saying what differs.
    """
    if dict(old.model_hashes) != record["model"]["sha256"]:
        raise UsageError(f"{run.folder} was drawn by another model than {old.model_name}: give its --model")
    ignored = {"versions": None, "flow_version": None}
    made_with = run.frames.notes().get("settings", {})
    changed = list(differences({**made_with, **ignored}, {**old.frames_key, **ignored}))
    if changed:
        raise UsageError(f"{run.folder} cannot be extended: {'; '.join(changed[:3])}")


def _merged(settings: GenerateSettings, before: GenerateSettings, run: RunFolder) -> GenerateSettings:
    """Return the settings of the run with those that may be others.

    Raises:
        UsageError: a setting that would change the frames that are there.
    """
    changed: dict[str, Any] = {key: settings.flat()[key] for key in ("output", "extend")}
    changed |= {key: settings.flat()[key] for key in ("num_frames", "duration")}
    changed["prompts"] = settings.prompts or before.prompts
    plain = GenerateSettings.of(prompts=before.prompts, output=settings.output)
    for field in settings_of(GenerateSettings):
        value, group = settings.at(field.path), field.path[0]
        is_given = value not in (plain.at(field.path), before.at(field.path))
        if field.key in _FREE:
            continue
        if group in _OWN_GROUPS or (is_given and (group in _FREE_GROUPS or field.key in _FREE_KEYS)):
            changed[field.key] = value
        elif is_given:
            raise UsageError(f"{field.option}: what follows {run.folder} is drawn as that was: drop it")
    return before.but(**changed)


def _with_length(merged: GenerateSettings, old: ResolvedClip) -> GenerateSettings:
    """Return the settings with a length: twice that of the run where none is given."""
    if merged.timeline.num_frames is not None:
        return merged
    return merged.but(num_frames=2 * old.cascade.length(old.timeline.num_frames))


def _check_extensible(old: ResolvedClip, run: RunFolder) -> None:
    """Refuse a clip after which nothing can come.

    Raises:
        UsageError: saying why.
    """
    settings, native = old.settings, old.native
    several = settings.seeding.seeds is not None or settings.seeding.seed_behavior != "fixed"
    hindrances = {
        "a loop has no end": settings.timeline.loop,
        "it leads to a last image": settings.img2img.last_image is not None,
        "it is as long as its --init-video": old.restyle is not None,
        "it is as long as the source of its --control": old.control is not None,
        "it travels through several seeds": several,
        f"it was drawn by {old.model_generator}, which has no way to go on": old.model_generator is not None,
        f"{old.model_name} starts from no image": native is not None
        and (native.family.travels or not native.family.leads_on),
    }
    for reason in (reason for reason, holds in hindrances.items() if holds):
        raise UsageError(f"{run.folder} cannot be extended: {reason}")


def _cadence(old: ResolvedClip, run: RunFolder) -> Any:
    """Return how far keyframes were apart: as long clips would have them further apart."""
    found = run.frames.notes().get("loaded", {}).get("cadence")
    return found if old.feedback is not None and isinstance(found, int) else old.settings.timeline.cadence


def _timeline(old: ResolvedClip, count: int, new: Sequence[str]) -> Timeline:
    """Return the timeline of ``count`` drawn frames; ``new`` prompts come evenly, the last one at its end.

    Raises:
        UsageError: new prompts where a subject moves.
    """
    timeline: Timeline = old.timeline
    drawn = timeline.num_frames
    last = timeline.keyframes[-1]
    if old.moving is not None:
        if new:
            raise UsageError(
                "what moves in it goes on as it began: leave out the prompt, or extend a clip in which "
                "nothing moves by itself"
            )
        return replace(timeline, num_frames=count)
    following = [
        replace(last, prompt=prompt, negative=kept_out(prompt, last.negative))
        for prompt in map(without_camera_words, new)
    ]
    if old.native is not None:
        parts = following or [last]
        times = [drawn + index * (count - drawn) // len(parts) for index in range(len(parts))]
        seeds = [(last.seed + drawn + index) % MAX_SEED for index in range(len(parts))]
    else:
        parts = following or [replace(last, seed=(last.seed + 1) % MAX_SEED)]
        times = [drawn - 1 + (count - drawn) * (index + 1) // len(parts) for index in range(len(parts))]
        seeds = [part.seed for part in parts]
    placed = zip(parts, times, seeds, strict=True)
    keys = [replace(part, time=time, seed=seed) for part, time, seed in placed]
    joint = [replace(last, time=drawn - 1)] if old.native is None and last.time < drawn - 1 else []
    return replace(timeline, keyframes=(*timeline.keyframes, *joint, *keys), num_frames=count)


def _moving(plan: MovingSubject, drawn: int) -> MovingSubject:
    return replace(plan, planned=plan.planned or drawn)


def _feedback(plan: Feedback, settings: GenerateSettings, old: ResolvedClip, count: int) -> Feedback:
    """Return the plan of a camera that goes on: by schedules, or by the same words once more."""
    drawn, size = old.timeline.num_frames, (old.height or _SIDE, old.width or _SIDE)
    timeline = replace(old.timeline, num_frames=count)
    asked = count, settings.timeline.rate, timeline.keyframes[0].seed, heard_by(settings, count)
    words = settings.camera.words or camera_words_in(settings.prompts[-1].prompt)
    said: dict[str, str] = {}
    if words is not None:
        said = camera_schedules(words, num_frames=count, fps=settings.timeline.rate, size=size, start=drawn)
    values = Moves(**said | settings.camera.given).values(*asked)
    strengths = strengths_of(settings, timeline, DEFAULT_STRENGTH)
    return replace(
        plan,
        moves={name: [*before, *values[name][drawn:]] for name, before in plan.moves.items()},
        strengths=[*plan.strengths, *strengths[drawn:]],
        legs=(*plan.legs, drawn),
    )
