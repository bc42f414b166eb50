"""The report as one self-contained page, and all report files of a run at once."""

from base64 import b64encode
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import cv2

from framesmooth.frames import Frame
from framesmooth.metric import Report
from framesmooth.report.plots import plot_metrics
from framesmooth.report.strip import Strip
from framesmooth.report.tables import metric_rows, write_csv, write_json
from framesmooth.video import atomic_path, write_png, write_text
from framesmooth.video.files import media_errors


def write_html(
    path: str | PathLike[str],
    before: Report | None,
    after: Report,
    *,
    title: str,
    strip: Frame | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write a page with the table, the strip, the plots and ``facts`` (name -> value), pictures embedded.

    Everything is escaped; nothing is loaded from elsewhere.

    Raises:
        MediaError: when the file cannot be written.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("framesmooth.report", "."), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("page.html.j2").render(
        title=title,
        num_frames=after.num_frames,
        cuts=after.cuts,
        compared=before is not None,
        rows=metric_rows(before, after),
        strip="" if strip is None else b64encode(_png(strip)).decode(),
        plot=b64encode(plot_metrics(before, after)).decode() if after.num_frames > 1 else "",
        facts=facts or {},
    )
    write_text(path, page)


def write_report(
    folder: str | PathLike[str],
    before: Report | None,
    after: Report,
    *,
    title: str,
    strip: Strip | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write metrics.json, metrics.csv, metrics.png, report.html and, given a ``strip``, strip.png.

    ``folder`` is made if it isn't there. A clip of one frame has no plot; one of an earlier run is removed.

    Raises:
        MediaError: when a file cannot be written.
    """
    folder = Path(folder)
    reports = {"after": after} if before is None else {"before": before, "after": after}
    write_json(folder / "metrics.json", reports)
    write_csv(folder / "metrics.csv", reports)
    _write_plot(folder / "metrics.png", before, after)
    picture = None if strip is None else strip.draw()
    if picture is not None:
        write_png(folder / "strip.png", picture)
    write_html(folder / "report.html", before, after, title=title, strip=picture, facts=facts)


def _write_plot(path: Path, before: Report | None, after: Report) -> None:
    if after.num_frames > 1:
        with media_errors(path, "write"), atomic_path(path) as partial:
            partial.write_bytes(plot_metrics(before, after))
    else:
        with media_errors(path, "write"):
            path.unlink(missing_ok=True)


def _png(picture: Frame) -> bytes:
    _, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    return encoded.tobytes()
