"""Whether a stream of bytes ends where one of its frames does: FFmpeg drops a part of one without a word."""

from typing import Final, Protocol

from framesmooth.video.completeness import _number_length

_SEGMENT: Final = b"\x18\x53\x80\x67"
_CLUSTER: Final = b"\x1f\x43\xb6\x75"
_LONGEST_HEAD: Final = 12
_FRAME: Final = b"FRAME\n"


class Wholeness(Protocol):
    """Watches the bytes of a stream."""

    def see(self, data: bytes) -> None:
        """Take the next bytes."""

    @property
    def missing(self) -> int:
        """How many bytes are missing from what was begun."""
        ...


class WholeBlocks:
    """A stream of blocks of one length after a head."""

    def __init__(self, block: int, head: int = 0) -> None:
        self._block, self._seen = block, -head

    def see(self, data: bytes) -> None:
        """Take the next bytes."""
        self._seen += len(data)

    @property
    def missing(self) -> int:
        """How many bytes are missing from the last block."""
        return 0 if self._seen <= 0 else -self._seen % self._block


class WholeElements:
    """A stream of Matroska: elements, each with its length, in a segment without one (RFC 8794, section 4).

    Elements without a length, segment and clusters of a live stream, are entered.
    """

    def __init__(self) -> None:
        self._head, self._left, self._lost = b"", 0, False

    def see(self, data: bytes) -> None:
        """Take the next bytes."""
        while data and not self._lost:
            passed = min(self._left, len(data))
            self._left, data = self._left - passed, data[passed:]
            if not data:
                return
            wanted = self._wanted()
            self._head, data = self._head + data[:wanted], data[wanted:]
            self._read_head()

    def _wanted(self) -> int:
        """Return how many bytes more there must be before the head can be read on."""
        head = self._head
        if not head:
            return 1
        identity = _number_length(head[0])
        if len(head) <= identity:
            return identity + 1 - len(head)
        return identity + _number_length(head[identity]) - len(head)

    def _read_head(self) -> None:
        head = self._head
        identity = _number_length(head[0]) if head else 0
        if len(head) > _LONGEST_HEAD or (head and not head[0]):
            self._lost = True
            return
        if len(head) <= identity or len(head) < identity + _number_length(head[identity]):
            return
        number = head[identity:]
        most = 1 << 7 * len(number)
        size = int.from_bytes(number, "big") & (most - 1)
        entered = head[:identity] == _SEGMENT or (head[:identity] == _CLUSTER and size == most - 1)
        self._head, self._left = b"", 0 if entered else size

    @property
    def missing(self) -> int:
        """How many bytes are missing from the last element; of one whose length is cut off too, one."""
        if self._lost:
            return 0
        return self._left or (1 if self._head else 0)


def wholeness_of(format_name: str, start: bytes, frame_bytes: int) -> Wholeness | None:
    """Return what watches a stream that begins with ``start``, None for a format without a measure.

    ``frame_bytes`` is the size of one frame of a format without compression.
    """
    if format_name == "rawvideo":
        return WholeBlocks(frame_bytes)
    if format_name == "yuv4mpegpipe":
        head = start.find(b"\n") + 1
        if start[head : head + len(_FRAME)] != _FRAME:  # frames with parameters of their own
            return None
        return WholeBlocks(len(_FRAME) + frame_bytes, head)
    return WholeElements() if "matroska" in format_name else None
