"""Which sound goes with a clip, and from where on."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path


@dataclass(frozen=True)
class Sound:
    """The sound of a file, beside frames.

    Attributes:
        path: the file.
        start: the time stamp in seconds at which the clip's first frame stands in the file; None is that of
            the file's own first frame, or of its first sample where it holds no video.
        skip: seconds to leave out from there on.
        strict: whether damaged sound is an error.
        whole: whether all of it belongs to the frames, so that it is reported when its end is cut.
        tell: is told what is damaged or cut, in a sentence.
    """

    path: Path
    start: Fraction | None = None
    skip: Fraction = Fraction(0)
    strict: bool = False
    whole: bool = False
    tell: Callable[[str], None] | None = None
