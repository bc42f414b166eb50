"""Clips that are written to a stream of bytes."""

import io

import numpy as np
import pytest

from framesmooth.errors import MediaError, PipeClosed, UsageError
from framesmooth.frames import Frame
from framesmooth.video.pipes.colors import ColorTags, Look
from framesmooth.video.pipes.sink import PipeFormat, lost_by, open_pipe_sink, pixel_format_for
from framesmooth.video.pipes.source import PipeSource
from tests.video.deep import planes
from tests.video.frames import gradient
from tests.video.pipes.streams import HD, NTSC, OneWay, pictures, read, stream_of

FRAMES = gradient(4)
WIDE = ColorTags(matrix=9, range=2, primaries=9, transfer=16)


@pytest.mark.parametrize("tags", [HD, WIDE])
def test_matroska_keeps_every_tag_and_the_samples_match_them(tags: ColorTags) -> None:
    data = stream_of(FRAMES, "mkv", "yuv444p", look=Look(tags=tags))
    first = pictures(data)[0]
    found = (first.colorspace, first.color_range, first.color_primaries, first.color_trc)
    assert found == (tags.matrix, tags.range, tags.primaries, tags.transfer)
    red = np.full((48, 64, 3), (255, 0, 0), np.uint8)
    luma = pictures(stream_of([red], "mkv", "yuv444p", look=Look(tags=tags)))[0].to_ndarray()[0, 0, 0]
    share = 0.2627 if tags is WIDE else 0.2126  # K_R of BT.2020 and of BT.709
    assert luma == pytest.approx(share * 255 if tags.range == 2 else 16 + share * 219, abs=1)


def test_reading_and_writing_again_changes_next_to_nothing() -> None:
    for chosen, pixel_format in (("y4m", "yuv444p"), ("mkv", "yuv422p"), ("y4m", "gray")):
        data = stream_of(FRAMES, chosen, pixel_format)  # type: ignore[arg-type]
        once = read(data)
        again = read(stream_of(list(once), chosen, pixel_format, look=once.look))  # type: ignore[arg-type]
        for frame, original in zip(again, read(data), strict=True):
            assert np.abs(frame.astype(int) - original).mean() < 1


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize(
    ("chosen", "pixel_format"),
    [
        ("y4m", "yuv444p10le"),
        ("y4m", "yuv444p16le"),
        ("y4m", "gray10le"),
        ("mkv", "yuv444p12le"),
        ("mkv", "gbrp10le"),
        ("mkv", "gbrp16le"),
        ("mkv", "gray16le"),
    ],
)
def test_more_than_8_bits_come_back(chosen: PipeFormat, pixel_format: str, full: bool) -> None:
    frames = deep_frames(grey="gray" in pixel_format)
    look = Look(tags=ColorTags(matrix=9, range=2 if full else 1, primaries=9, transfer=14))
    data = stream_of(frames, chosen, pixel_format, look=look)
    assert pictures(data)[0].format.name == pixel_format
    source = PipeSource(OneWay(data), depth="source")  # type: ignore[arg-type]
    found = list(source)
    bits = int(pixel_format[-4:-2])
    if chosen == "mkv" or "gray" in pixel_format:  # y4m keeps no matrix
        for frame, expected in zip(found, frames, strict=True):
            assert frame.dtype == np.uint16
            assert np.abs(frame.astype(int) - expected).max() <= 4 * 65536 / 2**bits
    again = stream_of(found, chosen, pixel_format, look=source.look)
    for one, other in zip(pictures(data), pictures(again), strict=True):
        codes = [planes(one), planes(other)]
        assert max(np.abs(a.astype(int) - b).max() for a, b in zip(*codes, strict=True)) <= 1


def deep_frames(*, grey: bool) -> list[Frame]:
    """Return two frames of colours that 8 bits don't hold."""
    rng = np.random.default_rng(5)
    plane = rng.integers(6000, 58000, (2, 16, 24, 1 if grey else 3), np.uint16)
    return [np.ascontiguousarray(np.broadcast_to(one, (16, 24, 3))) for one in plane]


def test_y4m_says_its_rate_range_and_fields() -> None:
    full = ColorTags(range=2)
    head = stream_of(FRAMES, "y4m", "yuv420p", look=Look(tags=full, field_order=2)).split(b"\n")[0].split()
    assert {b"W64", b"H48", b"F24000:1001", b"It", b"XCOLORRANGE=FULL"} <= set(head)


