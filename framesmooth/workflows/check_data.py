"""Checking a data set for problems before training."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framesmooth.errors import UsageError, require_packages
from framesmooth.events import stage
from framesmooth.models.checkpoints import locate_model
from framesmooth.models.native_side import native_side
from framesmooth.workflows.settings.train import CheckDataSettings, DataSettings
from framesmooth.workflows.workflow import NoticeCollector, workflow

if TYPE_CHECKING:
    from framesmooth.training.check import Problem
    from framesmooth.training.dataset import DataSet


@dataclass(frozen=True, kw_only=True)
class DataReport:
    """What is in a data set, and what is wrong with it.

    Attributes:
        files: pictures and clips.
        clips: of them.
        captioned: files with a caption.
        sizes: (height, width) in pixels that is trained -> how many pictures.
        problems: what is wrong, what makes training impossible first.
    """

    files: int
    clips: int
    captioned: int
    sizes: dict[tuple[int, int], int]
    problems: "tuple[Problem, ...]"

    @property
    def usable(self) -> bool:
        """Whether a training is possible."""
        return not any(problem.fatal for problem in self.problems)

    def as_dict(self) -> dict[str, Any]:
        """Return plain types for JSON."""
        return {
            "files": self.files,
            "clips": self.clips,
            "captioned": self.captioned,
            "sizes": {f"{width}x{height}": count for (height, width), count in sorted(self.sizes.items())},
            "usable": self.usable,
            "problems": [
                {"kind": one.kind, "files": list(one.files), "message": one.message, "fatal": one.fatal}
                for one in self.problems
            ],
        }


@workflow(CheckDataSettings)
def check_data(settings: CheckDataSettings) -> DataReport:
    """Say what is wrong with a data set: sizes, duplicates, captions, unreadable files.

    The arguments are those of :class:`CheckDataSettings`. No weights are read.

    Raises:
        UsageError: no folder, or nothing in it.
        ModelError: a base model that is not there.

    Example:
        >>> import framesmooth as fs
        >>> report = fs.check_data("pictures", trigger_word="my style", resolution=64)
        >>> report.files, report.usable
        (4, True)
    """
    require_packages("checking a data set")
    from framesmooth.training.dataset import read_dataset

    emit = NoticeCollector(settings.on_event)
    data = read_dataset(Path(settings.data), settings.trigger_word)
    with stage(emit, "check", len(data.examples), "files") as advance:
        report = report_on(data, settings, advance, clip_frames=settings.clip_frames)
    if settings.purpose == "lora":
        return report
    with stage(emit, "look for cuts", len(data.clips), "clips") as advance:
        return with_clips(report, data, settings.frames, settings.fps, advance)


def with_clips(
    report: DataReport, data: "DataSet", frames: int, fps: float, advance: Callable[[int], None]
) -> DataReport:
    """Return a report with what is wrong with the clips besides, for learning motion from them."""
    from framesmooth.training.clips import check_clips

    found = (*report.problems, *check_clips(data, frames, fps, advance))
    return replace(report, problems=tuple(sorted(found, key=lambda problem: not problem.fatal)))


def report_on(
    data: "DataSet", settings: DataSettings, advance: Callable[[int], None], *, clip_frames: int
) -> DataReport:
    """Check the files of a data set one by one, of clips so many frames."""
    from framesmooth.models.vocabulary import load_vocabulary
    from framesmooth.training.check import check_dataset, readers_of

    folder = locate_model(settings.model, config=settings.config)
    problems, sizes = check_dataset(
        data,
        resolution_of(settings, folder),
        SIZE_MULTIPLE,
        readers_of(folder),
        load_vocabulary(folder),
        clip_frames,
        advance,
    )
    return DataReport(
        files=len(data.examples),
        clips=len(data.clips),
        captioned=sum(bool(one.caption) for one in data.examples),
        sizes=sizes,
        problems=tuple(problems),
    )


SIZE_MULTIPLE = 32
"""Widths and heights that are trained are multiples of it: every family's own divides it."""


def resolution_of(settings: DataSettings, folder: Path) -> int:
    """Return the side of the square that pictures have as many pixels as.

    Raises:
        UsageError: a model that says nothing of its size.
    """
    side = settings.resolution or native_side(folder)
    if side is None:
        raise UsageError(f"{folder.name} does not say which size it was made for: give --resolution")
    return side
