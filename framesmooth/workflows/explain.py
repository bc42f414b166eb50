"""Which word of a prompt generated what, where and when."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import numpy as np

from framesmooth.errors import UsageError, require_packages
from framesmooth.events import Notice, frame_stage, stage
from framesmooth.frames import Frame
from framesmooth.reports.word_clip import strongest, word_frames
from framesmooth.reports.word_sheet import word_sheet
from framesmooth.reports.words_page import words_page
from framesmooth.runs import RECORD_FILE, RunFolder
from framesmooth.runs.open_clip import open_clip
from framesmooth.video import open_sink, write_png, write_text
from framesmooth.video.atomic import ANIMATION_SUFFIXES, VIDEO_SUFFIXES
from framesmooth.workflows.generate.load import load_model, sampling_of
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_from_record
from framesmooth.workflows.outputs import check_files
from framesmooth.workflows.settings.explain import ExplainSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow

if TYPE_CHECKING:
    from framesmooth.generation.word_maps import WordMaps

MOST_WORDS: Final = 40


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Which word generated what.

    Attributes:
        maps: where and when each word drew.
        images: the frames that were looked at, uint8 (H, W, 3).
        unread: per prompt the words at its end that the text encoder has no room for, "" if it reads all.
        unknown: words that the model's vocabulary does not hold, if it has one.
        notices: what the user should know.
    """

    maps: "WordMaps"
    images: tuple[Frame, ...]
    unread: tuple[str, ...]
    unknown: tuple[str, ...]
    notices: tuple[Notice, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON: each word's effect in each frame, and where the middle of it is."""
        effects = self.maps.effects
        words = [
            {
                "word": word,
                "effect": [round(float(one), 4) for one in effects[index]],
                "middle": [_middle(self.maps.heat(index, time)) for time in range(len(self.maps.times))],
            }
            for index, word in enumerate(self.maps.words)
        ]
        return {
            "frames": list(self.maps.times),
            "words": words,
            "without_effect": list(self.maps.without_effect),
            "unread": [text for text in self.unread if text],
            "unknown": list(self.unknown),
        }


def _middle(heat: np.ndarray) -> list[float]:
    """Return the middle of a map (across, down), as shares of its width and height."""
    total = max(float(heat.sum()), 1e-9)
    down, across = (float((heat.sum(axis=1 - axis) * np.arange(heat.shape[axis])).sum()) for axis in (0, 1))
    return [round((across / total + 0.5) / heat.shape[1], 3), round((down / total + 0.5) / heat.shape[0], 3)]


@workflow(ExplainSettings)
def explain(settings: ExplainSettings) -> Explanation:
    """Find out which word of a prompt generated what: each is left out in turn, and the change is due to it.

    The arguments are those of :class:`ExplainSettings`. A word costs five denoising steps for each frame.

    Raises:
        UsageError: a prompt without words, or more of them than can be told apart.
        ModelError: a model that cannot be loaded.
        MediaError: a run folder that cannot be read.

    Example:
        >>> import framesmooth as fs
        >>> told = fs.explain("a red boat on the sea", steps=2, width=64, height=64)
        >>> told.maps.words
        ('red', 'boat', 'sea')
    """
    require_packages("explaining a prompt")
    outputs = settings.output, settings.html_file
    check_files((), outputs, overwrite=settings.overwrite)
    if _is_clip(settings.output) and not _is_run(Path(settings.what)):
        raise UsageError(f"a prompt is one picture: write -o {settings.output.stem}.png, or give a run")
    emit = NoticeCollector(settings.on_event)
    clip, images, times = _pictures(settings)
    words = _words(clip)
    from framesmooth.generation.word_maps import Explainer

    with stage(emit, "load model"):
        explainer = Explainer.of(load_model(clip), clip.timeline, sampling_of(clip))
    with stage(emit, "explain", len(words) * len(times), "maps") as advance:
        images = images or (explainer.draw(),)
        maps = explainer.maps(words, dict(zip(times, images, strict=True)), advance)
    told = Explanation(
        maps=maps,
        images=images,
        unread=tuple(explainer.path.model.cut_off(key.prompt) for key in clip.timeline.keyframes),
        unknown=_unknown(clip),
        notices=emit.notices,
    )
    if _is_clip(settings.output):
        _write_clip(told, Path(settings.what), settings.output, emit, overwrite=settings.overwrite)
    elif settings.output is not None:
        write_png(settings.output, word_sheet(maps.words, maps.times, images, _overlays(told)))
    if settings.html_file is not None:
        prompts = list(dict.fromkeys(key.prompt for key in clip.timeline.keyframes))
        write_text(settings.html_file, words_page(prompts, images, _overlays(told), told.as_dict()))
    return told


def _is_clip(output: Path | None) -> TypeGuard[Path]:
    return output is not None and output.suffix.lower() in (*VIDEO_SUFFIXES, *ANIMATION_SUFFIXES)


def _write_clip(
    told: Explanation, run: Path, output: Path, emit: NoticeCollector, *, overwrite: bool
) -> None:
    """Write the clip of a run with the maps of its strongest words beside it."""
    source, maps = open_clip(run), told.maps
    shown = strongest(maps.words, maps.effects)
    if len(shown) < len(maps.words):
        left = ", ".join(word for index, word in enumerate(maps.words) if index not in shown)
        emit(Notice(f"{output.name} shows the {len(shown)} strongest words, not: {left}"))
    heats = np.stack([[maps.heat(word, time) for time in range(len(maps.times))] for word in shown])
    words, effects = [maps.words[word] for word in shown], maps.effects[shown]
    frames = word_frames(source, words, maps.times, heats, effects)
    first = next(frames)
    height, width = first.shape[:2]
    opened = open_sink(output, fps=source.fps, size=(height, width), overwrite=overwrite, odd="pad")
    with frame_stage(emit, "overlay", source.num_frames) as count, opened as sink:
        for index, frame in enumerate(chain([first], frames), start=1):
            sink.write(frame)
            count(index)


def _pictures(settings: ExplainSettings) -> tuple[ResolvedClip, tuple[Frame, ...] | None, tuple[int, ...]]:
    """Return the clip, the frames of a run to look at (None for a prompt), and their times."""
    folder = Path(settings.what)
    if _is_run(folder):
        run = RunFolder(folder)
        clip = resolve(settings_from_record(run.record, folder))
        source = open_clip(folder)
        last = clip.timeline.num_frames - 1
        wanted = np.linspace(0, last, min(settings.frames, last + 1)).round().astype(int).tolist()
        frames = {time: frame.copy() for time, frame in enumerate(source) if time in wanted}
        return clip, tuple(frames.values()), tuple(frames)
    if not settings.what.strip():
        raise UsageError("there is no prompt to explain: give one, or a run folder")
    asked = GenerateSettings.of(
        prompts=[settings.what],
        output=Path("explained"),
        num_frames=1,
        motion="off",
        **{name: getattr(settings, name) for name in ("model", "seed", "width", "height", "steps", "device")},
    )
    return resolve(asked), None, (0,)


def _is_run(folder: Path) -> bool:
    try:
        return (folder / RECORD_FILE).is_file()
    except (OSError, ValueError):  # a prompt that is no path: too long, or with a null character
        return False


def _words(clip: ResolvedClip) -> list[str]:
    from framesmooth.generation.word_maps import content_words

    words = content_words([key.prompt for key in clip.timeline.keyframes])
    if not words:
        raise UsageError("the prompt has no word that could draw anything: give one with a noun")
    if len(words) > MOST_WORDS:
        raise UsageError(f"{len(words)} words are too many to tell apart: give at most {MOST_WORDS}")
    return words


def _unknown(clip: ResolvedClip) -> tuple[str, ...]:
    from framesmooth.models.vocabulary import load_vocabulary, unknown_words

    vocabulary = load_vocabulary(clip.model_folder)
    if vocabulary is None:
        return ()
    prompts = dict.fromkeys(key.prompt for key in clip.timeline.keyframes)
    return tuple(dict.fromkeys(str(word) for prompt in prompts for word in unknown_words(prompt, vocabulary)))


def _overlays(told: Explanation) -> list[list[Frame]]:
    """Return per word the frames with its map laid over them."""
    from framesmooth.reports.word_sheet import overlay

    maps = told.maps
    return [
        [overlay(image, maps.heat(word, time)) for time, image in enumerate(told.images)]
        for word in range(len(maps.words))
    ]
