"""What is read from a folder: pictures, clips, and captions in all their places."""

from pathlib import Path

import numpy as np
import pytest

from framesmooth.errors import UsageError
from framesmooth.frames import FrameList
from framesmooth.training.dataset import frames_of, read_dataset
from framesmooth.video import open_sink, write_png
from tests.training.pictures import picture, write_pictures


def captions(folder: Path, word: str = "") -> list[str]:
    return [one.caption for one in read_dataset(folder, word).examples]


def bare(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write_png(folder / name, picture(number))
    return folder


def test_captions_stand_beside_pictures_in_natural_order(tmp_path: Path) -> None:
    write_pictures(tmp_path, 11)
    (tmp_path / "3.txt").write_text("  two\n lines ", encoding="utf-8-sig")
    found = captions(tmp_path)
    assert found[:4] == ["a red boat number 0", "a red boat number 1", "a red boat number 2", "two lines"]
    assert found[10] == "a red boat number 10"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "metadata.jsonl",
            '{"file_name": "a.png", "text": "one"}\n\n{"file_name": "in/b.png", "text": "two"}\n',
        ),
        ("metadata.jsonl", '{"image": "a", "prompt": "one"}\n{"image": "b", "prompt": "two"}\n'),
        ("metadata.csv", "file_name,text\na.png,one\nin/b.png,two\n"),
        ("captions.csv", "Image;Caption\n./a.png;one\nin\\b.png;two\n"),
    ],
)
def test_captions_stand_in_a_list(tmp_path: Path, name: str, text: str) -> None:
    bare(tmp_path, "a.png", "in/b.png")
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert captions(tmp_path) == ["one", "two"]
    (tmp_path / "a.txt").write_text("beside", encoding="utf-8")
    assert captions(tmp_path) == ["beside", "two"], "what stands beside a picture goes before a list"


def test_a_list_may_name_what_is_not_there(tmp_path: Path) -> None:
    bare(tmp_path, "a.png")
    (tmp_path / "metadata.csv").write_text("file_name,text\na.png,one\ngone.png,two\n", encoding="utf-8")
    assert read_dataset(tmp_path).missing == ("gone.png",)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("metadata.jsonl", "[1]\n", "no JSON object"),
        ("metadata.jsonl", '{"file_name": "a.png"}\n', "entry 1"),
        ("metadata.csv", "a,b\n1,2\n", "entry 1"),
    ],
)
def test_lists_that_say_nothing_are_one_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    bare(tmp_path, "a.png")
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        read_dataset(tmp_path)


def test_a_trigger_word_begins_every_caption_once(tmp_path: Path) -> None:
    bare(tmp_path, "a.png", "b.png", "c.png")
    (tmp_path / "a.txt").write_text("a cat", encoding="utf-8")
    (tmp_path / "b.txt").write_text("My Style of a dog", encoding="utf-8")
    assert captions(tmp_path, "my style") == ["my style, a cat", "My Style of a dog", "my style"]


@pytest.mark.parametrize("made", [False, True])
def test_a_folder_without_pictures_is_refused(tmp_path: Path, made: bool) -> None:
    folder = tmp_path / "data"
    if made:
        folder.mkdir()
        (folder / ".hidden.png").write_bytes(b"")
    with pytest.raises(UsageError, match="holds no picture" if made else "is no folder"):
        read_dataset(folder)


def test_frames_of_a_clip_are_evenly_spread(tmp_path: Path) -> None:
    frames = [np.full((32, 32, 3), 20 * number, np.uint8) for number in range(9)]
    with open_sink(tmp_path / "clip.gif", fps=FrameList(frames).fps, size=(32, 32)) as sink:
        for frame in frames:
            sink.write(frame)
    (tmp_path / "clip.txt").write_text("it brightens", encoding="utf-8")
    (example,) = read_dataset(tmp_path).examples
    taken = list(frames_of(example, 3))
    assert [one.frame for one, _ in taken] == [0, 4, 8]
    assert [round(float(frame.mean()), -1) for _, frame in taken] == [0, 80, 160]
    assert {one.caption for one, _ in taken} == {"it brightens"}
