"""GIF and animated WebP: time, tags and held frames."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from framesmooth.errors import UsageError
from framesmooth.video import open_source, read_metadata
from framesmooth.video.animation_metadata import find_timing
from tests.scenes import texture
from tests.video.frames import flat, gradient, psnr, write


@pytest.mark.parametrize(("name", "floor"), [("clip.gif", 24.0), ("clip.webp", 36.0)])
def test_animations_keep_time_and_picture(tmp_path: Path, name: str, floor: float) -> None:
    frames = gradient(5, (41, 63))
    write(tmp_path / name, frames, fps=Fraction(10))
    source = open_source(tmp_path / name)
    assert (source.fps, source.size, source.num_frames) == (Fraction(10), (41, 63), 5)
    for read, original in zip(source, frames, strict=True):
        assert psnr(read, original) > floor


def test_what_changes_slowly_stays_as_sharp_in_a_webp(tmp_path: Path) -> None:
    picture = texture(64, 96, seed=3)
    frames = [np.asarray(picture * (230 - 6 * time), np.uint8) for time in range(24)]
    write(tmp_path / "clip.webp", frames)
    found = [psnr(*pair) for pair in zip(open_source(tmp_path / "clip.webp"), frames, strict=True)]
    assert min(found) > found[0] - 1.5


def test_a_gif_has_a_highest_rate(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"50 .*60.*\.webp"):
        write(tmp_path / "clip.gif", gradient(3, (40, 62)), fps=Fraction(60))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["clip.gif", "clip.webp"])
def test_animations_keep_tags_of_any_length_and_script(tmp_path: Path, name: str) -> None:
    tags = {
        "title": "ein Segelboot bei Dämmerung, 夜の海",
        "comment": "made by framesmooth; " + "seed: 7 " * 90,
    }
    write(tmp_path / name, gradient(3, (41, 63)), metadata=tags)
    assert read_metadata(tmp_path / name) == tags
    assert open_source(tmp_path / name).num_frames == 3
    write(tmp_path / f"plain-{name}", gradient(3, (41, 63)))
    assert read_metadata(tmp_path / f"plain-{name}") == {}


@pytest.mark.parametrize("name", ["clip.gif", "clip.webp"])
@pytest.mark.parametrize("fps", [Fraction(12), Fraction(30000, 1001), Fraction(50)])
@pytest.mark.parametrize("lengths", [(1,), (2,), (1, 1), (12, 12), (1, 5, 1, 1, 4)])
def test_animations_give_back_held_frames(
    tmp_path: Path, name: str, fps: Fraction, lengths: Sequence[int]
) -> None:
    frames = [flat((40 * i + 20, 0, 100)) for i, length in enumerate(lengths) for _ in range(length)]
    write(tmp_path / name, frames, fps=fps)
    source = open_source(tmp_path / name)
    assert (source.fps, source.num_frames) == (fps, len(frames))
    for read, original in zip(source, frames, strict=True):
        assert np.abs(read.astype(int) - original).max() < 12
    resampled = open_source(tmp_path / name, fps=2 * fps)
    assert resampled.num_frames == len(list(resampled)) == 2 * len(frames)


def test_one_held_frame_of_a_webp_is_readable_elsewhere(tmp_path: Path) -> None:
    write(tmp_path / "clip.webp", gradient(1, (41, 63)) * 3)
    with av.open(str(tmp_path / "clip.webp")) as container:
        assert next(container.decode(video=0)).width == 63


@pytest.mark.parametrize(
    ("milliseconds", "fps", "repeats"),
    [
        ([80, 80], 12, [1, 1]),
        ([80, 90, 80] * 8, 12, [1] * 24),
        ([70, 60, 70, 600], 15, [1, 1, 1, 9]),
        ([80] * 100, Fraction(25, 2), [1] * 100),
        ([100, 500, 100], 10, [1, 5, 1]),
    ],
)
def test_a_foreign_animation_runs_at_its_shortest_duration(
    milliseconds: list[int], fps: Fraction, repeats: list[int]
) -> None:
    timing = find_timing([Fraction(ms, 1000) for ms in milliseconds], Fraction(1, 100), None)
    assert (timing.fps, list(timing.repeats)) == (fps, repeats)


def test_a_note_that_the_frames_contradict_is_ignored() -> None:
    cut = find_timing([Fraction(1, 10)] * 3, Fraction(1, 1000), (900, Fraction(10)))
    assert (cut.fps, cut.repeats) == (Fraction(10), (1, 1, 1))


@given(st.lists(st.integers(1, 300), min_size=1, max_size=20), st.sampled_from([10, 1]))
def test_no_frame_of_a_foreign_animation_is_lost(ticks: list[int], tick: int) -> None:
    timing = find_timing([Fraction(n * tick, 1000) for n in ticks], Fraction(tick, 1000), None)
    assert len(timing.repeats) == len(ticks)
    assert min(timing.repeats) >= 1


def test_a_gif_written_elsewhere_is_read(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", (16, 16), (90 * i, 0, 0)) for i in range(3)]
    pictures[0].save(
        tmp_path / "a.gif",
        save_all=True,
        append_images=pictures[1:],
        duration=[100, 300, 100],
        comment=b"mine",
    )
    source = open_source(tmp_path / "a.gif")
    assert (source.fps, source.num_frames) == (Fraction(10), 5)
    assert [round(int(frame[0, 0, 0]) / 90) for frame in source] == [0, 1, 1, 1, 2]
