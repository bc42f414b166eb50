"""What is transparent is laid over one background, in every kind of file alike."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray
from PIL import Image

from framesmooth.cli.main import cli
from framesmooth.frames import frame_slice, notices_of
from framesmooth.video import Reading, open_source, read_image
from framesmooth.video.alpha import over_background
from framesmooth.video.reading import parse_color

RIGHT = (200, 40, 90)
HIDDEN = (0, 255, 0)
"""The colour of transparent pixels, which must never be seen."""


def picture(alpha: int = 0) -> NDArray[np.uint8]:
    """Return a 64x32 RGBA picture: green of this alpha on the left, another opaque colour on the right."""
    rgba = np.empty((32, 64, 4), np.uint8)
    rgba[:, :32] = (*HIDDEN, alpha)
    rgba[:, 32:] = (*RIGHT, 255)
    return rgba


def write_video(path: Path, codec: str, pix_fmt: str, frames: int = 4, alpha: int = 0) -> Path:
    options = {"libvpx-vp9": {"auto-alt-ref": "0", "crf": "4", "b": "0"}, "prores_ks": {"profile": "4444"}}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options=options.get(codec, {}))
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 32, pix_fmt
        if codec.startswith("libvpx"):
            stream.metadata["alpha_mode"] = "1"
        for index in range(frames):
            drawn = av.VideoFrame.from_ndarray(picture(alpha), format="rgba").reformat(format=pix_fmt)
            drawn.pts, drawn.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(drawn))
        container.mux(stream.encode(None))
    return path


def write_animation(path: Path) -> Path:
    images = [Image.fromarray(picture()) for _ in range(4)]
    images[1].putpixel((60, 20), (0, 0, 0, 255))  # equal frames are merged
    images[3].putpixel((60, 20), (9, 9, 9, 255))
    lossless: dict[str, Any] = {"lossless": True} if path.suffix == ".webp" else {}
    images[0].save(path, save_all=True, append_images=images[1:], duration=100, **lossless)
    return path


def write_folder(path: Path, suffix: str) -> Path:
    path.mkdir()
    for index in range(4):
        Image.fromarray(picture()).save(path / f"{index}{suffix}")
    return path


CLIPS = [
    pytest.param("a.mov", "prores_ks", "yuva444p10le", id="prores",
                 marks=pytest.mark.input_table("Alpha", "ProRes 4444, QuickTime Animation, PNG in .mov, FFV1",
                                               "laid over black, or over --background COLOR")),
    pytest.param("a.mov", "qtrle", "argb", id="qtrle"),
    pytest.param("a.mov", "png", "rgba", id="png"),
    pytest.param("a.mkv", "ffv1", "bgra", id="ffv1"),
    pytest.param("a.webm", "libvpx-vp9", "yuva420p", id="vp9",
                 marks=pytest.mark.input_table("Alpha", "VP8 and VP9 in .webm and .mkv",
                                               "laid over black, or over --background COLOR")),
    pytest.param("a.mkv", "libvpx-vp9", "yuva420p", id="vp9 in mkv"),
    pytest.param("a.png", "", "", id="apng",
                 marks=pytest.mark.input_table("Alpha", "animated PNG, WebP, GIF and AVIF; still pictures",
                                               "laid over black, or over --background COLOR")),
    pytest.param("a.apng", "", "", id="apng by its suffix"),
    pytest.param("a.webp", "", "", id="webp"),
    pytest.param("a.gif", "", "", id="gif"),
    pytest.param("a.avif", "", "", id="avif"),
    pytest.param("pngs", ".png", "", id="png folder"),
    pytest.param("webps", ".webp", "", id="webp folder"),
    pytest.param("tifs", ".tif", "", id="tiff folder"),
    pytest.param("tgas", ".tga", "", id="tga folder"),
    pytest.param("jp2s", ".jp2", "", id="jpeg 2000 folder"),
    pytest.param("avifs", ".avif", "", id="avif folder"),
]  # fmt: skip


def make(folder: Path, name: str, codec: str, pix_fmt: str) -> Path:
    path = folder / name
    if pix_fmt:
        return write_video(path, codec, pix_fmt)
    if not path.suffix:
        return write_folder(path, codec)
    if path.suffix == ".apng":
        return write_animation(folder / "b.png").rename(path)
    return write_animation(path)


@pytest.mark.parametrize(("name", "codec", "pix_fmt"), CLIPS)
@pytest.mark.parametrize("background", [(0, 0, 0), (255, 255, 255), (10, 60, 200)])
def test_the_background_shows_through_and_it_is_said(
    tmp_path: Path, name: str, codec: str, pix_fmt: str, background: tuple[int, int, int]
) -> None:
    source = open_source(make(tmp_path, name, codec, pix_fmt), reading=Reading(background=background))
    frames = list(source)
    assert len(frames) == source.num_frames == 4
    for frame in frames:
        assert np.abs(frame[4:28, 4:24].astype(int) - background).max() <= 3
        assert np.abs(frame[4:16, 40:60].astype(int) - RIGHT).max() <= 12
    (line,) = [line for line in notices_of(source) if "alpha" in line]
    assert "laid over" in line


def test_half_transparent_colours_are_mixed_with_the_background(tmp_path: Path) -> None:
    source = open_source(
        write_video(tmp_path / "a.mov", "qtrle", "argb", alpha=64), reading=Reading(background=(255, 0, 0))
    )
    assert next(iter(source))[10, 10].tolist() == [191, 64, 0]


def test_over_black_is_what_pillow_does_within_a_level() -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (50, 60, 4), dtype=np.uint8)
    black = Image.new("RGBA", (60, 50), (0, 0, 0, 255))
    theirs = np.asarray(Image.alpha_composite(black, Image.fromarray(rgba)).convert("RGB"))
    assert np.abs(over_background(rgba).astype(int) - theirs).max() <= 1


@pytest.mark.parametrize(("codec", "pix_fmt"), [("qtrle", "rgb24"), ("libx264", "yuv420p")])
def test_opaque_video_needs_no_notice(tmp_path: Path, codec: str, pix_fmt: str) -> None:
    assert notices_of(open_source(write_video(tmp_path / "a.mov", codec, pix_fmt))) == ()


def test_an_opaque_palette_needs_no_notice(tmp_path: Path) -> None:
    for index in range(3):
        Image.new("P", (16, 16), index).save(tmp_path / f"{index}.png")
    assert notices_of(open_source(tmp_path)) == ()


def test_one_picture_over_a_colour(tmp_path: Path) -> None:
    Image.fromarray(picture()).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", background=(1, 2, 3))[5, 5].tolist() == [1, 2, 3]


@pytest.mark.parametrize("command", [("assemble",), ("smooth", "--no-measure")])
def test_the_option_reaches_the_frames(tmp_path: Path, command: tuple[str, ...]) -> None:
    write_folder(tmp_path / "in", ".png")
    result = CliRunner().invoke(
        cli, [*command, f"{tmp_path}/in", "-o", f"{tmp_path}/out", "--background", "#0a0b0c"]
    )
    assert result.exit_code == 0, result.output
    assert "0.png and 3 more have an alpha channel: transparent parts are laid over #0a0b0c" in result.stderr
    assert read_image(tmp_path / "out" / "frame_000000.png")[16, 8].tolist() == [10, 11, 12]


@pytest.mark.parametrize(
    "command", ["assemble", "smooth", "interpolate", "measure", "compare", "tune", "sweep"]
)
def test_every_command_that_reads_clips_takes_the_options(command: str) -> None:
    shown = CliRunner().invoke(cli, [command, "--help"]).output
    assert "--background COLOR" in shown
    assert "--deinterlace [auto|on|double|off]" in shown


def test_a_background_that_is_no_colour_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "in", ".png")
    for given in ("greenish", "#12345678", "1,2,3"):
        result = CliRunner().invoke(
            cli, ["assemble", f"{tmp_path}/in", "-o", f"{tmp_path}/out", "--background", given]
        )
        assert result.exit_code == 2
        assert "is no opaque colour: write black, white or #rrggbb" in result.stderr


def test_colours_by_name_and_number() -> None:
    assert parse_color("white") == (255, 255, 255)
    assert parse_color(" #0a0B0c ") == (10, 11, 12)


def test_generate_says_it_of_the_pictures_that_a_clip_is_made_from(tiny_model: Path, tmp_path: Path) -> None:
    from framesmooth.timeline.prompts import parse_prompts
    from framesmooth.workflows.generate.preflight import notices
    from framesmooth.workflows.generate.resolve import resolve
    from framesmooth.workflows.generate.settings import GenerateSettings

    Image.fromarray(picture()).save(tmp_path / "first.png")
    settings = GenerateSettings.of(
        prompts=parse_prompts(["a cat"]),
        output=tmp_path / "clip.mkv",
        model=str(tiny_model),
        init_image=tmp_path / "first.png",
        last_image=tmp_path / "first.png",
        num_frames=4,
    )
    told = [notice.message for notice in notices(resolve(settings), settings)]
    assert "first.png has an alpha channel: transparent parts are laid over black" in told


def test_a_part_of_a_clip_tells_the_same(tmp_path: Path) -> None:
    write_folder(tmp_path / "in", ".png")
    assert notices_of(frame_slice(open_source(tmp_path / "in"), 1)) == notices_of(
        open_source(tmp_path / "in")
    )


def test_fourth_bytes_that_are_no_alpha_hide_nothing(tmp_path: Path) -> None:
    (folder := tmp_path / "tga").mkdir()
    Image.fromarray(picture()).save(folder / "0.tga")
    data = bytearray((folder / "0.tga").read_bytes())
    data[17] &= 0xF0  # no bits of alpha, by the image descriptor
    (folder / "0.tga").write_bytes(data)
    with av.open(str(tmp_path / "a.avi"), "w") as container:
        stream = container.add_stream("rawvideo", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "bgra"
        unused = picture()
        unused[..., 3] = 0
        container.mux(
            stream.encode(av.VideoFrame.from_ndarray(unused, format="rgba").reformat(format="bgra"))
        )
        container.mux(stream.encode(None))
    for path in (folder, tmp_path / "a.avi"):
        source = open_source(path)
        frame = next(iter(source))
        assert frame[5, 5].tolist() == list(HIDDEN)
        assert frame[5, 60].tolist() == list(RIGHT)
        assert notices_of(source) == ()
