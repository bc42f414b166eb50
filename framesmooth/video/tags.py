"""The tags of a clip: title, comment and whatever else says how it came about."""

import os
from pathlib import Path

import av
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from framesmooth.video.animation_timing import read_tags
from framesmooth.video.files import media_errors
from framesmooth.video.images import list_images


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the tags of a video, an animation or a PNG picture (a folder's first one), names in lower case.

    Raises:
        MediaError: when the file cannot be read.
    """
    file = Path(path)
    if file.is_dir():
        file = list_images(file)[0]
    if file.suffix.lower() == ".png":
        with media_errors(file, "read"), Image.open(file) as image:
            texts = image.text if isinstance(image, PngImageFile) else {}
            return {name.lower(): str(value) for name, value in texts.items()}
    if file.suffix.lower() in (".gif", ".webp"):
        with media_errors(file, "read"), Image.open(file) as image:
            return {name.lower(): value for name, value in read_tags(image).items()}
    with media_errors(file, "read"), av.open(os.fspath(file), "r") as container:
        return {name.lower(): value for name, value in container.metadata.items()}
