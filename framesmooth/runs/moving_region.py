"""The region of a run's frames that moves by itself, such as water: stored for later smoothing."""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framesmooth.runs.folder import RECORD_FILE, RunFolder
from framesmooth.runs.stages import Stage
from framesmooth.smoothing.spared import Spared
from framesmooth.video import read_image
from framesmooth.video.atomic import media_errors
from framesmooth.video.images import encode_png

REGION_FILE: Final = "moves.image"
"""A PNG; its name keeps it from being taken for one of the frames."""


def keep_region(stage: Stage, region: NDArray[np.float32] | None) -> None:
    """Keep the region, float32 (H, W), 0 to 1, beside the frames of ``stage``; None is none.

    Raises:
        MediaError: a full disk.
    """
    if region is None:
        with media_errors(stage.folder, "write"):
            (stage.folder / REGION_FILE).unlink(missing_ok=True)
        return
    gray = np.rint(np.clip(region, 0, 1) * 255).astype(np.uint8)
    stage.checksums.write(REGION_FILE, encode_png(np.repeat(gray[..., None], 3, axis=2)))


def kept_region(folder: Path) -> Spared | None:
    """Return the region that is kept in the run folder ``folder``; None where there is none, or no run."""
    if not (folder / RECORD_FILE).is_file():
        return None
    stage = RunFolder(folder).frames
    if not stage.checksums.intact(REGION_FILE):
        return None
    share = read_image(stage.folder / REGION_FILE)[..., 0]
    return Spared.of(share) if share.any() else None
