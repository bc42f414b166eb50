"""A plot of a training's loss."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from framesmooth.video.atomic import write_bytes


def write_loss_plot(
    path: Path, steps: Sequence[int], trained: Sequence[float], held_out: Sequence[float], best: int
) -> None:
    """Write a picture of the loss over the steps, of what is learned from and of the held-out part.

    Args:
        path: a .png file.
        steps: of the checks.
        trained: the loss in training at each.
        held_out: the loss of the held-out part, nan without one.
        best: the step whose weights are kept.

    Raises:
        MediaError: a file that cannot be written.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    axis.plot(steps, trained, "o-", color="#3b8ed0", markersize=3, label="learned from")
    if any(loss == loss for loss in held_out):
        axis.plot(steps, held_out, "o-", color="#d9702b", markersize=3, label="held out")
    axis.axvline(best, color="#2fa37a", linewidth=1, linestyle="--", label=f"kept: step {best}")
    axis.set_xlabel("step")
    axis.set_ylabel("loss")
    axis.legend()
    content = BytesIO()
    figure.savefig(content, format="png", dpi=100)
    write_bytes(path, content.getvalue())
