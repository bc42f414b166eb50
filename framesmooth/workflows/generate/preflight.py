"""Checks and notices before a clip is generated, so that nothing fails after the long work."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from framesmooth.errors import MediaError, OutputExists, UsageError
from framesmooth.events import Notice
from framesmooth.frames import notices_of
from framesmooth.runs import (
    RECORD_FILE,
    RunFolder,
    content_key,
    differences,
)
from framesmooth.timeline.camera_grammar import camera_words_in
from framesmooth.timeline.expression import quoted
from framesmooth.timeline.motion_words import motion_blanked
from framesmooth.upscaling.base import check_upscaler
from framesmooth.video import has_audio, image_notices, is_folder_name
from framesmooth.video.content_credentials import check_signing
from framesmooth.video.writer import check_rate, plan_writing
from framesmooth.workflows.generate.changing_light import light_of
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_as_record, settings_from_record

HOW: Final[dict[str, Any]] = {
    "overwrite": False,
    "low_vram": False,
    "cpu_offload": False,
    "group_offload": False,
    "allow_download": False,
}
"""Settings that say how a clip is made, and not which."""
_OPTION_HINT: Final = re.compile(r" \(--[^)]*\)")
"""Advice on options that ``generate`` doesn't have."""


def with_seeds_of_stopped_run(settings: GenerateSettings, run: RunFolder) -> GenerateSettings:
    """Return the settings with the seeds that a stopped run of the same settings had drawn, if there is one.

    Raises:
        MediaError: a record that is damaged.
        UsageError: one that holds no settings.
    """
    if not settings.draws_seeds or not (run.folder / RECORD_FILE).is_file():
        return settings
    try:
        record = run.record
    except UsageError:  # of another version, whose run cannot be continued
        return settings
    if record.get("status") == "complete":
        return settings
    stopped = settings_from_record(record, run.folder)
    drawn = [key["seed"] for key in record["keyframes"]]
    if settings.seeding.seeds is not None and len(settings.seeding.seeds) != len(drawn):
        return settings
    again = settings.with_drawn(drawn)
    if settings.timeline.fps is None:  # what the model was made for is not known here
        again = again.but(fps=stopped.timeline.fps)
    asked, before = (content_key(settings_as_record(one.but(**HOW), run.folder)) for one in (again, stopped))
    return settings.with_drawn(drawn) if asked == before else settings


def check_run_folder(clip: ResolvedClip, run: RunFolder) -> None:
    """Raise OutputExists when the run folder holds the frames of another run and may not be overwritten."""
    if not clip.settings.encoding.overwrite and run.holds_other_frames(clip.frames_key):
        made_with = run.frames.notes().get("settings", {})
        changed = list(islice(differences(made_with, clip.frames_key), 3)) if made_with else []
        shown = f" ({'; '.join(changed)})" if changed else ""
        raise OutputExists(
            f"{run.folder} holds the frames of a run with other settings or versions{shown}: 'framesmooth "
            f"resume {run.folder}' resumes that one, another -o keeps both, --overwrite replaces it"
        )


def check_writing(clip: ResolvedClip) -> None:
    """Refuse early what the writer would refuse after all the work.

    Raises:
        UsageError: a codec, crf or sound that does not fit the output.
        MediaError: odd sides that the codec cannot take, or sound that isn't there.
    """
    settings, audio = clip.settings, clip.settings.encoding.audio
    if clip.cascade.scale != 1:
        check_upscaler(settings.upscaling.upscaler)
    check_rate(settings.output, clip.cascade.fps)
    settings.look.look().check()
    if settings.encoding.sign is not None:
        check_signing(settings.output, settings.encoding.sign)
    if audio is not None and not audio.is_file():
        raise MediaError(f"{audio} does not exist: check the name after --audio")
    if not is_folder_name(settings.output):
        size = clip.height or 2, clip.width or 2  # a model's own size is always even
        size = clip.cascade.size(size)
        sound = audio is not None
        plan_writing(
            settings.output,
            size,
            settings.encoding.crf,
            settings.encoding.codec,
            settings.encoding.odd,
            has_audio=sound,
        )
    elif audio is not None:
        raise UsageError(
            f"a folder of frames holds no sound: drop --audio or write a video, not {settings.output}"
        )
    if audio is not None and not has_audio(audio):
        raise MediaError(f"{audio} holds no sound: give another --audio file")


def _reading_notices(clip: ResolvedClip) -> Iterator[str]:
    """Yield what is changed or lost of the pictures and clips that the clip is made from."""
    images, prompt = clip.settings.img2img, clip.settings.conditioning.image_prompt
    for picture in (images.init_image, images.last_image, None if prompt is None else prompt.image):
        if picture is not None:
            yield from image_notices(picture)
    if clip.restyle is not None:
        yield from notices_of(clip.restyle.video)
    if clip.control is not None:
        yield from notices_of(clip.control.source)


def notices(clip: ResolvedClip, asked: GenerateSettings) -> Iterator[Notice]:
    """Yield what the user should know before the work starts, among it the seeds that were drawn."""
    from framesmooth.models.prompt_weighting_spec import plain
    from framesmooth.models.vocabulary import (
        knows_any,
        load_subjects,
        load_vocabulary,
        unknown_words,
    )

    if asked.draws_seeds:
        one = len(clip.seeds) == 1 or (asked.seeding.seeds is None and len(asked.prompts) == 1)
        listed = ",".join(str(key.seed) for key in clip.timeline.keyframes)
        yield Notice(f"seed {clip.seeds[0]}" if one else f"seeds {listed}")
    said = list(filter(None, (camera_words_in(prompt.prompt) for prompt in asked.prompts)))
    if said and clip.feedback is not None and asked.camera.words is None:
        yield Notice(f"camera, from the prompts: {'; '.join(said)} (--camera static keeps it still)")
    elif said and asked.camera.words is None:
        yield Notice(
            f"left out of the prompts, since frames follow other pictures: {'; '.join(said)}", warning=True
        )
    light = None if clip.native is not None or clip.extends is not None else light_of(asked)
    if light is not None:
        yield Notice(f"light: {light.before}, then {light.after}")
    if clip.unmoved:
        yield Notice(clip.unmoved, warning=True)
    for line in _reading_notices(clip):
        yield Notice(_OPTION_HINT.sub("", line), warning=True)
    vocabulary = load_vocabulary(clip.model_folder)
    if vocabulary is None:
        return
    seen = motion_blanked if asked.motion.motion == "auto" else str  # what moves isn't the model's work
    prompts = dict.fromkeys(plain(seen(key.prompt)) for key in clip.timeline.keyframes)
    unknown = {word.word: word for prompt in prompts for word in unknown_words(prompt, vocabulary)}
    if unknown:
        listed = ", ".join(map(str, unknown.values()))
        yield Notice(f"{clip.model_name} does not know these words: {listed}", warning=True)
    for prompt in (prompt for prompt in prompts if prompt and not knows_any(prompt, vocabulary)):
        told = f"{clip.model_name} knows no word of {quoted(prompt)}: what it shows has nothing to do with it"
        yield Notice(told, warning=True)
    subjects = load_subjects(clip.model_folder)
    for prompt in prompts:
        named = [] if subjects is None else subjects.too_many(prompt)
        if named:
            told = f"{clip.model_name} shows one subject a picture, and {quoted(prompt)} asks for"
            yield Notice(f"{told} {' and '.join(named)}", warning=True)
