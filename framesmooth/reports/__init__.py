"""Reports of metrics: JSON, CSV, plots, a strip of frames, and HTML pages; imported on first use."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
