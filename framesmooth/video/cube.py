"""3D LUT files (``.cube``, Adobe's Cube LUT Specification 1.0), applied by FFmpeg's ``lut3d``."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.filter import Graph

from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import Frame

_LARGEST: Final = 64 * 2**20
"""Bytes: a table of 129 a side in full precision has 58 million."""
_SIDES: Final = (2, 129)


def check_cube(path: Path) -> int:
    """Return how many colours a side the 3D LUT in ``path`` has.

    Raises:
        MediaError: a file that cannot be read.
        UsageError: it is no 3D LUT; the message names the line.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(f"{path} is too large for a 3D LUT: give one of {_SIDES[1]} a side at most")
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise MediaError(f"cannot read the 3D LUT {path} ({error.strerror}): check the name") from error
    side, rows = 0, 0
    for number, line in enumerate(lines, start=1):
        word, *rest = line.split("#", 1)[0].split() or [""]
        if word == "LUT_1D_SIZE":
            raise UsageError(f"{path}, line {number}: it is a 1D LUT: give a 3D one (LUT_3D_SIZE)")
        if word == "LUT_3D_SIZE":
            side = int(rest[0]) if len(rest) == 1 and rest[0].isdigit() and len(rest[0]) < 5 else 0
            if not _SIDES[0] <= side <= _SIDES[1]:
                raise UsageError(
                    f"{path}, line {number}: LUT_3D_SIZE is a whole number from 2 to {_SIDES[1]}"
                )
        elif word and not word[0].isalpha():
            rows += 1
            if len(list(_numbers([word, *rest]))) != 3:
                raise UsageError(f"{path}, line {number}: a colour is three numbers: {line.strip()[:40]!r}")
    if not side:
        raise UsageError(f"{path} is no 3D LUT: it has no line LUT_3D_SIZE")
    if rows != side**3:
        raise UsageError(f"{path} is cut off or damaged: it has {rows} colours of {side**3}")
    return side


def _numbers(words: list[str]) -> Iterator[float]:
    for word in words:
        try:
            value = float(word)
        except ValueError:
            return
        if np.isfinite(value):
            yield value


class Lut:
    """A 3D LUT, ready for frames; colours between those of the table are interpolated in tetrahedra.

    Raises:
        MediaError: a file that cannot be read.
        UsageError: one that is no 3D LUT.
    """

    def __init__(self, path: Path) -> None:
        check_cube(path)
        self._path = path
        self._graph: Graph | None = None
        self._size: tuple[int, int] = (0, 0)

    def apply(self, frame: Frame) -> Frame:
        """Return the frame in the colours of the table."""
        if self._graph is None or self._size != frame.shape[:2]:
            self._graph, self._size = self._graph_for(frame), (frame.shape[0], frame.shape[1])
        self._graph.push(av.VideoFrame.from_ndarray(frame, format="rgb24"))
        graded = self._graph.pull()
        assert isinstance(graded, av.VideoFrame)
        return np.ascontiguousarray(graded.to_ndarray(format="rgb24"))

    def _graph_for(self, frame: Frame) -> Graph:
        graph = Graph()
        source = graph.add_buffer(
            width=frame.shape[1],
            height=frame.shape[0],
            format=av.VideoFormat("rgb24"),
            time_base=Fraction(1, 25),
        )
        table = graph.add("lut3d", file=str(self._path), interp="tetrahedral")
        sink = graph.add("buffersink")
        source.link_to(table)
        table.link_to(sink)
        graph.configure()
        return graph
