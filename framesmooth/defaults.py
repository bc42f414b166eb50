"""Defaults that several parts share. Cheap to import: the command line shows them in its help."""

from fractions import Fraction
from typing import Final

MODEL: Final = "storybook"
"""The built-in diffusion model."""

FPS: Final = Fraction(12)
"""Frame rate of generated clips, and of folders of frames, in frames per second."""

STRENGTH: Final = 0.6
"""Strength of smoothing, 0 to 1: as much flicker removed as leaves the detail alone."""

SMOOTHER: Final = "trajectory"
"""The smoother that removes most flicker for the detail it costs."""

MAX_DETAIL_LOSS: Final = 0.03
"""Largest share of the fine detail that smoothing may cost, 0 to 1."""

CRF: Final = 17
"""Constant rate factor of the video codecs: looks lossless."""

INBETWEENS: Final = ("latent", "flow", "crossfade")
"""How the frames between two keyframes can be made."""

INBETWEEN: Final = "latent"
"""How the frames between two keyframes are made."""

FEEDBACK_STRENGTH: Final = "0.5"
"""Denoising strength, 0 to 1, of a keyframe that starts from the one before it."""

VIDEO_STRENGTH: Final = "0.6"
"""Denoising strength, 0 to 1, of a keyframe that starts from a video's frame."""

FIRST_LAST_STRENGTH: Final = "0.6"
"""Denoising strength, 0 to 1, of a keyframe between a first and a last image."""

NOISE_RENEWAL: Final = 1.0
"""Share of the noise that is new in each keyframe that starts from the one before it, 0 to 1."""

COLOR_ANCHOR: Final = 0.3
"""How far the colours of such keyframes are pulled to those of the first one, 0 to 1."""

FIELD_OF_VIEW: Final = 40.0
"""Degrees that the longer side of a picture fills, for a camera that turns or approaches."""
