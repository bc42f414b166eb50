"""Morphs: the last frames of a shot travel through the model's latents to the first frames of the next."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import Final

from framesmooth.frames import Frame
from framesmooth.motion.camera.moves import Moves
from framesmooth.runs import content_of
from framesmooth.story.edit import Placed
from framesmooth.video import open_source
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.storyboard.shots import PlannedShot, ShotClip, shot_content

MORPH: Final = "morph"
_LED: Final = (
    "camera",
    "strength",
    "cadence",
    "pacing",
    "depth_model",
    "init_video",
    "seeds",
    "control",
    "control_model",
)
"""Settings of a shot that have no meaning between two given pictures."""


@dataclass(frozen=True)
class MorphClip(ShotClip):
    """The clip of a morph: one frame longer at each end, which are those of the shots."""

    def frames(self) -> Iterator[Frame]:
        """Yield the frames of the morph alone."""
        return islice(iter(open_source(self.clip)), 1, 1 + self.placed.before + self.placed.after)


def plan_morph(
    placed: Placed,
    before: GenerateSettings,
    after: GenerateSettings,
    pictures: Sequence[Path],
    folder: Path,
) -> MorphClip:
    """Return the morph into a shot.

    Args:
        placed: the shot.
        before: the settings of the shot that ends.
        after: those of the shot that begins, which decide the model and all else.
        pictures: the last frame before the morph and the first one after it, as files.
        folder: of the film.
    """
    first, last = pictures
    default = GenerateSettings(prompts=after.prompts, output=after.output).flat()
    reset = (*(field.name for field in fields(Moves)), *_LED)
    settings = after.but(
        **{key: default[key] for key in reset},
        prompts=(replace(before.prompts[-1], time=None), replace(after.prompts[0], time=None)),
        num_frames=placed.before + placed.after + 2,
        last_image=last,
        init_image=first,
    )
    content = {**shot_content(settings, resolve(settings)), MORPH: [content_of(one) for one in pictures]}
    named = replace(placed, shot=replace(placed.shot, name=f"{MORPH} into {placed.shot.title_words}"))
    planned = PlannedShot(placed=named, settings=settings, content=content)
    clip = planned.in_folder(folder, None)
    return MorphClip(named, clip.settings)
