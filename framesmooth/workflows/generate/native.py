"""Clips of video pipelines: which settings are for them, their prompts in time, and what they start from."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from framesmooth import defaults
from framesmooth.errors import UsageError
from framesmooth.generation.native_video_spec import NativeVideo
from framesmooth.generation.specs import DEFAULT_COLOR_ANCHOR, DEFAULT_NOISE_RENEWAL, Restyle
from framesmooth.generation.video_segments import segments_of
from framesmooth.models.video_families.base import NAMES, Chance, Start, VideoFamily
from framesmooth.setting import SettingField, settings_of
from framesmooth.timeline.prompts import TimedPrompt, place_prompts
from framesmooth.timeline.timeline import Keyframe, Timeline
from framesmooth.workflows.generate.keyframes import avoided_by, keyframes_of
from framesmooth.workflows.generate.planning import read_option_image
from framesmooth.workflows.generate.settings import GenerateSettings

_STEP: Final = 1.0 - 1e-9
"""The hold of a timeline whose prompts change from one frame to the next."""
_TRIED: Final = 600
"""Lengths of a clip that are tried for one that ends with an image."""


def check_video_settings(settings: GenerateSettings, family: VideoFamily | None, name: str) -> None:
    """Refuse what a model doesn't do: of a video pipeline, or with ``family`` None of another one.

    Raises:
        UsageError: naming the first setting to drop.
    """
    if family is None:
        _refuse(_video_options(settings), f"{name} generates single images: this is for video models")
        return
    what = f"{name}, a {family.title} model, generates whole clips"
    _refuse(_image_options(settings), what)
    animates = {
        "--free-init": settings.video.free_init > 0 and not family.refines_noise,
        "--context-length": settings.video.context_length is not None and not family.travels,
        "--motion-bucket": settings.video.motion_bucket is not None and family.reads_prompts,
        "--guidance-scale-2": settings.video.guidance_scale_2 is not None and not family.has_second,
        "--true-cfg-scale": settings.sampling.true_cfg_scale != 1 and not family.true_guidance,
        "--temperature": settings.video.temperature is not None and not family.draws_codes,
        "--top-k": settings.video.top_k is not None and not family.draws_codes,
        "--top-p": settings.video.top_p is not None and not family.draws_codes,
        **_unused(settings, family),
    }
    _refuse(animates, f"{name} is a {family.title} model, which has no such thing")


def _refuse(asked: Mapping[str, bool], why: str) -> None:
    for option in (option for option, given in asked.items() if given):
        raise UsageError(f"{option}: {why}: drop it")


def _video_options(settings: GenerateSettings) -> dict[str, bool]:
    """Return the options that are for video models alone, and whether they are given."""
    video = settings.video
    return {
        field.option: getattr(video, field.path[-1]) != field.default
        for field in settings_of(type(video))
        if field.key != "motion_adapter"
    }


def _image_options(settings: GenerateSettings) -> dict[str, bool]:
    """Return the options that are for models of single images alone, and whether they are given."""
    timeline, sampling, camera = settings.timeline, settings.sampling, settings.camera
    given, seeding = settings.conditioning, settings.seeding
    return {
        "a camera": camera.moves is not None or camera.depth_model is not None,
        "--color-anchor": camera.color_anchor != DEFAULT_COLOR_ANCHOR,
        "--noise-renewal": camera.noise_renewal != DEFAULT_NOISE_RENEWAL,
        "--control": given.control is not None,
        "--ip-adapter": given.ip_adapter is not None,
        "--cadence": timeline.cadence is not None,
        "--pacing": timeline.pacing is not None,
        "--inbetween": timeline.inbetween != defaults.INBETWEEN,
        "--easing": timeline.easing != "linear",
        "--hold": timeline.hold != 0,
        "--loop": timeline.loop,
        "--motion-speed": settings.motion.motion_speed != 1,
        "--drift": seeding.drift != type(seeding)().drift,
        "--seed-schedule": seeding.seed_schedule is not None,
        "--guidance-end": sampling.guidance_end not in (None, 1),
        "--cross-frame-attention": sampling.cross_frame_attention,
        "--compile": settings.compute.compiled,
        "--batch-size": settings.compute.batch_size is not None,
    }


def _unused(settings: GenerateSettings, family: VideoFamily) -> dict[str, bool]:
    """Return the options that a family has no use for, and whether they are given."""
    fields = (field for field in settings_of(type(settings)) if field.key in family.unused)
    return {_spelled(field): settings.at(field.path) != field.default for field in fields}


def _spelled(field: SettingField) -> str:
    """Return the option of a setting as its key is spelled, where there is such an option."""
    own = f"--{field.key.replace('_', '-')}"
    return own if own in field.options else field.option


def start_of(settings: GenerateSettings, family: VideoFamily, name: str) -> Start:
    """Return what a clip starts from.

    Raises:
        UsageError: something that the family doesn't start from, or nothing where it needs an image.
    """
    images = settings.img2img
    others = {"--init-image": images.init_image, "--last-image": images.last_image}
    for option, image in others.items():
        if image is not None and images.init_video is not None:
            raise UsageError(f"--init-video cannot be combined with {option}: drop one of them")
    named = "--init-video" if images.init_video is not None else None
    start: Start = "text" if named is None else "video"
    if named is None:
        named = next((option for option, image in others.items() if image is not None), None)
        start = "text" if named is None else "image"
    kind = f"{name}, a {family.title} model, starts from {family.starts}"
    if start not in family.pipelines:
        mend = "add --init-image FILE" if named is None else f"drop {named}"
        raise UsageError(f"{kind}, not from {NAMES[start]}: {mend}")
    if images.last_image is not None and not family.takes_last:
        raise UsageError(f"{kind} and takes no image for the end: drop --last-image")
    if images.last_image is not None and images.init_image is None and not family.takes_last_alone:
        raise UsageError(f"{kind}: add --init-image FILE, which --last-image needs here")
    if images.strength is not None and start != "video":
        raise UsageError(f"--strength is for --init-video here, as {kind}: drop it")
    return start


def segment_timeline(settings: GenerateSettings, family: VideoFamily) -> Timeline:
    """Return the prompts of a clip in time: each shown from its frame on, or travelled between.

    Without --num-frames each prompt has as many frames as the family generates unless asked.

    Raises:
        UsageError: seeds or times that don't fit the prompts.
    """
    prompts, frames = _seeded(settings), settings.timeline.num_frames
    latest = max((prompt.time for prompt in prompts if prompt.time is not None), default=0)
    if frames is None:
        frames = max(family.default_frames * len(prompts), latest + family.default_frames if latest else 0)
    times = place_prompts(prompts, frames, loop=not family.travels)
    avoided = avoided_by(settings, prompts)
    keyframes = tuple(
        Keyframe(time, prompt.prompt, prompt.seed or 0, negative)
        for time, prompt, negative in zip(times, prompts, avoided, strict=True)
    )
    return Timeline(keyframes, frames, hold=0.0 if family.travels else _STEP)


def _seeded(settings: GenerateSettings) -> tuple[TimedPrompt, ...]:
    """Return the prompts with their seeds; a single one stands once, and not at both ends of the clip."""
    if settings.seeding.seeds is not None or len(settings.prompts) > 1:
        return keyframes_of(settings)
    return keyframes_of(settings.but(num_frames=1))


def plan_native(
    settings: GenerateSettings,
    timeline: Timeline,
    family: VideoFamily,
    start: Start,
    restyle: Restyle | None,
) -> NativeVideo:
    """Read the images of a clip, and check that its length fits them.

    Raises:
        UsageError: a length after which the last image would be cut off, or a strength that changes.
        MediaError: an image that cannot be read.
    """
    images, video = settings.img2img, settings.video
    if restyle is not None and (len(set(restyle.strengths)) > 1 or restyle.strengths[0] == 0):
        raise UsageError("--strength of a video model is one number above 0 for the whole clip: give one")
    plan = NativeVideo(
        family=family,
        start=start,
        first=None if images.init_image is None else read_option_image(images.init_image, "--init-image"),
        last=None if images.last_image is None else read_option_image(images.last_image, "--last-image"),
        restyle=restyle,
        free_init=video.free_init,
        guidance_scale_2=video.guidance_scale_2,
        context=video.context_length,
        motion_bucket=video.motion_bucket,
        chance=Chance(temperature=video.temperature, top_k=video.top_k, top_p=video.top_p),
    )
    if plan.last is not None and not _fits(timeline, family, start):
        lengths = (timeline.num_frames + more for more in range(1, _TRIED))
        fitting = next((n for n in lengths if _fits(_as_long(timeline, n), family, start)), None)
        advice = f"give --num-frames {fitting}" if fitting else "give another --num-frames"
        raise UsageError(
            f"--last-image would be cut off: a {family.title} model generates {family.frame_rule} frames, "
            f"not {timeline.num_frames}: {advice}"
        )
    return plan


def _fits(timeline: Timeline, family: VideoFamily, start: Start) -> bool:
    """Tell whether the last frame of the clip is the last one that is generated."""
    last = segments_of(timeline, family, start)[-1]
    return family.frame_rule.up(last.generated) == last.generated


def _as_long(timeline: Timeline, frames: int) -> Timeline:
    return replace(timeline, num_frames=frames)


def defaults_of(family: VideoFamily) -> dict[str, Any]:
    """Return what a family's models ask for, as the notes of a model would."""
    return {"steps": family.steps, "guidance_scale": family.guidance_scale}
