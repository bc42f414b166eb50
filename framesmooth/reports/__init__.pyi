# The public names, and the modules that they are imported from on first use.
from .clip_table import all_notes as all_notes
from .clip_table import clip_notes as clip_notes
from .clip_table import clip_rows as clip_rows
from .clips_page import write_clips_html as write_clips_html
from .heat import HeatMeter as HeatMeter
from .metric_plots import plot_metrics as plot_metrics
from .page import Gallery as Gallery
from .page import Line as Line
from .page import Page as Page
from .page import write_page as write_page
from .scanline_strip import Strip as Strip
from .shown_clip import ShownClip as ShownClip
from .smoothing_report import write_html as write_html
from .smoothing_report import write_report as write_report
from .tables import Row as Row
from .tables import metric_rows as metric_rows
from .tables import write_csv as write_csv
from .tables import write_json as write_json

__all__: list[str]
