"""From a story to a film: the shots are made one after another, then cut, titled and written."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

from framesmooth.errors import UsageError
from framesmooth.events import ClipFinished, Listener, Notice, frame_stage
from framesmooth.frames import Frame
from framesmooth.metrics.flash_safety import FlashMeter, FlashReport
from framesmooth.models.pool import ModelPool
from framesmooth.runs import RunFolder, content_of
from framesmooth.story.blends import film_frames
from framesmooth.story.edit import Placed, plan_edit
from framesmooth.story.editors import smpte_multiple, write_edl, write_otio
from framesmooth.story.overlays import Overlay, missing_glyphs, plan_overlays, with_overlays
from framesmooth.story.reader import read_story
from framesmooth.story.spec import Story
from framesmooth.story.subtitles import shortest_shot
from framesmooth.streams import prefetch
from framesmooth.video import FrameSink, check_output, open_sink, open_source
from framesmooth.video.content_credentials import AI_GENERATED, MADE_BY, SOURCE_TYPE, check_signing
from framesmooth.video.writer import check_rate, check_writing
from framesmooth.workflows.outputs import check_files
from framesmooth.workflows.storyboard.clips import ShotClips
from framesmooth.workflows.storyboard.film_record import write_film_record
from framesmooth.workflows.storyboard.pruning import remove_shots, unused_shots
from framesmooth.workflows.storyboard.result import Film, ShotResult
from framesmooth.workflows.storyboard.settings import StoryboardSettings
from framesmooth.workflows.storyboard.shots import plan_shots, shot_settings_keys
from framesmooth.workflows.storyboard.sound import check_sound, film_sound, speak
from framesmooth.workflows.storyboard.styling import with_style_transitions
from framesmooth.workflows.storyboard.subtitle_choice import SubtitleChoice

_LONGEST_TAG = 500


def make_film(settings: StoryboardSettings, emit: Listener, pool: ModelPool | None = None) -> Film:
    """Make the film of a story, and the shots of it that are not there yet.

    Raises:
        UsageError: a story or settings that are not accepted, with file, line and key.
        FramesmoothError: its children say what else was wrong; shots that are done are kept.
    """
    story = with_style_transitions(read_story(settings.story, shot_settings_keys()))
    _check(settings, story)
    run = RunFolder.beside(settings.output)
    with run.locked(), (pool or ModelPool()).active():
        work = _FilmWork(settings, story, run.folder, emit)
        return work.make_single_shots() if settings.shot else work.make()


def _check(settings: StoryboardSettings, story: Story) -> None:
    """Refuse early what would be refused after the long work."""
    encoding = settings.encoding
    for number in settings.shot:
        if number > len(story.shots):
            raise UsageError(f"{story.path} has {len(story.shots)} shots: there is no --shot {number}")
    if encoding.audio is not None:
        raise UsageError("a story names its own sound: write 'music: FILE' in it")
    check_sound(story)
    choice = SubtitleChoice.of(settings)
    overwrite = encoding.overwrite or bool(settings.shot)
    check_output(settings.output, overwrite=overwrite)
    written = [settings.output, settings.otio, settings.edl, choice.file]
    check_files([settings.story], written, overwrite=overwrite)
    if settings.edl is not None:
        smpte_multiple(story.fps)
    if encoding.sign is not None:
        check_signing(settings.output, encoding.sign)
    check_rate(settings.output, story.fps)
    if story.size is not None:
        check_writing(settings.output, story.fps, story.size, encoding.crf, encoding.codec, encoding.odd)


class _FilmWork:
    """The work on one film, in its locked folder."""

    def __init__(self, settings: StoryboardSettings, story: Story, folder: Path, emit: Listener) -> None:
        self._started = time.perf_counter()
        self._settings, self._story, self._folder, self._emit = settings, story, folder, emit
        self._subtitles = SubtitleChoice.of(settings)
        self._spoken = speak(story, folder, emit)
        self._seconds = {number: words.seconds for number, words in self._spoken.items()}
        lengths = [shortest_shot(self._seconds.get(shot.number, Fraction(0))) for shot in story.shots]
        self._edit = plan_edit(story, lengths)
        self._clips = ShotClips(self._edit, plan_shots(story, self._edit.placed), folder, emit)
        self._tell_longer()
        if story.size is not None:
            self._overlays(story.size)  # a text that doesn't fit is refused before the long work

    def make(self) -> Film:
        """Make all shots that are missing, then the film."""
        self._clips.make()
        self._clips.make_morphs()
        return self._write()

    def make_single_shots(self) -> Film:
        """Make single shots anew; then the film, if no other shot is missing and it may be written."""
        settings = self._settings
        self._clips.make(only=settings.shot)
        missing = self._clips.missing
        if not missing and (settings.encoding.overwrite or not settings.output.exists()):
            self._clips.make_morphs()
            return self._write()
        listed = ", ".join(map(str, missing[:8]))
        told = f"{settings.output} is as it was: add --overwrite to cut it anew"
        count = f"shot {listed}" if len(missing) == 1 else f"{len(missing)} shots ({listed})"
        waits = f"the film waits for {count}: run the command without --shot"
        self._emit(Notice(waits if missing else told))
        size = open_source(self._clips.made[settings.shot[0]].clip).size
        return self._result(None, settings.shot, size, None)

    def _write(self) -> Film:
        settings, encoding, story = self._settings, self._settings.encoding, self._story
        size = open_source(self._clips.made[1].clip).size
        overlays = self._overlays(size)
        for line in missing_glyphs(overlays):
            self._emit(Notice(line, warning=True))
        sound = film_sound(story, self._edit, self._spoken, settings.output, self._folder, self._emit)
        track = self._subtitles.track(self._edit, self._seconds, settings.output, self._emit)
        meter, content = FlashMeter(story.fps), dict[str, str]()
        with open_sink(
            settings.output,
            fps=story.fps,
            size=size,
            crf=encoding.crf,
            codec=encoding.codec,
            audio=sound,
            subtitles=track,
            metadata=self._tags(),
            no_metadata=encoding.no_metadata,
            sign=encoding.sign,
            overwrite=encoding.overwrite,
            odd=encoding.odd,
            on_complete=lambda path: content.update(sha256=content_of(path)),
        ) as sink:
            self._copy(self._frames(overlays), sink, meter)
        flashes = meter.report()
        if not (flashes.passed and flashes.extended_passed):
            self._emit(Notice(flashes.sentence, warning=True))
        self._write_beside(sound, content["sha256"])
        film = self._result(settings.output, [shot.number for shot in story.shots], size, flashes)
        self._emit(ClipFinished(settings.output, self._folder, film.seconds))
        return film

    def _frames(self, overlays: Sequence[Overlay]) -> Iterator[Frame]:
        cut = film_frames(
            self._edit,
            lambda placed: open_source(self._clip_of(placed)),
            lambda placed: self._clips.morphs[placed.shot.number].frames(),
        )
        return with_overlays(cut, overlays)

    def _copy(self, frames: Iterable[Frame], sink: FrameSink, meter: FlashMeter) -> None:
        total = self._edit.num_frames
        with frame_stage(self._emit, "film", total) as count, closing(prefetch(frames)) as ahead:
            for index, frame in enumerate(ahead, start=1):
                sink.write(frame)
                meter.update(frame)
                count(index)

    def _overlays(self, size: tuple[int, int]) -> list[Overlay]:
        burnt = self._subtitles.burnt(self._edit, self._seconds)
        return plan_overlays(self._edit, size, burnt, captions=self._subtitles.burns_captions)

    def _clip_of(self, placed: Placed) -> Path:
        return self._clips.made[placed.shot.number].clip

    def _write_beside(self, sound: Path | None, sha256: str) -> None:
        """Write the files for editors and players, and the record; tell of shots that are no longer used."""
        settings, name = self._settings, self._settings.output.stem
        if settings.otio is not None:
            write_otio(settings.otio, self._edit, self._clip_of, name=name, sound=sound)
        if settings.edl is not None:
            write_edl(settings.edl, self._edit, self._clip_of, name=name)
        self._subtitles.write_file(self._edit, self._seconds)
        write_film_record(
            self._folder,
            self._story,
            self._edit,
            self._clips.made,
            output=settings.output,
            sha256=sha256,
            sound=sound,
        )
        unused = unused_shots(self._folder, [*self._clips.made.values(), *self._clips.morphs.values()])
        if unused and settings.prune:
            self._emit(Notice(f"{remove_shots(unused)} shots that the story no longer has are removed"))
        elif unused:
            told = f"{len(unused)} shots that the story no longer has are kept in {self._folder}"
            self._emit(Notice(f"{told}: --prune removes them"))

    def _tags(self) -> dict[str, str]:
        prompts = " | ".join(dict.fromkeys(shot.prompts[0] for shot in self._story.shots))
        shown = prompts if len(prompts) <= _LONGEST_TAG else f"{prompts[:_LONGEST_TAG]}..."
        return {
            "title": self._settings.output.stem,
            "comment": f"{MADE_BY}; story: {self._story.path.name}; prompts: {shown}",
            SOURCE_TYPE: AI_GENERATED,
        }

    def _tell_longer(self) -> None:
        """Say which shots last longer than asked for, for their words."""
        fps = self._edit.fps
        longer = [
            f"shot {one.shot.number} ({float(one.shot.duration):.3g} s to {float(one.length / fps):.3g} s)"
            for one in self._edit.placed
            if one.shot.say and one.length / fps > one.shot.duration + 1 / fps
        ]
        if longer:
            more = ", ..." if len(longer) > 6 else ""
            self._emit(Notice(f"made longer for their words: {', '.join(longer[:6])}{more}"))

    def _result(
        self, output: Path | None, numbers: Sequence[int], size: tuple[int, int], flashes: FlashReport | None
    ) -> Film:
        def result_of(number: int) -> ShotResult:
            placed = self._edit.placed[number - 1]
            return ShotResult(
                number=number,
                clip=self._clip_of(placed),
                start=placed.start,
                length=placed.length,
                reused=number in self._clips.reused,
            )

        facts: dict[str, Any] = {"output": output, "run_folder": self._folder, "size": size}
        return Film(
            **facts,
            shots=tuple(map(result_of, numbers)),
            num_frames=self._edit.num_frames,
            fps=self._edit.fps,
            seconds=time.perf_counter() - self._started,
            flashes=flashes,
        )
