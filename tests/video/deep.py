"""Clips of more than 8 bits a channel, and what is in the files that are made of them."""

from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

PQ, HLG, BT2020 = 16, 18, 9
HDR10 = (
    "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    ":max-cll=1000,400:hdr10=1"
)


class Stored(NamedTuple):
    """What a video file says, and the luma of its first picture in the numbers that are stored."""

    codec: str
    pix_fmt: str
    primaries: int
    transfer: int
    matrix: int
    luma: NDArray[np.uint16]
    side_data: dict[str, bytes]


def planes(picture: av.VideoFrame) -> list[NDArray[np.uint16]]:
    """Return the planes of a picture of more than 8 bits."""
    rows = [np.frombuffer(bytes(plane), np.uint16).reshape(plane.height, -1) for plane in picture.planes]
    return [row[:, : plane.width] for row, plane in zip(rows, picture.planes, strict=True)]


def picture_of(pix_fmt: str, *parts: NDArray[np.uint16]) -> av.VideoFrame:
    """Return a picture with these planes."""
    picture = av.VideoFrame(parts[0].shape[1], parts[0].shape[0], pix_fmt)
    for plane, part in zip(picture.planes, parts, strict=True):
        padded = np.zeros((plane.height, plane.line_size // 2), np.uint16)
        padded[:, : plane.width] = part[: plane.height, : plane.width]
        plane.update(padded.tobytes())
    return picture


def ramp(bits: int = 10, size: tuple[int, int] = (48, 1024)) -> NDArray[np.uint16]:
    """Return luma (H, W) that rises through all numbers of the limited range."""
    scale = 2 ** (bits - 8)
    row = np.rint(np.linspace(16 * scale, 235 * scale, size[1])).astype(np.uint16)
    return np.tile(row, (size[0], 1))


def write_luma(
    path: Path,
    frames: list[NDArray[np.uint16]],
    pix_fmt: str = "yuv420p10le",
    *,
    tags: tuple[int, int, int] = (1, 1, 1),
    hdr: str = "",
) -> Path:
    """Write a grey clip losslessly; (primaries, transfer, matrix) are its ``tags``."""
    codec = "libx265" if hdr else "ffv1"
    options = {"x265-params": f"log-level=none:lossless=1:{hdr}"} if hdr else {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=12, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = frames[0].shape
        stream.pix_fmt = pix_fmt
        context: Any = stream.codec_context
        context.color_primaries, context.color_trc, context.colorspace = tags
        context.color_range = 1
        for index, luma in enumerate(frames):
            middle = np.full_like(luma, 2 ** (av.VideoFormat(pix_fmt).components[0].bits - 1))
            picture = picture_of(pix_fmt, luma, middle, middle)
            picture.pts, picture.color_range, picture.colorspace = index, 1, tags[2]
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def stored(path: Path) -> Stored:
    """Return what a video file says of itself."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        picture = next(container.decode(stream))
        context: Any = stream.codec_context
        deep = picture.format.components[0].bits > 8
        found = planes(picture)[0] if deep else np.zeros((1, 1), np.uint16)
        side: Any = picture.side_data
        return Stored(
            context.codec.name,
            picture.format.name,
            context.color_primaries,
            context.color_trc,
            context.colorspace,
            found.copy(),
            {str(each.type).rpartition(".")[2]: bytes(each) for each in side},
        )
