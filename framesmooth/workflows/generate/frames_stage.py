"""The frames of a clip before smoothing: diffused, judged, repaired, and kept in the run folder.

What is there and whole is not made again. Frames are rendered in fixed batches; once all are there they are
judged, the verdict is noted, and only then the bad ones are replaced, so a run that is stopped at any moment
comes to the same frames.
"""

from collections.abc import Iterator
from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from framesmooth.errors import ModelError
from framesmooth.events import Listener, Notice, listed, stage
from framesmooth.frames import Frame
from framesmooth.models.prompt_weighting_spec import plain
from framesmooth.runs import (
    FrameFolder,
    RunFolder,
)
from framesmooth.streams import prefetch
from framesmooth.video import read_image
from framesmooth.workflows.generate.estimate import LONG, estimate
from framesmooth.workflows.generate.load import load_source
from framesmooth.workflows.generate.provenance import frame_tags
from framesmooth.workflows.generate.repair import check_repairable, judge, repaired
from framesmooth.workflows.generate.resolve import ResolvedClip

if TYPE_CHECKING:
    from framesmooth.generation.camera_feedback import CameraFeedback
    from framesmooth.generation.prompt_travel import PromptTravel
    from framesmooth.generation.video_to_video import VideoToVideo
    from framesmooth.models.text_to_image import GeneratedFrame

    ClipSource = PromptTravel | CameraFeedback | VideoToVideo


_FOUND: Final = ("num_diffused", "diffused_frames")
"""What is known of a clip once its keyframes are diffused: how many, and which frames show them."""

_SHOWN_WORDS: Final = 6
"""Of a prompt that is cut."""


