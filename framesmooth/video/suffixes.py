"""Suffixes by which a name means a file of some kind, and not a folder."""

import mimetypes
from functools import cache
from typing import Final

import av
from PIL import Image

_MORE: Final = frozenset(
    (".gifv", ".divx", ".xvid", ".mp4v", ".rmvb", ".m2t", ".mod", ".tod", ".avifs", ".heics", ".hif", ".raw",
     ".jxl", ".svg", ".psd", ".pdf", ".zip", ".tar", ".gz", ".7z", ".json", ".csv", ".html", ".htm", ".yaml",
     ".md", ".npy", ".npz", ".exr", ".dpx", ".cin", ".dng", ".txt", ".mka", ".mks", ".mk3d", ".oga", ".ogm",
     ".vob", ".m1v", ".m2v", ".m2p", ".braw", ".r3d", ".nef", ".cr2", ".arw")
)  # fmt: skip
_SHORT: Final = frozenset((".ts", ".rm", ".qt", ".au", ".ra", ".wv", ".7z", ".gz", ".md"))
"""Suffixes of one or two letters are mostly part of a folder's name; these are not."""


@cache
def file_suffixes() -> frozenset[str]:
    """Return the suffixes, in lower case with their dots, of the files that programs write.

    Those are what FFmpeg and Pillow can write, and the pictures, sounds and videos that have a media type.
    """
    types = mimetypes.MimeTypes(filenames=()).types_map[True]
    media = {suffix for suffix, kind in types.items() if kind.split("/")[0] in ("image", "audio", "video")}
    Image.init()
    pictures = {suffix for suffix, name in Image.registered_extensions().items() if name in Image.SAVE}
    found = {suffix.strip().lower() for suffix in (*_muxed(), *media, *pictures)}
    return frozenset(suffix for suffix in found if len(suffix) > 3) | _SHORT | _MORE


def _muxed() -> set[str]:
    found: set[str] = set()
    for name in av.formats_available:
        try:
            found |= {f".{suffix}" for suffix in av.ContainerFormat(name, "w").extensions}
        except ValueError:  # a format that is only read
            continue
    return found
