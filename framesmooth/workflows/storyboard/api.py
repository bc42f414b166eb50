"""Making a film from Python."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from framesmooth.events import Listener
from framesmooth.models.pool import ModelPool
from framesmooth.workflows.storyboard.film import make_film
from framesmooth.workflows.storyboard.result import Film
from framesmooth.workflows.storyboard.settings import StoryboardSettings
from framesmooth.workflows.workflow import NoticeCollector, silent


def storyboard(
    story: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    on_event: Listener = silent,
    pool: ModelPool | None = None,
    **settings: Any,
) -> Film:
    """Make the film of a story: its shots, transitions, titles and sound.

    Beside film.mp4 comes film.framesmooth/ with a clip and a run folder for each shot. Shots that are there
    already are kept: change one, and only it is made again.

    Args:
        story: a YAML or JSON file.
        output: a .mp4, .mov, .mkv, .webm, .gif or .webp file; any other name is a folder of PNG frames.
        on_event: is told what happens; it may stop the work by raising, and the same call goes on with it.
        pool: keeps the model loaded for other clips that need the same one.
        settings: by name, as ``shot=[3], subtitles="burn", otio="film.otio"``: the options of the command,
            with _ for -.

    Raises:
        UsageError: a story that is not accepted, with file, line and key.
        FramesmoothError: its children say what else was wrong; shots that are done are kept.

    Example:
        >>> import framesmooth as fs
        >>> from pathlib import Path
        >>> shots = '''
        ... size: 64x64
        ... defaults: {duration: 0.25, steps: 1}
        ... shots:
        ...   - {prompt: the sea at dawn, title: Dawn}
        ...   - {prompt: a castle on a hill, transition: wipe left 0.1}
        ... '''
        >>> _ = Path("story.yaml").write_text(shots)
        >>> film = fs.storyboard("story.yaml", "film.webp")
        >>> film.num_frames, [shot.start for shot in film.shots]
        (6, [0, 3])
    """
    emit = NoticeCollector(on_event)
    asked = StoryboardSettings.of(story=Path(story), output=Path(output), **settings)
    return replace(make_film(asked, emit, pool), notices=emit.notices)
