"""Uploads: only clips, bounded, and never out of their folder."""

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from framesmooth.errors import UsageError
from framesmooth.frames import FrameList
from framesmooth.ui.settings import ServerSettings
from framesmooth.ui.uploads import check_clip, named_clips, received, safe_name, unpacked

OWNER = ServerSettings(max_upload=100_000, max_frames=5, max_pixels=64 * 64)


def png(shade: int = 0) -> bytes:
    content = BytesIO()
    Image.new("RGB", (8, 8), (shade, shade, shade)).save(content, "png")
    return content.getvalue()


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def test_frames_of_a_zip_come_in_natural_order(inbox: Path) -> None:
    names = {
        "shot/frame_10.png": png(10),
        "shot/frame_9.png": png(9),
        "__MACOSX/frame_1.png": b"",
        "a.txt": b"x",
    }
    with received([archive(inbox / "shot.zip", names)], inbox, OWNER) as upload:
        assert (upload.title, upload.source) == ("shot", "")
        assert [name for name, _ in upload.files] == ["frame_000000.png", "frame_000001.png"]
        assert [path.read_bytes() for _, path in upload.files] == [png(9), png(10)]
    assert [path.name for path in inbox.iterdir()] == ["shot.zip"]


def test_a_zip_bomb_is_stopped_at_the_bound(inbox: Path) -> None:
    path = archive(inbox / "bomb.zip", {f"{number}.png": bytes(60_000) for number in range(3)})
    assert path.stat().st_size < 2000
    with pytest.raises(UsageError, match="unpacks to more"), received([path], inbox, OWNER):
        pass
    assert sum(one.stat().st_size for one in inbox.rglob("*") if one.is_file()) < 2000


def test_what_a_zip_says_of_its_sizes_is_not_believed(inbox: Path) -> None:
    path = archive(inbox / "liar.zip", {"0.png": bytes(1_000_000)})
    content = path.read_bytes().replace((1_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"unpack"), received([path], inbox, OWNER):
        pass


@settings(max_examples=30)
@given(st.text("./\\abc:~ ", max_size=20))
def test_no_name_in_a_zip_leads_out(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("unpack")
    (folder / "in").mkdir()
    path = archive(folder / "x.zip", {f"{name}/1.png": b"1", "../../2.png": b"2", "/etc/3.png": b"3"})
    found = unpacked(path, folder / "in", OWNER)
    assert all(one.parent == folder / "in" for one in found)
    assert {one.name for one in folder.iterdir()} == {"in", "x.zip"}


@pytest.mark.parametrize(
    ("members", "words"),
    [({"a.txt": b"x"}, "no images"), ({f"{number}.png": png() for number in range(6)}, "send 5 at most")],
)
def test_zips_that_are_refused(inbox: Path, members: dict[str, bytes], words: str) -> None:
    with pytest.raises(UsageError, match=words), received([archive(inbox / "x.zip", members)], inbox, OWNER):
        pass


def test_what_is_no_zip_is_refused_in_a_sentence(inbox: Path) -> None:
    (inbox / "x.zip").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(UsageError, match="cannot be unpacked"), received([inbox / "x.zip"], inbox, OWNER):
        pass


@pytest.mark.parametrize("names", [["a.exe"], ["a.html"], ["a.png"], ["a.mp4", "b.png"], ["a.zip", "b.zip"]])
def test_other_files_are_refused(inbox: Path, names: list[str]) -> None:
    for name in names:
        (inbox / name).write_bytes(b"x")
    with pytest.raises(UsageError), received([inbox / name for name in names], inbox, OWNER):
        pass


def test_a_file_that_was_not_sent_is_refused(inbox: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"secret")
    (inbox / "link.mp4").symlink_to(secret)
    for path in (secret, inbox / "link.mp4", inbox / ".." / "secret.mp4", inbox / "none.mp4"):
        with pytest.raises(UsageError, match="no longer here"), received([path], inbox, OWNER):
            pass
        with pytest.raises(UsageError, match="no longer here"):
            named_clips([path], inbox, 2)


def test_clips_of_one_name_are_told_apart(inbox: Path) -> None:
    paths = []
    for folder in ("a", "b"):
        (inbox / folder).mkdir()
        (inbox / folder / "clip.mp4").write_bytes(b"x")
        paths.append(inbox / folder / "clip.mp4")
    assert [name for name, _ in named_clips(paths, inbox, 2)] == ["clip.mp4", "clip-2.mp4"]


@given(st.text(max_size=300))
def test_safe_names_are_safe(text: str) -> None:
    name = safe_name(Path("folder") / (text.replace("/", "").replace("\0", "") + "x.mp4"))
    assert "/" not in name
    assert not name.startswith((".", "-"))
    assert len(name) <= 66
    assert not set(name) & set("<>&\"'`$ \n\\|;")


@pytest.mark.parametrize(("count", "size", "words"), [(6, (8, 8), "more than 5"), (2, (64, 65), "too large")])
def test_long_and_large_clips_are_refused(count: int, size: tuple[int, int], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        check_clip(FrameList([np.zeros((*size, 3), np.uint8)] * count), OWNER)
