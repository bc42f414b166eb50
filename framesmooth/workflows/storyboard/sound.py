"""The sound of a film: what is spoken, and how long it takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from framesmooth.events import Listener
from framesmooth.story.edit import Edit
from framesmooth.story.spec import Story
from framesmooth.story.subtitles import reading_seconds


@dataclass(frozen=True)
class Spoken:
    """The words of a shot: how many seconds they take, and the file, None where nobody can speak them."""

    seconds: Fraction
    file: Path | None


def speak(story: Story, folder: Path, emit: Listener) -> dict[int, Spoken]:
    """Return the spoken words of each shot that has some, by its number."""
    return {shot.number: Spoken(reading_seconds(shot.say), None) for shot in story.shots if shot.say}


def film_sound(
    story: Story, edit: Edit, spoken: Mapping[int, Spoken], folder: Path, emit: Listener
) -> Path | None:
    """Return the sound of the film, None where it has none."""
    return None
