"""Uploads: a video, frames, or a .zip of frames; bounded in size, number, pixels and kinds."""

import re
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Final

from framesmooth.errors import UsageError
from framesmooth.frames import FrameSource
from framesmooth.ui.settings import ServerSettings
from framesmooth.video import natural_key
from framesmooth.video.atomic import IMAGE_SUFFIXES
from framesmooth.video.listing import CLIP_SUFFIXES

_ANIMATED: Final = (".gif", ".webp", ".apng")
_CLIPS: Final = frozenset((*CLIP_SUFFIXES, *_ANIMATED))
_FRAMES: Final = frozenset(IMAGE_SUFFIXES)
_CHUNK: Final = 2**20


@dataclass(frozen=True)
class Upload:
    """A clip that was sent.

    Attributes:
        title: what the sender called it.
        source: its name in the ``input`` folder of a job: a file, or "" for the folder itself.
        files: (name, path) of what is moved there.
    """

    title: str
    source: str
    files: list[tuple[str, Path]]


@contextmanager
def received(paths: Sequence[Path], inbox: Path, owner: ServerSettings) -> Iterator[Upload]:
    """Give one clip of the files that were sent: a video, an animation, several images, or a .zip of images.

    Args:
        paths: of the files, which are in ``inbox``; they are moved or left there.
        inbox: where the server keeps what is sent.
        owner: what may be sent.

    Raises:
        UsageError: nothing, another kind of file, or more than the owner allows.
    """
    if not paths:
        raise UsageError("there is no clip: choose a video, images, or a .zip of images first")
    for path in paths:
        check_place(path, inbox)
    suffixes = {path.suffix.lower() for path in paths}
    if len(paths) == 1 and suffixes == {".zip"}:
        with TemporaryDirectory(dir=inbox, prefix="unpacked-") as folder:
            yield _frames(paths[0].stem, unpacked(paths[0], Path(folder), owner), owner)
        return
    if len(paths) == 1 and suffixes <= _CLIPS:
        name = safe_name(paths[0])
        yield Upload(name, name, [(name, paths[0])])
        return
    if len(paths) == 1:
        raise UsageError(
            f"{paths[0].name[:80]} is no clip: choose a video, several images, or a .zip of images"
        )
    if not suffixes <= _FRAMES:
        raise UsageError("several files have to be images, the frames of one clip: choose those alone")
    yield _frames(f"{len(paths)} images", paths, owner)


def safe_name(path: Path) -> str:
    """Return the name of a file with nothing in it that a disk, a shell or a page could mistake."""
    stem = re.sub(r"[^\w.-]+", "_", path.stem).strip("._-")[:60]
    return f"{stem or 'clip'}{path.suffix.lower()}"


def named_clips(paths: Sequence[Path], inbox: Path, most: int) -> list[tuple[str, Path]]:
    """Return (name, path) of clips that were sent to be measured, each with a name of its own.

    Raises:
        UsageError: none, too many, or another kind of file.
    """
    if not 1 <= len(paths) <= most:
        raise UsageError(f"choose 1 to {most} clips: one is measured, others are compared with the first")
    found: dict[str, Path] = {}
    for path in paths:
        check_place(path, inbox)
        if path.suffix.lower() not in _CLIPS:
            raise UsageError(f"{path.name[:80]} is no clip: choose videos or animations")
        name = safe_name(path)
        number = 2
        while name in found:
            name, number = f"{Path(name).stem}-{number}{path.suffix.lower()}", number + 1
        found[name] = path
    return list(found.items())


def check_place(path: Path, inbox: Path) -> None:
    """Refuse a file that was not sent to this server.

    Raises:
        UsageError: it is anywhere else, or a link.
    """
    if path.is_symlink() or not path.resolve().is_relative_to(inbox.resolve()) or not path.is_file():
        raise UsageError("the file is no longer here: choose it again")


def unpacked(archive: Path, folder: Path, owner: ServerSettings) -> list[Path]:
    """Unpack the images of a .zip into ``folder``; whatever their names are, none gets out of it.

    What the archive says of its sizes is not believed: the bytes are counted.

    Raises:
        UsageError: no archive, no image, too many of them or too many bytes.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            images = [one for one in packed.infolist() if _is_image(one)]
            if not images:
                raise UsageError(f"{archive.name[:80]} holds no images: pack the frames of a clip")
            if len(images) > owner.max_frames:
                raise UsageError(f"{len(images)} frames are too many here: send {owner.max_frames} at most")
            images.sort(key=lambda one: natural_key(one.filename))
            left = owner.largest_upload
            found = []
            for number, one in enumerate(images):
                path = folder / f"{number:06d}{PurePosixPath(one.filename).suffix.lower()}"
                left -= _unpack(packed, one, path, left)
                found.append(path)
            return found
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise UsageError(
            f"{archive.name[:80]} cannot be unpacked: it is damaged, encrypted or no .zip; make it again"
        ) from error


def check_clip(source: FrameSource, owner: ServerSettings) -> None:
    """Refuse a clip that is longer or larger than the owner allows, before it costs time.

    Raises:
        UsageError: it is.
        MediaError: it cannot be read.
    """
    height, width = source.size
    if height * width > owner.max_pixels:
        raise UsageError(
            f"frames of {width}x{height} are too large here: send {owner.max_pixels} pixels at most"
        )
    length = source.num_frames
    if length is None:
        length = sum(1 for _ in islice(source, owner.max_frames + 1))
    if length > owner.max_frames:
        raise UsageError(
            f"the clip has more than {owner.max_frames} frames, the most that is taken here: cut it first"
        )


def _frames(title: str, paths: Sequence[Path], owner: ServerSettings) -> Upload:
    if len(paths) > owner.max_frames:
        raise UsageError(f"{len(paths)} frames are too many here: send {owner.max_frames} at most")
    ordered = sorted(paths, key=lambda path: natural_key(path.name))
    named = [(f"frame_{number:06d}{path.suffix.lower()}", path) for number, path in enumerate(ordered)]
    return Upload(title, "", named)


def _is_image(one: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(one.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in name.parts if part != "..")
    return not one.is_dir() and not hidden and name.suffix.lower() in _FRAMES


def _unpack(packed: zipfile.ZipFile, one: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Write one file, of ``left`` bytes at most, and return how many it has."""
    size = 0
    with packed.open(one) as source, path.open("xb") as target:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > left:
                raise UsageError("the .zip unpacks to more than may be sent here: send fewer frames")
            target.write(chunk)
    return size


def empty(inbox: Path) -> None:
    """Delete everything that was sent and never used."""
    for path in inbox.glob("*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
