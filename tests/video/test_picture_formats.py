"""Pictures of every depth and kind come out as they look, and what cannot be read is named."""

import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageCms

from framesmooth.errors import MediaError
from framesmooth.frames import notices_of
from framesmooth.video import Reading, list_clips, open_source, read_image
from tests.video.icc import SRGB_PRIMARIES, profile

RNG = np.random.default_rng(7)
RGB16 = RNG.integers(0, 65536, (24, 40, 3), dtype=np.uint16)
GREY16 = RGB16[..., 0]
UNIT = (RGB16 / 65535).astype(np.float32)
RGB8 = np.rint(RGB16 / 257).astype(np.uint8)
GREY8 = RGB8[..., :1].repeat(3, axis=2)


def worst(path: Path, expected: NDArray[np.uint8]) -> int:
    """Return the largest difference from what is expected, in levels; as a still and in a folder."""
    (folder := path.with_name(f"{path.name} folder")).mkdir()
    shutil.copy(path, folder / f"0{path.suffix}")
    source = open_source(folder)
    assert source.size == expected.shape[:2]
    for frame in (read_image(path), next(iter(source))):
        assert frame.shape == expected.shape
        assert frame.flags.c_contiguous
        difference = int(np.abs(frame.astype(int) - expected).max())
    return difference


def planar(array: NDArray[Any]) -> NDArray[Any]:
    return np.moveaxis(array, 2, 0)


TIFFS: dict[str, tuple[NDArray[Any], dict[str, Any], NDArray[np.uint8]]] = {
    "16-bit RGB": (RGB16, {"photometric": "rgb"}, RGB8),
    "16-bit RGB, big-endian": (RGB16, {"photometric": "rgb", "byteorder": ">"}, RGB8),
    "16-bit RGB in planes": (planar(RGB16), {"photometric": "rgb", "planarconfig": "separate"}, RGB8),
    "16-bit RGB, deflated": (RGB16, {"photometric": "rgb", "compression": "deflate", "predictor": 2}, RGB8),
    "16-bit RGB in tiles": (RGB16, {"photometric": "rgb", "tile": (16, 16)}, RGB8),
    "BigTIFF": (RGB16, {"photometric": "rgb", "bigtiff": True}, RGB8),
    "8-bit RGB in planes": (planar(RGB8), {"photometric": "rgb", "planarconfig": "separate"}, RGB8),
    "16-bit grey": (GREY16, {"photometric": "minisblack"}, GREY8),
    "16-bit grey, white is 0": (65535 - GREY16, {"photometric": "miniswhite"}, GREY8),
    "32-bit grey": (GREY16.astype(np.uint32) * 65537, {"photometric": "minisblack"}, GREY8),
    "float grey": (UNIT[..., 0], {"photometric": "minisblack"}, GREY8),
    "float RGB": (UNIT, {"photometric": "rgb"}, RGB8),
    "float RGB in planes": (planar(UNIT), {"photometric": "rgb", "planarconfig": "separate"}, RGB8),
    "half float RGB": (UNIT.astype(np.float16), {"photometric": "rgb"}, RGB8),
    "double grey": (UNIT[..., 0].astype(np.float64), {"photometric": "minisblack"}, GREY8),
}


@pytest.mark.input_table(
    "Pictures",
    "TIFF: 8, 16 and 32 bits, half, float and double, grey and RGB, chunky and planar",
    "read; floats are display values from 0 to 1",
)
@pytest.mark.parametrize("kind", TIFFS)
def test_tiff(tmp_path: Path, kind: str) -> None:
    array, options, expected = TIFFS[kind]
    options = dict(options)
    tifffile.imwrite(
        tmp_path / "a.tif",
        array,
        bigtiff=options.pop("bigtiff", False),
        byteorder=options.pop("byteorder", None),
        **options,
    )
    assert worst(tmp_path / "a.tif", expected) <= (0 if array.dtype != np.float16 else 1)


@pytest.mark.parametrize("compression", [5, 8, 32946], ids=["LZW", "Adobe deflate", "deflate"])
def test_tiff_as_opencv_writes_it(tmp_path: Path, compression: int) -> None:
    for name, array in (("a", RGB16[..., ::-1]), ("b", UNIT[..., ::-1])):
        cv2.imwrite(str(tmp_path / f"{name}.tif"), array, [cv2.IMWRITE_TIFF_COMPRESSION, compression])
        assert worst(tmp_path / f"{name}.tif", RGB8) == 0
    cv2.imwrite(str(tmp_path / "c.tif"), GREY16, [cv2.IMWRITE_TIFF_COMPRESSION, compression])
    assert worst(tmp_path / "c.tif", GREY8) == 0


