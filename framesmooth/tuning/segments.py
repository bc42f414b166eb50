"""The segments of a clip that a search samples: where it flickers most and where it moves most."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from framesmooth.frames import Frame
from framesmooth.metrics.dynamic_degree import fastest_motion
from framesmooth.motion.bidirectional import BidirectionalFlow, estimate_bidirectional_flow
from framesmooth.motion.flow.base import load_flow
from framesmooth.motion.scene_cuts import is_cut, similarity
from framesmooth.motion.warping import backward_warp
from framesmooth.video.held_frames import Repeat, find_repeats

SEGMENT: Final = 12
"""Frames of a segment: a frame in its middle sees all neighbours that the default smoother looks at."""

_LOOK_WIDTH: Final = 160
_LARGEST_WIDTH: Final = 960
# Above this share of unrelated neighbouring frames a clip has no usable motion.
_MOST_STRANGERS: Final = 0.5


@dataclass(frozen=True)
class Shot:
    """Frames ``start`` to ``stop`` (excluded) between two cuts."""

    start: int
    stop: int

    def __len__(self) -> int:
        """Return how many frames it has."""
        return self.stop - self.start


@dataclass(frozen=True)
class Overview:
    """Statistics of a whole clip from a quick pass.

    Attributes:
        flicker: per frame, what isn't explained by its two neighbours, in levels of 255.
        motion: per frame, pixels of the fastest 5 % since the frame before, of an image 160 pixels wide.
        similarity: per frame, to the frame before, -1 to 1.
        cuts: frames that begin a shot.
    """

    flicker: tuple[float, ...]
    motion: tuple[float, ...]
    similarity: tuple[float, ...]
    cuts: tuple[int, ...]

    @property
    def num_frames(self) -> int:
        """How many frames the clip has."""
        return len(self.flicker)

    @property
    def shots(self) -> list[Shot]:
        """The shots of the clip, in order."""
        borders = [0, *self.cuts, self.num_frames]
        return [Shot(first, last) for first, last in pairwise(borders)]

    @property
    def unusable(self) -> str | None:
        """Why nothing in the clip can be followed from frame to frame; None where something can."""
        pairs = self.num_frames - 1
        if pairs < 1 or len(self.cuts) <= _MOST_STRANGERS * pairs:
            return None
        alike = float(np.mean(self.similarity[1:]))
        return (
            f"{len(self.cuts)} of {pairs} neighbouring frames show unrelated images (similarity {alike:.2f} "
            "after motion compensation, 1 is the same): they share nothing that could be followed"
        )


@dataclass
class DistinctFrames:
    """The frames of a clip that aren't held: only between them is flicker, and only they are smoothed.

    Attributes:
        clip: may be read several times.
        starts: after a whole pass, the first frame of every distinct image, and how many frames there are.
    """

    clip: Iterable[Frame]
    starts: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[Frame]:
        """Start again at the first distinct image."""
        starts, count = [], 0
        for index, (frame, repeat) in enumerate(find_repeats(self.clip, lambda frame: frame)):
            count = index + 1
            if repeat is not Repeat.HELD:
                starts.append(index)
                yield frame
        self.starts = [*starts, count]

    def frames_of(self, pictures: Shot) -> Shot:
        """Return the frames that show these distinct images."""
        return Shot(self.starts[pictures.start], self.starts[pictures.stop])


def look(frames: Iterable[Frame]) -> Overview:
    """Look at every frame once, 160 pixels wide, and hold three."""
    flow = load_flow("dis-medium")
    flicker, motion, alike, cuts = [], [0.0], [1.0], []
    before: tuple[Frame, BidirectionalFlow] | None = None
    last: Frame | None = None
    for index, frame in enumerate(frames):
        here = shrunk(frame, _LOOK_WIDTH)
        pair: BidirectionalFlow | None = None
        if last is not None:
            pair = estimate_bidirectional_flow(flow, last, here)
            alike.append(similarity(last, here, pair))
            motion.append(fastest_motion(pair.forward, 0.05))
            if is_cut(last, here, pair):
                cuts.append(index)
                pair = None
            flicker.append(_unexplained(before, last, pair, here))
        before = None if last is None or pair is None else (last, pair)
        last = here
    flicker.append(0.0)
    return Overview(tuple(flicker), tuple(motion), tuple(alike), tuple(cuts))


def _unexplained(
    before: tuple[Frame, BidirectionalFlow] | None,
    middle: Frame,
    motion: BidirectionalFlow | None,
    after: Frame,
) -> float:
    if before is None or motion is None:
        return 0.0
    expected = backward_warp(before[0], before[1].backward) * np.float32(0.5)
    expected += backward_warp(after, motion.forward) * np.float32(0.5)
    seen = before[1].consistent_backward & motion.consistent
    gap = (middle - expected)[seen]
    return float(np.sqrt(np.mean(np.square(gap)) / 1.5)) if gap.size else 0.0


def shrunk(frame: Frame, width: int) -> Frame:
    """Return the frame with at most ``width`` pixels a row."""
    if frame.shape[1] <= width:
        return frame
    size = shrunk_size((frame.shape[0], frame.shape[1]), width)
    return np.asarray(cv2.resize(frame, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def shrunk_size(size: tuple[int, int], width: int) -> tuple[int, int]:
    """Return the (height, width) of a larger frame shrunk to ``width``."""
    return max(round(size[0] * width / size[1]), 8), width


def choose_segments(overview: Overview, within: Sequence[Shot] | None = None) -> list[Shot]:
    """Return one or two segments of at most SEGMENT frames, in order: most flicker, most motion.

    No segment holds a cut. ``within`` are the shots to choose from, all where it is None. Shots of fewer than
    three frames count only where there is no other.
    """
    shots = overview.shots if within is None else list(within)
    places = [
        Shot(start, start + min(len(shot), SEGMENT))
        for shot in ([shot for shot in shots if len(shot) >= 3] or shots)
        for start in range(shot.start, max(shot.stop - SEGMENT, shot.start) + 1)
    ]

    def mean(values: Sequence[float], place: Shot) -> float:
        return float(np.mean(values[place.start : place.stop]))

    first = max(places, key=lambda place: (mean(overview.flicker, place), len(place)))
    apart = [place for place in places if place.start >= first.stop or place.stop <= first.start]
    if not apart:
        return [first]
    second = max(apart, key=lambda place: (mean(overview.motion, place), len(place)))
    return sorted([first, second], key=lambda place: place.start)


def read_segments(frames: Iterable[Frame], segments: Sequence[Shot]) -> list[list[Frame]]:
    """Return the frames of the segments, shrunk to at most 960 pixels a row."""
    clips: list[list[Frame]] = [[] for _ in segments]
    last = max(segment.stop for segment in segments)
    for index, frame in enumerate(frames):
        if index >= last:
            break
        for clip, segment in zip(clips, segments, strict=True):
            if segment.start <= index < segment.stop:
                clip.append(shrunk(frame, _LARGEST_WIDTH))
    return clips
