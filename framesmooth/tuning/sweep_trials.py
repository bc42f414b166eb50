"""A grid of smoothing settings over a whole clip: what is in it, and how its trials are made and kept.

The folder of a sweep holds ``cells/``: for each trial its figures and a small video, named by the hash of
everything that decides them, and the frames whose motion judges all trials. What is there is not made again.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import framesmooth
from framesmooth.frames import FrameSource
from framesmooth.runs import content_key, read_json, write_json
from framesmooth.runs.open_clip import open_clip
from framesmooth.streams import alongside, prefetch
from framesmooth.tuning.blind_quality import MOTION_STRENGTH
from framesmooth.tuning.multi_strength_meter import MultiStrengthMeter
from framesmooth.tuning.search import SmootherConfig
from framesmooth.tuning.segments import shrunk, shrunk_size
from framesmooth.video import AS_USUAL, FrameSink, ReadOptions, open_sink, open_source
from framesmooth.video.listing import files_of, is_series

TILE_WIDTH: Final = 320
MOST_LANES: Final = 12
"""Strengths that one pass makes: what it holds in memory grows with them."""

GUIDE: Final = SmootherConfig()
"""All trials are judged along the motion of the clip as this makes it at MOTION_STRENGTH."""


@dataclass(frozen=True)
class ClipChoice:
    """A clip by its path, and which part of it: what a worker needs to open it."""

    path: Path
    options: ReadOptions
    key: str

    @classmethod
    def of(cls, path: Path, options: ReadOptions) -> "ClipChoice":
        """Return the choice; its key is a hash of the files' content and of how they are read."""
        digest = hashlib.sha256()
        for file in files_of(path):
            if file.is_file():
                digest.update(file.name.encode() if is_series(path) else b"")
                with file.open("rb") as content:
                    digest.update(hashlib.file_digest(content, "sha256").digest())
        part: dict[str, Any] = {
            "content": digest.hexdigest(),
            "fps": str(options.fps),
            "range": options.frame_range,
        }
        if options.reading != AS_USUAL:
            part["reading"] = asdict(options.reading)
        return cls(path, options, content_key(part))

    def open(self) -> FrameSource:
        """Open it."""
        return open_clip(self.path, self.options)


@dataclass(frozen=True)
class GridPoint:
    """One trial of the grid."""

    setup: SmootherConfig
    strength: float

    @property
    def label(self) -> str:
        """Its name in tables and images."""
        return f"{self.setup.label} {self.strength:g}"

    def key(self, clip: ClipChoice) -> str:
        """Return the hash of everything that decides the trial."""
        return content_key(
            {
                "clip": clip.key,
                "method": self.setup.method,
                "flow": self.setup.flow,
                "strength": self.strength,
                "guide": repr(GUIDE.smoother()),
                "smoother": repr(self.setup.smoother(self.strength)),
                "version": framesmooth.__version__,
            }
        )[:16]


@dataclass(frozen=True)
class TrialStore:
    """The trials of sweeps over a clip, on disk."""

    folder: Path
    clip: ClipChoice

    def facts_path(self, spot: GridPoint) -> Path:
        """Where a trial's figures are."""
        return self.folder / f"{spot.key(self.clip)}.json"

    def tile_path(self, spot: GridPoint) -> Path:
        """Where a trial's small video is."""
        return self.folder / f"{spot.key(self.clip)}.mp4"

    @property
    def guide_path(self) -> Path:
        """Where the clip is whose motion counts."""
        return self.folder / f"guide-{self.clip.key[:16]}.mkv"

    def __contains__(self, spot: object) -> bool:
        return (
            isinstance(spot, GridPoint) and self.facts_path(spot).is_file() and self.tile_path(spot).is_file()
        )

    def __getitem__(self, spot: GridPoint) -> dict[str, Any]:
        """Return a trial's figures."""
        return read_json(self.facts_path(spot))


def passes(spots: Sequence[GridPoint], store: TrialStore, jobs: int) -> list[list[GridPoint]]:
    """Return the missing trials in groups, each of one setup, that one pass over the clip makes.

    A pass shares its motion among its trials, so there are as few of them as ``jobs`` and memory allow.
    """
    missing = [spot for spot in spots if spot not in store]
    setups = list(dict.fromkeys(spot.setup for spot in missing))
    groups: list[list[GridPoint]] = []
    for setup in setups:
        of_setup = [spot for spot in missing if spot.setup == setup]
        workers = max(jobs // max(len(setups), 1), 1)
        size = min(max(-(-len(of_setup) // workers), 1), MOST_LANES)
        groups += [of_setup[start : start + size] for start in range(0, len(of_setup), size)]
    return groups


def run_trials(store: TrialStore, group: Sequence[GridPoint], on_frame: Callable[[int], None]) -> None:
    """Smooth the clip at the strengths of a group of one setup, and keep the trials.

    A group of GUIDE makes the guide as well, and an empty one makes nothing else; others need it there.

    Raises:
        MediaError: unreadable frames, or a full disk.
        UsageError: a smoother that doesn't work along the motion.
    """
    started = time.perf_counter()
    clip = store.clip.open()
    setup = group[0].setup if group else GUIDE
    strengths = [spot.strength for spot in group]
    lanes = [*strengths, MOTION_STRENGTH] if setup == GUIDE else strengths
    smoother = setup.smoother()
    meter = MultiStrengthMeter(strengths)
    with ExitStack() as stack:
        tiles = [stack.enter_context(_tile_sink(store.tile_path(spot), clip)) for spot in group]
        kept = stack.enter_context(_guide_sink(store, clip)) if setup == GUIDE else None
        frames = stack.enter_context(closing(prefetch(clip)))
        guide = iter(open_source(store.guide_path)) if setup != GUIDE else None
        answers = alongside(frames, lambda stream: smoother.at_strengths(stream, lanes), smoother.reads_ahead)
        for index, (original, versions) in enumerate(answers, start=1):
            seen = versions[-1] if guide is None else next(guide)
            meter.update(original, versions[: len(group)], seen)
            for tile, version in zip(tiles, versions, strict=False):
                tile.write(shrunk(version, TILE_WIDTH))
            if kept is not None:
                kept.write(seen)
            on_frame(index)
    seconds = round((time.perf_counter() - started) / max(len(group), 1), 3)
    for spot, trial in zip(group, meter.trials(), strict=True):
        facts = trial.as_dict() | {"method": setup.method, "flow": setup.flow, "seconds": seconds}
        del facts["harm"]  # a whole clip is not split into blocks
        write_json(store.facts_path(spot), facts | {"detail": trial.detail})


def _tile_sink(path: Path, clip: FrameSource) -> AbstractContextManager[FrameSink]:
    height, width = clip.size
    size = (height, width) if width <= TILE_WIDTH else shrunk_size(clip.size, TILE_WIDTH)
    return open_sink(path, fps=clip.fps, size=size, odd="pad", overwrite=True)


def _guide_sink(store: TrialStore, clip: FrameSource) -> AbstractContextManager[FrameSink]:
    return open_sink(store.guide_path, fps=clip.fps, size=clip.size, codec="ffv1", overwrite=True)
