"""Reports of metrics: JSON, CSV, plots, a strip of frames, and HTML pages."""

from framesmooth.reports.clip_table import all_notes, clip_notes, clip_rows
from framesmooth.reports.clips_page import write_clips_html
from framesmooth.reports.heat import HeatMeter
from framesmooth.reports.metric_plots import plot_metrics
from framesmooth.reports.page import (
    Gallery,
    Line,
    Page,
    write_page,
)
from framesmooth.reports.scanline_strip import Strip
from framesmooth.reports.shown_clip import ShownClip
from framesmooth.reports.smoothing_report import write_html, write_report
from framesmooth.reports.tables import (
    Row,
    metric_rows,
    write_csv,
    write_json,
)

__all__ = [
    "Gallery",
    "HeatMeter",
    "Line",
    "Page",
    "Row",
    "ShownClip",
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
