"""The record of a film in its folder: what it was cut from, and where each shot stands."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from framesmooth.runs import package_versions, write_json
from framesmooth.story.edit import Edit
from framesmooth.story.spec import Story
from framesmooth.workflows.storyboard.shots import ShotClip

FILM_FILE: Final = "film.json"
FILM_VERSION: Final = 1


def write_film_record(
    folder: Path,
    story: Story,
    edit: Edit,
    clips: Mapping[int, ShotClip],
    *,
    output: Path,
    sha256: str,
    sound: Path | None,
) -> None:
    """Write ``film.json``: fps, size, the shots with their clips and frames, and the hash of the film.

    Paths are relative to the folder, so that it can be moved with the film.

    Raises:
        MediaError: the disk is full.
    """
    shots: list[dict[str, Any]] = [
        {
            "number": placed.shot.number,
            "clip": clips[placed.shot.number].clip.relative_to(folder).as_posix(),
            "prompts": list(placed.shot.prompts),
            "transition": str(placed.transition),
            "start": placed.start,
            "frames": placed.length,
            "head": placed.head,
            "tail": placed.tail,
        }
        for placed in edit.placed
    ]
    record = {
        "version": FILM_VERSION,
        "ai_generated": True,
        "story": story.path.name,
        "film": {"name": output.name, "sha256": sha256, "frames": edit.num_frames, "fps": str(edit.fps)},
        "shots": shots,
        "sound": None if sound is None else sound.relative_to(folder).as_posix(),
        "versions": package_versions(),
    }
    write_json(folder / FILM_FILE, record)
