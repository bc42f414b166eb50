"""A contact sheet of a clip before it is generated: its prompts, and what is between, in few steps."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from framesmooth.errors import OutputExists
from framesmooth.events import Listener, Notice, stage
from framesmooth.frames import GeneratedFrame
from framesmooth.generation.base import PREVIEW_KEYFRAMES, FrameGenerator
from framesmooth.reports.figures import thumbnail
from framesmooth.reports.montage import captioned, side_by_side
from framesmooth.runs import RunFolder
from framesmooth.video import write_png
from framesmooth.workflows.generate.load import load_generator
from framesmooth.workflows.generate.preflight import check_writing, notices, with_seeds_of_stopped_run
from framesmooth.workflows.generate.provenance import clip_tags
from framesmooth.workflows.generate.resolve import resolve
from framesmooth.workflows.generate.resolved_clip import ResolvedClip
from framesmooth.workflows.generate.settings import GenerateSettings

SUFFIX: Final = ".preview.png"
_STEPS: Final = 10
"""With fewer than the clip has, layouts are others."""
_COLUMNS: Final = 4
_LARGEST_WIDTH: Final = 384
"""Pixels of an image on the sheet."""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A contact sheet that was written: where, of which frames, and how they were generated."""

    path: Path
    frames: tuple[int, ...]
    steps: int
    size: tuple[int, int]
    advice: str

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "preview": str(self.path),
            "frames": list(self.frames),
            "steps": self.steps,
            "width": self.size[1],
            "height": self.size[0],
            "advice": self.advice,
        }


def preview_clip(settings: GenerateSettings, emit: Listener) -> Preview:
    """Generate about a dozen frames of the clip that ``settings`` describe, and write them on one sheet.

    The seeds are those of the clip, so the layout is too.

    Raises:
        OutputExists: the sheet is there already.
        FramesmoothError: what ``make_clip`` would raise before its work begins.
    """
    path = settings.output.with_name(settings.output.stem + SUFFIX)
    if path.exists() and not settings.encoding.overwrite:
        raise OutputExists(f"{path} exists: add --overwrite to replace it")
    clip = resolve(with_seeds_of_stopped_run(settings, RunFolder.beside(settings.output)))
    check_writing(clip)
    for notice in notices(clip, settings):
        emit(notice)
    with stage(emit, "load model"):
        loaded = load_generator(clip, None)
        generator = loaded.preview(steps=_STEPS)
    for notice in loaded.notices(clip.model_name):
        emit(notice)
    images = dict(sorted(_images(generator, emit).items()))
    captions = [(_heading(clip, time, one.fault), _shown(clip, time)) for time, one in images.items()]
    cells = captioned([thumbnail(one.frame, _LARGEST_WIDTH) for one in images.values()], captions)
    sheet = side_by_side(cells, _columns(len(cells)))
    steps = min(clip.steps, _STEPS)
    write_png(path, sheet, None if settings.encoding.no_metadata else clip_tags(replace(clip, steps=steps)))
    made = Preview(
        path=path,
        frames=tuple(images),
        steps=steps,
        size=generator.size,
        advice=_advice(clip, settings),
    )
    emit(Notice(f"{len(images)} of {clip.timeline.num_frames} frames in {steps} steps; {made.advice}"))
    return made


def _images(generator: FrameGenerator, emit: Listener) -> dict[int, GeneratedFrame]:
    """Return the images to show by frame: the keyframes, of a generator without any some frames."""
    work = generator.work()
    if not work.keyframes:
        wanted = set(np.linspace(0, generator.num_frames - 1, PREVIEW_KEYFRAMES).round().astype(int).tolist())
        batches = [batch for batch in generator.batches if wanted & set(batch)]
        images: dict[int, GeneratedFrame] = {}
        with stage(emit, "preview", len(wanted), "frames") as advance:
            for batch in batches:
                rendered = dict(zip(batch, generator.render(batch), strict=True))
                images |= {time: one for time, one in rendered.items() if time in wanted}
                advance(len(wanted & set(batch)))
        return images
    done = {}
    with stage(emit, "preview", work.keyframe_steps, "steps", at_most=work.at_most) as advance:
        for keyframe in generator.keyframes(advance):
            emit(keyframe)
            done[keyframe.frame] = keyframe.generated
    return done


def _heading(clip: ResolvedClip, time: int, fault: str) -> str:
    seconds = float(time / clip.settings.timeline.rate)
    return f"frame {time} · {seconds:.2f} s" + (f" · {fault}" if fault else "")


def _shown(clip: ResolvedClip, time: int) -> str:
    start, end, mix = clip.timeline.at(time)
    first, last = (clip.timeline.keyframes[index].prompt for index in (start, end))
    return first if mix == 0 or first == last else f"{first} → {last} ({mix:.0%})"


def _columns(count: int) -> int:
    """Return how many columns leave the fewest places empty: three or four."""
    return min((4, 3), key=lambda columns: (-count % columns, -columns)) if count > _COLUMNS else count


def _advice(clip: ResolvedClip, asked: GenerateSettings) -> str:
    """Say how to make the whole clip of this."""
    seeds = [str(key.seed) for key in clip.timeline.keyframes]
    one = asked.seeding.seeds is None and (len(asked.prompts) == 1 or len(set(seeds)) == 1)
    option = f"--seed {seeds[0]}" if one else f"--seeds {','.join(seeds)}"
    drawn = f" and with {option}" if asked.draws_seeds else ""
    return f"for the whole clip give the same command without --preview{drawn}"
