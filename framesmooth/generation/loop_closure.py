"""Loop closure for camera moves: a chain of frames under a camera that ends where it began.

Towards the end of a loop the first frame comes into view, as the camera sees it from where it is: small in
the middle when it zooms in, from the side when it pans. Its share in the image that the next frame is
generated from grows, and so does its share in the noise; denoising joins both. At the end the camera is
exactly where the first frame was generated.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from framesmooth.frames import Frame, as_float, as_uint8
from framesmooth.generation.noise_warping import MovingNoise
from framesmooth.motion.camera.homography import FEATHER, Camera
from framesmooth.timeline.timeline import EASINGS, Timeline

_SECONDS: Final = 2.5
"""How long the closure takes."""
_LARGEST_SHARE: Final = 0.4
"""At most this share of the clip belongs to the closure; it begins after the last prompt."""


def closing_moves(timeline: Timeline, fps: Fraction) -> int:
    """Return how many frames before its end a loop begins to close."""
    room = timeline.num_frames - timeline.keyframes[-1].time - 1
    return max(1, min(round(_SECONDS * fps), round(_LARGEST_SHARE * timeline.num_frames), room))


@dataclass(frozen=True, kw_only=True)
class LoopClosure:
    """How the keyframes of a loop come back to the first one.

    Attributes:
        camera: whose frame ``num_frames`` is where the first frame is seen again.
        first: the first frame, uint8 (H, W, 3).
        num_frames: of the loop.
        length: frames before the end at which the closure begins.
        noise: of the first frame, standard normal, float32 (C, h, w).
        seed: of the noise where the camera reveals something.
    """

    camera: Camera
    first: Frame
    num_frames: int
    length: int
    noise: Tensor
    seed: int

    def share(self, time: int) -> NDArray[np.float32]:
        """Return how far each pixel of frame ``time`` is the first frame's, (H, W) in 0 to 1."""
        return self._seen(time)[1]

    def joined(self, moved: Frame, image: Frame, before: int, time: int) -> Frame:
        """Return what frame ``time`` starts from: the frame before as seen now, and the first one.

        ``image``, the frame ``before``, and ``moved``, which is how it is seen now, show the first frame
        already, as far as it did at ``before``.
        """
        first, share = self._seen(time)
        if not share.any():
            return moved
        held = self.camera.carried(self.share(before), image, time, before)
        added = np.clip((share - held) / np.maximum(1 - held, 1e-3), 0, 1)[..., None]
        return as_uint8(as_float(moved) * (1 - added) + first * added)

    def joined_noise(self, noise: Tensor, time: int) -> Tensor:
        """Return ``noise`` (C, h, w) of frame ``time`` with that of the first frame where it comes back.

        Every pixel is of the one or of the other, whatever their values: standard normal all the same.
        """
        share = self.share(time)
        if not share.any():
            return noise
        height, width = noise.shape[1:]
        first_noise = MovingNoise(self.noise, self.seed)
        first_noise.move(self.camera.mover(self.first, self.num_frames, time, width / share.shape[1]))
        coarse = cv2.resize(share, (width, height), interpolation=cv2.INTER_AREA)
        # Not PyTorch's generator: from the same seed it would repeat the noise itself.
        chance = np.random.default_rng(self.seed).random(coarse.shape)
        return torch.where(torch.from_numpy(chance < coarse), first_noise.latents, noise)

    def _seen(self, time: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what frame ``time`` sees of the first one, float32 (H, W, 3), and its share (H, W)."""
        progress = 1 - (self.num_frames - time) / self.length
        if progress <= 0:
            return as_float(self.first), np.zeros(self.camera.size, np.float32)
        first, visible = self.camera.view(self.first, time, self.num_frames, feather=(1 - progress) * FEATHER)
        return first, np.asarray(EASINGS["smooth"](progress) * visible, np.float32)
