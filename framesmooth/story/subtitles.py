"""Subtitles of a film: spoken words and captions, cut into lines that can be read, and their files."""

import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

from framesmooth.errors import UsageError
from framesmooth.story.edit import Edit, Placed
from framesmooth.story.line_breaking import broken
from framesmooth.story.spec import Text
from framesmooth.video.atomic import write_text
from framesmooth.video.subtitle_track import Cue

SUFFIXES: Final = {".srt": "srt", ".vtt": "vtt", ".ass": "ass", ".ssa": "ssa"}
SPEECH_LEAD: Final = Fraction(1, 4)
"""Seconds between a cut and the first word of its shot, and between the last word and the next cut."""
_LETTERS: Final = 42
"""Of a line, as broadcasters have it."""
_LINES: Final = 2
_LETTERS_A_SECOND: Final = 15
"""How fast people speak, and read."""
_MARKS: Final = str.maketrans("{}<>", "()‹›")
"""What subtitle files take for styling."""
_CLAUSE: Final = re.compile(r"(?<=[.!?…。！？;:,、，])\s*(?=\S)")


def reading_seconds(text: str) -> Fraction:
    """Return how long it takes to speak a text, about."""
    return Fraction(len(" ".join(text.split())), _LETTERS_A_SECOND)


def shortest_shot(words: Fraction) -> Fraction:
    """Return how many seconds a shot lasts at least in which ``words`` seconds are spoken."""
    return words + 2 * SPEECH_LEAD if words else words


def spoken_cues(edit: Edit, spoken: Mapping[int, Fraction]) -> list[Cue]:
    """Return the cues of what is spoken.

    Args:
        edit: the film.
        spoken: shot number -> seconds that its words take.
    """
    found: list[Cue] = []
    for placed in edit.placed:
        if placed.shot.say:
            start = edit.seconds(placed.start) + SPEECH_LEAD
            end = min(start + spoken[placed.shot.number], edit.seconds(placed.end))
            found += _divided(placed.shot.say, start, end)
    return found


def caption_cues(edit: Edit) -> list[Cue]:
    """Return a cue for each caption."""
    return [
        Cue(start=start, end=end, text=_lines(placed.shot.caption.text))
        for placed in edit.placed
        if placed.shot.caption is not None
        for start, end in [text_span(edit, placed, placed.shot.caption)]
    ]


def text_span(edit: Edit, placed: Placed, text: Text) -> tuple[Fraction, Fraction]:
    """Return the seconds in the film at which a title or a caption begins and ends.

    Raises:
        UsageError: it begins after its shot has ended.
    """
    first, last = edit.seconds(placed.start), edit.seconds(placed.end)
    start = first + text.at
    if start >= last:
        raise text.place.refused(
            f"begins {float(text.at):g} s into a shot of {float(last - first):g} s: give it earlier"
        )
    return start, last if text.duration is None else min(last, start + text.duration)


def in_order(cues: list[Cue]) -> list[Cue]:
    """Return cues in order of their time."""
    return sorted(cues, key=lambda cue: (cue.start, cue.end))


def write_subtitles(path: Path, cues: list[Cue]) -> None:
    """Write cues as .srt, .vtt or .ass.

    Raises:
        UsageError: another suffix.
        MediaError: the file cannot be written.
    """
    from pysubs2 import SSAEvent, SSAFile, make_time

    file = SSAFile()
    for cue in cues:
        event = SSAEvent(start=make_time(s=float(cue.start)), end=make_time(s=float(cue.end)))
        event.plaintext = cue.text
        file.append(event)
    write_text(path, file.to_string(subtitle_format(path)))


def subtitle_format(path: Path) -> str:
    """Return the format of a subtitle file by its suffix.

    Raises:
        UsageError: one that is not known.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path}: subtitles are written as {', '.join(SUFFIXES)}, or give soft or burn")
    return SUFFIXES[path.suffix.lower()]


def _divided(text: str, start: Fraction, end: Fraction) -> list[Cue]:
    """Return a text as cues of two lines at most, each for its share of the time."""
    plain = " ".join(text.translate(_MARKS).split())
    parts: list[str] = []
    for clause in _CLAUSE.split(plain):
        joined = f"{parts[-1]} {clause}" if parts else clause
        if parts and _fits(joined):
            parts[-1] = joined
            continue
        lines = broken(clause, len, _LETTERS)
        parts += [" ".join(lines[at : at + _LINES]) for at in range(0, len(lines), _LINES)]
    total = sum(map(len, parts))
    cues, at = [], start
    for part in parts:
        until = at + (end - start) * len(part) / total
        cues.append(Cue(start=at, end=until, text=_lines(part)))
        at = until
    return cues


def _fits(text: str) -> bool:
    return len(broken(text, len, _LETTERS)) <= _LINES


def _lines(text: str) -> str:
    return "\n".join(line for line in broken(text.translate(_MARKS), len, _LETTERS) if line.strip())
