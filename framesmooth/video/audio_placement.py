"""Samples of a sound track at the places that their time stamps give them."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from framesmooth.video.continuity import continuous_packets

RATE: Final = 48_000
"""Samples a second of all sound that is written."""
_TOLERANCE: Final = Fraction(15, 1000)
"""Seconds by which time stamps may differ from the count of samples: containers round, and clocks drift. A
lost packet of any codec is longer."""

Part = tuple[int, NDArray[np.float32]]
"""(position in samples from the start, float32 (samples, channels))."""


def placed_samples(
    container: InputContainer,
    track: av.AudioStream,
    layout: av.AudioLayout,
    start: Fraction | None,
    skip: Fraction = Fraction(0),
    on_damage: Callable[[], None] = lambda: None,
    *,
    rate: int = RATE,
) -> Iterator[Part]:
    """Yield parts of ``track`` in ``layout``; places in between are silent, parts may overlap.

    Args:
        container: the open file.
        track: one of its sound tracks.
        layout: of the samples that come out.
        start: the time stamp in seconds that is position 0; None is the first sample's.
        skip: seconds after ``start`` at which position 0 is instead.
        on_damage: is called for every packet that cannot be decoded.
        rate: samples a second of what comes out.
    """
    run: _Run | None = None
    for frame in _decoded(container, track, on_damage):
        time = None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base
        if start is None:
            start = Fraction(0) if time is None else time
        if run is None or not run.goes_on_with(frame, time):
            if run is not None:
                yield from run.rest()
            expected = start if run is None else run.end
            run = _Run(frame, expected if time is None else time, start + skip, layout, rate)
        yield from run.add(frame)
    if run is not None:
        yield from run.rest()


class _Run:
    """Samples of one format without a gap, from ``time`` on."""

    def __init__(
        self, frame: av.AudioFrame, time: Fraction, origin: Fraction, layout: av.AudioLayout, rate: int
    ) -> None:
        self._format = _format_of(frame)
        self._resampler = av.AudioResampler("flt", layout, rate)  # PyAV miscounts the planes of 8 channels
        self._channels = layout.nb_channels
        self._position = round((time - origin) * rate)
        self.end = time

    def goes_on_with(self, frame: av.AudioFrame, time: Fraction | None) -> bool:
        """Tell whether a frame follows on what was added last."""
        follows = time is None or abs(time - self.end) <= _TOLERANCE
        return follows and _format_of(frame) == self._format

    def add(self, frame: av.AudioFrame) -> Iterator[Part]:
        """Yield what is resampled."""
        self.end += Fraction(frame.samples, frame.sample_rate)
        frame.pts = None  # the resampler counts on from the first sample
        yield from self._placed(frame)

    def rest(self) -> Iterator[Part]:
        """Yield what the resampler still holds."""
        yield from self._placed(None)

    def _placed(self, frame: av.AudioFrame | None) -> Iterator[Part]:
        for block in self._resampler.resample(frame):
            samples = np.asarray(block.to_ndarray(), np.float32).reshape(-1, self._channels)
            yield self._position, samples
            self._position += len(samples)


def _format_of(frame: av.AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate


def _decoded(
    container: InputContainer, track: av.AudioStream, on_damage: Callable[[], None]
) -> Iterator[av.AudioFrame]:
    """Yield the frames that can be decoded; between them are gaps."""
    packets = continuous_packets(container, track)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:  # the file breaks off here, as the reader of the frames tells
            packet = None
        if packet is None:
            return
        try:
            frames: list[Any] = packet.decode()
        except av.FFmpegError:
            on_damage()
            continue
        yield from (frame for frame in frames if frame.samples)
