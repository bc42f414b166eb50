"""The board of a film: one picture a shot, with its time, transition and words, before anything is made."""

import math
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from framesmooth.errors import OutputExists
from framesmooth.events import Listener, Notice, stage
from framesmooth.frames import Frame
from framesmooth.models.pool import ModelPool
from framesmooth.motion.camera.moves import Moves
from framesmooth.reports.figures import thumbnail
from framesmooth.reports.montage import captioned, side_by_side
from framesmooth.runs import RunFolder
from framesmooth.story.edit import Edit, Placed, plan_edit
from framesmooth.story.reader import read_story
from framesmooth.story.subtitles import shortest_shot
from framesmooth.video import open_source, write_png
from framesmooth.video.content_credentials import AI_GENERATED, MADE_BY, SOURCE_TYPE
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.storyboard.clips import frame_at
from framesmooth.workflows.storyboard.settings import StoryboardSettings
from framesmooth.workflows.storyboard.shots import PlannedShot, plan_shots, shot_settings_keys
from framesmooth.workflows.storyboard.sound import speak
from framesmooth.workflows.storyboard.styling import with_style_transitions

SUFFIX: Final = ".preview.png"
_STEPS: Final = 6
_WIDEST_SHEET: Final = 4096
_LARGEST_WIDTH, _SMALLEST_WIDTH = 320, 96
_FEWEST_COLUMNS: Final = 4
_MOVING: Final = ("strength", "cadence", "pacing", "depth_model", "last_image", "seeds")


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board that was written: where, of how many shots, and how long the film will be."""

    path: Path
    shots: int
    frames: int
    fps: Fraction

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {
            "preview": str(self.path),
            "shots": self.shots,
            "frames": self.frames,
            "fps": str(self.fps),
            "seconds": float(self.frames / self.fps),
        }


def preview_film(settings: StoryboardSettings, emit: Listener, pool: ModelPool | None = None) -> Board:
    """Write one picture of each shot on a sheet: the middle of a shot that is made, else its first frame.

    Raises:
        OutputExists: the sheet is there already.
        FramesmoothError: what ``make_film`` would raise before its work begins.
    """
    path = settings.output.with_name(settings.output.stem + SUFFIX)
    if path.exists() and not settings.encoding.overwrite:
        raise OutputExists(f"{path} exists: add --overwrite to replace it")
    story = with_style_transitions(read_story(settings.story, shot_settings_keys()))
    folder = RunFolder.beside(settings.output).folder
    spoken = speak(story, folder, emit)
    seconds = [spoken[shot.number].seconds if shot.number in spoken else Fraction(0) for shot in story.shots]
    edit = plan_edit(story, list(map(shortest_shot, seconds)))
    planned = plan_shots(story, edit.placed)
    pictures: list[Frame] = []
    with (pool or ModelPool()).active(), stage(emit, "preview", len(planned), "shots") as advance:
        for one in planned:
            pictures.append(_picture(one, folder))
            advance(1)
    columns = max(_FEWEST_COLUMNS, math.ceil(math.sqrt(len(planned))))
    width = max(_SMALLEST_WIDTH, min(_LARGEST_WIDTH, _WIDEST_SHEET // columns))
    captions = [(_heading(edit, one), _words(one)) for one in edit.placed]
    sheet = side_by_side(captioned([thumbnail(each, width) for each in pictures], captions), columns)
    tags = None if settings.encoding.no_metadata else {"comment": MADE_BY, SOURCE_TYPE: AI_GENERATED}
    write_png(path, sheet, tags)
    board = Board(path=path, shots=len(planned), frames=edit.num_frames, fps=edit.fps)
    length = f"{float(edit.num_frames / edit.fps):.4g} s"
    emit(Notice(f"{board.shots} shots, {length}: for the film give the same command without --preview"))
    return board


def _picture(planned: PlannedShot, folder: Path) -> Frame:
    placed = planned.placed
    if placed.transition.kind != "match":
        made = planned.in_folder(folder, None)
        if made.is_complete():
            return frame_at(open_source(made.clip), placed.head + placed.length // 2)
    clip = resolve(_still(planned.settings))
    generator = load_generator(clip, None).preview(steps=_STEPS)
    for keyframe in generator.keyframes(lambda _steps: None):
        return keyframe.image
    return generator.render(range(1))[0].frame


def _still(settings: GenerateSettings) -> GenerateSettings:
    """Return the settings of the first frame alone."""
    default = GenerateSettings(prompts=settings.prompts, output=settings.output).flat()
    reset = {key: default[key] for key in (*(field.name for field in fields(Moves)), *_MOVING)}
    return settings.but(
        **reset, camera="static", prompts=(replace(settings.prompts[0], time=None),), num_frames=1
    )


def _heading(edit: Edit, placed: Placed) -> str:
    start, end = (float(edit.seconds(frame)) for frame in (placed.start, placed.end))
    way = "" if placed.transition.kind == "cut" else f" · {placed.transition}"
    return f"{placed.shot.number} · {start:.2f}–{end:.2f} s{way}"


def _words(placed: Placed) -> str:
    shot = placed.shot
    parts = [f"“{shot.title.text}”"] if shot.title is not None else []
    parts.append(" → ".join(shot.prompts))
    parts += [shot.camera] if shot.camera else []
    parts += [f"— {shot.say}"] if shot.say else []
    return " · ".join(parts)