def test_tiff_with_alpha_of_16_bits(tmp_path: Path) -> None:
    rgba = np.dstack([RGB16, np.full_like(GREY16, 65535)])
    rgba[:, :20, 3] = 0
    tifffile.imwrite(tmp_path / "a.tif", rgba, photometric="rgb", extrasamples=["unassalpha"])
    frame = read_image(tmp_path / "a.tif", background=(9, 8, 7))
    assert (frame[:, :20] == (9, 8, 7)).all()
    assert np.array_equal(frame[:, 20:], RGB8[:, 20:])
    half = (np.dstack([UNIT * 0.5, np.full_like(UNIT[..., 0], 0.5)])).astype(np.float32)
    tifffile.imwrite(tmp_path / "b.tif", half, photometric="rgb", extrasamples=["assocalpha"])
    over_white = read_image(tmp_path / "b.tif", background=(255, 255, 255))
    assert np.abs(over_white.astype(float) - (UNIT * 0.5 + 0.5) * 255).max() <= 1.5


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("depth", [8, 16])
def test_tiff_and_jpeg_orientations(tmp_path: Path, orientation: int, depth: int) -> None:
    stored = RGB8 if depth == 8 else RGB16
    tifffile.imwrite(
        tmp_path / "a.tif", stored, photometric="rgb", extratags=[(274, "H", 1, orientation, True)]
    )
    turns: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
        1: lambda f: f, 2: lambda f: f[:, ::-1], 3: lambda f: f[::-1, ::-1], 4: lambda f: f[::-1],
        5: lambda f: f.transpose(1, 0, 2), 6: lambda f: np.rot90(f, -1),
        7: lambda f: np.rot90(f, 2).transpose(1, 0, 2), 8: lambda f: np.rot90(f, 1),
    }  # fmt: skip
    assert worst(tmp_path / "a.tif", turns[orientation](RGB8)) == 0


def test_floats_that_are_no_display_values_are_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", UNIT * 255, photometric="rgb")
    with pytest.raises(MediaError, match=r"floats up to 25\d.*scale them to 0-1"):
        read_image(tmp_path / "a.tif")


@pytest.mark.parametrize(
    ("array", "options"),
    [
        (np.dstack([RGB16, GREY16]), {"photometric": "separated"}),
        (GREY16.astype(np.int16), {"photometric": "minisblack"}),
        (UNIT[..., 0].astype(np.complex64), {"photometric": "minisblack"}),
    ],
)
def test_tiff_that_nothing_reads_is_named(
    tmp_path: Path, array: NDArray[Any], options: dict[str, Any]
) -> None:
    tifffile.imwrite(tmp_path / "a.tif", array, **options)
    with pytest.raises(MediaError, match=r"a\.tif .*PNG"):
        read_image(tmp_path / "a.tif")


EXR_SAMPLES = {"a": "float", "half": "half"}


def write_by_ffmpeg(
    path: Path,
    codec: str,
    pix_fmt: str,
    array: NDArray[Any],
    source: str,
    options: dict[str, str] | None = None,
) -> Path:
    """Write one picture by an encoder of FFmpeg."""
    context: Any = av.CodecContext.create(codec, "w")
    context.height, context.width = array.shape[:2]
    context.pix_fmt, context.framerate, context.options = pix_fmt, 1, options or {}
    picture = av.VideoFrame.from_ndarray(array, format=source)
    packets = [*context.encode(picture.reformat(format=pix_fmt)), *context.encode(None)]
    path.write_bytes(b"".join(map(bytes, packets)))
    return path


def encoded(linear: NDArray[Any]) -> NDArray[np.uint8]:
    """Return light as sRGB levels (IEC 61966-2-1)."""
    curve = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(np.clip(curve, 0, 1) * 255), np.uint8)


@pytest.mark.input_table(
    "Pictures", "OpenEXR, Radiance HDR, PFM: light", "read with the curve of sRGB, clipped above 1, said"
)
@pytest.mark.parametrize("name", ["a.exr", "half.exr", "a.pfm", "a.hdr"])
def test_light_gets_the_curve_of_srgb(tmp_path: Path, name: str) -> None:
    path, light = tmp_path / name, UNIT * 1.2
    if path.suffix == ".exr":
        write_by_ffmpeg(path, "exr", "gbrpf32le", light, "gbrpf32le", {"format": EXR_SAMPLES[path.stem]})
    else:
        cv2.imwrite(str(path), light[..., ::-1])
    if path.suffix == ".hdr":  # its three channels share one exponent
        light = np.asarray(cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.float32)[..., ::-1]
    assert worst(path, encoded(light)) <= 1
    lines = notices_of(open_source(tmp_path / f"{name} folder"))
    assert any("linear light gets the curve of sRGB" in line for line in lines)


