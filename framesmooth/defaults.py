"""Choices that several parts share. Cheap to import: the command line shows them in its help."""

from typing import Final

STRENGTH: Final = 0.6
"""Strength of smoothing, 0 to 1: as much flicker removed as leaves the detail alone."""

CRF: Final = 17
"""Constant rate factor of the video codecs: looks lossless."""
