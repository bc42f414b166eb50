"""The calls of a video pipeline that make a clip: one for each prompt, more where it is long; no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from framesmooth.models.video_families.base import Start, VideoFamily
from framesmooth.timeline.seeds import MAX_SEED
from framesmooth.timeline.timeline import Timeline


@dataclass(frozen=True)
class Segment:
    """Frames of a clip that are generated in one call.

    Attributes:
        frames: of the clip, by index.
        key: the index of the keyframe whose prompt it shows.
        seed: of its noise.
        leads_on: whether it starts from the last frame of the segment before, which is generated again.
    """

    frames: range
    key: int
    seed: int
    leads_on: bool = False

    @property
    def generated(self) -> int:
        """How many frames are asked of the pipeline at least."""
        return len(self.frames) + (1 if self.leads_on else 0)


def segments_of(timeline: Timeline, family: VideoFamily, start: Start) -> tuple[Segment, ...]:
    """Return the segments of a clip, in order; together they have all its frames.

    Args:
        timeline: its prompts, each from its frame on; the first one begins the clip.
        family: of the model, which says how long a segment can be.
        start: what the clip starts from.
    """
    if family.travels:
        return (Segment(range(timeline.num_frames), 0, timeline.keyframes[0].seed),)
    return tuple(_segments(timeline, family, start))


def _segments(timeline: Timeline, family: VideoFamily, start: Start) -> Iterator[Segment]:
    joins = family.leads_on and start != "video"
    borders = [0, *(key.time for key in timeline.keyframes[1:]), timeline.num_frames]
    for key, (first, end) in enumerate(pairwise(borders)):
        seed = timeline.keyframes[key].seed
        for index, frames in enumerate(_parts(first, end, _longest(end - first, family, start, joins, key))):
            leads_on = joins and frames.start > 0
            yield Segment(frames, key, (seed + index) % MAX_SEED, leads_on)


def _longest(frames: int, family: VideoFamily, start: Start, joins: bool, key: int) -> int:
    """Return how many frames of a prompt are generated at once: all, unless parts of them fit together."""
    if joins:  # all but the first part generate one frame twice
        return family.longest if key == 0 and frames <= family.longest else max(1, family.longest - 1)
    return family.longest if start == "video" or family.longest_is_limit else frames


def _parts(first: int, end: int, longest: int) -> Iterator[range]:
    """Cut the frames from ``first`` to ``end`` into parts that are about equally long."""
    count = -(-(end - first) // longest)
    cuts = [first + index * (end - first) // count for index in range(count + 1)]
    return (range(start, stop) for start, stop in pairwise(cuts))
