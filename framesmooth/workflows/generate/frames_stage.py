"""The frames of a clip before smoothing: generated, checked, repaired, and stored in the run folder.

Frames that are there and intact are not generated again. They are rendered in fixed batches; once all are
there they are judged, the result is noted, and only then the bad ones are replaced. So a run that is stopped
at any moment and resumed ends in the same frames.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from functools import cached_property
from itertools import repeat
from typing import Any, Final

from framesmooth.errors import MediaError, ModelError
from framesmooth.events import Listener, Notice, listed, stage
from framesmooth.frames import Frame, GeneratedFrame
from framesmooth.generation.base import FrameGenerator
from framesmooth.generation.batch_executor import BatchExecutor
from framesmooth.metrics.outliers import FrameStatistics, frame_statistics
from framesmooth.runs import (
    FrameFolder,
    RunFolder,
)
from framesmooth.runs.moving_region import keep_region
from framesmooth.streams import prefetch
from framesmooth.video import read_image
from framesmooth.workflows.generate.estimate import LONG, Estimate, estimate
from framesmooth.workflows.generate.extension import take_keyframes
from framesmooth.workflows.generate.forecast import Forecast
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.provenance import frame_tags
from framesmooth.workflows.generate.repair import Reroll, check_repairable, judge, repaired
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.sharing import executor_of, shared

_FOUND: Final = ("num_diffused", "diffused_frames")
"""What is known of a clip once its keyframes are generated: how many, and which frames show them."""


FrameReader = Callable[[Frame | None], None]
"""Is handed every frame in order once it is written; None where it was there, so that only its file is."""


class FramesStage:
    """Fills ``frames/`` of a run folder; the model is loaded only when something is missing there.

    ``reader`` is called with the (height, width) of the frames before the first one is rendered, and returns
    who reads along, None for nobody. Bad frames are replaced after that: it isn't handed those that come.
    """

    def __init__(
        self,
        clip: ResolvedClip,
        run: RunFolder,
        emit: Listener,
        reader: Callable[[tuple[int, int]], FrameReader | None] = lambda _size: None,
    ) -> None:
        self.clip, self.run, self.emit, self._reader = clip, run, emit, reader
        self.stage, self.frames = run.frames, FrameFolder(run.frames)
        self.num_frames = clip.timeline.num_frames
        self._statistics: dict[int, FrameStatistics] = {}
        self._cost: Estimate | None = None

    def make(self) -> dict[str, Any]:
        """Make what is missing, and return what is noted about the frames: loaded, bad_frames, complete.

        Raises:
            ModelError: frames that came out bad where that isn't allowed, or a model that cannot be loaded.
        """
        if self.run.holds_other_frames(self.clip.frames_key):
            self.emit(Notice(f"the frames of the earlier run in {self.run.folder} are replaced"))
        notes = self.stage.open(self.clip.frames_key)
        self._take_over()
        damaged = self.frames.damaged(self.num_frames)
        if damaged:
            message = f"damaged frames in {self.stage.folder} are made anew: {listed(damaged)}"
            self.emit(Notice(message, warning=True))
        all_there = all(index in self.frames for index in range(self.num_frames))
        if all_there and notes.get("complete") and self._is_repaired(notes):
            with stage(self.emit, "frames", self.num_frames, "frames", reused=True) as advance:
                advance(self.num_frames)
            return notes
        if not (all_there and notes.get("rendered")):
            self.stage.note(complete=False, rendered=False, repaired=None)
            with executor_of(self.clip, self.run, self.emit) as executor:
                self._render(notes.get("loaded"), executor)
            self.stage.note(rendered=True)
        self._repair()
        self.stage.note(complete=True)
        return self.stage.notes()

    def _take_over(self) -> None:
        """Copy the frames of the run that the clip goes on from."""
        before = self.clip.extends
        if before is None or all(index in self.frames for index in range(before.frames)):
            return
        with stage(self.emit, "frames so far", before.frames, "frames") as advance:
            for index in range(before.frames):
                self.stage.take(before.run.frames, self.frames.path(index).name)
                advance(1)
        if not all(index in self.frames for index in range(before.frames)):
            raise MediaError(
                f"frames of {before.run.folder} are damaged: 'framesmooth resume {before.run.folder}' first"
            )

    def _is_kept(self, index: int) -> bool:
        """Tell whether a frame is that of the run that the clip goes on from."""
        return self.clip.extends is not None and index < self.clip.extends.frames

    @cached_property
    def _loaded(self) -> dict[str, Any]:
        """What is noted about the loaded model."""
        return dict(self.stage.notes()["loaded"])

    @cached_property
    def _generator(self) -> FrameGenerator:
        with stage(self.emit, "load model"):
            generator = load_generator(self.clip, self.run)
        self.run.keyframes.open(self.clip.keyframes_key | generator.facts())
        if self.clip.extends is not None:
            take_keyframes(self.clip.extends, self.run)
        return generator

    def _render(self, loaded_before: dict[str, Any] | None, executor: BatchExecutor) -> None:
        generator = shared(self._generator, executor)
        for notice in generator.notices(self.clip.model_name):
            self.emit(notice)
        self._report_cost(generator)
        loaded = {"size": list(generator.size)} | generator.facts()
        loaded |= {"cadence": generator.cadence, "prompt_changes": sorted(generator.cuts(self.clip.timeline))}
        generator.crossfaded.update(self.stage.notes().get("crossfaded", ()))
        if loaded_before is not None and loaded != {
            name: value for name, value in loaded_before.items() if name not in _FOUND
        }:
            self.emit(Notice("device, dtype or sizes differ from the interrupted run: starting again"))
            self.stage.clear()
            self.stage.open(self.clip.frames_key)
        self.stage.note(loaded=loaded, complete=False)
        self._make_keyframes(generator)
        found = len(generator.keyframe_indices), list(generator.shown_keyframes)
        self.stage.note(loaded=loaded | dict(zip(_FOUND, found, strict=True)))
        keep_region(self.stage, generator.moving_region)
        for remark in generator.remarks():
            self.emit(remark)
        read = self._reader(generator.size)
        with (
            stage(self.emit, "frames", self.num_frames, "frames") as advance,
            closing(prefetch(self._rendered(generator, executor), 1)) as rendered,
        ):
            for batch, frames in rendered:
                if generator.crossfaded:  # noted before the frames are there: later nobody would know
                    self.stage.note(crossfaded=sorted(generator.crossfaded))
                self._keep(batch, frames)
                if read is not None:
                    made = [one.frame for one in frames] if frames else repeat(None, len(batch))
                    for index, frame in zip(batch, made, strict=True):
                        read(None if self._is_kept(index) else frame)
                advance(len(batch))
        if generator.crossfaded:
            self.emit(
                Notice(
                    f"no motion could be followed after frames {listed(generator.crossfaded)}: cross-faded"
                )
            )

    def _make_keyframes(self, generator: FrameGenerator) -> None:
        work = generator.work()
        total, at_most = work.keyframe_steps, work.at_most
        forecast = None if self._cost is None else Forecast(self._cost)
        with stage(self.emit, "keyframes", total, "steps", at_most=at_most) as advance:

            def step_done(steps: int) -> None:
                advance(steps)
                self._correct(None if forecast is None else forecast.advance(steps))

            for keyframe in generator.keyframes(step_done):
                self.emit(keyframe)
        self._correct(None if forecast is None else forecast.keyframes_done())

    def _correct(self, sentence: str | None) -> None:
        if sentence is not None:
            self.emit(Notice(sentence))

    def _rendered(
        self, generator: FrameGenerator, executor: BatchExecutor
    ) -> Iterator[tuple[range, list[GeneratedFrame]]]:
        """Yield every batch and its frames, none where all are there: runs go on in whole batches."""
        there = {batch: all(index in self.frames for index in batch) for batch in generator.batches}
        made = executor.render(generator, [batch for batch, is_there in there.items() if not is_there])
        for batch, is_there in there.items():
            yield batch, [] if is_there else next(made)

    def _keep(self, batch: range, frames: list[GeneratedFrame]) -> None:
        """Write a batch; faults that the model reports are noted first, because pixels don't show them."""
        rendered = [pair for pair in zip(batch, frames, strict=False) if not self._is_kept(pair[0])]
        faults = {str(index): generated.fault for index, generated in rendered if generated.fault}
        if faults:
            self.stage.note(faults=self.stage.notes().get("faults", {}) | faults)
        for index, generated in rendered:
            self._write(index, generated.frame)

    def _write(self, index: int, frame: Frame) -> None:
        self._statistics[index] = frame_statistics(frame)  # now, so that no frame is decoded for it later
        self.frames.write(index, frame, frame_tags(self.clip, index, self._loaded))

    def _read(self, index: int) -> Frame:
        return read_image(self.frames.path(index))

    def _statistics_of(self, index: int) -> FrameStatistics:
        known = self._statistics.get(index)
        return frame_statistics(self._read(index)) if known is None else known

    def _is_repaired(self, notes: dict[str, Any]) -> bool:
        return not notes.get("bad") or notes.get("repaired") == self.clip.settings.sampling.bad_frames

    def _repair(self) -> None:
        """Judge the frames, once, and put others in the place of the bad ones."""
        how, notes = self.clip.settings.sampling.bad_frames, self.stage.notes()
        if "bad" not in notes:
            known = {int(index): fault for index, fault in notes.get("faults", {}).items()}
            judged = judge(self.num_frames, self._statistics_of, known).items()
            bad = {
                index: fault
                for index, fault in judged
                if fault != "black" or not self.clip.is_meant_black(index)
            }
            self.stage.note(bad={str(index): fault for index, fault in bad.items()}, repaired=None)
        else:
            bad = {int(index): fault for index, fault in notes["bad"].items()}
        check_repairable(bad, self.num_frames, how)
        if not bad or notes.get("repaired") == how:
            self.stage.note(repaired=how)
            return
        done = []
        with stage(self.emit, "bad frames", len(bad), "frames") as advance:
            reroll = self._reroll if how == "reroll" else None
            for repair, frame in repaired(bad, self.num_frames, self._read, how, reroll):
                self._write(repair.frame, frame)
                done.append(repair)
                advance(1)
        self.stage.note(repaired=how, bad_frames=[repair.as_record() for repair in done])
        replaced = ", ".join(f"{repair.frame} ({repair.fault}: {repair.action})" for repair in done[:8])
        more = f" and {len(done) - 8} more" if len(done) > 8 else ""
        self.emit(Notice(f"bad frames were replaced: {replaced}{more}", warning=True))

    @property
    def _reroll(self) -> Reroll | None:
        """How a bad frame is generated again; frames of a clip that is made whole come from neighbours."""
        generator = self._generator
        return generator.reroll if generator.rerolls_frames else None

    def _report_cost(self, generator: FrameGenerator) -> None:
        """Say before a long run how long it takes, and before a large one that memory is short."""
        try:
            cost = estimate(self.clip, generator, self.frames.__contains__, least=LONG / 2)
        except ModelError:  # the work itself says it better
            return
        if cost.time.high > LONG:
            self._cost = cost
            self.emit(Notice(cost.sentence))
        if cost.warning is not None:
            self.emit(Notice(cost.warning, warning=True))
