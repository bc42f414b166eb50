"""Packets whose time stamps go on where a recording was joined or its clock was set anew."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final

from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

_MAY_JUMP: Final = ("mpegts", "mpeg")
"""Formats of broadcasts, camcorders and DVDs, whose clock may start again within a file."""
_BACK: Final = Fraction(-1, 10)
_FORTH: Final = Fraction(10)
"""Seconds by which a time stamp is off what was expected when it belongs to another clock, as in ffmpeg."""


def continuous_packets(container: InputContainer, stream: Stream) -> "Iterator[Packet[Any]]":
    """Yield the packets of ``stream``; all streams of a file are moved alike where its clock jumps."""
    if container.format.name not in _MAY_JUMP:
        yield from container.demux(stream)
        return
    offset = Fraction(0)
    due: dict[int, Fraction] = {}
    for packet in container.demux(*container.streams.video, *container.streams.audio):
        index, base = packet.stream.index, packet.time_base
        if packet.dts is not None and base:
            time = packet.dts * base + offset
            off = time - due.get(index, time)
            if not _BACK <= off <= _FORTH:
                offset -= off
                time -= off
            due[index] = time + (packet.duration or 0) * base
        if index != stream.index:
            continue
        if offset and base:
            shift = round(offset / base)
            packet.pts = None if packet.pts is None else packet.pts + shift
            packet.dts = None if packet.dts is None else packet.dts + shift
        yield packet
