"""Replacements for bad frames: other noise, the frame before, or a warp of both neighbours."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from framesmooth.errors import ModelError
from framesmooth.frames import Frame
from framesmooth.metrics.outliers import FrameStatistics, frame_statistics, outliers
from framesmooth.workflows.generate.setting_groups.sampling import BadFrames

if TYPE_CHECKING:
    from framesmooth.frames import GeneratedFrame

ATTEMPTS: Final = 3
_FLOW: Final = "dis-medium"

ReadFrame = Callable[[int], Frame]
ReadStatistics = Callable[[int], FrameStatistics]
Reroll = Callable[[int, int], "GeneratedFrame"]


@dataclass(frozen=True)
class Repaired:
    """A bad frame, what was done about it, and how often it was diffused anew for that."""

    frame: int
    fault: str
    action: str
    attempts: int = 0

    def as_record(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return asdict(self)


def judge(num_frames: int, statistics: ReadStatistics, known: Mapping[int, str]) -> dict[int, str]:
    """Return frame -> fault of all bad frames: those ``known`` from their making, black ones and outliers.

    Outliers are found among the others, as if the bad ones weren't there.
    """
    looks = {index: statistics(index) for index in range(num_frames) if index not in known}
    bad = dict(known) | {index: "black" for index, look in looks.items() if look.black}
    good = [index for index in looks if index not in bad]
    found = outliers([looks[index] for index in good])
    return dict(sorted((bad | {good[at]: fault for at, fault in found.items()}).items()))


def check_repairable(bad: Mapping[int, str], num_frames: int, how: BadFrames) -> None:
    """Raise ModelError when there are bad frames and none may, or none can, be put in their place."""
    if not bad:
        return
    first, fault = next(iter(bad.items()))
    if how == "fail":
        others = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise ModelError(
            f"frame {first}{others} came out bad ({fault}): --bad-frames reroll, hold or interpolate "
            "makes the clip from the others"
        )
    if len(bad) == num_frames and how != "reroll":
        raise ModelError(_too_many_bad(num_frames, fault))


def _too_many_bad(num_frames: int, fault: str) -> str:
    what = "NaN" if fault == "nan" else fault
    return (
        f"all {num_frames} frames came out bad ({what}): use --dtype float32 or another --scheduler or prompt"
    )


def repaired(
    bad: Mapping[int, str], num_frames: int, read: ReadFrame, how: BadFrames, reroll: Reroll | None
) -> Iterator[tuple[Repaired, Frame]]:
    """Yield what was done about every bad frame, in order, and the frame for its place.

    Only good frames are looked at, so that a repair that was interrupted comes to the same.

    Raises:
        ModelError: when no frame is good and none can be made.
    """
    good = [index for index in range(num_frames) if index not in bad]
    for index, fault in bad.items():
        attempts = 0
        if reroll is not None and how == "reroll":
            fresh, attempts = _rerolled(index, good, read, reroll)
            if fresh is not None:
                yield Repaired(index, fault, "reroll", attempts), fresh
                continue
        if not good:
            raise ModelError(_too_many_bad(num_frames, fault))
        action, frame = _from_neighbours(index, good, read, warped=how != "hold")
        yield Repaired(index, fault, action, attempts), frame


def _rerolled(index: int, good: Sequence[int], read: ReadFrame, reroll: Reroll) -> tuple[Frame | None, int]:
    """Return (a frame that fits between its good neighbours if one came out, number of attempts)."""
    near = [other for other in good if abs(other - index) <= 8]
    looks = {other: frame_statistics(read(other)) for other in near}
    for attempt in range(1, ATTEMPTS + 1):
        image = reroll(index, attempt)
        looks[index] = frame_statistics(image.frame)
        order = sorted(looks)
        misfits = outliers([looks[other] for other in order])
        if not image.fault and order.index(index) not in misfits:
            return image.frame, attempt
    return None, ATTEMPTS


def _from_neighbours(index: int, good: Sequence[int], read: ReadFrame, *, warped: bool) -> tuple[str, Frame]:
    before = max((other for other in good if other < index), default=None)
    after = min((other for other in good if other > index), default=None)
    if not warped or before is None or after is None:
        nearest = before if before is not None else after
        assert nearest is not None  # the caller has seen that some frame is good
        return "hold", read(nearest)
    from framesmooth.interpolation.frame_pair import interpolate_pair
    from framesmooth.motion.flow.base import load_flow

    mix = (index - before) / (after - before)
    return "interpolate", next(
        iter(interpolate_pair(read(before), read(after), [mix], flow=load_flow(_FLOW)))
    )
