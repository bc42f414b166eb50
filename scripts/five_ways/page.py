"""The page of the study: tables, a picture, and what they say."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .measures import ATTRIBUTES
from .ways import Way

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
PICTURE = DOCS / "pictures" / "five-ways.jpg"


def write_page(work: Path, table: dict[str, Way], prompts: int, shown: tuple[int, ...]) -> None:
    """Writes the tables and the picture from the rows in the work folder, between the page's marks.

    The words around the tables are written by hand, and stay.
    """
    rows = {name: _rows(work, name, prompts) for name in ("painter", *table)}
    strips = [
        np.vstack(
            [_picture(work / f"{name}-{k}.png") for name in rows if (work / f"{name}-{k}.png").exists()]
        )
        for k in shown
        if (work / f"painter-{k}.png").exists()
    ]
    if strips:
        gap = np.full((strips[0].shape[0], 8, 3), 255, np.uint8)
        joined = np.hstack([part for strip in strips for part in (strip, gap)][:-1])
        cv2.imwrite(str(PICTURE), joined, [cv2.IMWRITE_JPEG_QUALITY, 85])
    page = DOCS / "five-ways.md"
    text = page.read_text(encoding="utf-8")
    for mark, lines in (("shows", _shows(rows)), ("moves", _moves(rows))):
        before, _, rest = text.partition(f"<!-- begin {mark} -->\n")
        _, _, after = rest.partition(f"<!-- end {mark} -->")
        text = "".join(
            [before, f"<!-- begin {mark} -->\n", "\n".join(lines), "\n", f"<!-- end {mark} -->", after]
        )
    page.write_text(text, encoding="utf-8")


def _picture(path: Path) -> NDArray[np.uint8]:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def _rows(work: Path, name: str, prompts: int) -> list[dict[str, Any]]:
    paths = (work / f"{name}-{k}.json" for k in range(prompts))
    return [json.loads(path.read_text()) for path in paths if path.exists()]


def _mean(rows: list[dict[str, Any]], key: str) -> float | None:
    values = [row[key] for row in rows if key in row]
    return float(np.mean(values)) if values else None


def _shows(rows: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The table of what clips show."""
    lines = [f"| way | {' | '.join(ATTRIBUTES)} | clips |", "|---|" + "---:|" * (len(ATTRIBUTES) + 1)]
    for name, some in rows.items():
        if some:
            shares = [f"{_mean(some, attribute) or 0:.0%}" for attribute in ATTRIBUTES]
            lines.append(f"| {name} | {' | '.join(shares)} | {len(some)} |")
    return lines


def _moves(rows: dict[str, list[dict[str, Any]]]) -> list[str]:
    """The table of motion, flicker, diversity and cost."""
    keys = {
        "dynamic_degree": "{:.2f}",
        "direction": "{:.0%}",
        "flicker_score": "{:.1f}",
        "warping_error": "{:.1f}",
        "diversity": "{:.2f}",
        "seconds": "{:.1f}",
    }
    names = ["dynamic degree", "right way", "flicker", "warping error", "diversity", "seconds"]
    lines = [f"| way | {' | '.join(names)} |", "|---|" + "---:|" * len(names)]
    for name, some in rows.items():
        if some:
            means = {key: _mean(some, key) for key in keys}
            means["seconds"] = float(np.median([row["seconds"] for row in some])) or None
            cells = ["" if means[key] is None else form.format(means[key]) for key, form in keys.items()]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines
