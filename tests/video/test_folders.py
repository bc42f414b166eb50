"""Folders of pictures and clips as people have them: which are frames, in which order, what is said."""

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from framesmooth.errors import MediaError
from framesmooth.runs.checksums import content_of
from framesmooth.video import Reading, open_sink, open_source, write_png
from framesmooth.video.listing import list_frames
from tests.command_line import run


def pictures(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for level, name in enumerate(names):
        Image.new("RGB", (32, 24), (20 + 10 * level,) * 3).save(folder / name)
    return folder


def names(folder: Path, **choices: str) -> list[str]:
    return [image.name for image in list_frames(folder, **choices).images]  # type: ignore[arg-type]


def clip(path: Path, frames: int = 4) -> None:
    with open_sink(path, fps=Fraction(12), size=(48, 64)) as sink:
        for level in range(frames):
            sink.write(np.random.default_rng(level).integers(80, 99, (48, 64, 3), np.uint8))


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(
            ["1699999999.png", "1700000003.png", "1700000004.png", "1700000011.png"],
            marks=pytest.mark.input_table(
                "Folders", "names with time stamps of 10 digits", "ordered by time"
            ),
        ),
        pytest.param(
            ["f_20240131235959.jpg", "f_20240201000001.jpg", "f_20240201000009.jpg"],
            marks=pytest.mark.input_table(
                "Folders", "names with time stamps of 14 digits", "ordered by time"
            ),
        ),
        ["IMG_20240131_235958.jpg", "IMG_20240131_235959.jpg", "IMG_20240201_000004.jpg"],
        ["IMG_20240131_101502.jpg", "IMG_20240131_101503.jpg", "IMG_20240131_101509.jpg"],
        ["Screenshot 2024-01-05 09-59-58.png", "Screenshot 2024-01-05 10-00-01.png"],
        ["2024-01-05 10.00.01.png", "2024-01-05 10.00.02.png", "2024-01-05 10.00.07.png"],
        ["f9.png", "f10.png", "f11.png"],
        ["f0.png", "f2.png", "f4.png", "f6.png"],
        ["G0019998.jpg", "G0019999.jpg", "G0020000.jpg"],
    ],
)
def test_names_in_order_without_a_word(order: list[str], tmp_path: Path) -> None:
    pictures(tmp_path, *reversed(order))
    assert names(tmp_path) == order
    assert list_frames(tmp_path, strict=True).notices == ()


@pytest.mark.input_table(
    "Folders", "a camera's counter that starts again: 9999, 0001", "the series goes on, and that is said"
)
@pytest.mark.parametrize(
    "after", [["DSC_0000.jpg", "DSC_0001.jpg"], ["DSC_0001.jpg", "DSC_0002.jpg", "DSC_0003.jpg"]]
)
def test_counters_that_start_again(after: list[str], tmp_path: Path) -> None:
    order = ["DSC_9997.jpg", "DSC_9998.jpg", "DSC_9999.jpg", *after]
    pictures(tmp_path, *order)
    found = list_frames(tmp_path)
    assert [image.name for image in found.images] == order
    assert len(found.notices) == 1, "no number is missing: cameras count from 1"
    assert "start again after DSC_9999.jpg" in found.notices[0]
    assert [image.name for image in list_frames(tmp_path, strict=True).images] == order


def test_a_short_series_does_not_start_again(tmp_path: Path) -> None:
    order = ["f_0001.png", "f_0002.png", "f_9000.png"]
    pictures(tmp_path, *order)
    assert names(tmp_path) == order


@pytest.mark.input_table(
    "Folders", "missing numbers", "the pictures are taken as neighbours, and that is said; --strict refuses"
)
def test_gaps_are_said(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"f{number}.png" for number in (0, 1, 2, 4, 5, 9)))
    found = list_frames(tmp_path)
    assert len(found.images) == 6
    assert found.notices == (
        f"{tmp_path}: the numbering jumps from f2.png to f4.png, and once more: the pictures are taken as "
        "neighbours; --strict refuses them",
    )
    with pytest.raises(MediaError, match=r"f2\.png .*f4\.png"):
        open_source(tmp_path, reading=Reading(strict=True))
    told = run("assemble", tmp_path, "-o", tmp_path / "out.mkv")
    assert told.exit_code == 0
    assert "jumps from f2.png to f4.png" in told.stderr
    assert run("assemble", tmp_path, "-o", tmp_path / "out2.mkv", "--strict").exit_code == 1


