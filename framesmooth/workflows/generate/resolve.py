"""The settings of one clip resolved: what the user left open is decided.

``resolve`` chooses seeds, times and the model's defaults without loading the model.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesmooth.errors import ModelError, UsageError, require_packages
from framesmooth.frames import FrameSource
from framesmooth.generation.control_frames import ControlFrames, plan_control
from framesmooth.generation.specs import Restyle
from framesmooth.models.checkpoints import is_checkpoint, locate_model, notes_of, weight_hashes
from framesmooth.models.prompt_weighting_spec import parse_weights
from framesmooth.models.video_families import VideoFamily, video_family
from framesmooth.models.video_families.base import Start
from framesmooth.registry import names
from framesmooth.runs import content_of
from framesmooth.timeline.timeline import Timeline
from framesmooth.workflows.generate.cascade import frames_apart, plan_cascade
from framesmooth.workflows.generate.changing_light import with_both_lights
from framesmooth.workflows.generate.extend import extended_clip
from framesmooth.workflows.generate.hearing import heard_by, in_time
from framesmooth.workflows.generate.keyframes import avoiding, keyframes_of, timeline_of
from framesmooth.workflows.generate.model_extensions import find_extensions
from framesmooth.workflows.generate.native import (
    check_video_settings,
    plan_native,
    segment_timeline,
    start_of,
)
from framesmooth.workflows.generate.planning import (
    open_video,
    plan_feedback,
    plan_first_last_images,
    plan_motion,
    plan_restyle,
    stands_still,
    without_motion_words,
)
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.sampling_defaults import SamplingDefaults
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.validation import check_settings


@dataclass(frozen=True)
class _Plans:
    """What frames start from besides noise.

    Attributes:
        timeline: of the prompts that pictures are drawn from.
        fields: of ``ResolvedClip``.
        still: whether nothing moves from frame to frame, so that the noise doesn't either.
    """

    timeline: Timeline
    fields: dict[str, Any]
    still: bool

    @property
    def chained(self) -> bool:
        """Whether each frame is generated from the one before, and wears out with less guidance."""
        feedback = self.fields.get("feedback")
        return feedback is not None and feedback.generator == "camera-feedback"


def resolve(settings: GenerateSettings) -> ResolvedClip:
    """Decide what ``settings`` leaves open; finds and hashes the model but doesn't load it.

    Raises:
        UsageError: settings that contradict each other.
        ModelError: a model that cannot be loaded.
    """
    if settings.img2img.extend is not None:
        return extended_clip(settings, resolve)
    check_settings(settings)
    require_packages("generating")
    folder = _locate(settings)
    family = video_family(folder, settings.video.motion_adapter)
    check_video_settings(settings, family, folder.name)
    settings = _with_rate(settings, family)
    defaults = SamplingDefaults.of(folder, family)
    cascade, settings = plan_cascade(settings, defaults.size, whole_clips=family is not None)
    start = None if family is None else start_of(settings, family, folder.name)
    video = open_video(settings)
    timed = _timed(settings, video, family)
    timeline = timeline_of(timed, keyframes_of(timed)) if family is None else segment_timeline(timed, family)
    added = find_extensions(settings, folder)
    _check_weights(timeline)
    defaults = defaults.with_preset(settings, folder)
    timeline = _avoiding(settings, timeline, defaults)
    notes = notes_of(folder)
    if family is None or start is None:
        of_model = "generator" in notes
        plans = _plan_images(settings, timed, timeline, video, defaults, moves=not of_model)
    else:
        plans = _plan_video(settings, timeline, video, family, start)
    one_layout = _is_one_picture(timed)
    checkpoint = settings.model_path if is_checkpoint(settings.model.name) else None
    resolved = ResolvedClip(
        settings=settings,
        cascade=cascade,
        timeline=plans.timeline,
        drift=_drift(settings, still=plans.still) if one_layout else 1.0,
        one_layout=one_layout,
        model_folder=folder,
        model_hashes=weight_hashes(folder, checkpoint) | added.hashes,
        added=added,
        steps=defaults.steps(settings),
        guidance_scale=defaults.guidance_scale(settings),
        guidance_end=defaults.guidance_end(settings, chained=plans.chained),
        width=defaults.side(settings, "width"),
        height=defaults.side(settings, "height"),
        **plans.fields,
        control=_control(settings, plans.timeline),
        model_generator=notes.get("generator"),
    )
    _check_generator(resolved)
    return resolved


def _locate(settings: GenerateSettings) -> Path:
    model = settings.model
    return locate_model(model.name, config=model.config, allow_download=model.allow_download)


def _with_rate(settings: GenerateSettings, family: VideoFamily | None) -> GenerateSettings:
    """Return the settings with a frame rate, that of the drawn frames as the model is made for it."""
    if settings.timeline.fps is not None:
        return settings
    rate = settings.timeline.rate if family is None else family.fps
    return settings.but(fps=rate * frames_apart(settings))


def _timed(
    settings: GenerateSettings, video: FrameSource | None, family: VideoFamily | None
) -> GenerateSettings:
    """Return the settings with the clip's length as far as it is known, and every prompt in its place."""
    num_frames = settings.timeline.num_frames or (None if video is None else video.num_frames)
    timed = in_time(settings.but(num_frames=num_frames))
    return timed if family is not None else with_both_lights(timed)


