"""Target colours against drift, for frames that are generated from each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from framesmooth.frames import Frame, GeneratedFrame, as_uint8
from framesmooth.generation.color_transfer import Colors
from framesmooth.motion.camera.homography import Camera
from framesmooth.timeline.timeline import Timeline

_SMALLEST_ENLARGEMENT: Final = 1e-9
_LARGEST_ENLARGEMENT: Final = 16.0
"""Enlargement, in area, up to which the first frame is compared with."""


@dataclass(frozen=True, kw_only=True)
class ColorAnchor:
    """What colours each keyframe should have.

    Attributes:
        timeline: whose prompts change the colours.
        camera: over images of the denoised size.
        pull: how far colours are pulled to those of the first frame there, 0 to 1.
        times: the keyframes, in order.
        first: the clip's first frame, uint8 (H, W, 3).
        generate: gives the image of a frame's prompt alone, generated from noise.
    """

    timeline: Timeline
    camera: Camera
    pull: float
    times: Sequence[int]
    first: Frame
    generate: Callable[[int], GeneratedFrame]

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
        return Colors.of(as_uint8(self.camera.view(self.first, self.last_seen[time], 0)[0]))

    @cached_property
    def last_seen(self) -> dict[int, int]:
        """Keyframe -> the last one up to it at which the camera saw enough of the first frame."""
        found, last = {}, 0
        for time in self.times:
            enlarged = np.linalg.det(self.camera.between(0, time)[:2, :2])
            last = time if _SMALLEST_ENLARGEMENT <= abs(float(enlarged)) <= _LARGEST_ENLARGEMENT else last
            found[time] = last
        return found

    @cached_property
    def _anchors(self) -> list[Colors]:
        """The colours of an image of each prompt; that of the first prompt is the first frame of the clip."""
        keys = self.timeline.keyframes
        own = Colors.of(self.first)
        found = {(keys[0].prompt, keys[0].negative): own}
        for key in keys:
            if (key.prompt, key.negative) not in found:
                image = self.generate(key.time)
                found[key.prompt, key.negative] = own if image.fault else Colors.of(image.frame)
        return [found[key.prompt, key.negative] for key in keys]