def test_grey_light(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.pfm"), UNIT[..., 0])
    assert worst(tmp_path / "a.pfm", encoded(UNIT[..., :1]).repeat(3, axis=2)) <= 1


OTHERS = {
    "a.tga": GREY8, "a.ppm": RGB8, "a.pgm": GREY8, "a.jp2": RGB8, "a.qoi": RGB8, "a.bmp": RGB8,
    "a.webp": RGB8, "a.png": RGB8, "a.avif": RGB8,
}  # fmt: skip


@pytest.mark.input_table(
    "Pictures", "PNG, JPEG, WebP, AVIF, BMP, TGA, PPM, PGM, PAM, JPEG 2000, QOI, SGI, PSD", "read"
)
@pytest.mark.parametrize("name", OTHERS)
def test_pictures_as_pillow_writes_them(tmp_path: Path, name: str) -> None:
    expected = OTHERS[name]
    image = Image.fromarray(expected[..., 0] if expected is GREY8 else expected)
    options: dict[str, Any] = {
        "a.webp": {"lossless": True},
        "a.avif": {"quality": 100, "subsampling": "4:4:4"},
    }
    image.save(tmp_path / name, **options.get(name, {}))
    assert worst(tmp_path / name, expected) <= (4 if name == "a.avif" else 0)


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"),
    [
        ("a.dpx", "dpx", "gbrp10le"), ("b.dpx", "dpx", "rgb48be"), ("a.pam", "pam", "rgb48be"),
        ("a.jp2", "jpeg2000", "rgb48le"), ("a.sgi", "sgi", "rgb48be"), ("a.ppm", "ppm", "rgb48be"),
        ("a.png", "png", "rgb48be"),
    ],
)  # fmt: skip
def test_deep_pictures_as_ffmpeg_writes_them(tmp_path: Path, name: str, codec: str, pix_fmt: str) -> None:
    smooth = cv2.resize(RGB16, (40, 24), interpolation=cv2.INTER_AREA)  # the same, but not a view
    smooth = cv2.GaussianBlur(smooth, (0, 0), 2)
    smooth[:2] = 65535
    path = write_by_ffmpeg(tmp_path / name, codec, pix_fmt, smooth, "rgb48le")
    assert worst(path, np.rint(smooth / 257).astype(np.uint8)) <= (3 if codec == "jpeg2000" else 1)
    (line,) = notices_of(open_source(tmp_path / f"{name} folder"))
    bits = 10 if pix_fmt == "gbrp10le" else 16
    assert f"0{path.suffix} has {bits} bits a channel and frames have 8" in line


def test_logarithmic_film_is_named(tmp_path: Path) -> None:
    path = write_by_ffmpeg(tmp_path / "a.dpx", "dpx", "gbrp10le", RGB16, "rgb48le")
    data = bytearray(path.read_bytes())
    data[801] = 1  # printing density
    (folder := tmp_path / "in").mkdir()
    (folder / "a.dpx").write_bytes(data)
    assert any("logarithmic" in line for line in notices_of(open_source(folder)))


@pytest.mark.input_table(
    "Colour", "a picture with another ICC profile than sRGB", "converted to sRGB, and it is said"
)
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_profiles_are_converted_to_srgb(tmp_path: Path, suffix: str) -> None:
    options: dict[str, Any] = {".jpg": {"quality": 100, "subsampling": 0}, ".webp": {"lossless": True}}
    image = Image.new("RGB", (32, 16), (200, 60, 59))
    adobe = profile("Adobe RGB (1998)")
    image.save(tmp_path / f"a{suffix}", icc_profile=adobe, **options.get(suffix, {}))
    expected = np.full((16, 32, 3), (231, 57, 56), np.uint8)
    assert worst(tmp_path / f"a{suffix}", expected) <= (4 if suffix == ".avif" else 1)
    (line,) = notices_of(open_source(tmp_path / f"a{suffix} folder"))
    assert line == f"0{suffix}: colours are converted from Adobe RGB (1998) to sRGB"


