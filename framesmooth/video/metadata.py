"""The tags of a clip: title, comment and whatever else says how it came about."""

import os
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from PIL.PngImagePlugin import PngImageFile

from framesmooth.video.animation import is_animation
from framesmooth.video.animation_metadata import read_tags
from framesmooth.video.atomic import IMAGE_SUFFIXES
from framesmooth.video.listing import is_series, list_frames
from framesmooth.video.safe_open import open_media, open_picture

_MOST_TAGS: Final = 256
_LONGEST_NAME: Final = 128
_LONGEST_TAG: Final = 2**16


def read_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """Return the tags of a video, an animation or a PNG picture (a folder's first one), names in lower case.

    Raises:
        MediaError: when the file cannot be read.
    """
    file = Path(path)
    if is_series(file):
        file = list_frames(file).images[0]
    if file.suffix.lower() == ".png":
        with open_picture(file) as image:
            return cleaned(image.text if isinstance(image, PngImageFile) else {})
    if is_animation(file):
        with open_picture(file) as image:
            return cleaned(read_tags(image))
    if file.suffix.lower() in IMAGE_SUFFIXES:
        return {}
    with open_media(file) as container:
        return cleaned(container.metadata)


def cleaned(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags by lower-case name, without control characters and texts that are too long."""
    found = {}
    for name, value in islice(tags.items(), _MOST_TAGS):
        if len(name) <= _LONGEST_NAME:
            found[_printable(name).lower()] = _printable(str(value)[:_LONGEST_TAG])
    return found


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable() or one in "\n\t")
