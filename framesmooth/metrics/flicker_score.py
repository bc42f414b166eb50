"""One number for flicker of every kind: the change that steady motion does not explain."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame, as_float
from framesmooth.metrics.motion_triples import MotionTriples, Triple
from framesmooth.metrics.per_frame import masked_mean_square
from framesmooth.metrics.second_difference import GAIN

# A sample minus the mean of its two neighbours has 1 + 1/4 + 1/4 times the variance of white noise.
_MEAN_GAIN = 1.5


class FlickerScore(MotionTriples):
    """Estimated standard deviation of the flicker, in levels of 255: sqrt(P + G), both means over M.

    P = mean (O_t - (W(O_(t-1)) + W(O_(t+1))) / 2)^2 / 1.5 is what changes in colour along the motion, and
    G = mean (dO_t/dx a_x + dO_t/dy a_y)^2 / 6, a = F_(t -> t+1) + F_(t -> t-1), what the flow explained
    away by jittering: geometric wobble of 1 pixel on a slope of 10 levels a pixel is 10 levels of flicker at
    the place. Under white flicker each is an estimate of the variance of its kind. P takes colour samples in
    0 to 255; M are the pixels that can be followed both ways.

    Zero for still clips and slow changes of light, near zero for steady motion. Motion that accelerates adds
    to it, and so does the blur of interpolation: compare versions of one clip. Blur and freezing lower it, so
    read it together with detail_retention and dynamic_degree.
    """

    name = "flicker_score"
    unit = "levels"

    def _picture(self, frame: Frame) -> NDArray[np.float32]:
        return as_float(frame)

    def _deviation(self, triple: Triple) -> float:
        return 255 * float(np.sqrt(colour_variance(triple) + wobble_variance(triple)))


def colour_variance(triple: Triple) -> float:
    """Return P: the variance of the colour along the motion, sRGB in [0, 1] squared."""
    expected = cv2.addWeighted(triple.before, 0.5, triple.after, 0.5, 0)
    change = np.asarray(cv2.subtract(triple.middle, expected), np.float32)
    return masked_mean_square(change, triple.valid) / _MEAN_GAIN


def wobble_variance(triple: Triple) -> float:
    """Return G: the variance that the jitter of the motion means for the colours, sRGB in [0, 1] squared."""
    along_x = np.asarray(cv2.Sobel(triple.middle, cv2.CV_32F, 1, 0, scale=1 / 8), np.float32)
    along_y = np.asarray(cv2.Sobel(triple.middle, cv2.CV_32F, 0, 1, scale=1 / 8), np.float32)
    moves_x, moves_y = (cv2.merge((part, part, part)) for part in cv2.split(triple.acceleration))
    along = np.asarray(cv2.multiply(along_x, moves_x) + cv2.multiply(along_y, moves_y), np.float32)
    return masked_mean_square(along, triple.valid) / GAIN
