"""What the nodes that measure and compare give out: text, a figure, and a plot as an IMAGE."""

from collections.abc import Iterable

from comfy_api.latest import io, ui

from framesmooth.metrics.report import Report
from framesmooth.reports.clip_table import clip_notes
from framesmooth.reports.metric_plots import plot_metrics
from framesmooth.reports.plain_words import steadiness, wrong_frames, wrong_words
from framesmooth.reports.tables import metric_rows
from framesmooth.workflows.compare import CompareResult

from .tensors import picture


def measured_outputs() -> list[io.Output]:
    """Return the outputs that ``measured`` fills."""
    return [
        io.String.Output("report"),
        io.Float.Output("flicker_score", tooltip="Levels of 255; about 1 is steady, 10 flickers."),
        io.Image.Output("plot"),
    ]


def measured(node: type[io.ComfyNode], report: Report, notices: Iterable[str]) -> io.NodeOutput:
    """Return a report as text, its flicker score (NaN where that is unknown), and a plot over the frames."""
    mean = report["flicker_score"].mean if "flicker_score" in report else None
    text, plot = described(None, report, notices), picture(plot_metrics(None, report))
    return io.NodeOutput(text, float("nan") if mean is None else mean, plot, ui=_shown(node, text, plot))


def compared_outputs() -> list[io.Output]:
    """Return the outputs that ``compared`` fills."""
    return [
        io.String.Output("verdict"),
        io.Boolean.Output("better", tooltip="Flicker fell, and neither detail nor motion was lost for it."),
        io.Image.Output("plot"),
    ]


def compared(node: type[io.ComfyNode], found: CompareResult, notices: Iterable[str]) -> io.NodeOutput:
    """Return the verdict on the second of two clips as text, whether it is better, and a plot of both."""
    before, after = found.reports.values()
    [verdict] = found.verdicts.values()
    text = "\n".join([verdict.sentence, "", described(before, after, notices)])
    plot = picture(plot_metrics(before, after))
    return io.NodeOutput(text, verdict.better is True, plot, ui=_shown(node, text, plot))


def described(before: Report | None, after: Report, notices: Iterable[str]) -> str:
    """Return a sentence, a line for each metric, before and after where both are there, and the notes."""
    lines = [steadiness(before, after), ""]
    for row in metric_rows(before, after):
        figures = f"{row.after:>9}" if before is None else f"{row.before:>9}{row.after:>9}{row.change:>7}"
        lines.append(f"{row.name:26}{figures}  {row.unit} {row.arrow}".rstrip())
    lines += ["", *wrong_words(wrong_frames(after), None), *clip_notes(after), *notices]
    return "\n".join(lines)


def _shown(node: type[io.ComfyNode], text: str, plot: object) -> dict[str, object]:
    """Return what the node itself shows, the plot, and the text for clients of the server's interface."""
    return {**ui.PreviewImage(plot, cls=node).as_dict(), **ui.PreviewText(text).as_dict()}
