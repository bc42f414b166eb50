"""Where motion could be followed: what the mid band shows of it holds for the other bands, too."""

from collections.abc import Iterable, Iterator, Sequence
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
# Structure is the same from this correlation on: that of noise alone is a third of it.
_SAME_STRUCTURE: Final = np.float32(0.5)
# Less of the trusted pixels than this don't stand for the frame.
_LEAST_CONFIRMED: Final = 0.05
# The low band mixes what is so far around (pixels of the mid band): so much of it has to be confirmed.
_WIDE, _MOSTLY = 17, 0.9
# Structure tells as far as so much of a band's energy (from the first on; all from the second on) isn't
# noise. It is another's if its correlation is below the first part of what noise leaves of it, and the same
# from the second part on.
_TELLS_IN_MID, _SAME_IN_MID = (0.75, 0.95), (0.3, 0.7)
_TELLS_IN_FINE, _SAME_IN_FINE = (0.25, 0.65), (0.4, 0.8)
# A place is missed if a sixth of the neighbours' trust is gone, and so is what is around (pixels a side).
_MISSED, _NEARBY = np.float32(6), 31
# What no neighbour's trust reaches this for was not followed; a frame is lost if so much of it was not.
_FOLLOWED, _LOST_PART = 0.5, 0.15


@dataclass
class Following:
    """How well a frame's neighbours are followed, as its mid band shows it.

    Outlines lie in that band: where it differs by more than noise, the flow leads to another place. The low
    band is too smooth to tell, and its flicker is as large as what things differ by; the fine one has
    nothing to tell it by where things are blurred by their motion.
    """

    here: Band
    """The mid band of the frame (h, w, 3)."""
    _same: dict[int, Weight] = field(default_factory=dict)
    _shares: dict[int, NDArray[np.float16]] = field(default_factory=dict)
    _best: Weight | None = None

    def confirm(self, others: Iterable[Difference]) -> None:
        """Find where the nearest neighbours' mid bands show the frame's structure, in whatever contrast."""
        energy = _energy(self.here)
        for other in others:
            product, there = _products(self.here, energy, other)
            same = (energy + product) > _SAME_STRUCTURE * np.sqrt(energy * there)
            self._same[other.distance] = same.astype(np.float32)

    def confirmed(self, others: Sequence[Difference], *, wide: bool = False) -> Sequence[Difference]:
        """Return a band's differences, trusted where the structure is the same: there they are flicker.

        What moves too fast to be followed differs as well, and may fill most of a frame. In a ``wide`` band,
        whose pixels mix what is around them, all of that has to be the same. Where hardly any structure is,
        the differences are returned as they are.
        """
        sure = [self._where_confirmed(other, wide) for other in others]
        seen, told = (
            sum(np.count_nonzero(other.trust > _FOLLOWED) for other in each) for each in (others, sure)
        )
        return sure if told > _LEAST_CONFIRMED * seen else others

    def _where_confirmed(self, other: Difference, wide: bool) -> Difference:
        same = self._same.get(other.distance)
        if same is None:
            return other
        if wide:
            same = np.asarray(_around(same, _WIDE) > _MOSTLY, np.float32)
        same = resized(same, (other.trust.shape[0], other.trust.shape[1]))
        return replace(other, trust=np.asarray(other.trust * same, np.float32))

    def seen(self, others: Iterable[Difference], noise: Weight) -> Iterator[Difference]:
        """Yield the mid band's differences, trusted as far as they show that the frame was followed.

        ``noise`` (h, w) is what the band flickers by. A contrast that changed, as under a lamp, is no
        difference here: that goes up to a third.
        """
        scale = np.asarray(2 * np.square(_TOLERANCE * noise), np.float32)
        energy = _energy(self.here)
        for other in others:
            product, there = _products(self.here, energy, other)
            contrast = np.clip(product / (energy + scale), -_CONTRAST, _CONTRAST)
            unlike = _around(other.unlike) - contrast * (2 * product - contrast * energy)
            share = likeness(np.asarray(unlike, np.float32), scale)
            share *= _same_structure(
                energy, there, energy + product, np.square(noise), _TELLS_IN_MID, _SAME_IN_MID
            )
            self._shares[other.distance] = as_half(share)
            sure = share * other.sure
            self._best = sure if self._best is None else np.maximum(self._best, sure)
            yield replace(other, trust=np.asarray(other.trust * share, np.float32))

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

    def trusted_in_fine(
        self, others: Iterable[Difference], here: Band, noise: Weight
    ) -> Iterator[Difference]:
        """Yield the fine band's differences as :meth:`trusted` does, where its own structure is the same.

        What is a pixel off looks the same in the mid band. Fine structure is asked for only around what was
        missed there: elsewhere that would leave flicker. ``here`` (h, w, 3) is the frame's fine band, and
        ``noise`` (h, w) what it flickers by.
        """
        energy, scale = _energy(here), np.square(noise)
        missed = resized(_around(self.missed, _NEARBY), (here.shape[0], here.shape[1]))
        for other in self.trusted(others):
            product, there = _products(here, energy, other)
            share = _same_structure(energy, there, energy + product, scale, _TELLS_IN_FINE, _SAME_IN_FINE)
            yield replace(other, trust=np.asarray(other.trust * (1 - missed * (1 - share)), np.float32))

    @property
    def missed(self) -> Weight:
        """How far places of the mid band were missed by its neighbours (h, w), 0 to 1."""
        if not self._shares:
            return np.zeros(self.here.shape[:2], np.float32)
        mean = sum(share.astype(np.float32) for share in self._shares.values()) / len(self._shares)
        return np.asarray(np.clip(_MISSED * (1 - mean), 0, 1), np.float32)

    @property
    def is_lost(self) -> bool:
        """Whether no neighbour can be followed in a seventh of the frame."""
        return self._best is not None and float((self._best < _FOLLOWED).mean()) >= _LOST_PART


def _energy(band: Band) -> Weight:
    """Return the local mean square of a band (h, w): sums that run over it may leave less than nothing."""
    return np.maximum(_around(mean_product(band, band)), 0)


def _products(here: Band, energy: Weight, other: Difference) -> tuple[Weight, Weight]:
    """Return the local products of a band with its gap to another one, and that one's energy (h, w)."""
    product = _around(mean_product(here, other.gap))
    there = energy + 2 * product + _around(np.asarray(other.energy / 3, np.float32))
    return product, np.asarray(np.maximum(there, 0), np.float32)


def _same_structure(
    energy: Weight,
    there: Weight,
    product: Weight,
    noise: Weight,
    tells: tuple[float, float],
    same: tuple[float, float],
) -> Weight:
    """Return 1 where two bands have the same structure or none, falling to 0 where it is another's (h, w).

    From their local energies, their product, and the energy of their noise.
    """
    structure = np.maximum(1 - noise / (np.maximum(energy, there) + np.float32(1e-12)), np.float32(1e-3))
    correlation = product / (np.sqrt(energy * there) * structure + np.float32(1e-12))
    return np.asarray(1 - _ramp(structure, *tells) * (1 - _ramp(correlation, *same)), np.float32)


def _ramp(values: Weight, low: float, high: float) -> Weight:
    """Return 0 up to ``low``, rising to 1 from ``high`` on."""
    return np.asarray(np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1), np.float32)


def _around(image: Weight, side: int = _AROUND) -> Weight:
    return np.asarray(cv2.blur(image, (side, side)), np.float32)
