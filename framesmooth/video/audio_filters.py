"""Loudness and mixing, by FFmpeg's filters: ebur128, loudnorm's target, sidechaincompress, alimiter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from framesmooth.video.audio_placement import RATE
from framesmooth.video.audio_samples import Samples

TARGET: Final = -16.0
"""LUFS of a finished film, as the web's platforms and podcasts ask for."""
SILENT: Final = -69.0
"""LUFS: ebur128 gives -70 for silence."""
_PEAK: Final = 0.84
"""-1.5 dB, so that codecs don't clip what they change."""
_BLOCK: Final = RATE // 10


@dataclass(frozen=True)
class Loudness:
    """Loudness by EBU R 128.

    Attributes:
        integrated: LUFS of the whole; None for silence.
        peak: true peak in dB of full scale; None for silence.
    """

    integrated: float | None
    peak: float | None


def loudness_of(samples: Samples, rate: int = RATE) -> Loudness:
    """Measure samples (n, 1 or 2)."""
    found = _measured(samples, rate, "true")
    integrated = float(found.get("lavfi.r128.I", "-70"))
    peak = float(found.get("lavfi.r128.true_peak", "0"))
    if integrated <= SILENT or peak <= 0:
        return Loudness(None, None)
    return Loudness(integrated, 20 * float(np.log10(peak)))


def _measured(samples: Samples, rate: int, peak: str) -> Mapping[str, str]:
    """Return what ebur128 says at the end; ``peak`` is "true", which takes its time, or "none"."""
    seconds = len(samples) / rate
    if seconds < 0.5:  # gates are 0.4 s wide: what is shorter is measured by its repetition
        samples = np.tile(samples, (max(1, int(np.ceil(1 / max(seconds, 1e-3)))), 1))
    last: Mapping[str, str] = {}
    for frame in _filtered([samples], f"ebur128=metadata=1:peak={peak}", rate):
        last = frame.metadata or last
    return last


def normalized(samples: Samples, target: float = TARGET, rate: int = RATE) -> Samples:
    """Return the samples (n, channels) at a loudness of ``target`` LUFS, peaks limited; silence stays silent.

    One gain for the whole, so that quiet places stay quiet; where a limiter took loudness away, it is given
    back once.
    """
    for _ in range(3):
        found = float(_measured(samples, rate, "none").get("lavfi.r128.I", "-70"))
        if found <= SILENT or abs(found - target) < 0.2:
            break
        samples = (samples * 10 ** ((target - found) / 20)).astype(np.float32)
        if np.abs(samples).max() <= _PEAK:
            break  # a gain is exact
        samples = limited(samples, rate)
    return samples


def limited(samples: Samples, rate: int = RATE) -> Samples:
    """Return the samples with peaks held under -1.5 dB."""
    filters = f"alimiter=limit={_PEAK}:level=false:attack=5:release=80:latency=true"
    return _samples_of(_filtered([samples], filters, rate), samples.shape[1], len(samples))


def ducked(music: Samples, voice: Samples, depth: float, rate: int = RATE) -> Samples:
    """Return ``music`` (n, channels) lowered by about ``depth`` dB where ``voice`` of equal shape sounds."""
    if depth <= 0 or not np.abs(voice).max() > 0:
        return music
    level = float(np.sqrt(np.mean(voice[np.abs(voice).max(axis=1) > 0.01 * np.abs(voice).max()] ** 2)))
    # At ratio 20 all above the threshold is lowered nearly to it, so the threshold sets the depth.
    threshold = float(np.clip(level * 10 ** (-depth * 20 / 19 / 20), 0.001, 1))
    filters = f"sidechaincompress=threshold={threshold:.5f}:ratio=20:attack=30:release=400:detection=rms"
    return _samples_of(_filtered([music, voice], filters, rate), music.shape[1], len(music))


def _filtered(inputs: Sequence[Samples], filters: str, rate: int) -> Iterator[av.AudioFrame]:
    """Yield what FFmpeg's filters make of inputs (n, channels) of the same shape."""
    name, _, arguments = filters.partition("=")
    layout = {1: "mono", 2: "stereo"}[inputs[0].shape[1]]
    graph, ticks = Graph(), Fraction(1, rate)
    kind: Any = av.AudioFormat("flt")
    node, sink = graph.add(name, arguments), graph.add("abuffersink")
    sources = [
        graph.add_abuffer(sample_rate=rate, format=kind, layout=layout, time_base=ticks) for _ in inputs
    ]
    for index, source in enumerate(sources):
        source.link_to(node, 0, index)
    shape = graph.add("aformat", f"sample_fmts=flt:channel_layouts={layout}:sample_rates={rate}")
    node.link_to(shape)
    shape.link_to(sink)
    graph.configure()
    for start in range(0, len(inputs[0]), _BLOCK):
        for source, samples in zip(sources, inputs, strict=True):
            block = np.ascontiguousarray(samples[start : start + _BLOCK], np.float32).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, start, ticks
            source.push(frame)
        yield from _pulled(sink)
    for source in sources:
        source.push(None)
    yield from _pulled(sink)


def _pulled(sink: Any) -> Iterator[av.AudioFrame]:
    while True:
        try:
            yield sink.pull()
        except (av.BlockingIOError, av.EOFError):
            return


def _samples_of(frames: Iterator[av.AudioFrame], channels: int, length: int) -> Samples:
    parts: list[NDArray[Any]] = [frame.to_ndarray().reshape(-1, channels) for frame in frames]
    joined = np.concatenate(parts) if parts else np.zeros((0, channels))
    padded = np.zeros((length, channels), np.float32)
    padded[: len(joined)] = joined[:length]
    return padded
