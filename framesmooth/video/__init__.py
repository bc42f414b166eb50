"""Reading and writing clips: video files, GIF and animated WebP, folders of pictures.

This package is the only place that opens media paths; everything else takes frames. Reading gives a
FrameSource, writing a sink whose file appears under its final name only when it is complete.
"""

from framesmooth.video.atomic import atomic_path, write_text
from framesmooth.video.audio_track import has_audio
from framesmooth.video.images import image_notices, read_image, write_png
from framesmooth.video.listing import list_clips, natural_key
from framesmooth.video.metadata import read_metadata
from framesmooth.video.reader import open_source
from framesmooth.video.reading import AS_USUAL, Reading, ReadOptions
from framesmooth.video.writer import (
    FrameSink,
    check_output,
    is_folder_name,
    open_sink,
)

__all__ = [
    "AS_USUAL",
    "FrameSink",
    "ReadOptions",
    "Reading",
    "atomic_path",
    "check_output",
    "has_audio",
    "image_notices",
    "is_folder_name",
    "list_clips",
    "natural_key",
    "open_sink",
    "open_source",
    "read_image",
    "read_metadata",
    "write_png",
    "write_text",
]
