"""From settings to the specification of a generator: schedules per frame, images read and checked."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import Frame, FrameSource
from framesmooth.generation.specs import (
    DEFAULT_COLOR_ANCHOR,
    DEFAULT_ENDS_STRENGTH,
    DEFAULT_NOISE_RENEWAL,
    DEFAULT_STRENGTH,
    DEFAULT_VIDEO_STRENGTH,
    Feedback,
    FirstLastImages,
    MovingSubject,
    Restyle,
)
from framesmooth.motion.camera.moves import Moves
from framesmooth.timeline.ambient_words import Ambient, implied_ambient, stays_unmoved, told_ambient
from framesmooth.timeline.motion_words import at_rest, is_still, read_motion, same_thing, without_stillness
from framesmooth.timeline.schedule_values import values_of
from framesmooth.timeline.timeline import Timeline
from framesmooth.video import open_source, read_image
from framesmooth.video.listing import is_series
from framesmooth.workflows.generate.camera import camera_moves
from framesmooth.workflows.generate.hearing import heard_by

if TYPE_CHECKING:
    from framesmooth.workflows.generate.settings import GenerateSettings


def plan_feedback(
    settings: "GenerateSettings",
    timeline: Timeline,
    guidance_scale: float | None = None,
    size: tuple[int, int] = (512, 512),
) -> Feedback | None:
    """Work out the schedules of ``settings``, and read the image it begins with; None if not wanted.

    ``guidance_scale`` is the model's default for frames generated from others; the user's own goes before.
    ``size`` is (height, width) of the frames that the camera moves over.

    Raises:
        UsageError: a schedule that cannot be read or leaves its range, or a setting that doesn't go with it.
        MediaError: a picture that cannot be read.
    """
    if settings.camera.depth_model is not None and not (has_camera(settings) or settings.prompts_move):
        raise UsageError(
            "--depth-model is for a camera: add --translate-z, --pan-x or another move, or drop it"
        )
    if not settings.feeds_back:
        unused = {
            "--color-anchor": settings.camera.color_anchor != DEFAULT_COLOR_ANCHOR,
            "--noise-renewal": settings.camera.noise_renewal != DEFAULT_NOISE_RENEWAL,
        }
        for option in (option for option, asked in unused.items() if asked):
            led = settings.img2img.init_video is not None or settings.img2img.last_image is not None
            mend = "drop it" if led else "add --strength or a camera"
            raise UsageError(f"{option} needs frames that are generated from each other: {mend}")
        return None
    check_one_noise(settings, timeline)
    num_frames = timeline.num_frames
    asked = num_frames, settings.timeline.rate, timeline.keyframes[0].seed, heard_by(settings, num_frames)
    moves, still = asdict(camera_moves(settings, num_frames, size)), asdict(Moves())
    moved = {*settings.camera.given, *(name for name in moves if moves[name] != still[name])}
    return Feedback(
        moves=Moves(**moves).values(*asked),
        strengths=strengths_of(settings, timeline, DEFAULT_STRENGTH),
        color_anchor=settings.camera.color_anchor,
        guidance_scale=guidance_scale if settings.sampling.guidance_scale is None else None,
        noise_renewal=settings.camera.noise_renewal,
        cadence=None if settings.timeline.cadence == "auto" else settings.timeline.cadence,
        depth_model=settings.camera.depth_model,
        anchored=is_anchored(settings, moved),
        first=None
        if settings.img2img.init_image is None
        else read_option_image(settings.img2img.init_image, "--init-image"),
    )


def has_camera(settings: "GenerateSettings") -> bool:
    """Tell whether options ask for a camera that moves."""
    return settings.camera.moves is not None or settings.camera.words_move


def is_anchored(settings: "GenerateSettings", moved: Collection[str] | None = None) -> bool:
    """Tell whether a camera keeps what was seen: as asked, else where it can and nothing else is asked for.

    ``moved`` are the names of its moves; None is those that have schedules.

    Raises:
        UsageError: asked for where it cannot.
    """
    camera, asked = settings.camera, settings.camera.camera_anchor
    moved = camera.given if moved is None else moved
    if not moved:
        if asked == "on":
            raise UsageError(
                "--camera-anchor on is for a camera: add --zoom, --pan-x or another move, or drop it"
            )
        return False
    cannot = {
        "--loop": settings.timeline.loop,
        "--depth-model": camera.depth_model is not None,
        "--control": settings.conditioning.control is not None,
        "--rotate-3d-x": "rotate_3d_x" in moved,
        "--rotate-3d-y": "rotate_3d_y" in moved,
    }
    hindrance = next((option for option, given in cannot.items() if given), None)
    if asked == "on" and hindrance is not None:
        raise UsageError(f"--camera-anchor on cannot be combined with {hindrance}: drop one of them")
    if asked != "auto":
        return asked == "on"
    chained = settings.img2img.strength is not None or camera.noise_renewal != DEFAULT_NOISE_RENEWAL
    return hindrance is None and not chained


def check_one_noise(settings: "GenerateSettings", timeline: Timeline) -> None:
    """Refuse settings that travel through noise, or choose how in-betweens are made.

    Raises:
        UsageError: naming the first of them.
    """
    if settings.seeding.seeds is not None:
        raise UsageError("--seeds travels through noise, and these frames need one seed: give one --seed")
    if settings.seeding.seed_behavior != "fixed" or settings.seeding.seed_schedule is not None:
        raise UsageError(
            "--seed-behavior and --seed-schedule change the noise, and these frames need one seed: drop them"
        )
    if len(settings.prompts) > 1 and len({key.seed for key in timeline.keyframes}) > 1:
        raise UsageError(
            "prompts with seeds of their own cannot be combined with a camera, --init-image or --init-video: "
            "drop the seeds"
        )
    if settings.timeline.inbetween != "latent":
        raise UsageError("frames between keyframes follow a known motion here: drop --inbetween")


def strengths_of(settings: "GenerateSettings", timeline: Timeline, default: str) -> list[float]:
    """Return the share of the steps that denoise each frame.

    Raises:
        UsageError: a schedule that cannot be read or leaves 0 to 1.
    """
    num_frames = timeline.num_frames
    asked = num_frames, settings.timeline.rate, timeline.keyframes[0].seed, heard_by(settings, num_frames)
    strengths = values_of("--strength", settings.img2img.strength or default, *asked)
    for frame, strength in enumerate(strengths):
        if not 0 <= strength <= 1:
            raise UsageError(
                f"--strength: {strength:g} at frame {frame} is outside 0 to 1: "
                "0 keeps the image, 1 generates a new one"
            )
    return strengths


_NAMES: Final = {"water": "the water", "clouds": "the sky", "smoke": "the smoke", "fire": "the fire"}
"""What moves in the picture itself, in words."""


def stands_still(settings: "GenerateSettings", timeline: Timeline) -> bool:
    """Tell whether every prompt asks for a picture in which nothing moves."""
    return settings.motion.motion == "auto" and all(is_still(key.prompt) for key in timeline.keyframes)


def plan_motion(settings: "GenerateSettings", timeline: Timeline) -> tuple[MovingSubject | None, str]:
    """Read from the prompts how their subject moves.

    A subject moves where all prompts name the same one, all frames share one seed, and nothing else leads
    them.

    Returns:
        The motion, None where nothing moves; and what stays still though a prompt says it moves,
        and why, else "".
    """
    prompts = [key.prompt for key in timeline.keyframes]
    motions = [read_motion(prompt) for prompt in prompts]
    told = next((motion.subject for motion in motions if motion is not None), None)
    around = _around(prompts, implied=told is not None)
    if settings.motion.motion == "off":
        return None, ""
    if told is None and not around:
        return None, _unmoved(prompts)
    moves = told or _NAMES[around[0].kind]
    if not settings.walks or settings.sampling.cross_frame_attention:
        other = "a camera, an image, a video, a control or --cross-frame-attention leads the frames"
        return None, f"{moves} stays where it is: {other}"
    fixed = settings.seeding.seeds is None and settings.seeding.seed_behavior == "fixed"
    if not fixed or len({prompt.seed for prompt in settings.prompts}) > 1:
        return None, f"{moves} stays where it is: it moves only in a clip of one seed"
    subjects = [motion or at_rest(prompt) for motion, prompt in zip(motions, prompts, strict=True)]
    names = [one.subject if one else "nothing" for one in subjects]
    if not all(same_thing(told or names[0], name) for name in names):
        listed = " and ".join(dict.fromkeys(names))
        return None, f"nothing moves, as the prompts name different subjects: {listed}"
    cadence = settings.timeline.cadence
    plan = MovingSubject(
        motions=tuple(subjects),
        around=around,
        speed=settings.motion.motion_speed,
        cadence=cadence if isinstance(cadence, int) else None,
    )
    return plan, _unmoved(prompts)


def _unmoved(prompts: Sequence[str]) -> str:
    """Return in words what prompts tell to move that can't, such as leaves; "" where there is nothing."""
    why = "only subjects, water, clouds, weather, smoke and flames move by themselves"
    return next((f"{clause!r} shows no motion: {why}" for clause in stays_unmoved(prompts)), "")


