"""Showing what was measured: JSON, CSV, plots, a strip of frames and pages that hold them all."""

from framesmooth.report.clips import all_notes, clip_notes, clip_rows
from framesmooth.report.clips_page import write_clips_html
from framesmooth.report.heat import HeatMeter
from framesmooth.report.page import Gallery, Line, Page, write_page
from framesmooth.report.plots import plot_metrics
from framesmooth.report.run_report import write_html, write_report
from framesmooth.report.strip import Strip
from framesmooth.report.tables import Row, metric_rows, write_csv, write_json

__all__ = [
    "Gallery",
    "HeatMeter",
    "Line",
    "Page",
    "Row",
    "Strip",
    "all_notes",
    "clip_notes",
    "clip_rows",
    "metric_rows",
    "plot_metrics",
    "write_clips_html",
    "write_csv",
    "write_html",
    "write_json",
    "write_page",
    "write_report",
]
