"""Whole sound tracks as arrays of samples, read from any file and written to one."""

import os
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray

from framesmooth.errors import MediaError, UsageError
from framesmooth.video.atomic import atomic_path, close_quietly, media_errors
from framesmooth.video.audio_placement import RATE, placed_samples
from framesmooth.video.audio_tracks import choose_track, first_frame_time
from framesmooth.video.safe_open import open_media

Samples = NDArray[np.float32]
"""float32, (samples, channels), in -1 to 1."""

LONGEST: Final = 3 * 3600
"""Seconds of sound that are taken into memory."""
SOUND_SUFFIXES: Final[Mapping[str, str]] = {
    ".wav": "pcm_s16le",
    ".flac": "flac",
    ".mp3": "libmp3lame",
    ".m4a": "aac",
    ".ogg": "libopus",
    ".opus": "libopus",
    ".mka": "libopus",
}
"""Suffix of a sound file that can be written -> encoder."""
_BLOCK: Final = RATE


def read_samples(path: Path, *, rate: int = RATE, layout: str = "mono") -> Samples:
    """Return the main sound track of a file, from its first frame on where it holds a film.

    Silence fills the gaps of its time stamps, so that sample ``n`` sounds ``n / rate`` seconds after the
    start in every clip that this sound is added to.

    Args:
        path: of a sound file, or a film.
        rate: samples a second that are wanted.
        layout: "mono", "stereo" or another layout that channels are mixed to.

    Raises:
        MediaError: a file that cannot be read, or holds no sound.
        UsageError: one that lasts longer than LONGEST.
    """
    wanted = av.AudioLayout(layout)
    parts: list[tuple[int, Samples]] = []
    with media_errors(path, "read"), open_media(path) as container:
        track = choose_track(container)
        if track is None:
            raise MediaError(f"{path} holds no sound: give another file")
        start = first_frame_time(container)
        for position, samples in placed_samples(container, track, wanted, start, rate=rate):
            if position + len(samples) > LONGEST * rate:
                raise UsageError(f"{path} lasts longer than {LONGEST // 3600} hours: cut out a part of it")
            parts.append((position, samples))
    length = max((position + len(samples) for position, samples in parts), default=0)
    joined = np.zeros((max(length, 0), wanted.nb_channels), np.float32)
    for position, samples in parts:
        skipped = max(0, -position)
        joined[position + skipped : position + len(samples)] = samples[skipped:]
    if not len(joined):
        raise MediaError(f"{path} holds no sound that can be decoded: give another file")
    return np.nan_to_num(joined, posinf=0, neginf=0)


def write_samples(
    path: Path,
    samples: Samples,
    *,
    rate: int = RATE,
    metadata: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> None:
    """Write samples (n, 1 or 2) as a sound file of the suffix of ``path``; what exceeds 1 is clipped.

    Raises:
        UsageError: a suffix that is no sound file's.
        MediaError: a file that cannot be written.
        OutputExists: something is there already, and ``overwrite`` is off.
    """
    check_sound_path(path)
    encoder, layout = SOUND_SUFFIXES[path.suffix.lower()], {1: "mono", 2: "stereo"}[samples.shape[1]]
    with atomic_path(path, replace=overwrite) as temporary, media_errors(path, "write"):
        output = av.open(os.fspath(temporary), "w")
        try:
            output.metadata.update(metadata or {})
            stream = output.add_stream(encoder, rate=rate)
            assert isinstance(stream, av.AudioStream)
            stream.layout = av.AudioLayout(layout)
            if encoder != "pcm_s16le" and encoder != "flac":
                stream.bit_rate = 96_000 * samples.shape[1]
            for block in _blocks(samples, rate, layout):
                output.mux(stream.encode(block))
            output.mux(stream.encode(None))
            output.close()
        except BaseException:
            close_quietly(output)
            raise


def check_sound_path(path: Path) -> None:
    """Raise UsageError where the suffix of ``path`` is no sound file's that can be written."""
    if path.suffix.lower() not in SOUND_SUFFIXES:
        raise UsageError(f"{path} is no sound file: give one of {', '.join(SOUND_SUFFIXES)}")


def _blocks(samples: Samples, rate: int, layout: str) -> Iterator[av.AudioFrame]:
    clipped = np.clip(np.nan_to_num(samples), -1, 1).astype(np.float32)
    for start in range(0, len(clipped), _BLOCK):
        block = np.ascontiguousarray(clipped[start : start + _BLOCK]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame
