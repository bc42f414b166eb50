"""The report of a tuned clip: its verdict and Pareto curve beside what every smoothed clip has."""

from pathlib import Path
from typing import TYPE_CHECKING

from framesmooth.frames import Frame
from framesmooth.metrics.report import Report
from framesmooth.reports.figures import Figure, data_address
from framesmooth.reports.page import Gallery, Line
from framesmooth.reports.pareto import plot_pareto
from framesmooth.reports.smoothing_report import write_report
from framesmooth.runs import write_json
from framesmooth.video import atomic_path
from framesmooth.video.atomic import media_errors

if TYPE_CHECKING:
    from framesmooth.tuning.tuner import Tuning

_EXPLAINED = (
    "Measured on the sample, without a clean clip to compare with. Flicker left and harm done are standard "
    "deviations in levels of 255; the chosen strength has the least sum of their squares within the detail "
    "floor, or is the gentlest that reaches the target."
)


def write_tuning(
    folder: Path,
    tuning: "Tuning",
    before: Report,
    after: Report,
    *,
    title: str,
    strip: Frame | None,
    command: str,
) -> None:
    """Write tuning.json, pareto.png and the files of :func:`write_report` into ``folder``.

    Raises:
        MediaError: when a file cannot be written.
    """
    galleries = write_curve(folder, tuning)
    label, _, reasons = tuning.verdict.partition(": ")
    kind = {"tuned": "good", "clean": "good"}.get(tuning.kind, "bad")
    looked = "; ".join(
        f"frames {segment.start} to {segment.stop - 1}" for part in tuning.parts for segment in part.segments
    )
    write_report(
        folder,
        before,
        after,
        title=f"{title}, tuned",
        strip=strip,
        facts={
            "strength": tuning.strength,
            "smoother": tuning.setup.label,
            "looked at": looked or "nothing",
            "strengths tried": tuning.trials,
            "search": f"{tuning.seconds:.1f} s",
            "reproduce with": command,
        },
        verdicts=[Line(kind, label, title, reasons)],
        first=galleries,
    )
    write_json(folder / "tuning.json", tuning.as_dict() | {"command": command})


def write_curve(folder: Path, tuning: "Tuning") -> list[Gallery]:
    """Write pareto.png, and return it for a page; a clip in which nothing was searched has none.

    Raises:
        MediaError: when the file cannot be written.
    """
    path = folder / "pareto.png"
    if tuning.main is None:
        with media_errors(path, "write"):
            path.unlink(missing_ok=True)
        return []
    found = tuning.main.found
    image = plot_pareto(found.pareto, found.trial.strength, tuning.goal.max_detail_loss)
    with media_errors(path, "write"), atomic_path(path) as partial:
        partial.write_bytes(image)
    figure = Figure(data_address(image, "image/png"), "Flicker left, detail kept and harm by strength")
    return [Gallery("The search", [figure], text=_EXPLAINED, wide=True)]