@pytest.mark.parametrize(
    ("series", "strays"),
    [
        pytest.param(
            [f"frame_{index:04d}.png" for index in range(6)],
            ["contact.png"],
            marks=pytest.mark.input_table(
                "Folders", "frame_0000…5.png beside contact.png", "the numbered series; the rest is named"
            ),
        ),
        pytest.param(
            [f"20230129_{index:05d}.png" for index in range(3)],
            [f"20230129_depth_{index:05d}.png" for index in range(3)],
            marks=pytest.mark.input_table("Folders", "Deforum's frames beside their depth", "the frames"),
        ),
        ([f"f{index}.png" for index in range(4)], ["f0.jpg", "f1.jpg"]),
        ([f"f{index}.png" for index in range(4)], ["mask1.png", "mask2.png", "thumb.jpg"]),
        (["b.png", "c.png", "d.png"], []),
        (["a1.png", "b.png", "c.png"], []),
        (["shot1_001.png", "shot1_002.png", "shot2_001.png"], []),
    ],
)
def test_strays_are_left_out_and_named(series: list[str], strays: list[str], tmp_path: Path) -> None:
    pictures(tmp_path, *strays, *series)
    found = list_frames(tmp_path)
    assert [image.name for image in found.images] == series
    told = " ".join(found.notices)
    assert all(name in told for name in strays[:1])
    assert bool(told) == bool(strays)


@pytest.mark.input_table("Folders", "--sort time, exif", "by when the pictures were written, or taken")
def test_other_orders(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    for name, time, taken in [("a.jpg", 300, "2024:01:05 10:00:02"), ("b.jpg", 100, "2024:01:05 10:00:03"),
                              ("c.jpg", 200, "2024:01:05 10:00:01")]:  # fmt: skip
        exif = Image.Exif()
        exif.get_ifd(0x8769)[0x9003] = taken
        Image.new("RGB", (32, 24)).save(tmp_path / name, exif=exif)
        os.utime(tmp_path / name, (time, time))
    assert names(tmp_path) == ["a.jpg", "b.jpg", "c.jpg"]
    assert names(tmp_path, sort="time") == ["b.jpg", "c.jpg", "a.jpg"]
    assert names(tmp_path, sort="exif") == ["c.jpg", "a.jpg", "b.jpg"]
    pictures(tmp_path, "d.png")
    with pytest.raises(MediaError, match=r"d\.png .*--sort time"):
        list_frames(tmp_path, "exif")


def levels(path: Path) -> list[int]:
    return [int(frame[0, 0, 0]) for frame in open_source(path)]


@pytest.mark.input_table("Folders", "`frame_%04d.png`, `frames/*.png`", "the pictures of that name")
def test_patterns(tmp_path: Path) -> None:
    pictures(tmp_path, "frame_0001.png", "frame_0002.png", "frame_0003.png", "frame_12.png", "a.png")
    assert levels(tmp_path / "frame_%04d.png") == [20, 30, 40]
    assert levels(tmp_path / "frame_%d.png") == [20, 30, 40, 50]
    assert levels(tmp_path / "frame_00*.png") == [20, 30, 40]
    with pytest.raises(MediaError, match="holds no picture: check the name"):
        open_source(tmp_path / "image_%04d.png")
    (tmp_path / "odd%d.mkv").write_bytes(b"")
    with pytest.raises(MediaError, match="is empty"):
        open_source(tmp_path / "odd%d.mkv")


@pytest.mark.parametrize("command", ["assemble", "smooth", "interpolate"])
@pytest.mark.input_table("Folders", "`frames/*.png`, expanded by the shell", "one clip")
def test_names_from_a_shell(command: str, tmp_path: Path) -> None:
    folder = pictures(tmp_path / "frames", *(f"f{index}.png" for index in range(4)), "notes.jpg")
    given = sorted(folder.glob("*.png"))
    asked: dict[str, list[object]] = {"smooth": ["--no-measure"], "interpolate": ["--cadence", 2]}
    more = asked.get(command, [])
    assert run(command, *given, "-o", tmp_path / "out.mkv", *more).exit_code == 0
    assert open_source(tmp_path / "out.mkv").num_frames == (7 if command == "interpolate" else 4)
    scattered = run(command, given[0], given[2], "-o", tmp_path / "no.mkv", *more)
    assert scattered.exit_code == 2
    assert "other pictures between those given" in scattered.stderr
    clip(tmp_path / "a.mp4")
    several = run(command, tmp_path / "a.mp4", given[0], "-o", tmp_path / "no.mkv", *more)
    assert several.exit_code == 2
    assert "give one video or folder" in several.stderr


@pytest.mark.input_table("Folders", "one PNG", "refused; it is said what to give")
def test_one_picture(tmp_path: Path) -> None:
    pictures(tmp_path, "frame_0007.png", "cat.jpg")
    told = run("assemble", tmp_path / "frame_0007.png", "-o", tmp_path / "out.mkv")
    assert told.exit_code == 1
    assert (
        f"give the folder of the frames, {tmp_path} or the pattern {tmp_path}/frame_%04d.png" in told.stderr
    )
    assert "--init-image" in run("assemble", tmp_path / "cat.jpg", "-o", tmp_path / "out.mkv").stderr


@pytest.mark.input_table(
    "Folders", "`measure DIR` with 1.avi, 2.mp4, 3.ts", "each is measured, and that is said"
)
def test_every_container_of_a_folder_is_measured(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    for number, container in enumerate(("avi", "mp4", "mpegts"), start=1):
        clip(folder / f"{number}.mp4", 12)
        if container != "mp4":
            remux(
                folder / f"{number}.mp4", folder / f"{number}.{container.replace('mpegts', 'ts')}", container
            )
    write_png(folder / "thumb.png", np.zeros((24, 32, 3), np.uint8))
    told = run("measure", folder, "--json", "-", "--metric", "coverage")
    assert told.exit_code == 0, told.stderr
    assert "holds 3 clips: 1.avi, 2.mp4, 3.ts; not used: thumb.png" in told.stderr
    assert all(f'"{name}"' in told.stdout for name in ("1.avi", "2.mp4", "3.ts"))


def remux(source: Path, target: Path, container: str) -> None:
    """Write the same frames in another container, and remove the first."""
    import av

    frames = list(open_source(source))
    with av.open(str(target), "w", format=container) as out:
        stream = out.add_stream("mpeg2video" if container == "mpegts" else "mpeg4", rate=24)
        stream.height, stream.width = frames[0].shape[:2]
        for frame in frames:
            out.mux(
                stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format="yuv420p"))
            )
        out.mux(stream.encode())
    source.unlink()