def test_profiles_of_deep_grey_palette_and_transparent_pictures(tmp_path: Path) -> None:
    adobe, grey = profile("Adobe RGB (1998)"), profile("Gray 1.8", (), 1.8)
    flat = Image.new("RGB", (32, 16), (200, 60, 59))
    flat.quantize(4).save(tmp_path / "p.png", icc_profile=adobe)
    flat.convert("RGBA").save(tmp_path / "a.png", icc_profile=adobe)
    deep = np.full((16, 32, 3), (200 * 257, 60 * 257, 59 * 257), np.uint16)
    tifffile.imwrite(tmp_path / "d.tif", deep, photometric="rgb", iccprofile=adobe)
    for name in ("p.png", "a.png", "d.tif"):
        assert read_image(tmp_path / name)[3, 3].tolist() == [231, 57, 56]
    Image.new("L", (32, 16), 100).save(tmp_path / "g.png", icc_profile=grey)
    linear = (100 / 255) ** 1.8
    assert read_image(tmp_path / "g.png")[3, 3].tolist() == [int(encoded(np.array(linear)))] * 3


def test_animations_with_a_profile_are_converted(tmp_path: Path) -> None:
    images = [Image.new("RGB", (32, 16), (200, 60, shade)) for shade in (59, 99)]
    kinds: dict[str, dict[str, Any]] = {"a.webp": {"lossless": True}, "a.png": {}}
    for name, options in kinds.items():
        images[0].save(
            tmp_path / name,
            save_all=True,
            append_images=images[1:],
            duration=100,
            icc_profile=profile("Adobe RGB (1998)"),
            **options,
        )
        source = open_source(tmp_path / name)
        assert next(iter(source))[3, 3].tolist() == [231, 57, 56]
        assert any("converted from Adobe RGB (1998)" in line for line in notices_of(source))


@pytest.mark.parametrize(
    "content",
    [
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        b"no profile at all" * 20,
        profile("a grey one", (), 1.8),
    ],
    ids=["sRGB", "damaged", "of grey pictures"],
)
def test_profiles_that_change_nothing_or_mean_nothing(tmp_path: Path, content: bytes) -> None:
    Image.fromarray(RGB8).save(tmp_path / "0.png", icc_profile=content)
    source = open_source(tmp_path)
    assert np.array_equal(next(iter(source)), RGB8)
    assert notices_of(source) == ()


def test_srgb_by_another_maker_is_srgb_within_two_levels() -> None:
    from framesmooth.video.color_profile import profile_name

    image = Image.new("RGB", (4, 4))
    image.info["icc_profile"] = profile("almost", SRGB_PRIMARIES, 2.2)
    assert profile_name(image) == "almost"  # a plain power differs by more, in the dark


@pytest.mark.input_table(
    "Depth", "the same to measure, compare, tune and generate", "rounded to 8 bits, and it is said"
)
@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "bits"),
    [
        ("a.mkv", "libx265", "yuv420p10le", 10), ("a.mov", "prores_ks", "yuv422p10le", 10),
        ("a.mkv", "ffv1", "yuv444p12le", 12), ("a.mkv", "ffv1", "gray16le", 16),
        ("b.mkv", "ffv1", "yuv420p", 8),
    ],
)  # fmt: skip
def test_the_depth_of_video_is_told(tmp_path: Path, name: str, codec: str, pix_fmt: str, bits: int) -> None:
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=10, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, pix_fmt
        for index in range(3):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 90 + index, np.uint8))
            container.mux(stream.encode(picture.reformat(format=pix_fmt)))
        container.mux(stream.encode(None))
    lines = notices_of(open_source(tmp_path / name))
    told = f"{name} has {bits} bits a channel and frames have 8: {2**bits} levels become 256"
    assert lines == (() if bits == 8 else (told,))


def test_a_deep_folder_is_told_once(tmp_path: Path) -> None:
    for index in range(3):
        tifffile.imwrite(tmp_path / f"{index}.tif", RGB16, photometric="rgb")
    assert notices_of(open_source(tmp_path)) == (
        "0.tif has 16 bits a channel and frames have 8: 65536 levels become 256",
    )