def _around(prompts: Sequence[str], *, implied: bool) -> tuple[Ambient, ...]:
    """Return what moves by itself in the picture, each kind once; beside what moves, water is implied."""
    read = implied_ambient if implied else told_ambient
    found: dict[str, Ambient] = {}
    for one in (one for prompt in prompts for one in read(prompt) if one.kind in _NAMES):
        found.setdefault(one.kind, one)
    return tuple(found.values())


def without_motion_words(timeline: Timeline, plan: MovingSubject | None) -> Timeline:
    """Return the timeline with the prompts that a picture at one moment is drawn from."""
    if plan is None:
        keys = [replace(key, prompt=without_stillness(key.prompt)) for key in timeline.keyframes]
        return replace(timeline, keyframes=tuple(keys))
    told = zip(timeline.keyframes, plan.motions, strict=True)
    return replace(
        timeline, keyframes=tuple(replace(key, prompt=m.plain if m else key.prompt) for key, m in told)
    )


def read_option_image(path: Path, option: str) -> Frame:
    """Return the image in the file that ``option`` names.

    Raises:
        MediaError: none that can be read.
    """
    if not path.is_file():
        what = "is not a file" if path.exists() else "does not exist"
        raise MediaError(f"{path} {what}: check the name after {option}")
    return read_image(path)


