"""Clips that are read from a stream of bytes, once."""

import gc
import io
from fractions import Fraction

import av
import numpy as np
import pytest

from framesmooth.errors import MediaError, UsageError
from framesmooth.events import Event, Notice
from framesmooth.frames import frame_slice
from framesmooth.video.pipes.colors import ColorTags, Look
from framesmooth.video.pipes.sink import PipeFormat
from framesmooth.video.pipes.source import PipeSource, RawVideo
from framesmooth.video.reading import Reading
from tests.video.frames import gradient
from tests.video.pipes.streams import HD, NTSC, OneWay, read, stream_of

FRAMES = gradient(12)


@pytest.mark.parametrize(
    ("chosen", "pixel_format", "off"),
    [("y4m", "yuv444p", 3), ("mkv", "bgr0", 0), ("mkv", "yuv444p", 3), ("mkv", "yuv420p", 40)],
)
def test_frames_rate_and_size_are_those_that_were_written(
    chosen: PipeFormat, pixel_format: str, off: int
) -> None:
    look = Look(tags=ColorTags(range=1)) if chosen == "y4m" else Look()
    source = read(stream_of(FRAMES, chosen, pixel_format, look=look))
    assert (source.fps, source.size, source.num_frames) == (NTSC, (48, 64), None)
    assert source.look.pixel_format == pixel_format
    found = list(source)
    assert len(found) == len(FRAMES)
    for frame, original in zip(found, FRAMES, strict=True):
        assert np.abs(frame.astype(int) - original).max() <= off


def test_a_stream_is_read_once() -> None:
    source = read(stream_of(FRAMES))
    assert len(list(frame_slice(source, 2, 5))) == 3
    with pytest.raises(UsageError, match="can be read once"):
        list(source)


@pytest.mark.parametrize("portion", [1, 97, 1 << 20])
def test_raw_video_is_what_is_said_of_it(portion: int) -> None:
    data = b"".join(frame.tobytes() for frame in FRAMES[:3])
    raw = RawVideo(size=(48, 64), pixel_format="rgb24")
    source = PipeSource(OneWay(data, portion), raw=raw, fps=NTSC)  # type: ignore[arg-type]
    assert np.array_equal(list(source), FRAMES[:3])
    assert source.fps == NTSC


@pytest.mark.parametrize(("chosen", "pixel_format"), [("y4m", "yuv420p"), ("mkv", "bgr0")])
def test_what_is_cut_off_is_named_or_refused(chosen: PipeFormat, pixel_format: str) -> None:
    data = stream_of(FRAMES, chosen, pixel_format)
    told: list[Event] = []
    source = read(data[: len(data) * 2 // 3 + 1])
    source.listener = told.append
    count = len(list(source))
    assert 0 < count < len(FRAMES)
    assert next(event.message for event in told if isinstance(event, Notice)).startswith(
        f"stdin breaks off after frame {count - 1}: it is truncated"
    )
    with pytest.raises(MediaError, match="truncated"):
        list(PipeSource(OneWay(data[:-1500]), reading=Reading(strict=True)))  # type: ignore[arg-type]


def test_whole_streams_are_not_called_truncated() -> None:
    for data in (stream_of(FRAMES), stream_of(FRAMES, "mkv", "bgr0"), seekable_matroska()):
        told: list[Event] = []
        source = read(data)
        source.listener = told.append
        assert len(list(source)) == len(FRAMES)
        assert told == []


def seekable_matroska() -> bytes:
    """A file as ffmpeg writes it to a disk: with lengths, cues and a seek head."""
    held = io.BytesIO()
    with av.open(held, "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=24)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr0"
        for frame in FRAMES:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return held.getvalue()


def test_an_uneven_rate_is_told() -> None:
    held = io.BytesIO()
    with av.open(held, "w", format="matroska") as container:
        stream = container.add_stream("ffv1", rate=24)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "bgr0"
        for index, frame in enumerate(FRAMES):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = index + 3 * (index > 5), Fraction(1, 24)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    told: list[Event] = []
    source = read(held.getvalue())
    source.listener = told.append
    assert len(list(source)) == len(FRAMES)
    assert "variable frame rate" in str(told)


def test_fields_are_deinterlaced_or_stay_flagged() -> None:
    data = stream_of(FRAMES, "y4m", "yuv422p", look=Look(field_order=2))
    source = read(data)
    assert "deinterlaced by bwdif" in source.notices[0]
    assert source.look.field_order == 1
    woven = PipeSource(OneWay(data), reading=Reading(deinterlace="off"))  # type: ignore[arg-type]
    assert woven.look.field_order == 2
    doubled = PipeSource(OneWay(data), reading=Reading(deinterlace="double"))  # type: ignore[arg-type]
    assert doubled.fps == 2 * NTSC
    assert len(list(doubled)) == 2 * len(FRAMES)


@pytest.mark.parametrize("tags", [HD, ColorTags(matrix=9, range=2, primaries=9, transfer=16)])
def test_colour_tags_and_title_are_read(tags: ColorTags) -> None:
    source = read(stream_of(FRAMES, "mkv", "yuv444p", look=Look(tags=tags)))
    assert source.look.tags == tags
    assert source.metadata["title"] == "sea"


def test_what_is_no_clip_is_refused() -> None:
    for data, told in (
        (b"", "stdin is empty"),
        (b"no clip" * 99, "in no format that can be read"),
    ):
        with pytest.raises(MediaError, match=told):
            read(data)
    with pytest.raises(UsageError, match="doesn't resample"):
        PipeSource(OneWay(stream_of(FRAMES)), fps=Fraction(30))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="give --fps"):
        PipeSource(OneWay(b"123"), raw=RawVideo(size=(4, 4), pixel_format="gray"))  # type: ignore[arg-type]


def test_reading_leaves_no_garbage_to_be_collected() -> None:
    """What holds itself stays until the collector comes, with its picture: memory grew with the clip."""
    source = read(stream_of(FRAMES))
    gc.collect()
    gc.disable()
    try:
        assert len(list(source)) == len(FRAMES)
        del source
        assert gc.collect() < len(FRAMES)
    finally:
        gc.enable()
