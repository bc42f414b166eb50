"""From settings to a clip: source -> in-betweens -> smoother -> metrics -> writer, reported as events.

``make_clip`` runs the stages and tells a listener what happens; the command line turns that into progress
bars, another front end into something else. Every stage leaves its result in the run folder, and what is
already there is not made again.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from framesmooth import defaults
from framesmooth.errors import FramesmoothError
from framesmooth.events import (
    ClipFinished,
    Event,
    Listener,
    Notice,
    StageFinished,
    stage,
)
from framesmooth.frames import FrameSource
from framesmooth.grading.look import LookedAt
from framesmooth.registry import load
from framesmooth.reports import Gallery, ShownClip, write_report
from framesmooth.runs import (
    RECORD_VERSION,
    FrameFolder,
    RunFolder,
    content_key,
    content_of,
    package_versions,
)
from framesmooth.runs.moving_region import kept_region
from framesmooth.smoothing.base import Smoother, create_smoother
from framesmooth.smoothing.choice import SmoothingChoice
from framesmooth.video import check_output, open_sink, open_source
from framesmooth.workflows.clip_steps import copy_clip
from framesmooth.workflows.generate.estimate import Estimate, estimate
from framesmooth.workflows.generate.finish import Finishing
from framesmooth.workflows.generate.frames_stage import FrameReader, FramesStage
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.preflight import (
    check_run_folder,
    check_writing,
    notices,
    with_seeds_of_stopped_run,
)
from framesmooth.workflows.generate.provenance import clip_tags, report_facts
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.settings_record import settings_as_record
from framesmooth.workflows.generate.sharing import RAY, checked_workers, smoother_by_workers
from framesmooth.workflows.generate.weather import weather_of
from framesmooth.workflows.no_harm import Harmless
from framesmooth.workflows.smooth_ahead import SmoothingAhead, remove_unfinished
from framesmooth.workflows.smooth_run import Guide, Smoothed, smooth_run, smoother_of_run


def make_clip(settings: GenerateSettings, emit: Listener, *, report: bool = True) -> GeneratedClip:
    """Make the clip that ``settings`` describe, and its run folder; continue where an earlier run stopped.

    Without ``report`` its metrics are in the record alone: drawing plots takes longer than a short clip.

    Raises:
        FramesmoothError: its children say what was wrong; the run folder keeps what was done.
    """
    check_output(settings.output, overwrite=settings.encoding.overwrite)
    run = RunFolder.beside(settings.output)
    clip = resolve(with_seeds_of_stopped_run(settings, run))
    check_writing(clip)
    check_run_folder(clip, run)
    return finish_clip(clip, run, emit, asked=settings, report=report)


def estimate_clip(settings: GenerateSettings, emit: Listener) -> Estimate:
    """Check ``settings``, load the model, and work out what the clip will take; writes nothing.

    Raises:
        FramesmoothError: what ``make_clip`` would raise before its work begins.
    """
    run = RunFolder.beside(settings.output)
    clip = resolve(with_seeds_of_stopped_run(settings, run))
    check_writing(clip)
    for notice in notices(clip, settings):
        emit(notice)
    if clip.settings.compute.workers == RAY:
        emit(Notice("this is for one process of this machine: what a cluster takes is not known here"))
    goes_on = run.frames.notes().get("key") == content_key(clip.frames_key)
    with stage(emit, "load model"):
        generator = load_generator(clip, run if goes_on else None)
    for notice in generator.notices(clip.model_name):
        emit(notice)
    frames = FrameFolder(run.frames)
    with stage(emit, "try out"):
        kept = 0 if clip.extends is None else clip.extends.frames
        found = estimate(clip, generator, lambda index: index < kept or (goes_on and index in frames))
    if found.warning is not None:
        emit(Notice(found.warning, warning=True))
    return found


def finish_clip(
    clip: ResolvedClip,
    run: RunFolder,
    emit: Listener,
    *,
    asked: GenerateSettings,
    continued_with: list[str] | None = None,
    report: bool = True,
) -> GeneratedClip:
    """Make what the run lacks of ``clip``, up to the clip itself.

    Args:
        clip: what to make, checked already.
        run: its folder.
        emit: is told what happens.
        asked: the settings before random seeds were drawn.
        continued_with: differences in spite of which the run goes on; they are recorded.
        report: whether pages and plots are written.

    Raises:
        FramesmoothError: its children say what was wrong; the run folder keeps what was done.
    """
    started = time.perf_counter()
    strength, method = clip.settings.smoothing.smooth_strength, clip.settings.smoothing.smoother
    smoother = None if strength == "auto" else create_smoother(method, strength)
    if smoother is None:
        load("smoother", method)  # an unknown name is refused before the work begins
    with checked_workers(clip, run), run.locked():
        check_output(clip.settings.output, overwrite=clip.settings.encoding.overwrite)
        work = _Work(clip, run, emit, continued_with or [], report=report)
        with work.recorded(), closing(work):
            for notice in notices(clip, asked):
                emit(notice)
            work.make_frames(smoother)
            smoother = work.tuned() if smoother is None else smoother
            smoothed = work.smooth_and_write(smoother)
    made = GeneratedClip(
        clip=clip.settings.output,
        run_folder=run.folder,
        before=smoothed.before,
        after=smoothed.after,
        smoothing=smoothed.choice(smoother, loop=clip.settings.timeline.loop),
        left=None if smoothed.left is None else smoothed.left.sentence,
        size=clip.cascade.size(smoothed.frames.size),
        fps=clip.cascade.fps,
        num_frames=clip.cascade.length(clip.timeline.num_frames),
        drawn_fps=clip.settings.timeline.rate,
        seconds=time.perf_counter() - started,
    )
    emit(ClipFinished(made.clip, made.run_folder, made.seconds))
    return made


class _Work:
    """One run: its stages in order, and the record that grows with them."""

    def __init__(
        self,
        clip: ResolvedClip,
        run: RunFolder,
        emit: Listener,
        continued_with: list[str],
        *,
        report: bool,
    ) -> None:
        self.clip, self.run, self._listener, self._writes_report = clip, run, emit, report
        self.timings: dict[str, float] = {}
        self._ahead: SmoothingAhead | None = None
        self.curve: list[Gallery] = []
        self.record: dict[str, Any] = {
            "version": RECORD_VERSION,
            "status": "running",
            "ai_generated": True,
            "settings": {
                "raw": settings_as_record(clip.cascade.asked, run.folder),
                "resolved": clip.resolved_record,
            },
            "keyframes": clip.timeline_record["keyframes"],
            "model": {"name": clip.model_name, "sha256": dict(clip.model_hashes)},
            "versions": package_versions(),
            "timings": self.timings,
            "continued_with": continued_with,
        }
        with suppress(FramesmoothError, KeyError):  # the clip stays known as the run's own if this is stopped
            self.record["clip"] = run.record["clip"]

    def emit(self, event: Event) -> None:
        """Pass an event on, and note how long a stage took."""
        if isinstance(event, StageFinished):
            self.timings[event.stage] = round(event.seconds, 3)
        self._listener(event)

    def close(self) -> None:
        """Stop what works beside the stages."""
        if self._ahead is not None:
            self._ahead.close()
        remove_unfinished(self.run)  # of a process that was killed

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Keep the record's status true, whatever happens inside."""
        self.run.write_record(self.record)
        status = "interrupted"
        try:
            yield
            status = "complete"
        except FramesmoothError:
            status = "failed"
            raise
        finally:
            self.record["status"] = status
            self.run.write_record(self.record)

    def make_frames(self, smoother: Smoother | None) -> None:
        """Fill ``frames/``, and begin to smooth them where the ``smoother`` is known and waits for no end."""

        def smooth_ahead(size: tuple[int, int]) -> FrameReader | None:
            timeline, num_frames = self.clip.settings.timeline, self.clip.timeline.num_frames
            if smoother is None or timeline.loop or self.clip.restyle is not None:
                return None
            _import_beside("matplotlib.backends.backend_agg")  # of the report
            known = smoother_of_run(self.run, smoother_by_workers(smoother, self.clip), num_frames)
            self._ahead = SmoothingAhead(self.run, known, size, num_frames, timeline.rate)
            return self._ahead.add

        notes = FramesStage(self.clip, self.run, self.emit, smooth_ahead).make()
        self.timings |= notes.get("timings", {}) | self.timings
        self.run.frames.note(timings=dict(self.timings))
        self.record["generation"] = notes["loaded"] | {"crossfaded": notes.get("crossfaded", [])}
        self.record["bad_frames"] = notes.get("bad_frames", [])

    def tuned(self) -> Smoother:
        """Return the smoother at the strength that the frames need; its curve stays in the run folder."""
        from framesmooth.reports.tuning import write_curve
        from framesmooth.tuning.search import Goal, SmootherConfig
        from framesmooth.tuning.tuner import tune_clip

        frames = open_source(self.run.frames.folder, fps=self.clip.settings.timeline.rate)
        setup = SmootherConfig(method=self.clip.settings.smoothing.smoother)
        tuning = tune_clip(frames, self.emit, goal=Goal(), setups=[setup])
        self.emit(Notice(tuning.verdict))
        self.record["tuning"] = tuning.as_dict()
        self.curve = write_curve(self.run.folder, tuning)
        return tuning.smoother(frames)

    def smooth_and_write(self, smoother: Smoother) -> Smoothed:
        """Smooth the frames, write the clip, report on it, and return the smoothed frames."""
        settings = self.clip.settings
        choice = SmoothingChoice.of(smoother, loop=settings.timeline.loop)
        self.emit(Notice(f"smoothing: {choice.words}"))
        spared = kept_region(self.run.folder)
        if spared is not None:
            self.emit(Notice(spared.sentence))
            self.record["spared"] = round(spared.covers, 4)
        smoothed = smooth_run(
            self.run,
            smoother_by_workers(smoother, self.clip),
            self.emit,
            fps=settings.timeline.rate,
            loop=settings.timeline.loop,
            guide=self._guide,
            ahead=self._ahead,
            harmless=Harmless() if settings.smoothing.smooth_strength == defaults.STRENGTH else None,
        )
        if smoothed.left is not None:
            self.emit(Notice(smoothed.left.sentence))
            self.record["left_as_it_was"] = smoothed.left.sentence
        self.record["smoother"] = repr(smoother)
        self.record["metrics"] = {
            name: report.as_dict()["metrics"]
            for name, report in (("before", smoothed.before), ("after", smoothed.after))
        }
        self._name_ghosts(smoothed)
        if not self._writes_report:
            self._write_clip(self._finished(smoothed), self._note_clip)
            return smoothed
        with ThreadPoolExecutor(max_workers=1) as beside:
            reported = beside.submit(self._write_report, smoothed, repr(smoother))

            def written(finished: Path) -> None:
                with stage(self.emit, "report"):
                    reported.result()
                self._note_clip(finished)

            self._write_clip(self._finished(smoothed), written)
        return smoothed

    def _name_ghosts(self, smoothed: Smoothed) -> None:
        """Say in which frames two pictures show through each other, and record them as bad frames."""
        from framesmooth.workflows.generate.ghosts import as_bad_frames, ghosting_frames, notice_of

        if self.clip.restyle is not None:
            return  # what fades, fades in the video that leads the clip
        found = ghosting_frames(smoothed.after, smoothed.frames)
        if found:
            self.emit(notice_of(found))
            self.record["bad_frames"] += [each.as_record() for each in as_bad_frames(found)]

    def _finished(self, smoothed: Smoothed) -> FrameSource:
        """Return as many frames as the clip has, in its size."""
        assert smoothed.stage is not None  # it is a run's
        return Finishing(self.run, self.clip.cascade, self.emit).finished(smoothed.stage, smoothed.frames)

    def _write_clip(self, frames: FrameSource, on_complete: Callable[[Path], None]) -> None:
        """Write the clip; ``on_complete`` is called with its file before that gets its name."""
        settings = self.clip.settings
        look = settings.look.look(self.clip.timeline.keyframes[0].seed, weather_of(self.clip))
        with open_sink(
            settings.output,
            fps=self.clip.cascade.fps,
            size=frames.size,
            crf=settings.encoding.crf,
            codec=settings.encoding.codec,
            audio=settings.encoding.audio,
            metadata=clip_tags(self.clip),
            no_metadata=settings.encoding.no_metadata,
            sign=settings.encoding.sign,
            overwrite=settings.encoding.overwrite,
            odd=settings.encoding.odd,
            on_complete=on_complete,
        ) as sink:
            copy_clip(frames if look.is_plain else LookedAt(frames, look), sink, self.emit)

    @property
    def _guide(self) -> Guide | None:
        """What the clip restyles: its motion is that of the clip, without the flicker."""
        restyle, made = self.clip.restyle, self.record["generation"]
        if restyle is None:
            return None
        filled, size = ((side[0], side[1]) for side in (made["diffused_size"], made["size"]))
        return Guide(restyle.frames(filled, size), restyle.content)

    def _note_clip(self, finished: Path) -> None:
        """Record what the clip holds just before it gets its name, to know it if the run is stopped there."""
        self.record["clip"] = {
            "name": self.clip.settings.output.name,
            "sha256": content_of(finished),
            "frames": self.clip.cascade.length(self.clip.timeline.num_frames),
        }
        self.run.write_record(self.record)

    def _write_report(self, smoothed: Smoothed, smoother: str) -> None:
        write_report(
            self.run.folder,
            smoothed.before,
            smoothed.after,
            title=self.clip.settings.output.name,
            strip=smoothed.strip,
            facts=report_facts(self.clip) | {"smoother": smoother},
            first=self.curve,
            clip=ShownClip(self.clip.settings.output, smoothed.frames),
        )


def _import_beside(module: str) -> None:
    """Import in a thread what is needed later, while the libraries of the frames compute."""
    Thread(target=import_module, args=(module,), daemon=True).start()
