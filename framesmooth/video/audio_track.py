"""A sound track beside the frames."""

import os
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.container import OutputContainer
from numpy.typing import NDArray

from framesmooth.errors import MediaError
from framesmooth.video.atomic import media_errors
from framesmooth.video.audio_placement import RATE, Part, placed_samples
from framesmooth.video.audio_tracks import choose_layout, choose_track, first_frame_time
from framesmooth.video.safe_open import open_media
from framesmooth.video.sound import Sound

_ENCODER: Final = {".webm": "libopus", ".mkv": "libopus"}
_BITS_PER_CHANNEL: Final = 96_000
_LONGEST_TAIL: Final = 0.25
"""Seconds of sound after the last frame that nobody misses: encoders leave as much."""


def has_audio(path: str | os.PathLike[str]) -> bool:
    """Tell whether a media file has a sound track that can be decoded; a folder has none.

    Raises:
        MediaError: when the file cannot be read.
    """
    file = Path(path)
    if file.is_dir():
        return False
    with open_media(file) as container:
        return choose_track(container) is not None


class AudioTrack:
    """Encodes the main sound track of a file into ``output``, in step with the frames and never longer.

    Sound is placed by its time stamps: silence fills gaps, what overlaps or comes before the
    first frame is cut. It is encoded anew, so that the cut is exact to the sample in every container.
    """

    def __init__(self, sound: Sound, output: OutputContainer, suffix: str) -> None:
        self._stack, self._sound, self._output = ExitStack(), sound, output
        self._damaged = 0
        container = self._stack.enter_context(open_media(sound.path))
        try:
            track = choose_track(container)
            if track is None:
                raise MediaError(f"{sound.path} holds no sound: give another --audio file")
            encoder = _ENCODER.get(suffix, "aac")
            layout = choose_layout(encoder, track.layout)
            stream = output.add_stream(encoder, rate=RATE)
            assert isinstance(stream, av.AudioStream)
            stream.layout = layout
            stream.metadata.update(
                {"language": track.metadata["language"]} if "language" in track.metadata else {}
            )
            stream.bit_rate = _BITS_PER_CHANNEL * layout.nb_channels
            start = first_frame_time(container) if sound.start is None else sound.start
            self._parts = placed_samples(container, track, layout, start, sound.skip, self._count_damage)
        except BaseException:
            self._stack.close()
            raise
        self._stream, self._written = stream, 0
        self._part: Part | None = None

    def mux_until(self, time: Fraction) -> None:
        """Write sound up to ``time`` seconds, or as far as there is any."""
        end = round(time * RATE)
        while self._written < end:
            part = self._next_part()
            if part is None:
                return
            position, samples = part
            if self._written < position:
                silent = min(position - self._written, end - self._written, RATE)
                self._encode(np.zeros((silent, samples.shape[1]), np.float32))
            else:
                self._encode(samples[self._written - position : end - position])

    def _next_part(self) -> Part | None:
        """Return the part to be written next, None at the end."""
        while self._part is None or self._part[0] + len(self._part[1]) <= self._written:
            with media_errors(self._sound.path, "read"):
                self._part = next(self._parts, None)
            if self._part is None:
                return None
        return self._part

    def _encode(self, samples: NDArray[np.float32]) -> None:
        block = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples).reshape(1, -1), format="flt", layout=self._stream.layout.name
        )
        block.sample_rate, block.pts, block.time_base = RATE, self._written, Fraction(1, RATE)
        self._written += len(samples)
        self._output.mux(self._stream.encode(block))

    def close(self) -> None:
        """Write what is buffered, and report sound that comes after the last frame."""
        self._output.mux(self._stream.encode(None))
        left = self._seconds_left() if self._sound.whole and self._sound.tell is not None else 0
        self._stack.close()
        if left > _LONGEST_TAIL and self._sound.tell is not None:
            name = self._sound.path.name
            self._sound.tell(f"the last {left:.1f} s of the sound of {name} come after its last frame: cut")
        if self._damaged and self._sound.tell is not None:
            packets = "packet" if self._damaged == 1 else "packets"
            told = f"{self._damaged} {packets} of the sound of {self._sound.path.name}"
            self._sound.tell(f"{told} cannot be decoded: silence is in their place")

    def _seconds_left(self) -> float:
        """Return how many seconds of sound there are after what is written."""
        end = self._written
        while (part := self._next_part()) is not None:
            end, self._part = part[0] + len(part[1]), None
        return (end - self._written) / RATE

    def _count_damage(self) -> None:
        self._damaged += 1
        if self._sound.strict:
            raise MediaError(
                f"the sound of {self._sound.path} is damaged: make it again, or leave out --strict"
            )

    def abort(self) -> None:
        """Let go of the input."""
        self._stack.close()
