"""The page on how well a model does on a data set."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from framesmooth.frames import Frame
from framesmooth.reports.figures import jpeg_figure, thumbnail
from framesmooth.reports.page import Gallery, Page, TableCell

_SHOWN: Final = 24
_WIDTH: Final = 256
_MEANINGS: Final = {
    "reconstruction psnr": "what the autoencoder loses of the data's pictures, in dB; more is better",
    "reconstruction psnr_worst_tenth": "the same of the tenth of pictures that suffers most",
    "reconstruction ssim": "the same as structural similarity; 1 is perfect",
    "agreement clip_score": "2.5 times the cosine of picture and caption in CLIP; more is better",
    "agreement retrieved_of_10": "how often the own caption is the nearest of ten; chance is 0.1",
    "agreement words_read": "how well a reader tells captions with a word from others (AUC); chance is 0.5",
    "distances frechet": "Fréchet distance to the data's pictures; less is better, few pictures raise it",
    "distances kernel": "kernel distance to the data's pictures, 0 for pictures of one kind; less is better",
    "distances frechet_floor": "the Fréchet distance of two halves of the data",
    "diversity": "mean distance of two drawn pictures, of that of two of the data's; 1 is as diverse",
    "flicker flicker_score": "what is left of flicker in generated clips; less is better",
    "flicker warping_error": "difference of neighbouring frames along the motion, x 1000; less is better",
    "flicker dynamic_degree": "how much clips move",
}


def evaluation_page(
    model: str, data: Path, figures: Mapping[str, Any], drawn: Sequence[tuple[Frame, str]]
) -> Page:
    """Return the page.

    Args:
        model: its name.
        data: the folder of the data set.
        figures: what ``Evaluation.as_dict`` gives.
        drawn: pictures, uint8 (H, W, 3), with their captions.
    """
    reached = figures["agreement_of_data"]
    rows = []
    for group in ("reconstruction", "agreement", "distances", "diversity", "flicker"):
        found = figures[group]
        named = {"": found} if not isinstance(found, Mapping) else found
        for name, value in named.items():
            full = f"{group} {name}".strip()
            best = f"{reached[name]:.4g}" if group == "agreement" and name in reached else ""
            rows.append(
                [
                    TableCell(full.replace("_", " ")),
                    TableCell(f"{value:.4g}", "number"),
                    TableCell(best, "number"),
                    TableCell(_MEANINGS.get(full, "")),
                ]
            )
    shown = [jpeg_figure(thumbnail(frame, _WIDTH), caption) for frame, caption in drawn[:_SHOWN]]
    return Page(
        title=f"{model} on {data.name}",
        summary=f"{figures['pictures']} pictures drawn, {figures['references']} of the data looked at",
        header=[
            TableCell("figure"),
            TableCell("model", "number"),
            TableCell("data itself", "number"),
            TableCell("what it is"),
        ],
        rows=rows,
        galleries=[Gallery("Drawn from captions", shown)],
        facts_title="How it was judged",
        facts={"judge": figures["judge"], "data": str(data), "model": model},
    )
