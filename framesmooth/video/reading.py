"""How clips are read where files leave a choice."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal, get_args

Sort = Literal["natural", "time", "exif"]
SORTS: Final[tuple[Sort, ...]] = get_args(Sort)


@dataclass(frozen=True)
class Reading:
    """The choices.

    Attributes:
        sort: the order of a folder's pictures: "natural" by name, "time" by when the files were written,
            "exif" by when they were taken.
        strict: refuse what is damaged or incomplete, numbered pictures with gaps among it.
    """

    sort: Sort = "natural"
    strict: bool = False


AS_USUAL: Final = Reading()


def reading_words(reading: Reading) -> list[str]:
    """Return the choices that differ from the usual ones as words of a command line."""
    words = []
    if reading.sort != AS_USUAL.sort:
        words += ["--sort", reading.sort]
    if reading.strict:
        words += ["--strict"]
    return words


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """Which part of a clip is read, and how; every workflow that reads one takes these.

    Attributes:
        fps: the rate of a folder's frames, or one to which a video is resampled; None is the clip's own,
            and 12 for a folder and for frames in memory.
        frame_range: (start, stop) of the frames that are taken, counted from 0; ``stop`` is excluded, and
            None is the end.
        reading: how its files are read.
    """

    fps: Fraction | None = None
    frame_range: tuple[int, int | None] | None = None
    reading: Reading = AS_USUAL
