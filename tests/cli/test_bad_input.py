"""Input that is damaged, odd or hostile: one clear line and the right exit code, never a traceback."""

import json
import os
import resource
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from framesmooth.cli.main import one_line
from framesmooth.errors import MediaError, UsageError
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.video import list_clips, open_sink, open_source, read_image, read_metadata, write_png
from framesmooth.video.listing import natural_key
from tests.command_line import run

FRAME = np.full((24, 32, 3), 90, np.uint8)


def clip(path: Path, count: int = 4, **tags: str) -> Path:
    with open_sink(path, fps=Fraction(12), size=FRAME.shape[:2], metadata=tags) as sink:
        for index in range(count):
            sink.write(FRAME + np.uint8(20 * index))
    return path


def refused(result: Result, code: int, *words: str) -> None:
    """One line on stderr that says what, where and how to mend it."""
    assert result.exit_code == code, result.stderr
    lines = [line for line in result.stderr.splitlines() if not line.startswith(("Usage:", "Try "))]
    said = " ".join(line for line in lines if line)
    assert said.lower().startswith("error: "), result.stderr
    assert "Traceback" not in result.stderr
    assert "unexpected" not in result.stderr
    for word in words:
        assert word in said, said
    assert len(said) < 1000


def png_of(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds nothing of it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def gif_of(width: int, height: int) -> bytes:
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return (
        b"GIF89a"
        + screen
        + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, width, height, 0)
        + b"\x02\x02\x44\x01\0\x3b"
    )


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
SESSION = b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n"
PROGRAM = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"

BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty.mp4": (b"", "0 bytes"),
    "noise.mp4": (bytes(range(256)) * 40, "cannot read"),
    "text.mkv": (b"just a text\n" * 50, "cannot read"),
    "noise.gif": (b"GIF89a" + bytes(range(256)), "noise.gif"),
    "noise.webp": (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20), "noise.webp"),
    "huge.gif": (gif_of(65535, 65535), "too large"),
    "really.gif": (png_of(8, 8), "GIF"),
    "playlist.mp4": (PLAYLIST, "cannot read"),
    "concat.mp4": (b"ffconcat version 1.0\nfile other.mp4\n", "cannot read"),
    "sdp.mp4": (SESSION, "cannot read"),
    "program.mp4": (PROGRAM, "cannot read"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("command", ["smooth", "measure"])
def test_files_that_are_no_clips(tmp_path: Path, name: str, command: str) -> None:
    content, words = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    output = ("-o", tmp_path / "out.mkv") if command == "smooth" else ()
    refused(run(command, tmp_path / name, *output), 1, words, name)
    assert os.listdir(tmp_path) == [name]


BAD_PICTURES: dict[str, tuple[bytes, str]] = {
    "huge.png": (png_of(100_000, 100_000), "too large"),
    "wide.png": (png_of(60_000, 1), "60000x1"),
    "hollow.png": (png_of(64, 64), "cannot read"),
    "program.png": (PROGRAM, "cannot read"),
    "empty.png": (b"", "cannot read"),
}


@pytest.mark.parametrize("name", BAD_PICTURES)
def test_files_that_are_no_pictures(tmp_path: Path, name: str) -> None:
    content, words = BAD_PICTURES[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=words):
        read_image(tmp_path / name)
    refused(run("assemble", tmp_path, "-o", tmp_path / "out.mkv"), 1, words)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.webm", "clip.gif", "clip.webp"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_clip_is_refused_when_asked_to(tmp_path: Path, name: str, share: float) -> None:
    whole = clip(tmp_path / name, 8).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(len(whole) * share)])
    refused(run("measure", tmp_path / name, "--strict"), 1, name)


def test_a_clip_under_another_name_is_read_where_it_can_be(tmp_path: Path) -> None:
    clip(tmp_path / "a.mkv").rename(tmp_path / "really-a-mkv.mp4")
    clip(tmp_path / "b.gif").rename(tmp_path / "really-a-gif.mp4")
    for name in ("really-a-mkv.mp4", "really-a-gif.mp4"):
        assert run("measure", tmp_path / name).exit_code == 0


