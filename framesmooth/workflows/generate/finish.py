"""The stages after smoothing: interpolation and upscaling.

Both are stages of the run folder, under keys made of the frames that go in, of how they are made, and of the
versions of what computes them. Enlarging goes on at the frame where it was stopped.
"""

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

from framesmooth.events import Listener, Notice, listed, stage
from framesmooth.frames import Frame, FrameSource, frame_slice
from framesmooth.interpolation.upsampler import Upsampler
from framesmooth.motion.flow.base import load_flow
from framesmooth.registry import UPSCALERS
from framesmooth.runs import FrameFolder, RunFolder, Stage, content_of, package_versions
from framesmooth.runs.folder import ENLARGED_FOLDER, INTERPOLATED_FOLDER
from framesmooth.streams import prefetch
from framesmooth.upscaling.base import DEFAULT_STEADY, DEFAULT_TILE, Enlarging, create_upscaler
from framesmooth.upscaling.steady import steadily
from framesmooth.video import open_source, read_image
from framesmooth.workflows.generate.cascade import Cascade
from framesmooth.workflows.smooth_run import content_of_frames

FLOW: Final = "dis-medium"
_OF_MOTION: Final = ("framesmooth", "numpy", "opencv-contrib-python")
_OF_NETWORKS: Final = (*_OF_MOTION, "torch")


@dataclass(frozen=True)
class Finishing:
    """Makes the finished frames of a run, which is locked, from its smoothed ones."""

    run: RunFolder
    cascade: Cascade
    emit: Listener

    def finished(self, made: Stage, frames: FrameSource) -> FrameSource:
        """Return the frames of the clip: those in ``made``, more of them, and enlarged, as far as asked.

        Raises:
            MediaError: a full disk.
            ModelError: an upscaler that cannot be loaded.
        """
        if self.cascade.apart > 1:
            made = self._interpolated(made, frames)
            frames = open_source(made.folder, fps=self.cascade.fps)
        if self.cascade.size(frames.size) != frames.size:
            made = self._enlarged(made, frames)
            frames = open_source(made.folder, fps=self.cascade.fps)
        return frames

    def _interpolated(self, made: Stage, source: FrameSource) -> Stage:
        drawn = source.num_frames or 0
        count, step = self.cascade.length(drawn), self.cascade.step(drawn)
        loop = self.cascade.asked.timeline.loop
        settings = {
            "frames": content_of_frames(made, drawn),
            "step": str(step),
            "count": count,
            "flow": FLOW,
            "loop": loop,
            "versions": _versions(_OF_MOTION),
        }
        kept = self.run.finished(INTERPOLATED_FOLDER, settings, f"{count}-frames")
        folder, start = self._kept(kept, settings, count, "interpolate")
        if start == count:
            return kept
        upsampler = Upsampler(load_flow(FLOW), step, loop=loop)
        with stage(self.emit, "interpolate", count, "frames") as advance, closing(prefetch(source)) as frames:
            for index, frame in enumerate(islice(upsampler(frames), count)):
                folder.write(index, frame)
                advance(1)
        kept.note(complete=True)
        if upsampler.faded:
            told = f"no motion could be followed after drawn frame {listed(upsampler.faded)}: cross-faded"
            self.emit(Notice(told))
        return kept

    def _enlarged(self, made: Stage, source: FrameSource) -> Stage:
        asked, count = self.cascade.asked, source.num_frames or 0
        name = asked.upscaling.upscaler
        short = name if name in UPSCALERS else Path(name).stem
        size = self.cascade.size(source.size)
        settings = {
            "frames": content_of_frames(made, count),
            "size": list(size),
            "upscaler": short,
            "content": _content(name),
            "steady": DEFAULT_STEADY,
            "device": asked.compute.device,
            "versions": _versions(_OF_NETWORKS),
        }
        kept = self.run.finished(ENLARGED_FOLDER, settings, f"{short}-{size[1]}x{size[0]}")
        folder, start = self._kept(kept, settings, count, "upscale")
        if start == count:
            return kept
        with stage(self.emit, "load upscaler"):
            upscaler = create_upscaler(name, asked.compute.device)
        enlarging = Enlarging(upscaler, size, DEFAULT_TILE)
        with stage(self.emit, "upscale", count, "frames") as advance:
            advance(start)
            with closing(prefetch(_from(source, folder, start, enlarging))) as frames:
                for index, frame in enumerate(frames, start=start):
                    folder.write(index, frame)
                    advance(1)
        kept.note(complete=True)
        return kept

    def _kept(self, kept: Stage, settings: dict[str, Any], count: int, name: str) -> tuple[FrameFolder, int]:
        """Return the frames that are kept, and how many are there without a gap."""
        notes = kept.open(settings)
        folder = FrameFolder(kept)
        start = next((index for index in range(count) if index not in folder), count)
        if start == count and notes.get("complete"):
            with stage(self.emit, name, count, "frames", reused=True) as advance:
                advance(count)
            return folder, count
        kept.note(complete=False)
        return folder, min(start, count - 1)


def _from(source: FrameSource, folder: FrameFolder, start: int, enlarging: Enlarging) -> Iterator[Frame]:
    """Yield the enlarged frames from ``start`` on, led by the one before as it is kept."""
    before = None
    if start > 0:
        (small,) = frame_slice(source, start - 1, start)
        before = small, read_image(folder.path(start - 1))
    left = frame_slice(source, start) if start else source
    yield from steadily(left, enlarging, load_flow(FLOW), DEFAULT_STEADY, before=before)


def _content(upscaler: str) -> str:
    """Return the SHA-256 (hex) of the files of an upscaler; "" for those that come with a package."""
    path = Path(upscaler).expanduser()
    if upscaler in UPSCALERS or not path.exists():
        return ""
    if path.is_file():
        return content_of(path)
    files = sorted(file for file in path.rglob("*") if file.is_file())
    listed = "".join(f"{content_of(file)}  {file.relative_to(path).as_posix()}\n" for file in files)
    return hashlib.sha256(listed.encode("utf-8", "surrogateescape")).hexdigest()


def _versions(names: tuple[str, ...]) -> dict[str, str]:
    versions = package_versions()
    return {name: versions[name] for name in names if name in versions}