@pytest.mark.input_table("Pictures", "HEIC, JPEG XL, SVG, raw files of cameras", "refused by name")
@pytest.mark.parametrize("suffix", [".heic", ".jxl", ".CR2", ".svg"])
def test_kinds_that_nothing_reads_are_named(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"a{suffix}").write_bytes(b"something")
    kind = suffix.lower()[1:]
    for path, read in ((tmp_path, open_source), (tmp_path / f"a{suffix}", open_source)):
        with pytest.raises(
            MediaError, match=f"pictures of the kind {kind} cannot be read: convert it to PNG"
        ):
            read(path)
    with pytest.raises(MediaError, match=kind):
        read_image(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("name", ["a.exr", "a.dpx", "a.tif", "a.jp2", "a.tga", "a.pfm", "a.avif", "a.hdr"])
def test_damaged_pictures_are_one_clear_error(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    starts = {
        "a.exr": b"\x76\x2f\x31\x01", "a.dpx": b"SDPX", "a.tif": b"II*\0",
        "a.jp2": b"\0\0\0\x0cjP  \r\n\x87\n", "a.tga": b"", "a.pfm": b"PF\n10 10\n-1\n",
        "a.avif": b"\0\0\0\x1cftypavif", "a.hdr": b"#?RADIANCE\n",
    }  # fmt: skip
    (tmp_path / name).write_bytes(starts[name] + bytes(range(200)))
    with pytest.raises(MediaError, match=name):
        read_image(tmp_path / name)
    with pytest.raises(MediaError, match=name):
        open_source(tmp_path)
    assert capfd.readouterr().err == ""


def test_cut_off_tiff_is_one_clear_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.tif"
    for compression in (5, 8):
        cv2.imwrite(str(path), RGB16, [cv2.IMWRITE_TIFF_COMPRESSION, compression])
        data = bytearray(path.read_bytes())
        data[100:1500] = bytes(1400)
        path.write_bytes(data)
        with pytest.raises(MediaError, match=r"a\.tif"):
            read_image(path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("suffix", [".exr", ".dpx", ".tga", ".ppm", ".jp2"])
def test_folders_of_them_are_folders_of_pictures(tmp_path: Path, suffix: str) -> None:
    for index in range(2):
        (tmp_path / f"{index}{suffix}").write_bytes(b"")
    assert list_clips(tmp_path)[1] == [tmp_path / f"{index}{suffix}" for index in range(2)]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
@pytest.mark.parametrize("suffix", [".tga", ".ppm", ".jp2", ".dpx", ".tif", ".bmp"])
def test_a_folder_as_ffmpeg_takes_a_clip_apart(tmp_path: Path, suffix: str) -> None:
    made = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x48:r=5:d=1"]
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    subprocess.run([*made, "-pix_fmt", "rgb24", str(tmp_path / f"a/%03d{suffix}")], check=True)
    subprocess.run([*made, "-pix_fmt", "rgb24", str(tmp_path / "b/%03d.png")], check=True)
    for frame, plain in zip(open_source(tmp_path / "a"), open_source(tmp_path / "b"), strict=True):
        assert np.abs(frame.astype(int) - plain).mean() < 2


def test_reading_is_as_usual_without_choices(tmp_path: Path) -> None:
    Image.fromarray(RGB8).save(tmp_path / "0.png")
    assert np.array_equal(next(iter(open_source(tmp_path, reading=Reading()))), RGB8)


def test_hdr_pictures_are_named(tmp_path: Path) -> None:
    Image.fromarray(RGB8).save(tmp_path / "0.png")
    data = (tmp_path / "0.png").read_bytes()
    content = b"cICP" + bytes([9, 16, 0, 1])
    chunk = (4).to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")
    (tmp_path / "0.png").write_bytes(data[:33] + chunk + data[33:])  # after the header
    (line,) = notices_of(open_source(tmp_path))
    assert line.startswith("0.png: HDR is read as SDR")


def test_sizes_that_differ_are_found_when_the_pictures_are_read(tmp_path: Path) -> None:
    write_by_ffmpeg(tmp_path / "0.exr", "exr", "gbrpf32le", UNIT, "gbrpf32le")
    write_by_ffmpeg(tmp_path / "1.exr", "exr", "gbrpf32le", np.ascontiguousarray(UNIT[:20]), "gbrpf32le")
    with pytest.raises(MediaError, match=r"1\.exr .*40x20.* 0\.exr .*40x24"):
        list(open_source(tmp_path))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".avif"])
def test_orientations_of_other_pictures(tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[274] = 6
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {"quality": 98}
    flat = np.zeros((24, 40, 3), np.uint8)
    flat[:12] = 200
    Image.fromarray(flat).save(tmp_path / f"a{suffix}", exif=exif, **options)
    assert worst(tmp_path / f"a{suffix}", np.ascontiguousarray(np.rot90(flat, -1))) <= 12


def test_an_orientation_at_the_end_of_a_png(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 8
    Image.fromarray(RGB8).save(tmp_path / "a.png")
    data, content = (tmp_path / "a.png").read_bytes(), b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = (len(content) - 4).to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(data[:-12] + chunk + data[-12:])
    assert worst(tmp_path / "a.png", np.ascontiguousarray(np.rot90(RGB8, 1))) == 0


def test_pictures_of_other_formats_are_named(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "0.pcx")
    with pytest.raises(MediaError, match=r"0\.pcx"):
        open_source(tmp_path)