def _check_weights(timeline: Timeline) -> None:
    """Refuse weights in prompts that cannot be read."""
    for key in timeline.keyframes:
        parse_weights(key.prompt), parse_weights(key.negative)


def _avoiding(settings: GenerateSettings, timeline: Timeline, defaults: SamplingDefaults) -> Timeline:
    """Return the timeline with what the model asks to keep out, where guidance can and nobody says else."""
    if settings.sampling.negative_prompt is None and defaults.guidance_scale(settings) > 1:
        return avoiding(timeline, defaults.negative_prompt)
    return timeline


def _plan_images(
    settings: GenerateSettings,
    timed: GenerateSettings,
    timeline: Timeline,
    video: FrameSource | None,
    defaults: SamplingDefaults,
    *,
    moves: bool,
) -> _Plans:
    """Return what single images start from; ``moves`` tells whether the model's subjects can be moved."""
    moving, unmoved = plan_motion(settings, timeline) if moves else (None, "")
    still = stands_still(settings, timeline)
    if moving is not None or still:
        timeline = without_motion_words(timeline, moving)
    ends = plan_first_last_images(timed, timeline)
    size = defaults.camera_size(settings)
    fields = {
        "ends": ends,
        "feedback": plan_feedback(timed, timeline, defaults.feedback_guidance, size),
        "restyle": _restyle(timed, timeline, video),
        "moving": moving,
        "unmoved": unmoved,
    }
    return _Plans(timeline, fields, still or any((ends, moving)))


def _plan_video(
    settings: GenerateSettings,
    timeline: Timeline,
    video: FrameSource | None,
    family: VideoFamily,
    start: Start,
) -> _Plans:
    """Return what a video pipeline starts from."""
    restyle = _restyle(settings, timeline, video)
    native = plan_native(settings, timeline, family, start, restyle)
    return _Plans(timeline, {"restyle": restyle, "native": native}, still=False)


def _restyle(settings: GenerateSettings, timeline: Timeline, video: FrameSource | None) -> Restyle | None:
    path = settings.img2img.init_video
    if video is None or path is None:
        return None
    return plan_restyle(settings, timeline, video, content_of(path))


def _is_one_picture(settings: GenerateSettings) -> bool:
    """Tell whether all frames have one prompt and one seed."""
    seeding = settings.seeding
    return (len(settings.prompts), seeding.seeds, seeding.seed_behavior) == (1, None, "fixed")


def _drift(settings: GenerateSettings, *, still: bool) -> float:
    """Return how far the noise of a clip of one picture travels."""
    if still:
        return 0.0
    if settings.seeding.drift is not None:
        return settings.seeding.drift
    return 1.0 if settings.walks and settings.timeline.structure_guidance else 0.5


def _control(settings: GenerateSettings, timeline: Timeline) -> ControlFrames | None:
    """Return the pictures that lead a control network, None without one."""
    asked = settings.conditioning.controlnet
    if asked is None:
        return None
    content, heard = content_of(asked.source), heard_by(settings, timeline.num_frames)
    return plan_control(asked, settings.timeline.rate, timeline, content, heard)


def _check_generator(clip: ResolvedClip) -> None:
    """Refuse a model whose generator isn't installed, or that cannot start from images."""
    name = clip.model_generator
    if name is None:
        return
    if name not in names("generator"):
        raise ModelError(
            f"{clip.model_name} needs the generator {name!r}, which isn't installed: install its package"
        )
    if clip.plan is not None:
        raise UsageError(
            f"{clip.model_name} generates its frames by {name}: drop the camera, --strength, --init-image, "
            "--last-image and --init-video"
        )
