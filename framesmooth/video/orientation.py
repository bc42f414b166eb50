"""Pictures set upright by the display matrix of a video (ISO/IEC 14496-12, 6.2.2): turns and reflections."""

import math
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from numpy.typing import NDArray

from framesmooth.errors import MediaError
from framesmooth.frames import Frame

_NEARLY: Final = math.sin(math.radians(1))
"""FFmpeg, too, takes matrices within a degree of quarter turns for those."""

Matrix = NDArray[np.float64]
"""(2, 2): the first row is where a step to the right in the stored picture leads, the second a step down."""


def display_matrix(picture: av.VideoFrame) -> Matrix | None:
    """Return how a decoded picture is to be shown, None where it is stored upright."""
    container: Any = SideDataContainer  # the picture's own would be held by it, and hold it
    data = container(picture)
    if Type.DISPLAYMATRIX not in data:
        return None
    found = data[Type.DISPLAYMATRIX]
    matrix = np.frombuffer(bytes(found), np.int32, 9).reshape(3, 3)[:2, :2].astype(np.float64)
    largest = np.abs(matrix).max()
    return None if largest == 0 else matrix / largest


def upright(frame: Frame, matrix: Matrix | None, path: Path) -> Frame:
    """Return a frame turned and reflected as ``matrix`` says.

    Raises:
        MediaError: a turn by something else than quarters of the circle.
    """
    if matrix is None:
        return frame
    across, along = np.abs(matrix[[0, 1], [1, 0]]).max(), np.abs(matrix[[0, 1], [0, 1]]).max()
    if min(across, along) > _NEARLY:
        degrees = -math.degrees(math.atan2(matrix[0, 1], matrix[0, 0]))
        raise MediaError(f"{path} is rotated by {degrees:.0f} degrees: turn it by multiples of 90 first")
    if across > along:
        frame = frame.transpose(1, 0, 2)
        mirrored, upside_down = matrix[1, 0] < 0, matrix[0, 1] < 0
    else:
        mirrored, upside_down = matrix[0, 0] < 0, matrix[1, 1] < 0
    turned = frame[:: -1 if upside_down else 1, :: -1 if mirrored else 1]
    return np.ascontiguousarray(turned)
