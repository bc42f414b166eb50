"""The timing of GIF and animated WebP: which frames are held for how many slots of a constant rate.

Both formats keep durations, not a rate, and round them (GIF to 1/100 s, WebP to 1/1000 s); libwebp merges
equal frames into one that is held. What we write therefore notes its rate and number of frames, in a comment
of a GIF and in the Exif description of a WebP. A second line holds the tags, which have no other place there.
"""

import json
import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Final

from PIL import Image

_NOTE: Final = re.compile(r"(\d+) frames at (\d+)/(\d+) a second by framesmooth")
_DESCRIPTION: Final = 0x010E  # Exif 2.32, table 4: ImageDescription
SHORTEST_DELAY: Final = Fraction(1, 100)
_BROWSERS_DELAY: Final = Fraction(1, 10)
"""What browsers put in place of that and less (Chromium, WebKit and Firefox alike)."""
_EXIF_FLAG: Final = 0x08  # RFC 9649, section 2.7: the flags of VP8X


@dataclass(frozen=True)
class AnimationTiming:
    """A constant rate, and for how many frames at that rate each frame in the file is shown.

    ``is_guessed`` where it comes from the delays in the file, and not from a note of what was written.
    """

    fps: Fraction
    repeats: tuple[int, ...]
    is_guessed: bool = False


def find_timing(
    durations: list[Fraction], tick: Fraction, note: tuple[int, Fraction] | None
) -> AnimationTiming:
    """Return the rate at which every frame is shown for a whole number of slots.

    Args:
        durations: seconds that each frame in the file is shown; 1/100 s and less counts as 1/10 s, as in all
            browsers, unless the note says otherwise.
        tick: the unit to which the format rounds times.
        note: (number of frames, frames per second) as written; ignored where the frames contradict it.
    """
    durations = [duration or _BROWSERS_DELAY for duration in durations]
    starts = [Fraction(0), *accumulate(durations)]
    if note is not None:
        count, fps = note
        slots = [*(round(start * fps) for start in starts[:-1]), count]
        if len(durations) == count:
            return AnimationTiming(fps, (1,) * count)
        as_long = len(durations) == 1 or abs(count / fps - starts[-1]) <= 1 / fps + 2 * tick
        if as_long and all(earlier < later for earlier, later in pairwise(slots)):
            return AnimationTiming(fps, tuple(later - earlier for earlier, later in pairwise(slots)))
    durations = [_BROWSERS_DELAY if duration <= SHORTEST_DELAY else duration for duration in durations]
    starts = [Fraction(0), *accumulate(durations)]
    shortest = [duration for duration in durations if duration <= min(durations) + tick]
    slot = sum(shortest, Fraction(0)) / len(shortest)
    fps = _whole_rate(round(starts[-1] / slot), starts[-1], tick)
    slots = [math.floor(start * fps + Fraction(1, 2)) for start in starts]
    repeats = tuple(max(1, later - earlier) for earlier, later in pairwise(slots))
    return AnimationTiming(fps, repeats, is_guessed=True)


def _whole_rate(count: int, end: Fraction, tick: Fraction) -> Fraction:
    """Return ``count`` frames in ``end`` seconds as a rate, a whole one where the rounding allows."""
    whole = max(1, round(count / end))
    if abs(Fraction(count, whole) - end) <= tick:
        return Fraction(whole)
    return (count / end).limit_denominator(100)


def read_note(image: Image.Image) -> tuple[int, Fraction] | None:
    """Return (number of frames, frames per second) as ``note_gif`` and ``note_webp`` write them."""
    match = _NOTE.search(_text(image))
    if match is None or "0" in match.groups():
        return None
    return int(match[1]), Fraction(int(match[2]), int(match[3]))


def read_tags(image: Image.Image) -> dict[str, str]:
    """Return the tags as ``note_gif`` and ``note_webp`` write them; none of a file that isn't ours."""
    lines = _text(image).splitlines()
    ours = [later for line, later in pairwise(lines) if _NOTE.fullmatch(line.strip())]
    try:
        tags = json.loads(ours[0]) if ours else {}
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in tags.items()} if isinstance(tags, dict) else {}


def _text(image: Image.Image) -> str:
    """Return the comment of a GIF and the Exif description of a WebP."""
    comment = image.info.get("comment", b"")
    text = comment.decode("latin-1") if isinstance(comment, bytes) else str(comment)
    return f"{text}\n{image.getexif().get(_DESCRIPTION, '')}"


def _note(count: int, fps: Fraction, tags: Mapping[str, str]) -> str:
    """Return the lines in plain ASCII, which both formats can hold."""
    first = f"{count} frames at {fps.numerator}/{fps.denominator} a second by framesmooth"
    return f"{first}\n{json.dumps(dict(tags))}" if tags else first


def note_gif(path: Path, count: int, fps: Fraction, tags: Mapping[str, str]) -> None:
    """Put the note into a comment extension before the first frame (GIF89a, section 24)."""
    data = path.read_bytes()
    flags = data[10]
    palette = 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
    note = _note(count, fps, tags).encode()
    parts = (note[at : at + 255] for at in range(0, len(note), 255))  # a sub-block holds no more
    blocks = b"".join(bytes([len(part)]) + part for part in parts)
    start = 13 + palette  # after the header and the screen descriptor
    path.write_bytes(data[:start] + b"\x21\xfe" + blocks + b"\0" + data[start:])


def note_webp(path: Path, count: int, fps: Fraction, size: tuple[int, int], tags: Mapping[str, str]) -> None:
    """Append an Exif chunk (RFC 9649, sections 2.6 and 2.7); a still gets the header that allows it."""
    data = path.read_bytes()
    chunks = bytearray(data[12:])
    if chunks[:4] != b"VP8X":
        height, width = size
        canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks = bytearray(struct.pack("<4sII", b"VP8X", 10, 0) + canvas) + chunks
    chunks[8] |= _EXIF_FLAG
    exif = Image.Exif()
    exif[_DESCRIPTION] = _note(count, fps, tags)
    content = exif.tobytes().removeprefix(b"Exif\0\0")
    chunks += struct.pack("<4sI", b"EXIF", len(content)) + content + b"\0" * (len(content) % 2)
    path.write_bytes(struct.pack("<4sI4s", b"RIFF", 4 + len(chunks), b"WEBP") + chunks)
