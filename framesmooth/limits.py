"""Upper bounds for inputs: values beyond them are refused before they cost time or memory."""

from typing import Final

MAX_FRAMES: Final = 1_000_000
"""Of a clip: eleven hours at 24 frames per second."""
MAX_SIDE: Final = 16_384
"""Pixels along the width or the height of a frame."""
MAX_PIXELS: Final = 2**26
"""Pixels of a frame: 8192 x 8192, 192 MiB in memory."""
MAX_STEPS: Final = 10_000
"""Denoising steps."""
MAX_BATCH: Final = 4096
"""Pictures that are diffused at once."""
MAX_FPS: Final = 1000
MAX_ZOOM: Final = 10.0
"""Factor by which a picture grows or shrinks from one frame to the next."""
MAX_TURN: Final = 360.0
"""Degrees that a picture turns from one frame to the next."""
MAX_SIDEWAYS: Final = 90.0
"""Degrees that a camera turns away from a picture: then it sees it from the edge."""
MAX_TEXT: Final = 2**20
"""Characters of a prompt, a schedule or a prompt file."""
MAX_PROMPTS: Final = 10_000
MAX_HELD: Final = 10_000
"""How many times the frames of a file a clip may have that shows them at a constant rate."""

MAX_VARIATIONS: Final = 64
"""Seeds on one sheet of variations."""