def test_folders_with_gaps_mixed_sizes_and_other_files(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for index in (0, 1, 3):
        write_png(folder / f"{index}.png", FRAME)
    refused(run("assemble", folder, "-o", tmp_path / "out.mkv", "--strict"), 1, "jumps from 1.png to 3.png")
    write_png(folder / "2.png", FRAME[:12])
    refused(run("assemble", folder, "-o", tmp_path / "out.mkv"), 1, "2.png is 32x12 but 0.png is 32x24")
    write_png(folder / "2.png", FRAME)
    (folder / "notes.txt").write_text("mine")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf")
    (folder / ".hidden.png").write_bytes(b"none")
    (folder / "sub.png").mkdir()
    assert run("assemble", folder, "-o", tmp_path / "out.mkv").exit_code == 0
    (tmp_path / "nothing").mkdir()
    refused(run("assemble", tmp_path / "nothing", "-o", tmp_path / "x.mkv"), 1, "holds no picture")
    refused(run("assemble", tmp_path / "nowhere", "-o", tmp_path / "x.mkv"), 1, "does not exist")
    refused(run("assemble", folder / "notes.txt", "-o", tmp_path / "x.mkv"), 1, "cannot read")


@pytest.mark.parametrize(
    "name",
    ["with space.mkv", "quo'te\".mkv", "new\nline.mkv", "日本語 ñ 🎬.mkv", "12:30.mkv", "%03d.mkv",
     "-dash.mkv", "a" * 240 + ".mkv"],
)  # fmt: skip
def test_names_of_any_kind(tmp_path: Path, name: str) -> None:
    source = clip(tmp_path / name)
    again = tmp_path / f"2{name[:-1]}" if len(name) > 100 else tmp_path / f"2{name}"
    again = again.with_suffix(".mkv")
    result = run("smooth", source, "-o", again, "--smoother", "ema", "--no-measure")
    assert result.exit_code == 0, result.stderr
    assert len(list(open_source(again))) == 4
    missing = run("measure", tmp_path / f"no{name[:60]}")
    refused(missing, 1, "does not exist")
    assert missing.stderr.count("\n") == 1


def test_a_name_of_bytes_that_are_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/no\xfftext.mkv")
    command = [sys.executable, "-m", "framesmooth"]
    made = subprocess.run(
        [*command, "assemble", clip(tmp_path / "in.mkv"), "-o", name], capture_output=True, check=False
    )
    assert (made.returncode, b"Traceback" in made.stderr) == (0, False), made.stderr
    assert len(list(open_source(Path(name)))) == 4
    (tmp_path / "frames").mkdir()
    write_png(tmp_path / "frames" / "0.png", FRAME)
    os.rename(tmp_path / "frames" / "0.png", os.fsencode(tmp_path) + b"/frames/\xff0.png")
    read = subprocess.run([*command, "measure", tmp_path / "frames"], capture_output=True, check=False)
    assert read.returncode == 0, read.stderr


def test_messages_are_one_line_without_control_characters(tmp_path: Path) -> None:
    assert one_line("a\nb\x1b[31m\x07\u202e ñ") == "a\\nb\\x1b[31m\\x07\\u202e ñ"
    refused(run("measure", tmp_path / "\x1b[2Jgone.mp4"), 1, "\\x1b[2Jgone.mp4")


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 5), (2, 2), (17, 1)])
@pytest.mark.parametrize("command", ["smooth", "interpolate", "measure"])
def test_tiny_and_odd_sizes(tmp_path: Path, size: tuple[int, int], command: str) -> None:
    for index in range(3):
        write_png(tmp_path / "in" / f"{index}.png", np.full((*size, 3), 40 * index, np.uint8))
    arguments = {"smooth": ("-o", tmp_path / "out/"), "interpolate": ("-o", tmp_path / "out", "--cadence", 2)}
    result = run(command, tmp_path / "in", *arguments.get(command, ()))
    assert result.exit_code == 0, result.stderr
    if command == "smooth":
        video = run("smooth", tmp_path / "in", "-o", tmp_path / "odd.mp4", "--no-measure")
        if size[0] % 2 or size[1] % 2:
            refused(video, 1, "--odd-size pad")
        padded = run(
            "smooth", tmp_path / "in", "-o", tmp_path / "pad.mp4", "--no-measure", "--odd-size", "pad"
        )
        assert padded.exit_code == 0, padded.stderr


