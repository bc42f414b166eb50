"""Colours that don't drift, in frames that are drawn from each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from framesmooth.frames import Frame, as_uint8
from framesmooth.generation.color_transfer import Colors
from framesmooth.models.text_to_image import GeneratedFrame
from framesmooth.motion.camera.homography import Camera
from framesmooth.timeline.timeline import Timeline

_LEAST_ENLARGED: Final = 1e-9
_MOST_ENLARGED: Final = 16.0
"""Times in area that the first frame is looked at for its colours."""


@dataclass(frozen=True, kw_only=True)
class ColorAnchor:
    """What colours each diffused frame should have.

    Attributes:
        timeline: whose prompts change the colours.
        camera: over pictures of the diffused size.
        pull: how far colours are drawn to those of the first frame there, 0 to 1.
        times: the diffused frames, in order.
        first: the clip's first frame, uint8 (H, W, 3).
        drawn: the picture of a frame's prompt alone, drawn from noise.
    """

    timeline: Timeline
    camera: Camera
    pull: float
    times: Sequence[int]
    first: Frame
    drawn: Callable[[int], GeneratedFrame]

    def colors(self, before: int, time: int, moved: Frame) -> Colors:
        """Return the colours of frame ``time``: of ``moved``, changed as the prompt's, and pulled."""
        start, end = self._prompt_colors(before), self._prompt_colors(time)
        anchor = self._seen_of_first(time).moved(self._anchors[0], end)
        return Colors.of(moved).moved(start, end).mixed(anchor, self.pull)

    def _prompt_colors(self, time: int) -> Colors:
        start, end, mix = self.timeline.at(time)
        return self._anchors[start].mixed(self._anchors[end], mix)

    def _seen_of_first(self, time: int) -> Colors:
        """Return the colours of what the camera sees of the first frame, and its mirror image around it."""
        return Colors.of(as_uint8(self.camera.view(self.first, self._looks[time], 0)[0]))

    @cached_property
    def _looks(self) -> dict[int, int]:
        """Diffused frame -> the last one up to it at which the camera saw enough of the first frame."""
        found, last = {}, 0
        for time in self.times:
            enlarged = np.linalg.det(self.camera.between(0, time)[:2, :2])
            last = time if _LEAST_ENLARGED <= abs(float(enlarged)) <= _MOST_ENLARGED else last
            found[time] = last
        return found

    @cached_property
    def _anchors(self) -> list[Colors]:
        """The colours of each keyframe's prompt, in its own picture; the first is the clip's first frame."""
        keys = self.timeline.keyframes
        own = Colors.of(self.first)
        found = {(keys[0].prompt, keys[0].negative): own}
        for key in keys:
            if (key.prompt, key.negative) not in found:
                picture = self.drawn(key.time)
                found[key.prompt, key.negative] = own if picture.fault else Colors.of(picture.frame)
        return [found[key.prompt, key.negative] for key in keys]
