"""From settings to a clip: source -> in-betweens -> smoother -> metrics -> writer, told as events.

``make_clip`` runs the stages and tells a listener what happens; the command line turns that into progress
bars, another front end into something else. Every stage leaves its result in the run folder, and what is
already there is not made again.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from framesmooth.clip import Clip, resolve
from framesmooth.errors import FramesmoothError
from framesmooth.events import ClipFinished, Event, Listener, Notice, StageFinished, listed, stage
from framesmooth.frames import Frame, prefetch
from framesmooth.metric import Report
from framesmooth.preflight import check_run_folder, check_writing, notices, with_seeds_of_stopped_run
from framesmooth.report import Strip, write_report
from framesmooth.run import FrameFolder, LatentFolder, PictureFolder, RunFolder, package_versions
from framesmooth.settings import ClipSettings
from framesmooth.smoother import Smoother, create_smoother
from framesmooth.smoothers.anchors import anchored
from framesmooth.steady import steady_clip
from framesmooth.video import check_output, open_sink, open_source

if TYPE_CHECKING:
    from framesmooth.generation.feedback import FeedbackSource
    from framesmooth.generation.source import DiffusionSource


def make_clip(settings: ClipSettings, emit: Listener) -> ClipFinished:
    """Make the clip that ``settings`` describe, and its run folder; continue where an earlier run stopped.

    Raises:
        FramesmoothError: its children say what was wrong; the run folder keeps what was done.
    """
    started = time.perf_counter()
    check_output(settings.output, overwrite=settings.overwrite)
    run = RunFolder.beside(settings.output)
    clip = resolve(with_seeds_of_stopped_run(settings, run))
    check_writing(clip)
    check_run_folder(clip, run)
    smoother = create_smoother(settings.smoother, settings.smooth)
    work = _Work(clip, run, emit)
    with work.recorded():
        for notice in notices(clip, settings):
            emit(notice)
        work.make_frames()
        before, after = work.smooth_and_write(smoother)
    result = ClipFinished(settings.output, work.run.folder, before, after, time.perf_counter() - started)
    emit(result)
    return result


class _Work:
    """One run: its stages in order, and the record that grows with them."""

    def __init__(self, clip: Clip, run: RunFolder, emit: Listener) -> None:
        self.clip, self.run, self._listener = clip, run, emit
        self.frames = FrameFolder(run.frames.folder)
        self.num_frames = clip.timeline.num_frames
        self.timings: dict[str, float] = {}
        self.record: dict[str, Any] = {
            "status": "running",
            "ai_generated": True,
            "settings": {"raw": clip.settings.as_record(run.folder), "resolved": clip.resolved_record},
            "keyframes": clip.timeline_record["keyframes"],
            "model": {"name": clip.model_name, "sha256": dict(clip.model_hashes)},
            "versions": package_versions(),
            "timings": self.timings,
        }

    def emit(self, event: Event) -> None:
        """Pass an event on, and note how long a stage took."""
        if isinstance(event, StageFinished):
            self.timings[event.stage] = round(event.seconds, 3)
        self._listener(event)

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

    def make_frames(self) -> None:
        """Fill ``frames/``; the model is loaded only when something is missing there."""
        if self.run.holds_other_frames(self.clip.frames_key):
            self.emit(Notice(f"the frames of the earlier run in {self.run.folder} are replaced"))
        kept = self.run.frames
        notes = kept.open(self.clip.frames_key)
        if notes.get("complete") and all(index in self.frames for index in range(self.num_frames)):
            with stage(self.emit, "frames", self.num_frames, "frames", reused=True) as advance:
                advance(self.num_frames)
            self.timings.update(notes["timings"])
        else:
            self._generate(notes.get("loaded"))
            kept.note(complete=True, timings=dict(self.timings))
        noted = kept.notes()
        self.record["generation"] = noted["loaded"] | {"crossfaded": noted.get("crossfaded", [])}

    def _generate(self, loaded_before: dict[str, Any] | None) -> None:
        with stage(self.emit, "load model"):
            source = self._load()
        self._tell_what_changed(source)
        facts = source.facts()
        loaded = facts | {
            "cadence": source.cadence,
            "diffused_frames": list(source.diffused_times),
            "prompt_changes": sorted(self.clip.timeline.jumps),
        }
        source.faded.update(self.run.frames.notes().get("crossfaded", ()))
        if loaded_before not in (None, loaded):
            self.emit(Notice("device, dtype or sizes differ from the interrupted run: starting again"))
            self.run.frames.clear()
            self.run.frames.open(self.clip.frames_key)
        self.run.frames.note(loaded=loaded, complete=False)
        self.run.keyframes.open(self.clip.keyframes_key | facts)
        with stage(self.emit, "keyframes", source.total_steps, "steps") as advance:
            for _batch in source.diffuse(advance):
                pass
        with (
            stage(self.emit, "frames", self.num_frames, "frames") as advance,
            closing(prefetch(self._rendered(source), 1)) as rendered,
        ):
            for batch, frames in rendered:
                for index, frame in zip(batch, frames, strict=False):
                    self.frames.write(index, frame, {"parameters": self.clip.parameters(index)})
                if source.faded:
                    self.run.frames.note(crossfaded=sorted(source.faded))
                advance(len(batch))
        if source.faded:
            self.emit(Notice(f"no motion leads on from keyframes {listed(source.faded)}: cross-faded there"))
        flagged = sum(source.path.model.flagged)
        if flagged:
            self.emit(Notice(f"the model's safety checker blacked out {flagged} frames", warning=True))

    def _tell_what_changed(self, source: "DiffusionSource | FeedbackSource") -> None:
        """Say where the model was asked for something that it doesn't do."""
        model = source.path.model
        asked, used = (
            type(one).__name__.removesuffix("Scheduler") for one in (model.pipe.scheduler, model.scheduler)
        )
        if asked != used:
            self.emit(Notice(f"{asked} cannot start midway, as is needed here: sampling with {used}"))
        for prompt in dict.fromkeys(key.prompt for key in self.clip.timeline.keyframes):
            lost = model.cut_off(prompt)
            if lost:
                self.emit(Notice(f"the prompt is too long for the model, it ignores: {lost}", warning=True))

    def _load(self) -> "DiffusionSource | FeedbackSource":
        from framesmooth.generation.loading import load_pipeline
        from framesmooth.generation.source import create_source

        clip, settings = self.clip, self.clip.settings
        model = load_pipeline(
            str(clip.model_folder), device=settings.device, dtype=settings.dtype, scheduler=settings.scheduler
        )
        source = create_source(
            model,
            clip.timeline,
            fps=settings.fps,
            width=clip.width,
            height=clip.height,
            steps=clip.steps,
            guidance_scale=clip.guidance_scale,
            guidance_end=clip.guidance_end,
            drift=clip.drift,
            cadence=settings.cadence,
            inbetween=settings.inbetween,
            batch_size=settings.batch_size,
            store=LatentFolder(self.run.keyframes.folder),
        )
        if clip.feedback is None:
            return source
        from framesmooth.generation.feedback import feed_back

        return feed_back(source, clip.feedback, PictureFolder(self.run.keyframes.folder))

    def _rendered(self, source: "DiffusionSource | FeedbackSource") -> Iterator[tuple[range, list[Frame]]]:
        """Yield every batch and its frames, none where all are there: continued runs render whole batches."""
        for batch in source.batches:
            there = all(index in self.frames for index in batch)
            yield batch, [] if there else source.render(batch)

    def smooth_and_write(self, smoother: Smoother) -> tuple[Report, Report]:
        """Smooth the frames into the clip, report on it, and return the metrics of before and after."""
        settings = self.clip.settings
        made = self.record["generation"]
        smoother = anchored(smoother, made["diffused_frames"], made["prompt_changes"])
        frames = open_source(self.frames.folder, fps=settings.fps)
        strip = Strip(start=max(0, self.num_frames // 2 - Strip.count // 2))
        with open_sink(
            settings.output,
            fps=settings.fps,
            size=frames.size,
            crf=settings.crf,
            codec=settings.codec,
            audio=settings.audio,
            metadata=self.clip.tags,
            overwrite=settings.overwrite,
            odd=settings.odd,
        ) as sink:
            reports = steady_clip(frames, smoother, sink, self.emit, on_pair=strip.add)
            assert reports is not None  # they are, unless it is told not to measure
            before, after = reports
            self._report(
                before, after, repr(smoother), strip
            )  # while the clip has no name: it can be resumed
        return before, after

    def _report(self, before: Report, after: Report, smoother: str, strip: Strip) -> None:
        self.record["smoother"] = smoother
        self.record["metrics"] = {
            name: report.as_dict()["metrics"] for name, report in (("before", before), ("after", after))
        }
        with stage(self.emit, "report"):
            facts = self.clip.facts | {"smoother": smoother}
            title = self.clip.settings.output.name
            write_report(self.run.folder, before, after, title=title, strip=strip, facts=facts)
