# The public names, and the modules that they are imported from on first use.
from .atomic import atomic_path as atomic_path
from .atomic import write_text as write_text
from .audio_track import has_audio as has_audio
from .images import image_notices as image_notices
from .images import read_image as read_image
from .images import write_png as write_png
from .listing import list_clips as list_clips
from .listing import natural_key as natural_key
from .metadata import read_metadata as read_metadata
from .reader import open_source as open_source
from .reading import AS_USUAL as AS_USUAL
from .reading import Reading as Reading
from .reading import ReadOptions as ReadOptions
from .writer import FrameSink as FrameSink
from .writer import check_output as check_output
from .writer import is_folder_name as is_folder_name
from .writer import open_sink as open_sink

__all__: list[str]
