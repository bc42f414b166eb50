"""The diffused frames by where they lie on the way: what is around each other frame."""

from bisect import bisect_right
from dataclasses import dataclass

from framesmooth.generation.keyframes import Path


@dataclass(frozen=True)
class Keys:
    """Diffused frames in the order of their positions; equal positions are one picture, diffused once."""

    positions: tuple[float, ...]
    times: tuple[int, ...]

    @classmethod
    def of(cls, path: Path, times: tuple[int, ...]) -> "Keys":
        """Return the frames ``times`` of a path; in a loop the first prompt's comes again at its end."""
        found: dict[float, int] = {}
        for time in times:
            found.setdefault(path.position(time), time)
        end = float(len(path.timeline.keyframes))
        if path.timeline.loop and path.control is None and end > 1 and 0.0 in found:
            found[end] = found[0.0]
        ordered = sorted(found)
        return cls(tuple(ordered), tuple(found[position] for position in ordered))

    @property
    def diffused(self) -> tuple[int, ...]:
        """The frames, in time, each once."""
        return tuple(sorted(set(self.times)))

    def around(self, position: float) -> tuple[int, int, float]:
        """Return (frame before, frame after, share of the way between them); the share is below 1."""
        index = max(0, bisect_right(self.positions, position) - 1)
        if index == len(self.times) - 1:
            return self.times[index], self.times[index], 0.0
        start, end = self.positions[index : index + 2]
        return self.times[index], self.times[index + 1], (position - start) / (end - start)