def test_pictures_of_any_mode_are_rgb(tmp_path: Path) -> None:
    for index, mode in enumerate(("RGB", "RGBA", "L", "LA", "P", "1", "I;16", "CMYK")):
        image = Image.new("RGB", (8, 6), (90, 90, 90))
        saved = Image.new(mode, (8, 6)) if mode == "I;16" else image.convert(mode)
        saved.save(tmp_path / f"{index}.{'tif' if mode == 'CMYK' else 'png'}")
    assert {read_image(path).shape for path in tmp_path.iterdir()} == {(6, 8, 3)}


def write_raw(
    path: Path, codec: str, pix_fmt: str, trc: int | None = None, times: list[int] | None = None
) -> Path:
    """Write a video with settings that the sink never uses."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=12)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 32, 24, pix_fmt
        if trc is not None:
            stream.codec_context.color_trc = trc
        for index in range(4):
            frame = av.VideoFrame.from_ndarray(FRAME, format="rgb24").reformat(format=pix_fmt)
            frame.pts, frame.time_base = (times or [0, 1, 2, 3])[index], Fraction(1, 12)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("codec", "pix_fmt"),
    [("libx265", "yuv420p10le"), ("libvpx-vp9", "yuva420p"), ("ffv1", "yuva444p10le"), ("ffv1", "gray"),
     ("ffv1", "gbrp16le")],
)  # fmt: skip
def test_deep_alpha_and_grey_video_is_read(tmp_path: Path, codec: str, pix_fmt: str) -> None:
    frames = list(open_source(write_raw(tmp_path / "clip.mkv", codec, pix_fmt)))
    assert len(frames) == 4
    assert abs(int(frames[0].mean()) - 90) <= 3


def test_hdr_is_told(tmp_path: Path) -> None:
    for number, name in ((16, "PQ"), (18, "HLG")):
        source = write_raw(tmp_path / f"{name}.mkv", "libx265", "yuv420p10le", number)
        result = run("measure", source)
        assert result.exit_code == 0
        assert f"is HDR ({name})" in result.stderr


def test_times_that_cannot_be_meant(tmp_path: Path) -> None:
    source = write_raw(tmp_path / "held.mkv", "ffv1", "bgr0", times=[0, 1, 2, 10**9])
    refused(run("measure", source, "--fps", "24"), 1, "times are damaged")
    data = bytearray(clip(tmp_path / "held.gif").read_bytes())
    at = data.index(b"4 frames at 12/1")
    note = b"9" * 9 + b" frames at 12/1 a second by framesmooth"
    comment = b"\x21\xfe" + bytes([len(note)]) + note + b"\0"
    (tmp_path / "held.gif").write_bytes(bytes(data[: at - 3]) + comment + bytes(data[at - 3 :]))
    assert open_source(tmp_path / "held.gif").num_frames == 4


def test_hostile_tags_do_no_harm(tmp_path: Path) -> None:
    hostile = {
        "title": "<script>alert(1)</script>\x1b[2J" + "x" * 100_000,
        "comment": "a\x00b\x07'; DROP TABLE clips; --",
        "artist": "\u202eevil",
    }
    with av.open(str(tmp_path / "clip.mkv"), "w") as container:
        container.metadata.update({name: value.replace("\0", "") for name, value in hostile.items()})
        stream = container.add_stream("ffv1", rate=12)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "bgr0"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(FRAME, format="rgb24")))
        container.mux(stream.encode(None))
    tags = read_metadata(tmp_path / "clip.mkv")
    assert "\x1b" not in tags["title"]
    assert len(tags["title"]) <= 2**16
    for name in ("out.mp4", "out.webp", "out.gif", "frames"):
        result = run("assemble", tmp_path / "clip.mkv", "-o", tmp_path / name)
        assert result.exit_code == 0, result.stderr
    report = run("smooth", tmp_path / "clip.mkv", "-o", tmp_path / "s.mkv", "--report", tmp_path / "report")
    assert report.exit_code == 0
    assert "<script>alert(1)" not in (tmp_path / "report" / "report.html").read_text()


@pytest.mark.parametrize("chunk", ["zTXt", "iTXt"])
def test_compressed_text_that_grows_without_end(tmp_path: Path, chunk: str) -> None:
    bomb = zlib.compress(b"\0" * 80_000_000, 9)
    data = b"a\0\0" + bomb if chunk == "zTXt" else b"a\0\1\0\0\0" + bomb
    path = tmp_path / "bomb.png"
    whole = png_of(8, 8)
    text = struct.pack(">I", len(data)) + chunk.encode() + data
    path.write_bytes(whole[:33] + text + struct.pack(">I", zlib.crc32(chunk.encode() + data)) + whole[33:])
    with pytest.raises(MediaError, match="cannot read"):
        read_metadata(path)


def bomb(first: str, item: str) -> str:
    """Nine levels of nine references each: 387 million items in a few hundred bytes."""
    rest = (item.format(at, ",".join([f"*a{at - 1}"] * 9)) for at in range(1, 9))
    return first + "".join(rest)


PROMPT_FILES: dict[str, tuple[str, str]] = {
    "bomb.yaml": (bomb("a: &a0 [x,x,x]\n", "b{0}: &a{0} [{1}]\n"), "no frame number"),
    "bomb2.yaml": (bomb("- &a0 [x,x,x]\n", "- &a{0} [{1}]\n"), "no prompt"),
    "deep.yaml": ("[" * 20_000, "deep"),
    "deep.json": ("[" * 200_000, "deep"),
    "self.yaml": ("&a [*a]", "no YAML"),
    "types.yaml": ("0: {prompt: [a]}", "no prompt"),
    "types.json": ('{"0": 7}', "no prompt"),
    "digits.json": ('{"' + "9" * 5000 + '": "a cat"}', "too large"),
    "digits2.json": ("[" + "9" * 5000 + "]", "digits2.json"),
    "digits.yaml": ("- {prompt: a, seed: " + "9" * 5000 + "}", "too large"),
    "far.yaml": ("0: a\n1000000000: b", "too far off"),
    "object.yaml": ("0: !!python/name:os.system", "empty"),
    "many.json": (json.dumps(["a"] * 10_001), "10001 prompts"),
    "large.json": ('["' + "a" * 5_000_000 + '"]', "larger than"),
    "long.json": ('["' + "a" * 2_000_000 + '"]', "characters long"),
    "half.json": ('["a \\ud800 cat"]', "no valid text"),
    "latin.yaml": ("- caf\xe9", "UTF-8"),
    "binary.yaml": ("- a\0b", "YAML"),
    "wrong.json": ("{", "column"),
    "empty.yaml": ("", "no prompts"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROMPT_FILES)
def test_hostile_prompt_files(tmp_path: Path, name: str) -> None:
    text, words = PROMPT_FILES[name]
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    result = run("generate", tmp_path / name, "-o", tmp_path / "clip.mp4")
    refused(result, 2, words)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["generate", "a", "--num-frames", "1000000000"], "num-frames"),
        (["generate", "a", "--num-frames", "9" * 5000], "num-frames"),
        (["generate", "a", "-W", "1000000"], "--width"),
        (["generate", "a", "-W", "16384", "-H", "16384"], "pixels"),
        (["generate", "a", "--fps", "1e999999999"], "no frame rate"),
        (["generate", "a", "--fps", "0"], "frame"),
        (["generate", "a", "--fps", "9" * 40], "no frame rate"),
        (["generate", f"{'9' * 5000}: a"], "too large a number"),
        (["generate", "0: a | 1000000000: b"], "too far off"),
        (["generate", "a\ud800"], "no valid text"),
        (["smooth", "in.mkv", "--frame-range", f"0:{'9' * 5000}"], "range"),
        (["smooth", "in.mkv", "--smooth-strength", "9**9**9"], "schedule"),
        (["smooth", "in.mkv", "--smooth-strength", "(" * 5000 + "1" + ")" * 5000], "schedule"),
        (["smooth", "in.mkv", "--smooth-strength", "-" * 60_000 + "1"], "schedule"),
        (["smooth", "in.mkv", "--smooth-strength", "nan"], "outside 0 to 1"),
    ],
)  # fmt: skip
def test_numbers_beyond_all_bounds(
    tmp_path: Path, arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    clip(tmp_path / "in.mkv")
    result = run(*arguments, "-o", "out.mkv")
    refused(result, 2, words)


def test_a_key_of_a_schedule_beyond_the_end_of_the_clip(tmp_path: Path) -> None:
    """It shapes the way there: within the clip, the values rise by too little to be seen."""
    source = clip(tmp_path / "in.mkv")
    made = {}
    for name, strength in (("far", "0:(0.5), 10**9:(0.7)"), ("plain", "0.5")):
        result = run("smooth", source, "-o", f"{tmp_path}/{name}/", "--smooth-strength", strength)
        assert result.exit_code == 0, result.stderr
        made[name] = list(open_source(tmp_path / name))
    np.testing.assert_array_equal(made["far"], made["plain"])


def test_tags_of_yaml_run_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"!!python/object/apply:os.mkdir ['{tmp_path}/made']")
    assert [prompt.prompt for prompt in parse_prompts([str(tmp_path / "a.yaml")])] == [f"{tmp_path}/made"]
    assert os.listdir(tmp_path) == ["a.yaml"]


def test_python_callers_get_the_same_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="prompt file"):
        parse_prompts(["a\0.yaml"])
    (tmp_path / "a.mp4").write_bytes(b"")
    with pytest.raises(MediaError, match="empty"):
        open_source(tmp_path / "a.mp4")


@pytest.mark.parametrize(
    "names", [["1²3.png", "1²4.png"], ["²", "2", "٣", "0x1"], ["", "1", "a1b2", "A1B10"]]
)
def test_natural_order_takes_any_name(names: list[str], tmp_path: Path) -> None:
    assert sorted(names, key=natural_key)
    for name in filter(None, names):
        (tmp_path / name).touch()
    list_clips(tmp_path)


def limited(memory: int) -> Callable[[], None]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    return limit


@pytest.mark.parametrize("name", ["bomb.yaml", "bomb2.yaml", "self.yaml"])
def test_yaml_bombs_stay_small(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(PROMPT_FILES[name][0])
    code = (
        f"from framesmooth.timeline.prompts import parse_prompts\nparse_prompts([{str(tmp_path / name)!r}])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], preexec_fn=limited(2**30), capture_output=True, timeout=10, check=False
    )
    assert b"UsageError" in result.stderr
    assert len(result.stderr) < 5000


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs to know the memory in use")
def test_a_picture_that_claims_to_have_gigabytes_takes_none(tmp_path: Path) -> None:
    whole = (Path(__file__).parents[1] / "corpus" / "media-endless-chunk.bin").read_bytes()[1:]
    (tmp_path / "0.png").write_bytes(whole)
    code = (
        "import resource\nfrom framesmooth.video import open_source, read_metadata\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 2**29, used + 2**29))\n"
        f"print(len(list(open_source({str(tmp_path)!r}))), read_metadata({str(tmp_path)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "MemoryError" not in done.stderr
    assert "MediaError" in done.stderr or done.stdout.startswith("1 ")


def test_pictures_with_damaged_tags_are_read_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    exif = b"Exif\0\0II*\0\x08\0\0\0\xff\xff"
    Image.new("RGB", (32, 24)).save(tmp_path / "in" / "0.jpg", exif=exif)
    command = ["assemble", str(tmp_path / "in"), "-o", str(tmp_path / "out.mkv"), "-q"]
    done = subprocess.run(
        [sys.executable, "-m", "framesmooth", *command], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
