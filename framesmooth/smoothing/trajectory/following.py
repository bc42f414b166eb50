"""Where motion could be followed: what the mid band shows of it holds for the other bands, too."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.smoothing.trajectory.bilateral import Difference, likeness, mean_product
from framesmooth.smoothing.trajectory.pyramid import Band, Weight, as_half, as_single, resized

# Over a square of so many pixels of the mid band, frames that were followed differ by up to so many noises:
# wide, so that noise itself varies little, and what moved too fast stands out.
_AROUND: Final = 11
_TOLERANCE: Final = 2.0
_CONTRAST: Final = np.float32(1 / 3)
# What no neighbour's trust reaches this for was not followed; a frame is lost if so much of it was not.
_FOLLOWED, _LARGE_PART = 0.5, 0.25


@dataclass
class Following:
    """How well a frame's neighbours are followed, as its mid band shows it.

    Outlines lie in that band: where it differs by more than noise, the flow leads to another place. The low
    band is too smooth to tell, and its flicker is as large as what things differ by; the fine one has
    nothing to tell it by where things are blurred by their motion.
    """

    _shares: dict[int, NDArray[np.float16]] = field(default_factory=dict)
    _best: Weight | None = None

    def seen(self, others: Iterable[Difference], here: Band, noise: Weight) -> Iterator[Difference]:
        """Yield the mid band's differences, and keep what they tell.

        ``here`` is the band of the frame, and ``noise`` (h, w) what it flickers by. A contrast that changed,
        as under a lamp, is no difference here: that goes up to a third.
        """
        scale = np.asarray(2 * np.square(_TOLERANCE * noise), np.float32)
        energy = _around(mean_product(here, here))
        for other in others:
            product = _around(mean_product(here, other.gap))
            contrast = np.clip(product / (energy + scale), -_CONTRAST, _CONTRAST)
            unlike = _around(other.unlike) - contrast * (2 * product - contrast * energy)
            share = likeness(np.asarray(unlike, np.float32), scale)
            self._shares[other.distance] = as_half(share)
            sure = share * other.sure
            self._best = sure if self._best is None else np.maximum(self._best, sure)
            yield other

    def trusted(self, others: Iterable[Difference]) -> Iterator[Difference]:
        """Yield another band's differences, trusted no further than the mid band was followed.

        Frames further away than the mid band looks are trusted like the last one that it saw.
        """
        for other in others:
            near = [k for k in self._shares if k * other.distance > 0 and abs(k) <= abs(other.distance)]
            if not near:
                yield other
                continue
            share = as_single(self._shares[max(near, key=abs)])
            share = resized(share, (other.trust.shape[0], other.trust.shape[1]))
            yield replace(other, trust=np.asarray(other.trust * share, np.float32))

    @property
    def is_lost(self) -> bool:
        """Whether no neighbour can be followed in a large part of the frame."""
        return self._best is not None and float((self._best < _FOLLOWED).mean()) >= _LARGE_PART


def _around(image: Weight) -> Weight:
    return np.asarray(cv2.blur(image, (_AROUND, _AROUND)), np.float32)
