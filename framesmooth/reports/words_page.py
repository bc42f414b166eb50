"""A page that shows what each word generated: a button for each, and a row of frames."""

from collections.abc import Mapping, Sequence
from typing import Any

from framesmooth.frames import Frame
from framesmooth.reports.figures import jpeg_figure, thumbnail

_WIDTH = 384


def words_page(
    prompts: Sequence[str],
    images: Sequence[Frame],
    overlays: Sequence[Sequence[Frame]],
    told: Mapping[str, Any],
) -> str:
    """Return the HTML of a self-contained page; all text is escaped.

    Args:
        prompts: of the clip.
        images: the frames, uint8 (H, W, 3).
        overlays: per word those frames with the word's map.
        told: what ``Explanation.as_dict`` gives.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("framesmooth.reports", "."), autoescape=True, undefined=StrictUndefined
    )
    rows = [("the picture", None, images)]
    rows += [(word["word"], word, row) for word, row in zip(told["words"], overlays, strict=True)]
    shown = [
        {
            "name": name,
            "effect": None if word is None else max(word["effect"]),
            "curve": [] if word is None else word["effect"],
            "figures": [
                jpeg_figure(thumbnail(one, _WIDTH), f"frame {time}")
                for one, time in zip(row, told["frames"], strict=True)
            ],
        }
        for name, word, row in rows
    ]
    return environment.get_template("words_page.html.j2").render(prompts=prompts, rows=shown, told=told)