@pytest.mark.parametrize(
    ("chosen", "look", "told"),
    [
        ("mkv", Look(tags=HD, field_order=2), ""),
        ("y4m", Look(tags=ColorTags(range=1)), ""),
        ("y4m", Look(tags=HD), "-colorspace bt709 -color_primaries bt709 -color_trc bt709)"),
        (
            "rawvideo",
            Look(tags=ColorTags(range=2), field_order=2),
            "-color_range pc) and that it is interlaced",
        ),
    ],
)
def test_what_a_format_cannot_say_is_named(chosen: PipeFormat, look: Look, told: str) -> None:
    assert told in lost_by(chosen, look, "yuv420p")
    assert bool(lost_by(chosen, look, "yuv420p")) is bool(told)


@pytest.mark.parametrize(
    ("chosen", "asked", "stored", "demuxer", "found"),
    [
        ("y4m", None, "yuv420p", "yuv4mpegpipe", "yuv420p"),
        ("y4m", None, "yuvj422p", "matroska,webm", "yuv422p"),
        ("mkv", None, "yuv420p10le", "matroska,webm", "yuv420p10le"),
        ("y4m", None, "yuv422p12le", "yuv4mpegpipe", "yuv422p12le"),
        ("mkv", None, "p010le", "mpegts", "yuv420p10le"),
        ("mkv", None, "gbrp14le", "matroska,webm", "gbrp16le"),
        ("y4m", None, "rgb48le", "rawvideo", "yuv444p16le"),
        ("mkv", None, "gray12le", "matroska,webm", "gray12le"),
        ("rawvideo", None, "yuv420p10le", "matroska,webm", "rgb48le"),
        ("mkv", "yuv420p", "yuv420p10le", "matroska,webm", "yuv420p"),
        ("mkv", None, "gbrp", "matroska,webm", "bgr0"),
        ("y4m", None, "rgb24", "rawvideo", "yuv444p"),
        ("rawvideo", None, "yuv420p", "matroska,webm", "rgb24"),
        ("rawvideo", "yuv420p", "yuv420p", "rawvideo", "yuv420p"),
        ("mkv", "gray", "yuv420p", "matroska,webm", "gray"),
    ],
)
def test_samples_stay_as_they_come_where_the_format_holds_them(
    chosen: PipeFormat, asked: str | None, stored: str, demuxer: str, found: str
) -> None:
    assert pixel_format_for(chosen, asked, Look(pixel_format=stored), demuxer) == found


def test_a_pixel_format_that_does_not_fit_is_refused() -> None:
    with pytest.raises(UsageError, match="y4m holds no rgb24"):
        pixel_format_for("y4m", "rgb24", Look(), None)


class Closed(io.RawIOBase):
    """A pipe whose reader leaves after some bytes."""

    def __init__(self, taken: int) -> None:
        self._left = taken

    def write(self, data: object) -> int:
        self._left -= len(memoryview(data))  # type: ignore[arg-type]
        if self._left < 0:
            raise BrokenPipeError
        return len(memoryview(data))  # type: ignore[arg-type]


@pytest.mark.parametrize("chosen", ["y4m", "mkv", "rawvideo"])
def test_a_reader_that_leaves_is_named(chosen: PipeFormat) -> None:
    frames = [np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)] * 9
    with (  # noqa: PT012
        pytest.raises(PipeClosed, match=r"closed by the program that reads it, after [1-8] frames"),
        open_pipe_sink(
            Closed(30_000),  # type: ignore[arg-type]
            chosen=chosen,
            pixel_format="yuv444p",
            look=Look(),
            fps=NTSC,
            size=(48, 64),
            metadata={},
        ) as sink,
    ):
        for frame in frames:
            sink.write(frame)


def test_a_clip_without_frames_is_an_error() -> None:
    with pytest.raises(MediaError, match="no frame was written to stdout"):
        stream_of_nothing()


def stream_of_nothing() -> None:
    with open_pipe_sink(
        io.BytesIO(), chosen="y4m", pixel_format="gray", look=Look(), fps=NTSC, size=(4, 4), metadata={}
    ):
        pass
