"""The way home: a chain of frames under a camera that ends where it began.

Towards the end of a loop the first frame comes into sight, as the camera sees it from where it is: small in
the middle when it goes in, from the side when it pans. Its share in the picture that the next frame is drawn
over grows, and so does its share in the noise; the denoising joins both. At the end the camera is exactly
where the first frame was drawn from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.camera import FEATHER, Camera, scaled, transform
from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.generation.noise import MovingNoise
from framesmooth.timeline import EASINGS, Timeline

_SECONDS: Final = 2.5
_MOST: Final = 0.4
"""The way home takes so long, at most this share of the clip, and begins after the last prompt."""


def way_home(timeline: Timeline, fps: Fraction) -> int:
    """Return how many frames before its end a loop begins to come back to its first frame."""
    room = timeline.num_frames - timeline.keyframes[-1].time - 1
    return max(1, min(round(_SECONDS * fps), round(_MOST * timeline.num_frames), room))


@dataclass(frozen=True, kw_only=True)
class Homecoming:
    """How the diffused frames of a loop come back to the first one.

    Attributes:
        camera: whose frame ``num_frames`` is where the first frame is seen again.
        times: the diffused frames, in order.
        num_frames: of the loop.
        length: frames before the end at which the way begins.
        noise: of the first frame, standard normal, float32 (C, h, w).
        seed: of what is drawn where noise is revealed.
        factor: pixels per latent pixel.
    """

    camera: Camera
    times: Sequence[int]
    num_frames: int
    length: int
    noise: Tensor
    seed: int
    factor: int
    _shares: dict[int, NDArray[np.float32]] = field(default_factory=dict[int, NDArray[np.float32]])

    def share(self, time: int) -> NDArray[np.float32]:
        """Return how far each pixel of frame ``time`` is the first frame's, (H, W) in 0 to 1."""
        travelled = 1 - (self.num_frames - time) / self.length
        if travelled <= 0:
            return np.zeros(self.camera.size, np.float32)
        if time not in self._shares:
            grown = EASINGS["smooth"](travelled)
            sight = self.camera.sight(time, self.num_frames, feather=(1 - travelled) * FEATHER)
            self._shares[time] = np.asarray(grown * sight, np.float32)
        return self._shares[time]

    def joined(self, moved: Frame, first: Frame, before: int, time: int) -> Frame:
        """Return what frame ``time`` is drawn over: the frame before as seen now, and the first one.

        ``moved``, the frame before, holds the first frame already, as far as it did at ``before``.
        """
        share = self.share(time)
        if not share.any():
            return moved
        held = self.camera.carried(self.share(before), time, before)
        added = np.clip((share - held) / np.maximum(1 - held, 1e-3), 0, 1)[..., None]
        home = self.camera.view(first, time, self.num_frames)[0]
        return as_uint8(as_float(moved) * (1 - added) + home * added)

    def joined_noise(self, noise: Tensor, time: int) -> Tensor:
        """Return ``noise`` (C, h, w) of frame ``time`` with that of the first frame where it comes back.

        Every pixel is of the one or of the other, whatever their values: standard normal all the same.
        """
        if time not in self._home_noise:
            return noise
        size = noise.shape[-1], noise.shape[-2]
        share = torch.from_numpy(cv2.resize(self.share(time), size, interpolation=cv2.INTER_AREA))
        chance = torch.rand(share.shape, generator=torch.Generator().manual_seed(self.seed))
        return torch.where(chance < share, self._home_noise[time], noise)

    @cached_property
    def _home_noise(self) -> dict[int, Tensor]:
        """The first frame's noise as seen from each diffused frame on the way."""
        noise, seen, found = MovingNoise(self.noise, self.seed), self.num_frames, {}
        for time in reversed(self.times):
            if time <= self.num_frames - self.length:
                break
            noise.move(partial(transform, scaled(self.camera.between(seen, time), 1 / self.factor)))
            found[time], seen = noise.latents, time
        return found
