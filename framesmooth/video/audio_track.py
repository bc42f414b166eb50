"""A sound track beside the frames."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.container import OutputContainer

from framesmooth.errors import MediaError
from framesmooth.video.atomic import media_errors
from framesmooth.video.safe_open import open_media

_ENCODER: Final = {".webm": "libopus", ".mkv": "libopus"}
_RATE: Final = 48_000


def has_audio(path: str | os.PathLike[str]) -> bool:
    """Tell whether a media file has a sound track; a folder has none.

    Raises:
        MediaError: when the file cannot be read.
    """
    file = Path(path)
    if file.is_dir():
        return False
    with open_media(file) as container:
        return bool(container.streams.audio)


class AudioTrack:
    """Encodes the first sound track of a file into ``output``, never longer than the frames."""

    def __init__(self, path: Path, output: OutputContainer, suffix: str) -> None:
        self._stack = ExitStack()
        self._input = self._stack.enter_context(open_media(path))
        if not self._input.streams.audio:
            self._stack.close()
            raise MediaError(f"{path} holds no sound: give another --audio file")
        self._path, self._output = path, output
        stream = output.add_stream(_ENCODER.get(suffix, "aac"), rate=_RATE)
        assert isinstance(stream, av.AudioStream)
        stream.layout = "stereo"
        self._stream = stream
        self._blocks = self._resampled()
        self._time = Fraction(0)

    def mux_until(self, time: Fraction) -> None:
        """Write sound up to ``time`` seconds, or as far as there is any."""
        while self._time < time:
            block = next(self._blocks, None)
            if block is None:
                return
            block.pts, block.time_base = round(self._time * _RATE), Fraction(1, _RATE)
            self._time += Fraction(block.samples, _RATE)
            self._output.mux(self._stream.encode(block))

    def close(self) -> None:
        """Write what is buffered."""
        self._output.mux(self._stream.encode(None))
        self._stack.close()

    def abort(self) -> None:
        """Let go of the input."""
        self._stack.close()

    def _resampled(self) -> Iterator[av.AudioFrame]:
        codec = self._stream.codec_context
        resampler = av.AudioResampler(codec.format, codec.layout, _RATE)
        with media_errors(self._path, "read"):
            for frame in self._input.decode(self._input.streams.audio[0]):
                frame.pts = None  # the resampler counts on from the first sample
                yield from resampler.resample(frame)
        yield from resampler.resample(None)
