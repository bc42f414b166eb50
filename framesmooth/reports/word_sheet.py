"""Images of what each word generated: frames, dimmed where the word had no part, and a sheet of them."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from framesmooth.frames import Frame
from framesmooth.reports.figures import thumbnail
from framesmooth.reports.montage import captioned, side_by_side

_WIDTH: Final = 256
_GAMMA: Final = 0.8
_DIM: Final = 0.18
"""What is left of the picture where a word drew nothing."""


def overlay(image: Frame, heat: NDArray[np.float32]) -> Frame:
    """Return an image (H, W, 3) that is bright where ``heat`` (h, w), 0 to 1, is high, and dim elsewhere."""
    size = image.shape[1], image.shape[0]
    large = np.clip(cv2.resize(heat, size, interpolation=cv2.INTER_CUBIC), 0, 1)[..., None] ** _GAMMA
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
    dimmed = _DIM * gray + 0.12 * 255 * (1 - large)
    return np.asarray(np.clip(large * image + (1 - large) * dimmed, 0, 255), np.uint8)


def word_sheet(
    words: Sequence[str], times: Sequence[int], images: Sequence[Frame], overlays: Sequence[Sequence[Frame]]
) -> Frame:
    """Return a sheet: the pictures, and below them a row for each word."""
    cells = [thumbnail(image, _WIDTH) for image in images]
    texts = [("picture", f"frame {time}" if len(times) > 1 else "") for time in times]
    for word, row in zip(words, overlays, strict=True):
        cells += [thumbnail(one, _WIDTH) for one in row]
        texts += [(word, f"frame {time}" if len(times) > 1 else "") for time in times]
    columns = len(times) if len(times) > 1 else 4
    return side_by_side(captioned(cells, texts), columns)
