"""The clips of a film's shots: generated in order where they are missing."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Final

from framesmooth.errors import MediaError
from framesmooth.events import (
    Event,
    KeyframeDone,
    Listener,
    Notice,
    Progress,
    StageFinished,
    StageStarted,
    stage,
)
from framesmooth.frames import Frame, FrameSource
from framesmooth.story.edit import Edit, Placed
from framesmooth.video import write_png
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.storyboard.morphs import MorphClip, plan_morph
from framesmooth.workflows.storyboard.shots import PlannedShot, ShotClip

PICTURES_FOLDER: Final = "pictures"
"""Of frames that a shot starts from."""


class ShotClips:
    """The clips of one film.

    Attributes:
        made: shot number -> its clip, of those that are there.
        morphs: shot number -> the morph into it.
        reused: numbers of shots that were there from an earlier run.
    """

    def __init__(self, edit: Edit, planned: list[PlannedShot], folder: Path, emit: Listener) -> None:
        self.made: dict[int, ShotClip] = {}
        self.morphs: dict[int, MorphClip] = {}
        self.reused: set[int] = set()
        self._edit, self._planned, self._folder, self._emit = edit, planned, folder, emit

    def make(self, only: Collection[int] = ()) -> None:
        """Make the clips that are missing; with ``only``, numbers of shots, make these anew and no others.

        Raises:
            UsageError: a shot that starts from one which is not there.
            FramesmoothError: its children say what else was wrong.
        """
        with stage(self._emit, "shots", len(self._planned), "shots") as advance:
            for planned in self._planned:
                number = planned.placed.shot.number
                clip = self._found(planned, needed=not only or number in only)
                if clip is not None:
                    if number in only and clip.run.folder.exists():
                        clip.remove()
                    self._make(clip, number, wanted=not only or number in only)
                advance(1)

    def make_morphs(self) -> None:
        """Make the morphs between shots that are there."""
        for before, placed in zip(self._edit.placed, self._edit.placed[1:], strict=False):
            if placed.transition.kind != "morph":
                continue
            pictures = [
                self._picture(before, before.head + before.length - placed.before - 1),
                self._picture(placed, placed.head + placed.after),
            ]
            settings = [self._planned[one.shot.number - 1].settings for one in (before, placed)]
            number = placed.shot.number
            morph = plan_morph(placed, settings[0], settings[1], pictures, self._folder)
            if not morph.is_complete():
                make_clip(morph.settings, prefixed(self._emit, f"morph into shot {number}"), report=False)
            self.morphs[number] = morph

    @property
    def missing(self) -> list[int]:
        """Numbers of shots that are not there."""
        numbers = [planned.placed.shot.number for planned in self._planned]
        return [number for number in numbers if number not in self.made]

    def _make(self, clip: ShotClip, number: int, *, wanted: bool) -> None:
        if clip.is_complete():
            self.reused.add(number)
            with stage(self._emit, f"shot {number}", reused=True):
                pass
        elif wanted:
            make_clip(clip.settings, prefixed(self._emit, f"shot {number}"), report=False)
        else:
            return
        self.made[number] = clip

    def _found(self, planned: PlannedShot, *, needed: bool) -> ShotClip | None:
        """Return the clip of a shot as it is to be, None if it starts from a shot which isn't there."""
        placed = planned.placed
        if placed.transition.kind != "match":
            return planned.in_folder(self._folder, None)
        before = self._edit.placed[placed.shot.number - 2]
        if before.shot.number in self.made:
            return planned.in_folder(self._folder, self._picture(before, before.head + before.length - 1))
        if needed:
            raise placed.shot.located("transition").refused(
                f"shot {placed.shot.number} starts from the last frame of shot {before.shot.number}, which "
                "is not there yet: make that one first"
            )
        return None

    def _picture(self, placed: Placed, index: int) -> Path:
        """Return a frame of a shot's clip as a file."""
        made = self.made[placed.shot.number]
        path = self._folder / PICTURES_FOLDER / f"{made.clip.stem}-{index}.png"
        write_png(path, frame_at(made.plain_frames(), index))
        return path


def frame_at(clip: FrameSource, index: int) -> Frame:
    """Return one frame of a clip, uint8 (H, W, 3).

    Raises:
        MediaError: the clip has fewer frames.
    """
    for number, frame in enumerate(clip):
        if number == index:
            return frame
    raise MediaError(f"a shot has no frame {index}: make it anew with --shot")


def prefixed(emit: Listener, name: str) -> Listener:
    """Return a listener that tells of a shot's stages and notices by the shot's name."""

    def listen(event: Event) -> None:
        if isinstance(event, StageStarted | Progress | StageFinished):
            emit(replace(event, stage=f"{name}: {event.stage}"))
        elif isinstance(event, Notice):
            emit(replace(event, message=f"{name}: {event.message}"))
        elif isinstance(event, KeyframeDone):  # the film's own ClipFinished is the one that counts
            emit(event)

    return listen
