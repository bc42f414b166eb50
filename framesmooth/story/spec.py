"""A film as its story describes it: plain values, checked, with the place of each shot in the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

from framesmooth import defaults
from framesmooth.story.located import Located
from framesmooth.story.transition import CUT, Transition
from framesmooth.video.reading import Color

Position = Literal["top", "center", "bottom"]
POSITIONS: Final[tuple[Position, ...]] = ("top", "center", "bottom")

SHOT_SECONDS: Final = Fraction(4)
"""How long a shot lasts whose story doesn't say."""
LONGEST_SHOT: Final = 3600
"""Seconds."""
MOST_SHOTS: Final = 2000


@dataclass(frozen=True, kw_only=True)
class Text:
    """A title or a caption.

    Attributes:
        text: what is shown; a line break in it is kept.
        at: seconds after the shot begins.
        duration: seconds; None is until the shot ends.
        position: where on the picture.
        size: height of a line of text as a share of the picture's height, None for the usual one.
        color: of the letters.
        place: where it is written.
    """

    text: str
    at: Fraction = Fraction(0)
    duration: Fraction | None = None
    position: Position = "bottom"
    size: float | None = None
    color: Color = (255, 255, 255)
    place: Located = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Music:
    """The music of a film.

    Attributes:
        file: a file with sound.
        duck: dB by which it is lowered while somebody speaks, 0 or less.
        gain: dB by which it is louder, or softer, than it is.
        start: seconds of it that are left out at its start.
        fade: seconds in which it fades at the end of the film.
        place: where it is written.
    """

    file: Path
    duck: float = -12.0
    gain: float = 0.0
    start: Fraction = Fraction(0)
    fade: Fraction = Fraction(1)
    place: Located = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One shot.

    Attributes:
        number: from 1.
        prompts: texts as ``generate`` takes them.
        duration: seconds in the film, cut to cut.
        transition: into the shot.
        style: names of styles, the film's first.
        camera: camera words, "" for none.
        title: shown with the shot, and part of the picture.
        caption: text to read with the shot.
        say: what is spoken, "" for nothing.
        name: what editors call it, "" for words of the prompt.
        settings: of ``generate``, by key, as they are written.
        place: where it is written.
        places: where each of its values is written, by key.
    """

    number: int
    prompts: tuple[str, ...]
    duration: Fraction = SHOT_SECONDS
    transition: Transition = CUT
    style: tuple[str, ...] = ()
    camera: str = ""
    title: Text | None = None
    caption: Text | None = None
    say: str = ""
    name: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    place: Located = field(repr=False, compare=False)
    places: Mapping[str, Located] = field(default_factory=dict, repr=False, compare=False)

    def located(self, key: str) -> Located:
        """Return where a value of the shot is written: the key's line, or the shot's."""
        return self.places.get(key, self.place)

    @property
    def title_words(self) -> str:
        """The shot in a few words."""
        words = self.name or self.prompts[0]
        return words if len(words) <= 60 else f"{words[:57].rstrip()}..."


@dataclass(frozen=True, kw_only=True)
class Story:
    """A film.

    Attributes:
        path: the file.
        shots: in order.
        fps: frames per second.
        size: (height, width) in pixels; None is the model's own.
        music: under the film, None for none.
        ambience: whether the sounds of the places that prompts name are made, by rules.
        voice: who speaks: a folder of a VITS model, a voice of espeak-ng, or "" for the usual one.
        end: how the film ends: CUT, or a fade to a colour.
        handles: seconds that are generated before and after each shot for editors, besides what transitions
            need.
        places: where each film-wide value is written, by key.
    """

    path: Path
    shots: tuple[Shot, ...]
    fps: Fraction = defaults.FPS
    size: tuple[int, int] | None = None
    music: Music | None = None
    ambience: bool = False
    voice: str = ""
    end: Transition = CUT
    handles: Fraction = Fraction(0)
    places: Mapping[str, Located] = field(default_factory=dict, repr=False, compare=False)