class FramesStage:
    """Fills ``frames/`` of a run; the model is loaded only when something is missing there."""

    def __init__(self, clip: ResolvedClip, run: RunFolder, emit: Listener) -> None:
        self.clip, self.run, self.emit = clip, run, emit
        self.stage, self.frames = run.frames, FrameFolder(run.frames)
        self.num_frames = clip.timeline.num_frames

    def make(self) -> dict[str, Any]:
        """Make what is missing, and return what is noted about the frames: loaded, bad_frames, complete.

        Raises:
            ModelError: frames that came out bad where that isn't allowed, or a model that cannot be loaded.
        """
        if self.run.holds_other_frames(self.clip.frames_key):
            self.emit(Notice(f"the frames of the earlier run in {self.run.folder} are replaced"))
        notes = self.stage.open(self.clip.frames_key)
        damaged = self.frames.damaged(self.num_frames)
        if damaged:
            told = f"damaged frames in {self.stage.folder} are made anew: {listed(damaged)}"
            self.emit(Notice(told, warning=True))
        all_there = all(index in self.frames for index in range(self.num_frames))
        if all_there and notes.get("complete") and self._is_repaired(notes):
            with stage(self.emit, "frames", self.num_frames, "frames", reused=True) as advance:
                advance(self.num_frames)
            return notes
        if not (all_there and notes.get("rendered")):
            self.stage.note(complete=False, rendered=False, repaired=None)
            self._render(notes.get("loaded"))
            self.stage.note(rendered=True)
        self._repair()
        self.stage.note(complete=True)
        return self.stage.notes()

    @cached_property
    def _loaded(self) -> dict[str, Any]:
        """What is noted about the loaded model."""
        return dict(self.stage.notes()["loaded"])

    @cached_property
    def _source(self) -> "ClipSource":
        with stage(self.emit, "load model"):
            source = load_source(self.clip, self.run)
        self.run.keyframes.open(self.clip.keyframes_key | source.facts())
        return source

    def _render(self, loaded_before: dict[str, Any] | None) -> None:
        source = self._source
        self._tell_what_changed(source)
        self._tell_cost(source)
        facts = source.facts()
        loaded = facts | {
            "cadence": "auto" if self.clip.cadence == "auto" else source.cadence,
            "prompt_changes": sorted(self.clip.timeline.jumps),
        }
        source.faded.update(self.stage.notes().get("crossfaded", ()))
        if loaded_before is not None and loaded != {
            name: value for name, value in loaded_before.items() if name not in _FOUND
        }:
            self.emit(Notice("device, dtype or sizes differ from the interrupted run: starting again"))
            self.stage.clear()
            self.stage.open(self.clip.frames_key)
        self.stage.note(loaded=loaded, complete=False)
        with stage(self.emit, "keyframes", source.total_steps, "steps") as advance:
            for _batch in source.diffuse(advance):
                pass
        found = len(source.diffused_times), list(source.whole_times)
        self.stage.note(loaded=loaded | dict(zip(_FOUND, found, strict=True)))
        with (
            stage(self.emit, "frames", self.num_frames, "frames") as advance,
            closing(prefetch(self._rendered(source), 1)) as rendered,
        ):
            for batch, pictures in rendered:
                if source.faded:  # noted before the frames are there: later nobody would know
                    self.stage.note(crossfaded=sorted(source.faded))
                self._keep(batch, pictures)
                advance(len(batch))
        if source.faded:
            self.emit(Notice(f"no motion leads on from keyframes {listed(source.faded)}: cross-faded there"))

    def _rendered(self, source: "ClipSource") -> Iterator[tuple[range, list["GeneratedFrame"]]]:
        """Yield every batch and its pictures, none where all are there: runs go on in whole batches."""
        for batch in source.batches:
            there = all(index in self.frames for index in batch)
            yield batch, [] if there else source.render(batch)

    def _keep(self, batch: range, pictures: list["GeneratedFrame"]) -> None:
        """Write a batch; what the model knows to be wrong with it is noted first, for pixels don't tell."""
        made = list(zip(batch, pictures, strict=False))
        faults = {str(index): picture.fault for index, picture in made if picture.fault}
        if faults:
            self.stage.note(faults=self.stage.notes().get("faults", {}) | faults)
        for index, picture in made:
            self._write(index, picture.frame)

    def _write(self, index: int, frame: Frame) -> None:
        self.frames.write(index, frame, frame_tags(self.clip, index, self._loaded))

    def _read(self, index: int) -> Frame:
        return read_image(self.frames.path(index))

    def _is_repaired(self, notes: dict[str, Any]) -> bool:
        return not notes.get("bad") or notes.get("repaired") == self.clip.settings.bad_frames

    def _repair(self) -> None:
        """Judge the frames, once, and put others in the place of the bad ones."""
        how, notes = self.clip.settings.bad_frames, self.stage.notes()
        if "bad" not in notes:
            known = {int(index): fault for index, fault in notes.get("faults", {}).items()}
            judged = judge(self.num_frames, self._read, known).items()
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
            reroll = self._source.reroll if how == "reroll" else None
            for repair, frame in repaired(bad, self.num_frames, self._read, how, reroll):
                self._write(repair.frame, frame)
                done.append(repair)
                advance(1)
        self.stage.note(repaired=how, bad_frames=[repair.as_record() for repair in done])
        told = ", ".join(f"{repair.frame} ({repair.fault}: {repair.action})" for repair in done[:8])
        more = f" and {len(done) - 8} more" if len(done) > 8 else ""
        self.emit(Notice(f"bad frames were replaced: {told}{more}", warning=True))

    def _tell_cost(self, source: "ClipSource") -> None:
        """Say before a long run how long it takes, and before a large one that memory is short."""
        try:
            cost = estimate(self.clip, source, self.frames.__contains__, least=LONG / 2)
        except ModelError:  # the work itself says it better
            return
        if cost.seconds > LONG:
            self.emit(Notice(cost.sentence))
        if cost.warning is not None:
            self.emit(Notice(cost.warning, warning=True))

    def _tell_what_changed(self, source: "ClipSource") -> None:
        """Say where the model was asked for something that it doesn't do."""
        model = source.path.model
        asked, used = (
            type(one).__name__.removesuffix("Scheduler") for one in (model.pipe.scheduler, model.scheduler)
        )
        if asked != used:
            self.emit(Notice(f"{asked} cannot start midway, as is needed here: sampling with {used}"))
        guidance = source.path.sampling.guidance
        if any(key.negative for key in self.clip.timeline.keyframes) and not model.family.negates(guidance):
            how = "--true-cfg-scale" if model.family.has_true_guidance else "--guidance-scale"
            needed = f" without {how} above 1" if not model.family.is_distilled or "true" in how else ""
            told = f"{self.clip.model_name} ignores negative prompts{needed}"
            self.emit(Notice(told, warning=True))
        for notice in cut_prompts(source, self.clip):
            self.emit(notice)


def cut_prompts(source: "ClipSource", clip: ResolvedClip) -> Iterator[Notice]:
    """Yield a warning for each prompt that is too long for the model: how much of it is read."""
    model = source.path.model
    keys = clip.timeline.keyframes
    texts = [("prompt", key.prompt) for key in keys] + [("negative prompt", key.negative) for key in keys]
    for name, text in dict.fromkeys(texts):
        lost = model.cut_off(text).split()
        if lost:
            start = " ".join(lost[:_SHOWN_WORDS]) + (" ..." if len(lost) > _SHOWN_WORDS else "")
            told = f"the {name} is too long for the model: it ignores the last {len(lost)} of "
            yield Notice(f"{told}{len(plain(text).split())} words, from {start!r} on", warning=True)