@pytest.mark.input_table("Folders", "a clip beside its frames", "the frames, and that is said")
def test_a_clip_beside_its_frames(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"f{index}.png" for index in range(4)))
    clip(tmp_path / "clip.mp4")
    told = run("measure", tmp_path, "--json", "-", "--metric", "coverage")
    assert told.exit_code == 0
    assert "is taken for its frames, not for clip.mp4" in told.stderr
    assert '"clips"' not in told.stdout


@pytest.mark.parametrize("clips", [["clip.mp4"], ["one.avi", "two.ts"]])
def test_a_clip_is_no_stray_beside_its_thumbnail(clips: list[str], tmp_path: Path) -> None:
    pictures(tmp_path, "thumb.png")
    for clip in clips:
        (tmp_path / clip).write_bytes(b"never read")
    with pytest.raises(MediaError, match=rf"thumb\.png.*{clips[0]}"):
        open_source(tmp_path)
    assert open_source(tmp_path / "*.png").num_frames == 1


def test_the_content_of_a_pattern_is_that_of_its_files(tmp_path: Path) -> None:
    pictures(tmp_path, "f_1.png", "f_2.png", "other.png")
    before = content_of(tmp_path / "f_%d.png")
    pictures(tmp_path, "x.png", "other.png")
    assert content_of(tmp_path / "f_%d.png") == content_of(tmp_path / "f_*.png") == before
    pictures(tmp_path, "x.png", "f_2.png", "f_1.png")
    assert content_of(tmp_path / "f_%d.png") != before


def test_a_folder_of_clips_where_one_is_expected(tmp_path: Path) -> None:
    clip(tmp_path / "clip.mp4")
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        open_source(tmp_path)
