"""Generating a clip from Python."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from framesmooth.errors import UsageError
from framesmooth.events import Listener
from framesmooth.models.pool import ModelPool
from framesmooth.runs.remote import is_remote
from framesmooth.timeline.prompts import parse_prompts
from framesmooth.workflows.generate.result import GeneratedClip
from framesmooth.workflows.generate.run import make_clip
from framesmooth.workflows.generate.settings import GenerateSettings
from framesmooth.workflows.generate.styling import with_styles
from framesmooth.workflows.workflow import NoticeCollector, silent


def generate(
    prompts: str | Sequence[str],
    output: str | os.PathLike[str],
    *,
    on_event: Listener = silent,
    pool: ModelPool | None = None,
    **settings: Any,
) -> GeneratedClip:
    """Turn prompts into a clip that travels from one to the next.

    Beside clip.mp4 comes clip.framesmooth/ with all frames before smoothing, the record of the run and its
    report; a run that was stopped is continued.

    Args:
        prompts: one or more, as on the command line: "a cat", or "0: a cat | 30: a lion"; none to extend a
            clip as it went (``extend``).
        output: a .mp4, .mov, .mkv, .webm, .gif or .webp file; any other name is a folder of PNG frames.
        on_event: is told what happens; it may stop the work by raising, and the run can be resumed.
        pool: keeps the model loaded for the next clip that needs the same one.
        settings: by name, as ``num_frames=48, seed=7, zoom="1.01", smooth_strength=0.4``: the options of the
            command, with _ for -.

    Raises:
        FramesmoothError: its children say what was wrong; the run folder keeps what was done.

    Example:
        >>> import framesmooth as fs
        >>> made = fs.generate("a sailboat", "boat.webp", num_frames=3, steps=2, width=64, height=64)
        >>> made.clip.name, made.frames.num_frames
        ('boat.webp', 3)
    """
    if is_remote(output):
        raise UsageError(f"from Python {output} is no output: name a file, and copy it there")
    texts = [prompts] if isinstance(prompts, str) else list(prompts)
    if not texts and settings.get("extend") is None:
        raise UsageError("there is no prompt: give one, or extend= a finished clip")
    styled, settings = with_styles(parse_prompts(texts), settings)
    asked = GenerateSettings.of(prompts=styled, output=Path(output), **settings)
    emit = NoticeCollector(on_event)
    with pool.active() if pool is not None else nullcontext():
        made = make_clip(asked, emit)
    return replace(made, notices=emit.notices)
