"""A data set of one's own: a folder of images or clips, and their captions."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from framesmooth.errors import MediaError, UsageError
from framesmooth.frames import Frame
from framesmooth.timeline.text_files import parse_json, read_text
from framesmooth.video import open_source, read_image
from framesmooth.video.atomic import IMAGE_SUFFIXES
from framesmooth.video.listing import CLIP_SUFFIXES, natural_key

MOST: Final = 20_000
"""Pictures and clips of a data set."""
CAPTION_SUFFIXES: Final = (".txt", ".caption")
LISTS: Final = ("metadata.jsonl", "metadata.csv", "captions.csv")
"""Files that name pictures and their captions, in the order in which they are looked for."""
_FILE_COLUMNS: Final = ("file_name", "filename", "file", "image", "path", "video")
_TEXT_COLUMNS: Final = ("text", "caption", "prompt", "additional_feature", "description")


@dataclass(frozen=True)
class Example:
    """A picture, or a frame of a clip, and its caption.

    Attributes:
        path: the file.
        caption: "" for none.
        frame: the frame of a clip, None for a picture.
        source: where the caption stands: a file beside it, a list, or "trigger word"; "" for none.
        problem: why its caption cannot be read, "" if it can.
    """

    path: Path
    caption: str
    frame: int | None = None
    source: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """The file's name, with the number of the frame."""
        return self.path.name if self.frame is None else f"{self.path.name}, frame {self.frame}"


@dataclass(frozen=True)
class DataSet:
    """The files of a folder with their captions, in the natural order of their names.

    Attributes:
        folder: the data set.
        examples: pictures, and clips whose ``frame`` is None still.
        missing: names in a list of captions for which there is no file.
        captions: which list was read, "" if none.
    """

    folder: Path
    examples: tuple[Example, ...]
    missing: tuple[str, ...] = ()
    captions: str = ""

    @property
    def clips(self) -> tuple[Example, ...]:
        """The examples that are clips."""
        return tuple(one for one in self.examples if is_clip(one.path))


def is_clip(path: Path) -> bool:
    """Tell whether a file is a clip by its name; a .webp is taken for a picture."""
    return path.suffix.lower() in CLIP_SUFFIXES


def read_dataset(folder: Path, trigger_word: str = "") -> DataSet:
    """Find the pictures and clips of a folder, those in folders inside it too, and their captions.

    A caption is what stands in a .txt or .caption file beside it, else in metadata.jsonl, metadata.csv or
    captions.csv (columns such as ``file_name`` and ``text``). A trigger word begins every caption that does
    not hold it, and is the caption of what has none.

    Raises:
        UsageError: no folder, nothing in it, or a list of captions that cannot be read.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder: give one with pictures or clips, and captions beside them")
    files = sorted(_media(folder), key=lambda path: natural_key(path.relative_to(folder).as_posix()))
    if not files:
        raise UsageError(f"{folder} holds no picture and no clip: put PNG or JPEG files there")
    if len(files) > MOST:
        raise UsageError(f"{folder} holds {len(files)} pictures and clips: {MOST} at most")
    listed, name = _listed(folder)
    examples, used = [], set()
    for path in files:
        example = _beside(path)
        key = _key_of(path, folder, listed)
        if key is not None:
            used.add(key)
            if not example.source:
                example = replace(example, caption=listed[key], source=name)
        examples.append(_with_word(example, trigger_word))
    return DataSet(folder, tuple(examples), tuple(key for key in listed if key not in used), name)


def _media(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix.lower() in (*IMAGE_SUFFIXES, *CLIP_SUFFIXES) and path.is_file():
            yield path


def _beside(path: Path) -> Example:
    """Return a picture with the caption in a file beside it, if there is one."""
    for suffix in CAPTION_SUFFIXES:
        for file in (path.with_suffix(suffix), path.with_name(path.name + suffix)):
            if file.is_file():
                try:
                    return Example(path, " ".join(read_text(file).split()), source=file.name)
                except UsageError as error:
                    return Example(path, "", source=file.name, problem=str(error))
    return Example(path, "")


def _listed(folder: Path) -> tuple[dict[str, str], str]:
    """Return the captions of a list by the names that they stand under, and the list's name."""
    for name in LISTS:
        file = folder / name
        if file.is_file():
            rows = list(_json_lines(file) if file.suffix == ".jsonl" else _csv_rows(file))
            return dict(_pair(row, file, at) for at, row in enumerate(rows, start=1)), name
    return {}, ""


def _json_lines(file: Path) -> Iterator[Mapping[str, Any]]:
    for line in read_text(file).splitlines():
        if line.strip():
            row = parse_json(line, file)
            if not isinstance(row, dict):
                raise UsageError(f'{file}: a line is no JSON object: write {{"file_name": …, "text": …}}')
            yield row


def _csv_rows(file: Path) -> Iterator[Mapping[str, Any]]:
    text = read_text(file)
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    try:
        yield from csv.DictReader(io.StringIO(text), delimiter=delimiter)
    except csv.Error as error:
        raise UsageError(f"{file} is no CSV ({error}): begin it with file_name,text") from error


def _pair(row: Mapping[str, Any], file: Path, number: int) -> tuple[str, str]:
    lower = {str(name).strip().lower(): value for name, value in row.items()}
    name = next((lower[column] for column in _FILE_COLUMNS if lower.get(column)), None)
    text = next((lower[column] for column in _TEXT_COLUMNS if lower.get(column) is not None), None)
    if not isinstance(name, str) or not isinstance(text, str):
        raise UsageError(f"{file}, entry {number}: it names no file or no text: write file_name and text")
    return name.replace("\\", "/").removeprefix("./"), " ".join(text.split())


def _key_of(path: Path, folder: Path, listed: Mapping[str, str]) -> str | None:
    """Return the name that a file stands under in a list: its path, with or without folders and suffix."""
    inside = path.relative_to(folder)
    names = (inside.as_posix(), path.name, inside.with_suffix("").as_posix(), path.stem)
    return next((name for name in names if name in listed), None)


def _with_word(example: Example, word: str) -> Example:
    if not word or example.problem or word.lower() in example.caption.lower():
        return example
    caption = f"{word}, {example.caption}" if example.caption else word
    return replace(example, caption=caption, source=example.source or "trigger word")


def frames_of(example: Example, count: int) -> Iterator[tuple[Example, Frame]]:
    """Yield a picture, or ``count`` frames of a clip, evenly spread: uint8 (H, W, 3).

    Raises:
        MediaError: what cannot be read.
    """
    if not is_clip(example.path):
        yield example, read_image(example.path)
        return
    source = open_source(example.path)
    total = source.num_frames
    if total is None:
        total = sum(1 for _ in source)
    if total == 0:
        raise MediaError(f"{example.path} holds no frame: remove it from the data set")
    wanted = set(np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist())
    for index, frame in enumerate(source):
        if index in wanted:
            yield replace(example, frame=index), frame.copy()
        if index >= max(wanted):
            return
