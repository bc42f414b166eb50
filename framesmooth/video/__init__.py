"""Reading and writing clips: video files, GIF and animated WebP, folders of pictures.

This package is the only place that opens media paths; everything else takes frames. Reading gives a
FrameSource, writing a sink whose file appears under its final name only when it is complete. Names are
imported on first use, so that the settings of reading cost nothing.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