def plan_first_last_images(settings: "GenerateSettings", timeline: Timeline) -> FirstLastImages | None:
    """Read the first and last image of a clip, and work out how strongly frames between are denoised.

    Returns None where no last image is given.

    Raises:
        UsageError: a schedule that cannot be read or leaves its range, or a setting that doesn't go with it.
        MediaError: a picture that cannot be read.
    """
    if settings.img2img.last_image is None:
        return None
    for name, asked in (("a camera", has_camera(settings)), ("--loop", settings.timeline.loop)):
        if asked:
            raise UsageError(f"--last-image cannot be combined with {name}: drop it or {name}")
    if timeline.num_frames < 2:
        raise UsageError("--last-image needs two frames or more: give a larger --num-frames")
    departure, arrival = (
        (0, timeline.num_frames - 1) if settings.conditioning.controlnet else way_of(timeline)
    )
    if arrival == 0:
        raise UsageError(
            "with one value in --seeds the clip never changes, so it cannot end with --last-image: use --seed"
        )
    return FirstLastImages(
        first=None
        if settings.img2img.init_image is None
        else read_option_image(settings.img2img.init_image, "--init-image"),
        last=read_option_image(settings.img2img.last_image, "--last-image"),
        strengths=strengths_of(settings, timeline, DEFAULT_ENDS_STRENGTH),
        departure=departure,
        arrival=arrival,
    )


def way_of(timeline: Timeline) -> tuple[int, int]:
    """Return the last frame that shows what the first does, and the first that shows what the last does."""
    where = [start + mix for start, _, mix in map(timeline.at, range(timeline.num_frames))]
    return bisect_right(where, where[0]) - 1, where.index(where[-1])


def open_video(settings: "GenerateSettings") -> FrameSource | None:
    """Return the video to restyle at the clip's rate, None where there is none.

    Raises:
        MediaError: none that can be read.
        UsageError: the clip itself, or a video of another length than asked.
    """
    path = settings.img2img.init_video
    if path is None:
        return None
    if not path.exists() and not is_series(path):
        raise MediaError(f"{path} does not exist: check the name after --init-video")
    if settings.output.exists() and settings.output.resolve() == path.resolve():
        raise UsageError(f"{path} is the video to restyle itself: give another -o")
    video = open_source(path, fps=settings.timeline.rate)
    length, asked = video.num_frames or 0, settings.timeline.num_frames
    if asked is not None and asked > length:
        rate = f"{float(settings.timeline.rate):g} a second"
        raise UsageError(f"--num-frames {asked}: {path} has {length} frames at {rate}: ask for no more")
    return video


def plan_restyle(
    settings: "GenerateSettings", timeline: Timeline, video: FrameSource, content: str
) -> Restyle:
    """Work out the schedules of ``settings`` for a ``video`` with this ``content`` (SHA-256).

    Raises:
        UsageError: a schedule that cannot be read or leaves its range, or a setting that doesn't go with it.
    """
    others = {
        "a camera": has_camera(settings) or None,
        "--init-image": settings.img2img.init_image,
        "--last-image": settings.img2img.last_image,
        "--loop": settings.timeline.loop or None,
    }
    for name, asked in others.items():
        if asked is not None:
            raise UsageError(f"--init-video cannot be combined with {name}: drop it or {name}")
    check_one_noise(settings, timeline)
    return Restyle(
        video=video,
        content=content,
        strengths=strengths_of(settings, timeline, DEFAULT_VIDEO_STRENGTH),
        cadence=None if settings.timeline.cadence == "auto" else settings.timeline.cadence,
    )
