"""Reading and writing clips: video files, GIF and animated WebP, folders of pictures.

This package is the only place that opens media paths; everything else takes frames. Reading gives a
FrameSource, writing a sink whose file appears under its final name only when it is complete.
"""

from framesmooth.video.audio import has_audio
from framesmooth.video.files import atomic_path, write_text
from framesmooth.video.images import read_image, write_png
from framesmooth.video.listing import list_clips, natural_key
from framesmooth.video.sink import FrameSink, check_output, is_folder_name, open_sink
from framesmooth.video.source import open_source
from framesmooth.video.tags import read_metadata

__all__ = [
    "FrameSink",
    "atomic_path",
    "check_output",
    "has_audio",
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
