"""Which text is on which frames of the film: titles, captions, and subtitles that are burnt in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.story.edit import Edit, Placed, frames_of
from framesmooth.story.spec import Text
from framesmooth.story.subtitles import text_span
from framesmooth.story.typesetting import CAPTION_SIZE, TITLE_SIZE, Layer, SetText, set_text
from framesmooth.video.subtitle_track import Cue

_FADE_SECONDS = Fraction(3, 10)
"""In which a title comes and goes."""
_GAP = 0.02
"""Between a caption and the subtitle below it, as a share of the height."""


@dataclass(frozen=True, eq=False)
class Overlay:
    """A text on the frames ``start`` to ``end``, excluded; it comes and goes within ``fade`` frames."""

    start: int
    end: int
    text: SetText
    fade: int = 0
    about: str = ""

    def opacity(self, frame: int) -> float:
        """Return how visible it is, 0 to 1."""
        if not self.start <= frame < self.end:
            return 0.0
        if not self.fade:
            return 1.0
        return min(1.0, (frame - self.start + 1) / (self.fade + 1), (self.end - frame) / (self.fade + 1))


def plan_overlays(
    edit: Edit, size: tuple[int, int], subtitles: Sequence[Cue], *, captions: bool
) -> list[Overlay]:
    """Return the texts on the film's frames.

    Args:
        edit: the film.
        size: (height, width) of its frames.
        subtitles: that are burnt in.
        captions: whether captions are burnt in.

    Raises:
        UsageError: a text that doesn't fit on the picture.
    """
    found = []
    below = 0
    for cue in subtitles:
        text = set_text(cue.text.replace("\n", " "), size, position="bottom", share=CAPTION_SIZE)
        if text is None:
            raise UsageError(
                f"the subtitle {cue.text[:40]!r} does not fit on {size[1]}x{size[0]}: say less at once"
            )
        start, end = (frames_of(time, edit.fps) for time in (cue.start, cue.end))
        found.append(Overlay(start, end, text, about="a subtitle"))
        below = max(below, text.height + round(_GAP * size[0]))
    for placed in edit.placed:
        shot = placed.shot
        if shot.title is not None:
            found.append(_text(edit, placed, shot.title, size, "title", TITLE_SIZE, 0))
        if shot.caption is not None and captions:
            lift = below if shot.say and shot.caption.position == "bottom" else 0
            found.append(_text(edit, placed, shot.caption, size, "caption", CAPTION_SIZE, lift))
    return found


def with_overlays(frames: Iterable[Frame], overlays: Sequence[Overlay]) -> Iterator[Frame]:
    """Yield the frames of a film with the texts on them."""
    left = sorted(overlays, key=lambda one: one.start)
    shown: list[tuple[Overlay, Layer]] = []
    for index, frame in enumerate(frames):
        while left and left[0].start <= index:
            shown.append((left[0], left.pop(0).text.layer()))
        shown = [(one, layer) for one, layer in shown if one.end > index]
        for one, layer in shown:
            frame = layer.on(frame, one.opacity(index))
        yield frame


def missing_glyphs(overlays: Iterable[Overlay]) -> Iterator[str]:
    """Yield a sentence for each text with characters that no font here has."""
    for one in overlays:
        if one.text.missing:
            listed = "".join(dict.fromkeys(one.text.missing))
            shown = listed if len(listed) <= 12 else f"{listed[:12]}…"
            yield f"{one.about}: no font here has {shown}: boxes are there; install one, such as Noto Sans"


def _text(
    edit: Edit, placed: Placed, text: Text, size: tuple[int, int], key: str, share: float, lift: int
) -> Overlay:
    start, end = (frames_of(time, edit.fps) for time in text_span(edit, placed, text))
    made = set_text(
        text.text,
        size,
        position=text.position,
        share=text.size or share,
        color=text.color,
        lift=lift,
    )
    if made is None:
        raise text.place.refused(f"does not fit on {size[1]}x{size[0]} in letters that can be read: say less")
    fade = min(frames_of(_FADE_SECONDS, edit.fps), max(0, (end - start) // 4))
    return Overlay(start, max(end, start + 1), made, fade, f"{key} of shot {placed.shot.number}")
