"""What a clip that leads to a picture is asked for."""

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from framesmooth.errors import UsageError
from framesmooth.frames import Frame
from framesmooth.generation import DEFAULT_ENDS_STRENGTH
from framesmooth.generation.plan import picture_at, short, strengths_of
from framesmooth.outliers import look_of
from framesmooth.timeline import Timeline

if TYPE_CHECKING:
    from framesmooth.settings import ClipSettings


@dataclass(frozen=True, kw_only=True)
class Ends:
    """The pictures that a clip begins and ends with.

    Attributes:
        first: the first frame, uint8 (H, W, 3) of any size; None is diffused.
        last: the last frame, likewise.
        strengths: share of the steps that draw each frame anew from those around it, 0 to 1.
        departure: the last frame that shows what the first does.
        arrival: the first frame that shows what the last does.
    """

    first: Frame | None
    last: Frame
    strengths: Sequence[float]
    departure: int
    arrival: int

    def given(self, time: int) -> Frame | None:
        """Return the picture that is given for a frame, None between the ends."""
        if time >= self.arrival:
            return self.last
        return self.first if time <= self.departure else None

    def is_black(self, time: int) -> bool:
        """Tell whether the picture given for a frame is black."""
        given = self.given(time)
        return given is not None and look_of(given).black

    @property
    def key(self) -> dict[str, Any]:
        """Everything about this that decides the diffused pictures: plain JSON types."""
        pictures = {"first": self.first, "last": self.last}
        hashes = {
            name: None if picture is None else hashlib.sha256(picture.tobytes()).hexdigest()
            for name, picture in pictures.items()
        }
        return {**hashes, "strengths": short(self.strengths)}


def plan_ends(settings: "ClipSettings", timeline: Timeline) -> Ends | None:
    """Read the pictures at the ends of a clip, and work out how freely it leads from one to the other.

    Returns None where no last picture is given.

    Raises:
        UsageError: a schedule that cannot be read or leaves its range, or a setting that doesn't go with it.
        MediaError: a picture that cannot be read.
    """
    if settings.last_image is None:
        return None
    for name, asked in (("a camera", settings.camera is not None), ("--loop", settings.loop)):
        if asked:
            raise UsageError(f"--last-image says where the clip leads: drop it or {name}")
    if timeline.num_frames < 2:
        raise UsageError("--last-image needs a frame to come from: give a larger --num-frames")
    departure, arrival = (0, timeline.num_frames - 1) if settings.control else way_of(timeline)
    if arrival == 0:
        raise UsageError("--last-image needs a way to go, and one of --seeds stands still: give a --seed")
    return Ends(
        first=None if settings.init_image is None else picture_at(settings.init_image, "--init-image"),
        last=picture_at(settings.last_image, "--last-image"),
        strengths=strengths_of(settings, timeline, DEFAULT_ENDS_STRENGTH),
        departure=departure,
        arrival=arrival,
    )


def way_of(timeline: Timeline) -> tuple[int, int]:
    """Return the last frame that shows what the first does, and the first that shows what the last does."""
    where = [start + mix for start, _, mix in map(timeline.at, range(timeline.num_frames))]
    return bisect_right(where, where[0]) - 1, where.index(where[-1])
