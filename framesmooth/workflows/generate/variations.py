"""One sheet of a clip from several seeds, to choose from: keyframes in few steps, each seed numbered."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from framesmooth.errors import OutputExists
from framesmooth.events import Listener, Notice, stage
from framesmooth.frames import Frame
from framesmooth.generation.base import FrameGenerator
from framesmooth.models.pool import ModelPool
from framesmooth.reports.figures import thumbnail
from framesmooth.reports.montage import captioned, side_by_side
from framesmooth.timeline.seeds import resolve_seed
from framesmooth.video import write_png
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.preflight import check_writing, notices
from framesmooth.workflows.generate.provenance import clip_tags
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.settings import GenerateSettings, seed_of_variation

SUFFIX: Final = ".variations.png"
_STEPS: Final = 6
_SHOWN: Final = 3
"""Frames of a variation: the first one, the last one, and what is between."""
_WIDTH: Final = 384
"""Pixels of a variation on the sheet."""


@dataclass(frozen=True, kw_only=True)
class Variations:
    """A sheet of variations that was written.

    Attributes:
        path: the sheet.
        seeds: of the variations, in order: the first one is number 1.
    """

    path: Path
    seeds: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        numbered = [{"number": number, "seed": seed} for number, seed in enumerate(self.seeds, 1)]
        return {"variations": str(self.path), "numbers": numbered}


def show_variations(settings: GenerateSettings, count: int, emit: Listener) -> Variations:
    """Generate a few frames from each of ``count`` seeds, and write them on one sheet with numbers.

    The first seed is that of the settings, or a random one where that is left to chance.

    Raises:
        OutputExists: the sheet is there already.
        FramesmoothError: what ``make_clip`` would raise before its work begins.
    """
    path = settings.output.with_name(settings.output.stem + SUFFIX)
    if path.exists() and not settings.encoding.overwrite:
        raise OutputExists(f"{path} exists: add --overwrite to replace it")
    begun = settings.but(seed=resolve_seed(settings.seeding.seed))
    seeds = [seed_of_variation(begun, number) for number in range(1, count + 1)]
    first = resolve(begun)
    check_writing(first)
    for notice in notices(first, begun):
        emit(notice)
    strips = []
    with ModelPool().active(), stage(emit, "variations", count, "seeds") as advance:
        for seed in seeds:
            clip = resolve(begun.but(seed=seed))
            strips.append(_strip(load_generator(clip, None).preview(steps=_STEPS, keyframes=2)))
            advance(1)
    captions = [(f"{number} · seed {seed}", "") for number, seed in enumerate(seeds, 1)]
    sheet = side_by_side(captioned(strips, captions), min(3, count))
    write_png(path, sheet, None if settings.encoding.no_metadata else clip_tags(first))
    emit(Notice(f"{count} variations in {min(first.steps, _STEPS)} steps"))
    return Variations(path=path, seeds=tuple(seeds))


def _strip(generator: FrameGenerator) -> Frame:
    """Return some frames of a clip side by side."""
    if generator.work().keyframes:
        frames = [done.generated.frame for done in generator.keyframes()]
    else:
        frames = [
            made.frame
            for batch in (generator.batches[0], generator.batches[-1])
            for made in generator.render(batch)
        ]
    at = np.linspace(0, len(frames) - 1, min(_SHOWN, len(frames))).round().astype(int)
    chosen = [frames[index] for index in dict.fromkeys(at.tolist())]
    return thumbnail(side_by_side(chosen, len(chosen)), _WIDTH)
