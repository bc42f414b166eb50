"""Showing what was measured: JSON, CSV, plots, a strip of frames and a page that holds them all."""

from framesmooth.report.page import write_html, write_report
from framesmooth.report.plots import plot_metrics
from framesmooth.report.strip import Strip
from framesmooth.report.tables import Row, metric_rows, write_csv, write_json

__all__ = [
    "Row",
    "Strip",
    "metric_rows",
    "plot_metrics",
    "write_csv",
    "write_html",
    "write_json",
    "write_report",
]
