"""Shots in a film's folder that its story no longer has: counted, and removed when asked for."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from framesmooth.runs import RunFolder
from framesmooth.runs.folder import SHOTS_FOLDER, SUFFIX
from framesmooth.workflows.storyboard.shots import ShotClip


def unused_shots(folder: Path, used: Iterable[ShotClip]) -> list[Path]:
    """Return the run folders of shots that are not in use."""
    kept = {clip.run.folder for clip in used}
    found = sorted((folder / SHOTS_FOLDER).glob(f"*{SUFFIX}"))
    return [path for path in found if path.is_dir() and path not in kept]


def remove_shots(unused: Iterable[Path]) -> int:
    """Remove run folders of shots and their clips; return how many there were."""
    count = 0
    for path in unused:
        with RunFolder(path).locked():
            path.with_name(path.name.removesuffix(SUFFIX) + ".mp4").unlink(missing_ok=True)
        shutil.rmtree(path)
        count += 1
    return count
