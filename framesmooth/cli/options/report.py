"""What ``measure`` and ``compare`` share: where motion comes from, and the files for their figures."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from framesmooth import __version__
from framesmooth.cli.options import common
from framesmooth.errors import OutputExists, UsageError

if TYPE_CHECKING:
    from framesmooth.frames import FrameSource
    from framesmooth.metrics.report import Report
    from framesmooth.metrics.verdict import Verdict
    from framesmooth.reports import HeatMeter
    from framesmooth.workflows.compare import Comparison

Command = TypeVar("Command", bound=Callable[..., Any])

_MOTION_OF = {"self": "the clip itself", "reference": "the reference", "guide": "the guide"}


def motion(command: Command) -> Command:
    """Add --reference, --guide, --flow and --flow-weights."""
    for option in (
        common.flow,
        click.option("--guide", metavar="CLIP",
                     help="Take the motion from this clip, as long as IN: what a stylised clip was "
                     "made from."),
        click.option("-r", "--reference", metavar="REF",
                     help="The same clip without flicker: motion is taken from it unless there is a guide, "
                     "and metrics are added that compare."),
    ):  # fmt: skip
        command = option(command)
    return command


def files(command: Command) -> Command:
    """Add --json, --csv, --html and --overwrite."""
    for option in (
        common.overwrite,
        click.option("--html", "html_file", type=click.Path(dir_okay=False), metavar="FILE",
                     help="Write a page with plots, heat maps and the worst frames, which works offline."),
        click.option("--csv", "csv_file", type=click.Path(dir_okay=False), metavar="FILE",
                     help="Write the figures of every frame as CSV."),
        common.json_file,
    ):  # fmt: skip
        command = option(command)
    return command


def check_files(inputs: Sequence[str | None], outputs: Sequence[str | None], *, overwrite: bool) -> None:
    """Refuse to write over an input, over another output, or over what is there without --overwrite.

    Only the first of the outputs may be "-", stdout. What killed processes left beside the outputs under
    temporary names is removed.

    Raises:
        UsageError: see above.
    """
    from framesmooth.video.atomic import remove_leftovers

    read = {Path(path).resolve() for path in inputs if path is not None}
    written: set[Path] = set()
    for place, output in enumerate(outputs):
        if output == "-" and place:
            raise UsageError("only --json writes to stdout: name a file")
        if output is None or output == "-":
            continue
        path = Path(output).resolve()
        if path in read or path in written:
            raise UsageError(f"{output} is read or written already: give another name")
        remove_leftovers(path)
        if path.exists() and not overwrite:
            raise OutputExists(f"{output} is there already: give --overwrite to replace it, or another name")
        written.add(path)


def write_frames_csv(path: str | None, reports: "Mapping[str, Report]") -> None:
    """Write what --csv asks for: a column per metric, headed by the clip's name where there are several."""
    if path is not None:
        from framesmooth.reports import write_csv

        write_csv(path, reports if len(reports) > 1 else {"": next(iter(reports.values()))})


def write_page(
    path: str | None,
    reports: "Mapping[str, Report]",
    clips: "Mapping[str, FrameSource]",
    heats: "Mapping[str, HeatMeter]",
    *,
    title: str,
    asked: Mapping[str, Any],
    comparison: "Comparison | None" = None,
) -> None:
    """Write what --html asks for; ``asked`` are the settings to name, those that are None left out."""
    if path is None:
        return
    from framesmooth.reports import Line, write_clips_html

    kinds = {True: "good", False: "bad", None: ""}
    verdicts = [] if comparison is None else [
        Line(kinds[verdict.better], verdict.label, name, _reasons(verdict))
        for name, verdict in comparison.leaderboard.items()
    ]  # fmt: skip
    settings = next(iter(reports.values())).settings
    facts = {
        **{name: _described(clip) for name, clip in clips.items()},
        "motion by": settings["flow"],
        "motion of": _MOTION_OF[settings["flow_on"]],
        **{name: value for name, value in asked.items() if value is not None},
        "framesmooth": __version__,
    }
    write_clips_html(path, reports, clips, heats, title=title, facts=facts, verdicts=verdicts)


def asked_for(
    reference: str | None, guide: str | None, frame_range: tuple[int, int | None] | None
) -> dict[str, Any]:
    """Return the settings that a page names, files without their folders."""
    start, stop = frame_range or (0, None)
    return {
        "reference": None if reference is None else Path(reference).name,
        "guide": None if guide is None else Path(guide).name,
        "frame range": None if frame_range is None else f"{start}:{'' if stop is None else stop}",
    }


def _reasons(verdict: "Verdict") -> str:
    from framesmooth.reports.tables import share

    return f"flicker left: {share(verdict.flicker_left)}; {'; '.join(verdict.reasons)}"


def _described(clip: "FrameSource") -> str:
    height, width = clip.size
    return f"{width}×{height}, {float(clip.fps):.6g} frames a second"
