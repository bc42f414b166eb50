"""When a clip under a moving camera needs a new image, and from where: known from the camera alone.

While the prompt stays, images are generated where the camera sees what no image shows: far ahead, where
about half of the view is new, so that a whole subject fits in; upright where the camera rolls, because
models know upright scenes. They are refined where they are enlarged too much. While the prompt changes,
every keyframe is an image.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from framesmooth.generation.anchor_images import AnchorImage, composed, scale_of
from framesmooth.motion.camera.homography import Homography, homography_flow, rotation, transform
from framesmooth.motion.warping import Mask, inside_frame

Kind = Literal["first", "extend", "refine", "change"]

LARGEST_ENLARGEMENT: Final = 1.25
"""Factor from which on an image is refined: by then a quarter of its fine detail is gone."""
_LEAST_KNOWN: Final = 0.45
"""Share of a view that is known before, so that what is generated beside it fits."""
_UNSEEN: Final = 0.004
"""Share of a view that may be mirrored."""
_UPRIGHT: Final = math.radians(2)
_FADED: Final = 12
"""Frames over which a refined image takes the place of the one before."""
_WIDEST: Final = 1.6
"""Factor by which an image may show more than a frame."""
_GRID: Final = 48
"""Pixels of the shorter side of the views in which the plan is made."""


@dataclass(frozen=True)
class PlannedImage:
    """An image to generate.

    Attributes:
        key: the frame under whose number it is kept.
        kind: the first frame; what an image is extended by; an image refined; one of a changed prompt.
        pose: takes points of frame 0 to where they are in it.
        since: the frame from which on it is seen.
        full: the frame from which on it is opaque.
    """

    key: int
    kind: Kind
    pose: Homography
    since: int
    full: int

    def opacity(self, time: int) -> float:
        """Return how opaque it is in frame ``time``, 0 to 1."""
        if time >= self.full:
            return 1.0
        return max(0.0, (time - self.since) / max(1, self.full - self.since))


@dataclass
class _Planner:
    size: tuple[int, int]
    pose: Callable[[int], Homography]
    num_frames: int
    begun: int = 0
    """The first frame of the leg, before which nothing changes any more."""
    planned: list[PlannedImage] = field(default_factory=list)
    shown: list[AnchorImage] = field(default_factory=list)

    def add(self, key: int, kind: Kind, pose: Homography, since: int, full: int) -> None:
        taken = {one.key for one in self.planned}
        if len(taken) == self.num_frames:
            return  # every frame has an image of its own
        while key in taken:
            key = (key + 1) % self.num_frames
        self.planned.append(PlannedImage(key, kind, pose, since, full))
        own = ~self.seen(pose) if kind == "extend" else np.ones(self.size, np.bool_)
        self.shown.append(AnchorImage(np.zeros((*self.size, 3), np.float32), pose, own.astype(np.float32)))

    def unseen(self, pose: Homography) -> float:
        """Return the share of a view that no image shows."""
        return 1 - float(self.seen(pose).mean())

    def seen(self, pose: Homography) -> Mask:
        """Return which pixels (H, W) of a view some image shows."""
        seen = np.zeros(self.size, np.bool_)
        for image in self.shown:
            seen |= inside_frame(homography_flow(image.pose @ np.linalg.inv(pose), self.size))
            if seen.all():
                break
        return seen

    def extend(self, time: int, last: int) -> None:
        """Plan images until frame ``time`` is seen; they may look ahead up to frame ``last``."""
        ahead = time
        for other in sorted({last, *range(time, last, max(1, (last - time) // 24))}):
            if 1 - self.unseen(self.upright(time, other)) >= _LEAST_KNOWN:
                ahead = other
        self.add(ahead, "extend", self.widened(self.upright(time, ahead), time, ahead), time, time)
        if ahead != time and self.unseen(self.pose(time)) > _UNSEEN:
            self.add(time, "extend", self.upright(time, time), time, time)

    def widened(self, pose: Homography, start: int, end: int) -> Homography:
        """Return the pose from far enough to see what is new on the way: the corners of a diagonal pan."""
        height, width = self.size
        middle = np.array([width - 1, height - 1]) / 2
        factor = 1.0
        for time in np.linspace(start, end, 5).round().astype(int).tolist():
            rows, columns = np.nonzero(~self.seen(self.pose(time)))
            if len(rows):
                points = np.stack([columns, rows], axis=-1).astype(np.float64)
                matrix = np.asarray(pose @ np.linalg.inv(self.pose(time)), np.float64)
                there = transform(matrix, points)
                factor = max(factor, float(np.max(np.abs(there - middle) / middle)))
        factor = min(factor, _WIDEST)
        return _about(middle, np.diag([1 / factor, 1 / factor, 1.0])) @ pose

    def upright(self, start: int, end: int) -> Homography:
        """Return the pose of frame ``end`` upright, and from far enough to see it at any roll on the way.

        It is no nearer than frame ``start``, so that it shows what is beside it.
        """
        pose, centre = self.pose(end), np.array([self.size[1] - 1, self.size[0] - 1]) / 2
        angles = [_angle(self.pose(time), centre) for time in {start, (start + end) // 2, end}]
        nearer = scale_of(pose @ np.linalg.inv(self.pose(start)), self.size)
        largest = min(max(abs(angle) for angle in angles), math.pi / 4)
        factor = 1 / max(1.0, nearer)
        if largest > _UPRIGHT:
            factor /= math.cos(largest) + math.sin(largest) * max(self.size) / min(self.size)
        elif factor == 1:
            return pose
        turned = rotation(2, -math.degrees(_angle(pose, centre))) * np.array([[factor], [factor], [1.0]])
        return _about(centre, turned) @ pose

    def refine(self, time: int) -> None:
        """Plan a sharper image where those that there are were enlarged too much."""
        if len(self.shown) == 1:
            enlarged = scale_of(self.pose(time) @ np.linalg.inv(self.shown[0].pose), self.size)
        else:
            enlarged = composed(self.shown, [1.0] * len(self.shown), self.pose(time)).enlarged
        if enlarged > LARGEST_ENLARGEMENT:
            earlier = [one.full for one in self.planned if one.kind != "extend" and one.full < time]
            since = max([time - _FADED, self.begun - 1, *earlier])
            self.add(time, "refine", self.pose(time), since, time)


def plan_images(
    size: tuple[int, int],
    pose: Callable[[int], Homography],
    prompts: Sequence[object],
    keyframes: Sequence[int],
    legs: Sequence[int] = (),
) -> tuple[PlannedImage, ...]:
    """Return the images of a clip, in the order in which they are generated.

    Args:
        size: (height, width) of the images in pixels.
        pose: the homography from frame 0 to a frame, in these pixels.
        prompts: of every frame what is equal where its prompt is.
        keyframes: the frames that are generated while the prompt changes, in order.
        legs: of a clip that was extended, how many frames it had each time: what was planned for those stays.
    """
    scale = min(1.0, _GRID / min(size))
    small = max(2, round(size[0] * scale)), max(2, round(size[1] * scale))
    into = np.diag([small[1] / size[1], small[0] / size[0], 1.0])
    out = np.linalg.inv(into)
    ends = [*legs, len(prompts)]
    planner = _Planner(small, lambda time: into @ pose(time) @ out, ends[0])
    planner.add(0, "first", np.eye(3), 0, 0)
    before = 0
    for time in range(1, len(prompts)):
        if time in legs:
            planner.begun, planner.num_frames = time, next(end for end in ends if end > time)
        if prompts[time] != prompts[before]:
            after = min((key for key in keyframes if key >= time), default=time)
            if after == time:
                planner.add(time, "change", planner.pose(time), before, time)
                before = time
            continue
        if planner.unseen(planner.pose(time)) > _UNSEEN:
            planner.extend(time, min(_last_alike(prompts, time), planner.num_frames - 1))
        planner.refine(time)
        before = time
    return tuple(_restored(planner.planned, into, out))


def _restored(planned: Sequence[PlannedImage], into: Homography, out: Homography) -> Iterator[PlannedImage]:
    for one in planned:
        yield PlannedImage(one.key, one.kind, out @ one.pose @ into, one.since, one.full)


def _last_alike(prompts: Sequence[object], time: int) -> int:
    last = time
    while last + 1 < len(prompts) and prompts[last + 1] == prompts[time]:
        last += 1
    return last


def _about(centre: NDArray[np.float64], matrix: Homography) -> Homography:
    """Return a homography about a point (x, y)."""
    shift = np.array([[1, 0, centre[0]], [0, 1, centre[1]], [0, 0, 1.0]])
    return np.asarray(shift @ matrix @ np.linalg.inv(shift), np.float64)


def _angle(pose: Homography, middle: NDArray[np.float64]) -> float:
    """Return the angle in radians by which the middle of the view is turned from frame 0."""
    back = np.asarray(np.linalg.inv(pose), np.float64)
    points = np.asarray(middle + np.array([[0.0, 0.0], [1.0, 0.0]]), np.float64)
    origin, right = transform(back, points)
    return -math.atan2(right[1] - origin[1], right[0] - origin[0])
